"""Settings and health: how the accounts fare, what the doctor finds, and how long drafts are held."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.config.reading import Wrong
from assistant.config.values import hold as read_hold
from assistant.core.cooling import CoolingRules, Hold
from assistant.core.escalation import Level
from assistant.core.foresight import Foresight, foresee
from assistant.errors import GelassenError
from assistant.services.findings import Finding
from assistant.web.site import Site, form_of, site_of, to
from assistant.web.voice import Voice

#: How far a preview looks back.
_PAST: Final = timedelta(days=30)
_MORNINGS: Final = frozenset({"morning", "morgen", "morgens"})
_SPAN: Final = re.compile(r"(?P<count>\d{1,9})\s*(?P<unit>[a-zäöü]*)\.?", re.IGNORECASE)
#: Units as people write them, in German and English, and as config.toml does.
_UNITS: Final = {
    **dict.fromkeys(("", "m", "min", "minute", "minuten", "minutes"), "m"),
    **dict.fromkeys(("h", "std", "stunde", "stunden", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "t", "tag", "tage", "tagen", "day", "days"), "d"),
    **dict.fromkeys(("s", "sek", "sec", "sekunden", "seconds"), "s"),
}
_SIZES: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell of the table as it stands in its field; ``hold`` is None where nobody can tell what is meant."""

    name: str
    words: str
    hold: Hold | None


Table = Sequence[Sequence[Cell]]


def _settings(request: Request) -> Response:
    return _shown(request)


def _shown(
    request: Request,
    *,
    table: Table | None = None,
    foresight: Foresight | None = None,
    findings: Sequence[Finding] | None = None,
    problem: str = "",
) -> Response:
    site, voice = site_of(request), site_of(request).voice(request)
    return site.page(
        request,
        "settings",
        accounts=site.house.store.statuses(),
        findings=findings,
        table=table or _present(site.house.rules(), voice),
        foresight=foresight,
        problem=problem,
        levels=list(Level),
    )


def _examine(request: Request) -> Response:
    """Connects to every server, so only when asked."""
    site = site_of(request)
    return _shown(request, findings=list(site.house.examine(site.language(request))))


def _preview(request: Request) -> Response:
    table = _typed(form_of(request))
    rules = _rules(site_of(request), table)
    return _shown(request, table=table, foresight=_foreseen(site_of(request), rules) if rules else None)


def _keep(request: Request) -> Response:
    site, table = site_of(request), _typed(form_of(request))
    rules = _rules(site, table)
    if rules is None:
        return _shown(request, table=table)
    try:
        site.house.keep_hold(rules.hold)
    except GelassenError as error:
        return _shown(request, table=table, problem=site.voice(request).error(str(error)))
    site.tell(request, site.voice(request)._("Saved in config.toml. From now on every new draft is held by it."))
    return to("/settings")


def _present(rules: CoolingRules, voice: Voice) -> Table:
    return [
        [Cell(name=_name(row, column), words=_words(hold, voice), hold=hold) for column, hold in enumerate(cells)]
        for row, cells in enumerate(rules.hold)
    ]


def _name(row: int, column: int) -> str:
    return f"hold-{row}-{column}"


def _words(hold: Hold, voice: Voice) -> str:
    """As one types it: in the greatest unit that keeps it whole."""
    if hold == "morning":
        return voice._("morning")
    seconds = int(hold.total_seconds())
    return next((f"{seconds // size} {unit}" for unit, size in _SIZES if seconds and seconds % size == 0), "0")


def _typed(form: Mapping[str, str]) -> Table:
    names = [[_name(row, column) for column in range(len(Level))] for row in range(len(Level))]
    return [[_cell(name, form.get(name, "").strip()) for name in row] for row in names]


def _cell(name: str, words: str) -> Cell:
    return Cell(name=name, words=words, hold=_hold(words))


def _hold(words: str) -> Hold | None:
    """What is meant, minutes where no unit is written; None where it is nothing, or longer than config.toml takes."""
    if words.casefold() in _MORNINGS:
        return "morning"
    found = _SPAN.fullmatch(words)
    unit = _UNITS.get(found["unit"].casefold()) if found else None
    try:
        return read_hold(f"{found['count']}{unit}") if found and unit else None
    except Wrong:
        return None


def _rules(site: Site, table: Table) -> CoolingRules | None:
    """The rules with this table; None as long as a cell has no meaning."""
    hold = tuple(tuple(cell.hold for cell in row if cell.hold is not None) for row in table)
    return replace(site.house.rules(), hold=hold) if all(len(row) == len(Level) for row in hold) else None


def _foreseen(site: Site, rules: CoolingRules) -> Foresight:
    since = site.house.clock.now() - _PAST
    return foresee(
        site.house.store.levels_since(since),
        site.house.store.courses(since),
        before=site.house.rules(),
        after=rules,
        is_working_day=site.house.is_working_day,
    )


ROUTES: Final = (
    Route("/settings", _settings),
    Route("/settings/examine", _examine, methods=["POST"]),
    Route("/settings/preview", _preview, methods=["POST"]),
    Route("/settings/hold", _keep, methods=["POST"]),
)
