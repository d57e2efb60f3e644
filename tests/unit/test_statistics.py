"""Counting what became of held drafts, and what another hold table would have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from assistant.core.cooling import DEFAULT_HOLD, CoolingRules, Hold
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.core.foresight import foresee
from assistant.core.statistics import ENOUGH, WEEKS, Course, Moves, Share, first_monday, statistics

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BERLIN)  # a Wednesday
REPLY = Course(
    mail=1,
    at=NOW,
    state=State.RELEASED,
    incoming=Level.HEATED,
    first=Level.ESCALATED,
    last=Level.CALM,
    held=True,
    changed=True,
)


def table(row: int, column: int, hold: Hold) -> CoolingRules:
    """The default table with one other cell."""
    rows = [list(cells) for cells in DEFAULT_HOLD]
    rows[row][column] = hold
    return CoolingRules(hold=tuple(tuple(cells) for cells in rows))


def working(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def test_only_what_was_held_counts_and_only_what_went_is_compared() -> None:
    """A mail that was relayed at once is no held draft; one that still cools has changed nothing yet."""
    courses = [
        REPLY,
        replace(REPLY, held=False),
        replace(REPLY, state=State.HELD),
        replace(REPLY, state=State.DISCARDED),
        replace(REPLY, state=State.SENT, changed=False, last=Level.ESCALATED),
        replace(REPLY, state=State.SENT, first=None),
    ]
    found = statistics(courses, NOW)
    assert found.held == 5
    assert found.fates == {State.HELD: 1, State.RELEASED: 1, State.SENT: 2, State.DISCARDED: 1}
    assert found.changed == Share(part=2, whole=3)
    assert found.heat == Moves(down=1, same=1)
    assert found.before[Level.ESCALATED] == 2
    assert found.after == {Level.CALM: 1, Level.TENSE: 0, Level.HEATED: 0, Level.ESCALATED: 1}


def test_clients_that_had_to_calm_down() -> None:
    """Only answers to mail that was not calm, with a next mail; two answers to one mail are one."""
    courses = [
        replace(REPLY, after=Level.HEATED),
        replace(REPLY, after=Level.CALM, at=NOW + timedelta(hours=1)),
        replace(REPLY, mail=2, after=Level.ESCALATED),
        replace(REPLY, mail=3, after=Level.HEATED),
        replace(REPLY, mail=4, after=None),
        replace(REPLY, mail=5, incoming=Level.CALM, after=Level.CALM),
        replace(REPLY, mail=None, incoming=None, after=Level.CALM),
        replace(REPLY, mail=6, after=Level.CALM, state=State.HELD),
    ]
    assert statistics(courses, NOW).clients == Moves(down=1, same=1, up=1)


def test_early_ones_with_their_reasons() -> None:
    """The latest first."""
    courses = [replace(REPLY, at=NOW - timedelta(days=n), early=n > 0, reason=f"Grund {n}" * (n > 0)) for n in range(3)]
    found = statistics(courses, NOW)
    assert found.early == Share(part=2, whole=3)
    assert [reason for _, reason in found.reasons] == ["Grund 1", "Grund 2"]


def test_few_tell_nothing() -> None:
    """From ten on a share is told."""
    assert not Share(part=9, whole=ENOUGH - 1).tells
    assert Share(part=0, whole=ENOUGH).tells
    assert not Moves(down=ENOUGH - 1).tells
    assert Moves(down=ENOUGH - 2, same=1, up=1).tells


def test_weeks_begin_on_monday_in_the_zone_of_the_user() -> None:
    """Twelve, the oldest first, the last one being the present; the night to Monday belongs to where the user is."""
    sunday = datetime(2026, 11, 15, 23, 30, tzinfo=BERLIN)
    found = statistics([replace(REPLY, at=at) for at in (sunday, sunday + timedelta(hours=1), NOW)], NOW).weeks
    assert len(found) == WEEKS
    assert found[0].monday == first_monday(NOW).date() == date(2026, 8, 31)
    assert first_monday(NOW).utcoffset() == timedelta(hours=2)  # summer time then
    assert (found[-1].monday, found[-1].held, found[-2].held) == (date(2026, 11, 16), 2, 1)


def foreseen(courses: Sequence[Course], after: CoolingRules) -> tuple[int, ...]:
    """Mails, held before and after, known answers, longer, shorter; for four mails, one of each level."""
    mails = {number: Level(number) for number in range(4)}
    found = foresee(mails, courses, before=CoolingRules(), after=after, is_working_day=working)
    return (found.mails, found.before, found.after, found.known, found.longer, found.shorter)


def test_without_known_answers_calm_ones_are_assumed() -> None:
    """By default a calm answer to level 2 and 3 is held."""
    assert foreseen([], CoolingRules()) == (4, 2, 2, 0, 0, 0)
    assert foreseen([], table(2, 0, timedelta(0))) == (4, 2, 1, 0, 0, 0)
    assert foreseen([], table(0, 0, timedelta(minutes=5))) == (4, 2, 3, 0, 0, 0)


def test_known_answers_count_with_their_own_level() -> None:
    """A hot answer to a calm mail was held, and would be let go by a table without a hold for it."""
    hot = replace(REPLY, mail=0, incoming=Level.CALM, first=Level.HEATED)
    assert foreseen([hot], table(0, 2, timedelta(0))) == (4, 3, 2, 1, 0, 1)
    assert foreseen([hot], table(0, 2, "morning")) == (4, 3, 3, 1, 1, 0)
    assert foreseen([hot, replace(hot, first=None)], CoolingRules()) == (4, 3, 3, 1, 0, 0)


def test_a_night_is_slept_over_by_every_table() -> None:
    """An answer at night to a heated mail is held until morning, whatever the cell says."""
    night = replace(REPLY, mail=2, first=Level.CALM, at=NOW.replace(hour=23))
    assert foreseen([night], table(2, 0, timedelta(0))) == (4, 2, 2, 1, 0, 0)
