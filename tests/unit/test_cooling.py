"""How long a draft is held: the table, the morning, the night, and the reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.core.cooling import (
    CoolingRules,
    Decision,
    ReasonCode,
    decide,
    needs_morning,
    next_morning,
    reminder_at,
)
from assistant.core.escalation import Level

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    """A moment by the clocks of Berlin; ``fold=1`` is the second run through the hour in October."""
    return datetime(year, month, day, hour, minute, second, tzinfo=BERLIN, fold=fold)


RULES = CoolingRules()
TUESDAY_NOON = berlin(2026, 11, 17, 12)
WEDNESDAY_NINE = berlin(2026, 11, 18, 9)


def weekdays(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def decided(incoming: int | None, own: int, now: datetime = TUESDAY_NOON, rules: CoolingRules = RULES) -> Decision:
    """The decision with weekends off and no holidays."""
    level = None if incoming is None else Level(incoming)
    return decide(incoming=level, own=Level(own), now=now, rules=rules, is_working_day=weekdays)


@pytest.mark.parametrize(
    ("incoming", "minutes"),
    [
        (None, (0, 10, 60, None)),
        (0, (0, 10, 60, None)),
        (1, (0, 10, 60, None)),
        (2, (30, 60, 240, None)),
        (3, (60, 240, None, None)),
    ],
)
def test_default_table_is_that_of_the_design(incoming: int | None, minutes: tuple[int | None, ...]) -> None:
    """At noon of a working day each cell of DESIGN section 4 holds, None being the next working morning."""
    for own, expected in enumerate(minutes):
        until = WEDNESDAY_NINE if expected is None else TUESDAY_NOON + timedelta(minutes=expected)
        assert decided(incoming, own).hold_until == (None if expected == 0 else until)


def test_own_table_is_used() -> None:
    """The user's cells decide."""
    row = (timedelta(0), timedelta(seconds=6), timedelta(0), timedelta(0))
    decision = decided(None, 1, rules=CoolingRules(hold=(row, row, row, row)))
    assert decision.hold_until == TUESDAY_NOON + timedelta(seconds=6)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (berlin(2026, 11, 17, 3), berlin(2026, 11, 17, 9)),
        (berlin(2026, 11, 17, 8, 59, 59), berlin(2026, 11, 17, 9)),
        (berlin(2026, 11, 17, 9), berlin(2026, 11, 18, 9)),
        (berlin(2026, 11, 17, 14), berlin(2026, 11, 18, 9)),
        (berlin(2026, 11, 20, 23), berlin(2026, 11, 23, 9)),
        (berlin(2026, 11, 21, 3), berlin(2026, 11, 23, 9)),
        (berlin(2026, 11, 23, 0), berlin(2026, 11, 23, 9)),
    ],
)
def test_morning_is_the_first_working_morning_to_come(now: datetime, morning: datetime) -> None:
    """After midnight it is the same day's, after nine the next day's, at a weekend Monday's."""
    assert next_morning(now, time(9), weekdays) == morning


def test_morning_keeps_local_time_when_the_clocks_change() -> None:
    """Nine on the wall is nine, whether the night has 23, 24 or 25 hours (Europe/Berlin 2026)."""
    for change in (date(2026, 3, 29), date(2026, 10, 25)):
        evening = datetime.combine(change - timedelta(days=1), time(20), tzinfo=BERLIN)
        morning = next_morning(evening, time(9), lambda day: True)
        assert morning.astimezone(BERLIN).replace(tzinfo=None) == datetime.combine(change, time(9))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (berlin(2026, 3, 29, 1, 30), "2026-03-29T05:30+02:00"),
        (berlin(2026, 10, 25, 1, 30), "2026-10-25T04:30+01:00"),
        (berlin(2026, 10, 25, 2, 30, fold=0), "2026-10-25T05:30+01:00"),
        (berlin(2026, 10, 25, 2, 30, fold=1), "2026-10-25T06:30+01:00"),
    ],
)
def test_durations_are_real_time_when_the_clocks_change(now: datetime, expected: str) -> None:
    """Three hours and a bit later is that, not what the wall clock would add up to."""
    row = (
        timedelta(0),
        timedelta(hours=3 if now.month == 3 else 4),
    ) * 2
    rules = CoolingRules(hold=(row,) * 4, night=(time(0), time(0)))
    until = decided(None, 1, now, rules).hold_until
    assert until is not None
    assert until.tzinfo is UTC
    assert until == now.astimezone(UTC) + row[1]
    assert until.astimezone(BERLIN).isoformat(timespec="minutes") == expected


def test_shortly_before_nine_an_escalated_draft_waits_for_the_morning_after() -> None:
    """Else it would go after five minutes, while a merely heated one waits an hour."""
    five_to_nine = berlin(2026, 11, 17, 8, 55)
    assert decided(None, 2, five_to_nine).hold_until == five_to_nine + timedelta(hours=1)
    assert decided(None, 3, five_to_nine).hold_until == WEDNESDAY_NINE


@pytest.mark.parametrize("own", [0, 1, 2, 3])
@pytest.mark.parametrize("incoming", [2, 3])
def test_an_answer_to_heated_mail_at_night_waits_until_morning(incoming: int, own: int) -> None:
    """Whatever its own tone; the reason is told."""
    night = berlin(2026, 11, 20, 22)
    decision = decided(incoming, own, night)
    assert decision.hold_until == berlin(2026, 11, 23, 9)
    assert [reason.code for reason in decision.reasons][-1] is ReasonCode.NIGHT


def test_the_night_never_shortens_a_hold() -> None:
    """Four hours from 05:55 end after nine."""
    early = berlin(2026, 11, 17, 5, 55)
    assert decided(2, 2, early).hold_until == early + timedelta(hours=4)
    assert decided(2, 0, early).hold_until == berlin(2026, 11, 17, 9)


@pytest.mark.parametrize(("incoming", "hour"), [(None, 23), (0, 23), (1, 23), (2, 21), (2, 6)])
def test_the_night_rule_needs_night_and_heat(incoming: int | None, hour: int) -> None:
    """Calm and tense mail may be answered at night, and the day has its table."""
    now = datetime(2026, 11, 17, hour, tzinfo=BERLIN)
    assert not needs_morning(incoming=None if incoming is None else Level(incoming), now=now, rules=RULES)


def test_reasons_are_codes_with_parameters() -> None:
    """What a sentence can be made of, in any language, and stored as JSON."""
    decision = decided(3, 2, berlin(2026, 11, 20, 22, 10))
    assert [(reason.code, dict(reason.params)) for reason in decision.reasons] == [
        (ReasonCode.ANSWER_TO, {"level": 3}),
        (ReasonCode.DRAFT_LEVEL, {"level": 2}),
        (ReasonCode.NIGHT, {"time": "22:00"}),
    ]
    assert [reason.code for reason in decided(None, 1).reasons] == [ReasonCode.DRAFT_LEVEL]


def test_a_calendar_without_working_days_does_not_stop_the_world() -> None:
    """Then any morning is taken; also when the only working day is over."""
    assert next_morning(TUESDAY_NOON, time(9), lambda day: False) == WEDNESDAY_NINE
    assert next_morning(TUESDAY_NOON, time(9), lambda day: day == TUESDAY_NOON.date()) == WEDNESDAY_NINE


def test_reminder_comes_six_hours_after_receipt() -> None:
    """Six real hours, over the change of the clocks too."""
    received = berlin(2026, 10, 24, 23)
    assert reminder_at(received) == berlin(2026, 10, 25, 4)
    assert reminder_at(TUESDAY_NOON) == TUESDAY_NOON + timedelta(hours=6)
