"""What another hold table would have done: counting over what the ledger knows of the past.

The ledger knows every client's mail that was judged, every draft that was held, and every mail that came by the
gateway.  It knows nothing of drafts that were not held: to a mail without a known answer a calm one is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assistant.core.cooling import CoolingRules, decide
from assistant.core.escalation import Level
from assistant.core.replay import Reply, is_held
from assistant.core.statistics import Course


@dataclass(frozen=True, kw_only=True, slots=True)
class Foresight:
    """What two tables would have done with the same mail.

    Attributes:
        mails: client mails that were judged.
        before, after: to how many of them an answer would have been held.
        known: answers of the user's that are known, to a client's mail or to nobody's.
        longer, shorter: how many of these would have waited longer or shorter.
    """

    mails: int
    before: int
    after: int
    known: int
    longer: int
    shorter: int


def foresee(
    mails: Mapping[int, Level],
    courses: Sequence[Course],
    *,
    before: CoolingRules,
    after: CoolingRules,
    is_working_day: Callable[[date], bool],
) -> Foresight:
    """Compares two sets of rules.

    Args:
        mails: level by the number of each judged mail.
        courses: the known answers, their times in the user's zone.
    """
    waits = [
        tuple(_until(course, rules, is_working_day) for rules in (before, after))
        for course in courses
        if course.first is not None
    ]
    return Foresight(
        mails=len(mails),
        before=_held(mails, courses, before),
        after=_held(mails, courses, after),
        known=len(waits),
        longer=sum(new > old for old, new in waits),
        shorter=sum(new < old for old, new in waits),
    )


def _held(mails: Mapping[int, Level], courses: Sequence[Course], rules: CoolingRules) -> int:
    answers: dict[int | None, list[Course]] = {}
    for course in courses:
        answers.setdefault(course.mail, []).append(course)
    return sum(
        any(_holds(level, course, rules) for course in answers[number])
        if number in answers
        else is_held(incoming=level, reply=Reply(), own=Level.CALM, rules=rules)
        for number, level in mails.items()
    )


def _holds(incoming: Level, course: Course, rules: CoolingRules) -> bool:
    return is_held(incoming=incoming, reply=Reply(at=course.at), own=course.first or Level.CALM, rules=rules)


def _until(course: Course, rules: CoolingRules, is_working_day: Callable[[date], bool]) -> datetime:
    decision = decide(
        incoming=course.incoming,
        own=course.first or Level.CALM,
        now=course.at,
        rules=rules,
        is_working_day=is_working_day,
    )
    return decision.hold_until or course.at
