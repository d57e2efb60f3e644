"""What the live view shows: plain values, filled by whoever knows the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.core.cooling import Reason
from assistant.core.draft import State
from assistant.core.escalation import Cue, Level, Signal
from assistant.core.message import SetAside, Unassessed


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoSuggestion:
    """A calm reply that is offered; ``template`` is its name (``our_side``)."""

    template: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoMail:
    """A mail of the inbox that was looked at.

    Attributes:
        id: stable while the demo runs.
        message_id: with angle brackets; by it the mail is compared with its story's label.
        sender: the display name, or the address where there is none; ``address`` is the address, where known.
        level: None when it was set aside or could not be assessed.
        suggestions: calm replies on offer, the best first.
    """

    id: int
    message_id: str | None
    received: datetime
    sender: str
    address: str = ""
    subject: str
    level: Level | None = None
    signals: tuple[Signal, ...] = ()
    cues: tuple[Cue, ...] = ()
    hot: tuple[str, ...] = ()
    set_aside: SetAside | None = None
    unassessed: Unassessed | None = None
    suggestions: tuple[DemoSuggestion, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoDraft:
    """A draft that is, or was, kept back.

    Attributes:
        to: the recipients as one line; addresses of known senders are shown as their names.
        text: the newest text; ``hot`` are the sentences in it that carry the heat.
        answers: ``DemoMail.id`` of the mail that it answers, where that was judged.
        ended: why it is kept no longer: the event's name in the store (``sent_elsewhere``, ``superseded`` …).
    """

    id: int
    state: State
    to: str
    subject: str
    text: str = ""
    hot: tuple[str, ...] = ()
    answers: int | None = None
    hold_until: datetime
    reasons: tuple[Reason, ...] = ()
    reviewed: bool = False
    ended: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftDraft:
    """A draft that was looked at and may stay in Drafts."""

    to: str
    subject: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Everything at one moment.

    Attributes:
        now: in the user's zone; local times are shown in it.
        mails, drafts, left: in any order.
    """

    now: datetime
    mails: tuple[DemoMail, ...] = ()
    drafts: tuple[DemoDraft, ...] = ()
    left: tuple[LeftDraft, ...] = ()

    @property
    def newest_first(self) -> tuple[DemoMail, ...]:
        """The mails by arrival, the last one first."""
        return tuple(sorted(self.mails, key=lambda mail: (mail.received, mail.id), reverse=True))

    @property
    def held(self) -> tuple[DemoDraft, ...]:
        """The drafts that are kept back now, the last one first."""
        return tuple(sorted((d for d in self.drafts if d.state is State.HELD), key=lambda draft: -draft.id))

    @property
    def ended(self) -> tuple[DemoDraft, ...]:
        """The drafts that are kept no longer, the last one first."""
        return tuple(sorted((d for d in self.drafts if d.state is not State.HELD), key=lambda draft: -draft.id))

    def answered(self, draft: DemoDraft) -> DemoMail | None:
        """The mail that a draft answers."""
        return next((mail for mail in self.mails if mail.id == draft.answers), None)


#: Looks now.
Look = Callable[[], Snapshot]


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What the viewer needs to know to join in.

    Attributes:
        drafts: name of the Drafts folder; ``cooling_off`` that of the folder where held drafts lie.
        settle: seconds that a draft is left alone.
        command: how to call the program (``gelassen`` or a path).
    """

    host: str
    port: int
    user: str
    password: str
    config: Path
    drafts: str
    cooling_off: str
    settle: float
    command: str = "gelassen"
