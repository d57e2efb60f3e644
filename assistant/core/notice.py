"""What is worth interrupting somebody for, and when: bundled, never a storm, each thing once.

Pure rules: who shows a notice, and where it is kept what was told, is the business of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from assistant.core.cooling import reminder_at
from assistant.core.draft import State
from assistant.core.escalation import Level

#: Nobody is told of older mail (DESIGN section 11).
RECENT: Final = timedelta(days=7)
#: How long before the six hours are over the user hears that a client waits: time enough to do something about it.
_AHEAD: Final = timedelta(minutes=30)
#: While things of a kind keep coming they are gathered, for this long at most.
_GATHERING: Final = timedelta(minutes=1)
#: Between two notices of a kind.
_PAUSE: Final = timedelta(minutes=5)
#: After a draft was held: who sends two mails within five minutes should not take the second for sent.
_PAUSE_HELD: Final = timedelta(minutes=1)


class Kind(StrEnum):
    """What a notice is about."""

    HEATED = "heated"  # a client's mail of level 2 or 3 came
    HELD = "held"  # a draft is kept back
    COOLED = "cooled"  # it may be decided on
    WAITING = "waiting"  # whoever wrote a heated mail has heard nothing for nearly six hours
    UNCERTAIN = "uncertain"  # nobody knows whether a mail went out
    FAILED = "failed"  # a mail could not be sent


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatedMail:
    """A client's mail of level 2 or 3."""

    id: int
    account: str
    level: Level
    received: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDraft:
    """A draft that waits for the user: held, failed or uncertain; ``incoming_id`` is the mail that it answers."""

    id: int
    account: str
    state: State
    hold_until: datetime
    incoming_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """One thing to be told.

    Attributes:
        number: of the mail (heated, waiting) or the draft.
        at: when the mail came, or when the draft has cooled.
        level: of the mail, for heated ones.
    """

    kind: Kind
    account: str
    number: int
    at: datetime
    level: Level | None = None

    @property
    def of_mail(self) -> bool:
        """Whether it is about a client's mail, not about a draft."""
        return self.kind in (Kind.HEATED, Kind.WAITING)

    @property
    def about(self) -> str:
        """The mail or draft that it is about."""
        return f"{'mail' if self.of_mail else 'draft'} {self.number}"

    @property
    def key(self) -> str:
        """By what it is known as told; a draft that was given more time cools a second time."""
        again = f" {int(self.at.timestamp())}" if self.kind is Kind.COOLED else ""
        return f"{self.about} {self.kind}{again}"


def still_known(told: Iterable[str], current: Iterable[Matter]) -> frozenset[str]:
    """What need not be forgotten of the keys that were told: those about a mail or draft that there still is."""
    about = {one.about for one in current}
    return frozenset(key for key in told if " ".join(key.split()[:2]) in about)


def matters(mails: Iterable[HeatedMail], drafts: Iterable[OpenDraft], now: datetime) -> tuple[Matter, ...]:
    """Everything that is so at the moment, told or not."""
    recent = {mail.id: mail for mail in mails if now.astimezone(UTC) - mail.received.astimezone(UTC) < RECENT}
    found = [
        Matter(kind=Kind.HEATED, account=mail.account, number=mail.id, at=mail.received, level=mail.level)
        for mail in recent.values()
    ]
    answered = set()
    for draft in drafts:
        found.append(_matter(draft, now))
        if draft.state is State.HELD and draft.incoming_id in recent:
            answered.add(draft.incoming_id)
    waiting = (recent[number] for number in sorted(answered))
    return (*found, *(_waiting(mail) for mail in waiting if reminder_at(mail.received) - _AHEAD <= now))


def _matter(draft: OpenDraft, now: datetime) -> Matter:
    if draft.state is State.HELD:
        kind = Kind.COOLED if draft.hold_until <= now else Kind.HELD
    else:
        kind = Kind.UNCERTAIN if draft.state is State.UNCERTAIN else Kind.FAILED
    return Matter(kind=kind, account=draft.account, number=draft.id, at=draft.hold_until)


def _waiting(mail: HeatedMail) -> Matter:
    return Matter(kind=Kind.WAITING, account=mail.account, number=mail.id, at=mail.received)


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How it went with one kind so far.

    Attributes:
        untold: what was to be told at the last look, by key.
        since: when the first of it was seen.
        shown: when the last notice of this kind was.
    """

    untold: frozenset[str] = frozenset()
    since: datetime | None = None
    shown: datetime | None = None

    def looked(self, untold: frozenset[str], now: datetime) -> Course:
        """The course after another look."""
        since = (self.since or now.astimezone(UTC)) if untold else None
        return replace(self, untold=untold, since=since)

    def ripe(self, kind: Kind, former: Course, now: datetime, *, quiet: bool) -> bool:
        """Whether to tell of it now.

        Not while more keeps coming, nor soon after the last notice. In the quiet hours only of a draft that is held:
        whoever writes a mail is awake, and would take it for sent.

        Args:
            former: the course before this look.
            quiet: whether the user wants to be left alone at this time of day.
        """
        utc = now.astimezone(UTC)
        if self.since is None or (quiet and kind is not Kind.HELD):
            return False
        if self.shown is not None and utc - self.shown < (_PAUSE_HELD if kind is Kind.HELD else _PAUSE):
            return False
        return self.untold <= former.untold or utc - self.since >= _GATHERING

    def told(self, now: datetime) -> Course:
        """The course after a notice."""
        return Course(shown=now.astimezone(UTC))
