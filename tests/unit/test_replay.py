"""What settings would have done: the arithmetic of ``gelassen replay``."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.cooling import CoolingRules, Hold, decide
from assistant.core.escalation import Level, Policy, Scores
from assistant.core.replay import (
    Exchange,
    Month,
    MonthCount,
    Outcome,
    Reply,
    Setting,
    Tally,
    by_year,
    is_held,
    settings_for,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 18, 12, tzinfo=BERLIN)
STRICT = Policy(levels=(0.5, 0.95, 0.95), own_levels=(0.5, 0.95, 0.95))
SETTINGS = settings_for({1.0: Policy(), 0.5: STRICT}, 1.0)


def scores(level: int) -> Scores:
    """What makes this level with thresholds of one half."""
    first, second, third = (0.9 if level > n else 0.1 for n in range(3))
    return Scores(p=(first, second, third))


def told(*exchanges: Exchange, rules: CoolingRules | None = None) -> tuple[Outcome, Outcome]:
    """Outcomes at 0.5 and at 1, the current one."""
    tally = Tally(SETTINGS, rules or CoolingRules())
    for exchange in exchanges:
        tally.add(exchange)
    strict, current = tally.outcomes()
    return strict, current


def test_settings_rise_and_the_current_one_is_marked() -> None:
    """In the order of their budgets."""
    assert [(one.budget, one.current) for one in SETTINGS] == [(0.5, False), (1.0, True)]


def test_levels_are_those_of_each_policy() -> None:
    """The same scores, other thresholds."""
    strict, current = told(*(Exchange(scores=scores(level)) for level in (0, 1, 2, 3)))
    assert (current.flagged, current.tense) == (2, 1)
    assert (strict.flagged, strict.tense) == (0, 3)
    assert sum(current.levels.values()) == sum(strict.levels.values()) == 4


def test_without_an_answer_a_calm_one_is_assumed() -> None:
    """Held are the answers to heated and escalated mail, by day or night."""
    _, current = told(*(Exchange(scores=scores(level)) for level in (0, 1, 2, 3)))
    assert (current.held, current.answered, current.held_answered) == (2, 0, 0)


def test_own_answers_count_with_their_own_tone() -> None:
    """A tense answer to a calm mail is held, a calm one is not; of several answers one is enough."""
    calm, tense = Reply(scores=scores(0), at=NOON), Reply(scores=scores(1), at=NOON)
    _, current = told(
        Exchange(scores=scores(0), replies=(calm,)),
        Exchange(scores=scores(0), replies=(calm, tense)),
        Exchange(scores=scores(2), replies=(calm,)),
    )
    assert (current.held, current.answered, current.held_answered) == (2, 3, 2)


def test_an_answer_that_could_not_be_judged_counts_as_calm() -> None:
    """As a draft in another language does."""
    _, current = told(Exchange(scores=scores(1), replies=(Reply(at=NOON),)))
    assert current.held == 0


def test_the_users_own_table_decides() -> None:
    """With holds of zero nothing waits by day; at night answers to heat wait all the same."""
    none: tuple[Hold, ...] = (timedelta(0),) * 4
    rules = CoolingRules(hold=(none,) * 4)
    by_day = Exchange(scores=scores(3), replies=(Reply(scores=scores(3), at=NOON),))
    by_night = Exchange(scores=scores(3), replies=(Reply(scores=scores(0), at=NOON.replace(hour=23)),))
    assert told(by_day, rules=rules)[1].held == 0
    assert told(by_night, rules=rules)[1].held == 1


def test_own_mail_that_answers_none_is_counted_apart() -> None:
    """Held for its own tone."""
    tally = Tally(SETTINGS, CoolingRules())
    for level in (0, 1, 3):
        tally.add_alone(Reply(scores=scores(level), at=NOON.replace(hour=23)))
    assert [(one.held_alone, one.held) for one in tally.outcomes()] == [(2, 0), (2, 0)]


def test_months_are_sorted_and_mails_without_a_date_left_out() -> None:
    """Mails, flagged and held of each month."""
    spring, winter = Month(2026, 3), Month(2025, 12)
    _, current = told(
        Exchange(scores=scores(2), month=spring), Exchange(scores=scores(0), month=winter), Exchange(scores=scores(3))
    )
    assert list(current.months.items()) == [
        (winter, MonthCount(mails=1, flagged=0, held=0)),
        (spring, MonthCount(mails=1, flagged=1, held=1)),
    ]
    assert by_year(current.months.items())[2026] == MonthCount(mails=1, flagged=1, held=1)


moments = st.integers(0, 366 * 86400).map(lambda s: NOON + timedelta(seconds=s))
cells = st.sampled_from([timedelta(0), timedelta(minutes=10), "morning"])
tables = st.tuples(*[st.tuples(cells, cells, cells, cells)] * 4)
nights = st.sampled_from([(time(22), time(6)), (time(0), time(5)), (time(20, 30), time(7))])


@settings(deadline=None)
@given(st.none() | st.sampled_from(Level), st.sampled_from(Level), moments, tables, nights)
def test_held_is_what_the_guard_decides(
    incoming: Level | None, own: Level, at: datetime, hold: tuple[tuple[Hold, ...], ...], night: tuple[time, time]
) -> None:
    """At every moment, for every table: the replay holds what ``cooling.decide`` holds."""
    rules = CoolingRules(hold=hold, night=night)
    decision = decide(incoming=incoming, own=own, now=at, rules=rules, is_working_day=lambda day: day.weekday() < 5)
    held = is_held(incoming=incoming, reply=Reply(at=at), own=own, rules=rules)
    assert held == (decision.hold_until is not None)


@given(st.lists(st.tuples(st.sampled_from(Level), st.none() | st.sampled_from(Level)), max_size=30))
def test_counts_add_up(pairs: list[tuple[Level, Level | None]]) -> None:
    """Whatever comes, in whatever order: every mail has one level, and nothing is held that was not there."""
    exchanges = [
        Exchange(scores=scores(level), replies=() if own is None else (Reply(scores=scores(own), at=NOON),))
        for level, own in pairs
    ]
    assert told(*exchanges) == told(*reversed(exchanges))
    for outcome in told(*exchanges):
        assert sum(outcome.levels.values()) == len(pairs)
        assert outcome.held_answered <= outcome.answered == sum(own is not None for _, own in pairs)
        assert outcome.flagged <= outcome.held <= len(pairs)


def test_a_setting_is_what_it_was_made_of() -> None:
    """Budget and thresholds go together."""
    assert SETTINGS[0] == Setting(budget=0.5, policy=STRICT, current=False)
