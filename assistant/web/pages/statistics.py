"""Statistics: what became of the drafts that were held, counted here and told to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.core.escalation import Level
from assistant.core.statistics import ENOUGH, WEEKS, Week, first_monday, statistics
from assistant.web.site import site_of

#: Reasons for sending early that are listed.
_REASONS: Final = 10
_HEIGHT: Final = 100.0  # of a column of the tallest week, in the picture's units
_WIDTH: Final = 100.0  # of a whole bar


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A week in the picture: what was held, and within it what went early; heights in its units."""

    x: int
    held: float
    early: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """A level's part of a bar, in its units."""

    level: Level
    x: float
    width: float


def _statistics(request: Request) -> Response:
    site = site_of(request)
    now = site.house.clock.now()
    found = statistics(site.house.store.courses(first_monday(now)), now)
    return site.page(
        request,
        "statistics",
        found=found,
        reasons=found.reasons[:_REASONS],
        columns=_columns(found.weeks),
        bars=[_slices(found.before), _slices(found.after)],
        weeks=WEEKS,
        enough=ENOUGH,
        levels=list(Level),
    )


def _columns(weeks: Sequence[Week]) -> list[Column]:
    unit = _HEIGHT / max(1, *(week.held for week in weeks))
    return [Column(x=place, held=week.held * unit, early=week.early * unit) for place, week in enumerate(weeks)]


def _slices(levels: Mapping[Level, int]) -> list[Slice]:
    unit = _WIDTH / max(1, sum(levels.values()))
    found, x = [], 0.0
    for level, count in levels.items():
        found.append(Slice(level=level, x=x, width=count * unit))
        x += count * unit
    return found


ROUTES: Final = (Route("/statistics", _statistics),)
