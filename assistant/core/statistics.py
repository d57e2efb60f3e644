"""What became of held drafts: counting, honest about how little a few of them tell.

Nothing here proves that waiting helps: whoever was held might have written the same next morning, and an upset client
is calmer in the next mail more often than not, whatever the answer was (regression to the mean).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from assistant.core.draft import State
from assistant.core.escalation import Level

#: Shares of fewer than these are not told: three of four is no three quarters.
ENOUGH: Final = 10
WEEKS: Final = 12
_GONE: Final = frozenset({State.RELEASED, State.SENDING, State.SENT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What became of one reply of the user, without its words.

    Attributes:
        mail: number of the client's mail that it answers, None where none is known.
        at: when its first version was judged.
        incoming: level of that mail as it counts now.
        first, last: levels of its first and its last version; None where they could not be judged.
        held: it was held; what comes by the gateway may also be relayed at once.
        changed: its last version has other words than its first.
        early: it was let go before it had cooled or was reviewed; ``reason`` is what the user said to that.
        after: level of the client's first judged mail after it went.
    """

    mail: int | None
    at: datetime
    state: State
    incoming: Level | None
    first: Level | None
    last: Level | None
    held: bool
    changed: bool
    early: bool = False
    reason: str = ""
    after: Level | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def tells(self) -> bool:
        """Whether there are enough to speak of a share."""
        return self.whole >= ENOUGH


@dataclass(frozen=True, kw_only=True, slots=True)
class Moves:
    """How levels moved between two moments."""

    down: int = 0
    same: int = 0
    up: int = 0

    @property
    def whole(self) -> int:
        """How many there are."""
        return self.down + self.same + self.up

    @property
    def tells(self) -> bool:
        """Whether there are enough to say anything."""
        return self.whole >= ENOUGH


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """The drafts that were held first in a week.

    Attributes:
        monday: its first day in the user's zone.
        early: those that were sent before their time.
    """

    monday: date
    held: int
    changed: int
    early: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """What the review page and ``gelassen report`` tell.

    Attributes:
        held: drafts that were held.
        fates: how many of them stand where.
        changed: of those that went out, those with other words than when they were held.
        before, after: of those that went out and could be judged, how many had which level at first and at last.
        heat: the same drafts, from the first version to the last.
        clients: of answers to tense and hotter mails, how the client's next mail compares with the one answered.
        early: of those that went out, those that were sent before their time.
        reasons: what was said to that, the latest first.
        weeks: the oldest first.
    """

    held: int
    fates: Mapping[State, int]
    changed: Share
    before: Mapping[Level, int]
    after: Mapping[Level, int]
    heat: Moves
    clients: Moves
    early: Share
    reasons: tuple[tuple[datetime, str], ...]
    weeks: tuple[Week, ...]


def first_monday(now: datetime, weeks: int = WEEKS) -> datetime:
    """Midnight on the Monday that begins the first of so many weeks, the present one being the last."""
    day = now.date() - timedelta(days=now.weekday(), weeks=weeks - 1)
    return datetime.combine(day, datetime.min.time(), tzinfo=now.tzinfo)


def statistics(courses: Iterable[Course], now: datetime) -> Statistics:
    """Counts the drafts that were held; ``now`` is in the user's zone, and the last of the weeks is its own."""
    held = sorted((course for course in courses if course.held), key=lambda course: course.at)
    gone = [course for course in held if course.state in _GONE]
    judged = [(course.first, course.last) for course in gone if course.first is not None and course.last is not None]
    return Statistics(
        held=len(held),
        fates={state: count for state in State if (count := sum(course.state is state for course in held))},
        changed=Share(part=sum(course.changed for course in gone), whole=len(gone)),
        before=_levels([first for first, _ in judged]),
        after=_levels([last for _, last in judged]),
        heat=_moves(judged),
        clients=_moves(_calmed(gone)),
        early=Share(part=sum(course.early for course in gone), whole=len(gone)),
        reasons=tuple((course.at, course.reason) for course in reversed(held) if course.reason),
        weeks=tuple(_weeks(held, now)),
    )


def _levels(levels: Sequence[Level]) -> dict[Level, int]:
    return {level: levels.count(level) for level in Level}


def _moves(pairs: Sequence[tuple[Level, Level]]) -> Moves:
    return Moves(
        down=sum(after < before for before, after in pairs),
        same=sum(after == before for before, after in pairs),
        up=sum(after > before for before, after in pairs),
    )


def _calmed(gone: Sequence[Course]) -> list[tuple[Level, Level]]:
    """The level of the mail that was answered and that of the next; a mail that was answered twice counts once."""
    by_mail = {
        course.mail: (course.incoming, course.after)
        for course in gone
        if course.mail is not None and course.incoming and course.after is not None
    }
    return list(by_mail.values())


def _weeks(held: Sequence[Course], now: datetime) -> Iterable[Week]:
    start = first_monday(now).date()
    for monday in (start + timedelta(weeks=number) for number in range(WEEKS)):
        here = [one for one in held if monday <= one.at.astimezone(now.tzinfo).date() < monday + timedelta(weeks=1)]
        yield Week(
            monday=monday,
            held=len(here),
            changed=sum(one.changed for one in here),
            early=sum(one.early for one in here),
        )
