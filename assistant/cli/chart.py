"""The picture of a replay: what was flagged and held at each setting, and over time at the current one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from assistant.adapters.picture import Box, Picture, Words
from assistant.core.replay import MonthCount, Outcome, by_year
from assistant.texts import Lang, decimal, text, thousands

_WIDTH: Final = 900
_HEIGHT: Final = 640
_LEFT, _RIGHT = 70.0, 870.0
_FLAGGED, _HELD = "#d1671f", "#2f6fa7"  # told apart by everybody, also in grey
_GRID, _SHADE, _QUIET = "#e3e3e3", "#f1efe6", "#666666"
_MOST_MONTHS: Final = 60  # more are shown by year
_MOST_LABELS: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Two bars side by side and what stands below them."""

    label: str
    flagged: int
    held: int
    shaded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Panel:
    """One of the two charts, between two heights."""

    title: str
    top: float
    bottom: float
    groups: Sequence[_Group]
    numbered: bool


def chart(outcomes: Sequence[Outcome], lang: Lang) -> Picture:
    """The picture for the outcomes of a replay, one of which is current."""
    current = next(outcome for outcome in outcomes if outcome.setting.current)
    by_budget = [
        _Group(label=decimal(one.setting.budget, lang), flagged=one.flagged, held=one.held, shaded=one.setting.current)
        for one in outcomes
    ]
    title, over_time = _over_time(current, lang)
    panels = [
        _Panel(title=text("chart.budgets", lang), top=130, bottom=310, groups=by_budget, numbered=True),
        _Panel(title=title, top=400, bottom=580, groups=over_time, numbered=False),
    ]
    shapes = [*_head(current, lang), *(shape for panel in panels if panel.groups for shape in _drawn(panel, lang))]
    return Picture(width=_WIDTH, height=_HEIGHT, title=text("chart.title", lang), shapes=shapes)


def _head(current: Outcome, lang: Lang) -> Iterator[Box | Words]:
    yield Words(x=30, y=40, text=text("chart.title", lang), size=20, fill="#222222", bold=True)
    mails = thousands(sum(current.levels.values()), lang)
    months = sorted(current.months)
    if months:
        first, last = (f"{text(f'month.{month.month}', lang)} {month.year}" for month in (months[0], months[-1]))
        subtitle = text("chart.subtitle_span", lang, mails=mails, first=first, last=last)
    else:
        subtitle = text("chart.subtitle", lang, mails=mails)
    yield Words(x=30, y=64, text=subtitle, size=13, fill=_QUIET)
    for x, colour, key in ((560.0, _FLAGGED, "chart.flagged"), (730.0, _HELD, "chart.held")):
        yield Box(x=x, y=54, width=11, height=11, fill=colour)
        yield Words(x=x + 17, y=64, text=text(key, lang), size=12)


def _over_time(current: Outcome, lang: Lang) -> tuple[str, list[_Group]]:
    months = list(_without_gaps(current))
    if len(months) > _MOST_MONTHS:
        years = by_year(current.months.items())
        span = range(min(years), max(years) + 1)
        return text("chart.years", lang), [_group(str(year), years.get(year)) for year in span]
    names = [(f"{text(f'month.{month}', lang)[:3]} {year}", count) for (year, month), count in months]
    return text("chart.months", lang), [_group(name, count) for name, count in names]


def _without_gaps(current: Outcome) -> Iterator[tuple[tuple[int, int], MonthCount | None]]:
    """Every month from the first to the last, also those without mail."""
    counts = {tuple(month): count for month, count in current.months.items()}
    if counts:
        numbers = [year * 12 + month - 1 for year, month in counts]
        for number in range(min(numbers), max(numbers) + 1):
            month = (number // 12, number % 12 + 1)
            yield month, counts.get(month)


def _group(label: str, count: MonthCount | None) -> _Group:
    return _Group(label=label, flagged=count.flagged if count else 0, held=count.held if count else 0)


def _drawn(panel: _Panel, lang: Lang) -> Iterator[Box | Words]:
    yield Words(x=30, y=panel.top - 24, text=panel.title, size=13, fill="#222222", bold=True)
    step, top = scale(max(max(group.flagged, group.held) for group in panel.groups))
    height = panel.bottom - panel.top
    room = (_RIGHT - _LEFT) / len(panel.groups)
    yield from _shades(panel, room)
    for value in range(0, top + 1, step):
        y = panel.bottom - height * value / top
        yield Box(x=_LEFT, y=round(y) - 0.5, width=_RIGHT - _LEFT, height=1, fill=_GRID)
        yield Words(x=_LEFT - 8, y=y + 4, text=thousands(value, lang), size=11, fill=_QUIET, anchor="end")
    every = ceil(len(panel.groups) / _MOST_LABELS)
    for number, group in enumerate(panel.groups):
        yield from _bars(panel, number, room, top, lang)
        if number % every == 0:
            x, y = _LEFT + room * (number + 0.5), panel.bottom + 18
            yield Words(x=x, y=y, text=group.label, anchor="middle", bold=group.shaded)


def _shades(panel: _Panel, room: float) -> Iterator[Box]:
    for number, group in enumerate(panel.groups):
        if group.shaded:
            height = panel.bottom - panel.top + 36
            yield Box(x=_LEFT + room * number, y=panel.top - 10, width=room, height=height, fill=_SHADE)


def _bars(panel: _Panel, number: int, room: float, top: int, lang: Lang) -> Iterator[Box | Words]:
    """The two bars of a group; ``top`` is the end of the axis."""
    group = panel.groups[number]
    middle, width = _LEFT + room * (number + 0.5), min(room * 0.38, 34.0)
    unit = (panel.bottom - panel.top) / top
    for left, value, colour in ((middle - width, group.flagged, _FLAGGED), (middle, group.held, _HELD)):
        height = value * unit
        yield Box(x=left, y=panel.bottom - height, width=width - min(1.0, width / 4), height=height, fill=colour)
        if panel.numbered:
            y = panel.bottom - height - 5
            yield Words(x=left + width / 2, y=y, text=thousands(value, lang), size=11, fill=colour, anchor="middle")


def scale(largest: int) -> tuple[int, int]:
    """The step of an axis (1, 2 or 5 with zeros) and its end, a multiple of it that is not below the largest value."""
    if largest <= 4:
        return 1, max(largest, 1)
    power = 10 ** floor(log10(largest / 4))
    step = next(int(power * factor) for factor in (1, 2, 5, 10) if power * factor * 5 >= largest)
    return step, step * ceil(largest / step)
