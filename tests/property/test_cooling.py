"""What holds for every draft at every moment, with the real holidays of Berlin."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.adapters.calendar import RegionCalendar
from assistant.core.cooling import CoolingRules, decide, next_morning
from assistant.core.escalation import Level

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    """A moment by the clocks of Berlin; ``fold=1`` is the second run through the hour in October."""
    return datetime(year, month, day, hour, minute, second, tzinfo=BERLIN, fold=fold)


RULES = CoolingRules()
WORKING = RegionCalendar("DE-BE")

unhurried = settings(deadline=None)  # the first question loads the holidays
START = datetime(2026, 1, 1, tzinfo=UTC)

#: Any second of two years: two changes of the clocks each, Easter, Christmas, turns of the year.
moments = st.integers(0, 2 * 366 * 86400).map(lambda seconds: (START + timedelta(seconds=seconds)).astimezone(BERLIN))
levels = st.sampled_from(Level)
incomings = st.none() | levels


def ends(incoming: Level | None, own: Level, now: datetime) -> datetime:
    """When the draft may go: at once, or when it has cooled."""
    decision = decide(incoming=incoming, own=own, now=now, rules=RULES, is_working_day=WORKING)
    return decision.hold_until or now.astimezone(UTC)


@unhurried
@given(incomings, levels, moments)
def test_a_hold_ends_after_it_begins(incoming: Level | None, own: Level, now: datetime) -> None:
    """hold_until is later than now, or there is none."""
    decision = decide(incoming=incoming, own=own, now=now, rules=RULES, is_working_day=WORKING)
    assert decision.hold_until is None or decision.hold_until > now.astimezone(UTC)


@settings(max_examples=300, deadline=None)
@given(incomings, levels, incomings, levels, moments)
@example(Level.HEATED, Level.HEATED, Level.HEATED, Level.ESCALATED, berlin(2026, 11, 17, 8, 0))
@example(None, Level.HEATED, None, Level.ESCALATED, berlin(2026, 11, 17, 8, 59))
@example(Level.TENSE, Level.HEATED, Level.HEATED, Level.HEATED, berlin(2026, 11, 17, 5, 59))
def test_hotter_never_goes_sooner(
    one: Level | None, own: Level, other: Level | None, other_own: Level, now: datetime
) -> None:
    """More heat on either side, the other being the same or hotter, holds at least as long."""
    cool = (min(one or 0, other or 0), min(own, other_own))
    hot = (max(one or 0, other or 0), max(own, other_own))
    assert ends(Level(cool[0]), Level(cool[1]), now) <= ends(Level(hot[0]), Level(hot[1]), now)


@unhurried
@given(levels, moments)
def test_no_mail_counts_as_calm(own: Level, now: datetime) -> None:
    """A draft that answers nothing is held like an answer to a calm mail."""
    assert ends(None, own, now) == ends(Level.CALM, own, now)


@unhurried
@given(moments, st.integers(0, 23), st.integers(0, 59))
@example(berlin(2026, 10, 24, 23), 9, 0)
@example(berlin(2026, 3, 28, 23), 9, 0)
@example(berlin(2026, 12, 24, 12), 9, 0)
@example(berlin(2026, 4, 2, 12), 9, 0)
def test_morning_is_a_working_morning(now: datetime, hour: int, minute: int) -> None:
    """It is ahead, on a working day, at that time on the wall, and no working morning lies between."""
    morning = next_morning(now, time(hour, minute), WORKING)
    local = morning.astimezone(BERLIN)
    assert morning > now.astimezone(UTC)
    assert WORKING(local.date())
    assert (local.hour, local.minute) == (hour, minute)
    skipped = [now.date() + timedelta(days=n) for n in range((local.date() - now.date()).days)]
    assert not any(WORKING(day) and day > now.date() for day in skipped)


@unhurried
@given(levels, moments)
def test_an_escalated_draft_sleeps_until_nine(incoming: Level, now: datetime) -> None:
    """Level 3 always ends at nine on a working day."""
    local = ends(incoming, Level.ESCALATED, now).astimezone(BERLIN)
    assert local.time() == time(9)
    assert WORKING(local.date())


def test_holidays_are_slept_through() -> None:
    """Escalated drafts of Christmas, Easter and the weekends of the clocks, in Berlin."""
    expected = {
        berlin(2026, 12, 24, 12): berlin(2026, 12, 28, 9),
        berlin(2026, 12, 31, 23): berlin(2027, 1, 4, 9),
        berlin(2026, 4, 2, 18): berlin(2026, 4, 7, 9),
        berlin(2026, 10, 24, 12): berlin(2026, 10, 26, 9),
        berlin(2026, 3, 27, 23): berlin(2026, 3, 30, 9),
    }
    for now, morning in expected.items():
        assert ends(Level.ESCALATED, Level.ESCALATED, now) == morning
