"""The picture of a replay."""

from __future__ import annotations

import pytest

from assistant.adapters.picture import Box, Words, svg
from assistant.cli.chart import chart, scale
from assistant.core.escalation import Level, Policy
from assistant.core.replay import Month, MonthCount, Outcome, settings_for

COUNT = MonthCount(mails=9, flagged=3, held=4)


def outcomes(months: dict[Month, MonthCount]) -> tuple[Outcome, ...]:
    """Two settings with the same months."""
    return tuple(
        Outcome(
            setting=setting,
            levels=dict.fromkeys(Level, 1000),
            held=1500,
            answered=0,
            held_answered=0,
            held_alone=0,
            months=months,
        )
        for setting in settings_for({0.25: Policy(), 1.0: Policy()}, 1.0)
    )


def words(months: dict[Month, MonthCount]) -> list[str]:
    """All texts in the picture."""
    return [shape.text for shape in chart(outcomes(months), "en").shapes if isinstance(shape, Words)]


@pytest.mark.parametrize(
    ("largest", "step", "end"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (4, 1, 4),
        (5, 1, 5),
        (7, 2, 8),
        (23, 5, 25),
        (99, 20, 100),
        (101, 50, 150),
        (5001, 2000, 6000),
    ],
)
def test_axis(largest: int, step: int, end: int) -> None:
    """Round steps, few of them, nothing above the end."""
    assert scale(largest) == (step, end)


@pytest.mark.parametrize("largest", [*range(1, 300), 12_345, 999_999])
def test_axis_always_holds(largest: int) -> None:
    """At most seven lines."""
    step, end = scale(largest)
    assert end >= largest
    assert end % step == 0
    assert end // step <= 6


def test_months_without_mail_are_shown() -> None:
    """Time is not folded."""
    found = words({Month(2025, 11): COUNT, Month(2026, 2): COUNT})
    assert [word for word in found if word.startswith(("Nov", "Dec", "Jan", "Feb")) and len(word) == 8] == [
        *("Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026")
    ]
    assert "By month, at the current setting" in found


def test_many_years_are_shown_by_year() -> None:
    """Added up; not more labels than can be read."""
    found = words({Month(1999, 11): COUNT, Month(2026, 2): COUNT, Month(2026, 3): COUNT})
    assert "By year, at the current setting" in found
    assert len([word for word in found if word.isdigit() and 1999 <= int(word) <= 2026]) <= 12


def test_everything_is_inside() -> None:
    """No bar and no word outside the picture, whatever the numbers."""
    picture = chart(outcomes({Month(2020 + n // 12, n % 12 + 1): COUNT for n in range(60)}), "de")
    for shape in picture.shapes:
        if isinstance(shape, Box):
            assert shape.x >= 0
            assert shape.y >= 0
            assert shape.x + shape.width <= picture.width
            assert shape.y + shape.height <= picture.height
        else:
            assert 0 <= shape.x <= picture.width
            assert 0 < shape.y <= picture.height


def test_svg_is_escaped() -> None:
    """Numbers in the language's way, and a title for those who cannot see it."""
    document = svg(chart(outcomes({}), "de"))
    assert "4.000 Kundenmails" in document
    assert "<title>Was Gelassen getan hätte</title>" in document
