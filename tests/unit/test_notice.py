"""What is worth a notice, and when: pure rules on a clock set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.core.notice import Course, HeatedMail, Kind, Matter, OpenDraft, matters, still_known

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def heated(number: int = 1, *, ago: timedelta = MINUTE) -> HeatedMail:
    """A mail that came a while ago."""
    return HeatedMail(id=number, account="studio", level=Level.HEATED, received=NOW - ago)


def waiting(number: int = 1, *, state: State = State.HELD, left: timedelta = MINUTE, answers: int = 1) -> OpenDraft:
    """A draft in the queue."""
    return OpenDraft(id=number, account="studio", state=state, hold_until=NOW + left, incoming_id=answers)


def told_of(mails: list[HeatedMail], drafts: list[OpenDraft]) -> list[tuple[Kind, int]]:
    """What the rules find."""
    return [(one.kind, one.number) for one in matters(mails, drafts, NOW)]


def test_mail_is_told_for_seven_days() -> None:
    """Not a moment longer: the first pass finds years of it."""
    week = timedelta(days=7)
    assert told_of([heated(1, ago=week - SECOND), heated(2, ago=week)], []) == [(Kind.HEATED, 1)]


@pytest.mark.parametrize(
    ("state", "left", "kind"),
    [
        (State.HELD, SECOND, Kind.HELD),
        (State.HELD, timedelta(0), Kind.COOLED),
        (State.FAILED, SECOND, Kind.FAILED),
        (State.UNCERTAIN, SECOND, Kind.UNCERTAIN),
    ],
)
def test_a_draft_is_told_as_it_stands(state: State, left: timedelta, kind: Kind) -> None:
    """Cooled is when its time is over."""
    assert told_of([], [waiting(5, state=state, left=left)]) == [(kind, 5)]


def test_who_waits_is_told_half_an_hour_before_the_six_hours_are_over() -> None:
    """Only while an answer to a recent heated mail is held: what was answered otherwise nobody knows here."""
    near = timedelta(hours=5, minutes=30)
    late, early, unanswered = heated(1, ago=near), heated(2, ago=near - SECOND), heated(3, ago=near)
    drafts = [waiting(1, answers=1), waiting(2, answers=2), waiting(3, answers=3, state=State.FAILED)]
    assert told_of([late, early, unanswered], drafts)[-1] == (Kind.WAITING, 1)
    assert [kind for kind, _ in told_of([late, early, unanswered], drafts)].count(Kind.WAITING) == 1


def test_a_draft_that_was_given_more_time_cools_anew() -> None:
    """And is told again then, though not that it is held; what concerns nothing there is any more is forgotten."""
    first, second = (
        matters([], [waiting(5, left=left)], NOW + timedelta(hours=1))[0] for left in (MINUTE, timedelta(minutes=2))
    )
    held = matters([], [waiting(5)], NOW)[0]
    assert len({first.key, second.key, held.key}) == 3
    assert still_known([held.key, first.key, "draft 55 held", "mail 5 heated"], [second]) == {held.key, first.key}


def ripe_at(kind: Kind, looks: list[tuple[timedelta, str]], *, quiet: bool = False) -> list[timedelta]:
    """At which looks a notice is shown; each look finds some things, one letter each."""
    course, found, told = Course(), [], set[str]()
    for after, things in looks:
        former, untold = course, frozenset(things) - told
        course = former.looked(untold, NOW + after)
        if course.ripe(kind, former, NOW + after, quiet=quiet):
            found.append(after)
            told |= untold
            course = course.told(NOW + after)
    return found


def test_one_thing_is_told_as_soon_as_nothing_more_comes() -> None:
    """At the second look, and then never again."""
    looks = [(5 * SECOND * n, "a") for n in range(200)]
    assert ripe_at(Kind.HEATED, looks) == [5 * SECOND]


def test_what_keeps_coming_is_gathered_for_a_minute() -> None:
    """Fifty drafts in one go are one notice; more of it is told five minutes later, in one notice as well."""
    letters = "".join(chr(0x100 + n) for n in range(400))
    looks = [(5 * SECOND * n, letters[: 4 * (n + 1)]) for n in range(100)]
    assert ripe_at(Kind.HEATED, looks) == [MINUTE, 6 * MINUTE]
    assert ripe_at(Kind.HEATED, [(5 * SECOND * n, letters[:50]) for n in range(200)]) == [5 * SECOND]


def test_a_held_draft_is_told_soon_and_at_any_time_of_day() -> None:
    """Whoever writes is awake, and would take it for sent; everything else keeps quiet."""
    looks = [(5 * SECOND * n, "a" if n < 6 else "ab") for n in range(60)]
    assert ripe_at(Kind.HELD, looks, quiet=True) == [5 * SECOND, 65 * SECOND]
    for kind in set(Kind) - {Kind.HELD}:
        assert ripe_at(kind, looks, quiet=True) == []


def test_the_clocks_may_change() -> None:
    """An hour that is put back does not make five minutes out of sixty-five."""
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 25, 2, 59, tzinfo=berlin)
    after = datetime(2026, 10, 25, 2, 5, tzinfo=berlin, fold=1)
    former = Course().told(before).looked(frozenset("a"), after)
    assert former.looked(frozenset("a"), after).ripe(Kind.COOLED, former, after, quiet=False)


def test_matters_are_told_apart() -> None:
    """A mail and a draft may have the same number."""
    mail = Matter(kind=Kind.HEATED, account="studio", number=1, at=NOW)
    draft = Matter(kind=Kind.HELD, account="studio", number=1, at=NOW)
    assert (mail.about, draft.about) == ("mail 1", "draft 1")
