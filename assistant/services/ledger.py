"""What is kept between runs: the records, and the port ``Store`` that keeps them.

Every write that changes a state names the state it expects; the store changes nothing and raises ``Conflict`` when
the row stands elsewhere by now.  Intent is a column: ``effect`` says which outside effect was decided and is not yet
acknowledged, ``key`` where the copy lay when it was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from assistant.core.cooling import Reason
from assistant.core.draft import Effect, Identity, State, Via
from assistant.core.escalation import Assessment, Level
from assistant.core.message import Address, MessageKey, SetAside, Unassessed
from assistant.core.reply import Suggestion
from assistant.errors import GelassenError
from assistant.services.corrections import CorrectionStore
from assistant.services.courses import CourseStore
from assistant.services.outbox import OutboxStore

#: States of drafts that the queue lists, and of those that it lists while they are on their way.
OPEN: Final = (State.HELD, State.FAILED, State.UNCERTAIN)
ON_THE_WAY: Final = (State.RELEASED, State.SENDING)
#: States of drafts that have gone to where they were meant to go; one that is released may be there or on its way.
GONE: Final = (State.SENT, State.WITHDRAWN)


class Conflict(GelassenError):
    """The row is no longer in the state that the change expected: somebody else decided first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A mail seen in INBOX: judged, set aside, or unassessed.  ``id`` is 0 until it is stored.

    ``corrected`` is the level that the user gave it instead, ``corrected_at`` when.
    """

    id: int = 0
    key: MessageKey
    message_id: str | None
    digest: str
    sender: Address | None
    subject: str
    date: datetime | None
    received: datetime
    parents: tuple[str, ...] = ()
    language: str | None = None
    text: str = ""
    assessment: Assessment | None = None
    set_aside: SetAside | None = None
    unassessed: Unassessed | None = None
    corrected: Level | None = None
    corrected_at: datetime | None = None

    @property
    def level(self) -> Level | None:
        """The level that counts: the user's, else the judged one; None when there is neither."""
        return self.judged if self.corrected is None else self.corrected

    @property
    def judged(self) -> Level | None:
        """The level as judged, or None when it was not."""
        return self.assessment.level if self.assessment else None

    @property
    def client(self) -> str:
        """Whose mail it is: the sender's address in lower case, empty where there is none."""
        return self.sender.address.lower() if self.sender else ""


class Treated(StrEnum):
    """What was done with an incoming mail."""

    JUDGED = "judged"  # or the user gave it a level
    SET_ASIDE = "set_aside"
    UNASSESSED = "unassessed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MailFilter:
    """Which incoming mails are wanted; what is None does not matter.

    Attributes:
        level: the level that counts is at least this.
        client: the sender's address in lower case.
        sender: a part of the sender's name or address.
        beyond: the number of a mail; those that come after it in the list, which are older.
    """

    account: str | None = None
    treated: Treated | None = None
    level: Level | None = None
    client: str | None = None
    sender: str | None = None
    beyond: int | None = None


EVERY: Final = MailFilter()


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a held draft.

    Attributes:
        raw: the exact bytes; None once they were purged (after 30 days).
        digest: SHA-256 of the bytes, hexadecimal: what an approval is bound to.
        text: the newest text; ``gaps`` are the places that a suggestion left open in it.
    """

    number: int
    raw: bytes | None
    digest: str
    text: str
    assessment: Assessment | None
    gaps: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldDraft:
    """A row of the queue with its current version (without bytes).

    Attributes:
        key: where the copy lies, or lay when ``effect`` was decided.
        reviewed_digest: the hash that the user approved; counts only while it equals ``digest``.
    """

    id: int
    account: str
    via: Via
    state: State
    effect: Effect | None
    key: MessageKey | None
    identity: Identity
    to: tuple[str, ...]
    subject: str
    incoming_id: int | None
    level_in: Level | None
    level_own: Level | None
    held_at: datetime
    hold_until: datetime
    reasons: tuple[Reason, ...]
    version: int
    digest: str
    text: str
    gaps: tuple[str, ...] = ()
    reviewed_digest: str | None = None

    @property
    def reviewed(self) -> bool:
        """Whether the version that is held now was approved."""
        return self.reviewed_digest == self.digest


@dataclass(frozen=True, kw_only=True, slots=True)
class NewHold:
    """A draft to be held: what becomes a row, or a new version of one."""

    account: str
    key: MessageKey | None
    effect: Effect
    identity: Identity
    to: tuple[str, ...]
    subject: str
    incoming_id: int | None
    level_in: Level | None
    assessment: Assessment | None
    at: datetime
    hold_until: datetime
    reasons: tuple[Reason, ...]
    raw: bytes
    digest: str
    text: str
    gaps: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What became of a draft seen in Drafts."""

    PENDING = "pending"  # waits until it has settled
    LEFT = "left"  # may stay and be sent


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenDraft:
    """A draft seen in Drafts; ``first_seen`` starts the settling."""

    key: MessageKey
    identity: Identity
    first_seen: datetime
    verdict: Verdict = Verdict.PENDING


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """A copy that a newer version replaced and that is to be removed once its bytes are known to be safe."""

    draft_id: int
    key: MessageKey
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """The copy of a held draft on the server; ``key`` is None where nobody knows its place."""

    draft_id: int
    via: Via
    effect: Effect | None
    key: MessageKey | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened to a draft; ``detail`` never holds mail content."""

    at: datetime
    event: str
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountStatus:
    """How an account fares, as the daemon last wrote it."""

    name: str
    connected: bool
    last_pass: datetime | None
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How much there is of what."""

    assessed: int
    set_aside: int
    unassessed: int
    held: int
    cooled: int
    uncertain: int


class Store(CorrectionStore, CourseStore, OutboxStore, Protocol):
    """The ledger.  Thread-safe and shared with other processes; every call is one transaction with full sync.

    Raises ``TemporaryFailure`` when the disk is full or the database stays locked, ``StoreError`` when it is
    read-only, damaged, or written by a newer version.
    """

    # --- accounts -------------------------------------------------------------------------------------------------
    def record_status(self, status: AccountStatus) -> None:
        """Keep how an account fares."""

    def statuses(self) -> tuple[AccountStatus, ...]:
        """All accounts' last status, by name."""

    def counts(self, now: datetime) -> Counts:
        """The numbers of ``gelassen status``."""

    def remember(self, account: str, name: str, value: str) -> None:
        """Keep a small fact about an account (the cooling-off folder's name, a checkpoint)."""

    def remembered(self, account: str, name: str) -> str | None:
        """Such a fact, or None."""

    # --- incoming mail --------------------------------------------------------------------------------------------
    def known_uids(self, account: str, folder: str, uidvalidity: int) -> frozenset[int]:
        """UIDs already stored; the set that makes a pass resumable."""

    def add_incoming(self, mails: Sequence[Incoming], suggestions: Mapping[int, Sequence[Suggestion]]) -> int:
        """Store mails with their suggestions (by position) and events, in one transaction; how many were new.

        A key that is there already changes nothing.  A mail known by Message-ID and digest under another UIDVALIDITY
        keeps its row and gets the new key.
        """

    def incoming(self, mail_id: int) -> Incoming | None:
        """One mail."""

    def list_incoming(self, *, limit: int, wanted: MailFilter = EVERY) -> tuple[Incoming, ...]:
        """The newest of the wanted mails first, by the time of receipt."""

    def incoming_by_message_id(self, account: str, message_id: str) -> Incoming | None:
        """The mail with this Message-ID, the latest if there are several."""

    def answers_to(self, account: str, message_id: str, since: datetime) -> tuple[Incoming, ...]:
        """Mails received since then in whose thread this Message-ID stands, the oldest first."""

    def latest_incoming_from(self, account: str, senders: Iterable[str], subject: str) -> Incoming | None:
        """The latest judged mail from one of these addresses under this base subject (case folded)."""

    def suggestions(self, mail_id: int) -> tuple[Suggestion, ...]:
        """The calm replies stored with a mail."""

    # --- drafts seen in Drafts ------------------------------------------------------------------------------------
    def seen_drafts(self, account: str) -> tuple[SeenDraft, ...]:
        """Every draft noticed in Drafts and not forgotten, the oldest first."""

    def see_draft(self, draft: SeenDraft) -> None:
        """Notice a draft; known keys change nothing."""

    def leave_draft(self, key: MessageKey) -> None:
        """Its verdict is LEFT."""

    def forget_drafts(self, keys: Iterable[MessageKey]) -> None:
        """They are no longer in Drafts."""

    # --- held drafts ----------------------------------------------------------------------------------------------
    def hold(self, new: NewHold) -> int:
        """A new row, state ``held``, its effect pending, version 1, event ``held``; its id."""

    def add_version(self, draft: HeldDraft, new: NewHold, *, event: str) -> None:
        """A newer version of ``draft``, guarded by its state and version; the former copy becomes a leftover.

        Raises ``Conflict``.
        """

    def acknowledge(self, draft: HeldDraft, *, key: MessageKey | None) -> None:
        """The pending effect has happened and the copy now lies at ``key``; guarded by state and effect."""

    def change(
        self,
        draft: HeldDraft,
        state: State,
        event: Event,
        *,
        effect: Effect | None = None,
        key: MessageKey | None = None,
        hold_until: datetime | None = None,
    ) -> None:
        """Move a draft to another state, guarded by state, version and pending effect. Raises ``Conflict``."""

    def approve(self, draft: HeldDraft, at: datetime) -> None:
        """The current version was reviewed; guarded by its digest. Raises ``Conflict``."""

    def reschedule(self, draft: HeldDraft, until: datetime, event: Event) -> None:
        """Another ``hold_until``; guarded like ``change``."""

    def draft(self, draft_id: int) -> HeldDraft | None:
        """One row."""

    def drafts(self, states: Iterable[State], *, account: str | None = None) -> tuple[HeldDraft, ...]:
        """Rows in these states, by ``hold_until``."""

    def queue(self, *, limit: int | None = None, decided: bool = False) -> tuple[HeldDraft, ...]:
        """What the user has to know of, by ``hold_until``: held, failed, uncertain, or still on the way somewhere.

        Args:
            limit: the first so many.
            decided: also all the rest.
        """

    def lately(self, since: datetime, *, limit: int) -> tuple[HeldDraft, ...]:
        """Drafts held since a moment that have gone: sent, back in Drafts, or taken; the latest first."""

    def same_replies(self, account: str, identity: Identity, states: Iterable[State]) -> tuple[HeldDraft, ...]:
        """Rows in these states that are the same reply (``core.draft.same_reply``), by id; no others are looked at."""

    def answering(self, mail_id: int) -> tuple[HeldDraft, ...]:
        """Held drafts that answer a mail, by id."""

    def copies(self, account: str) -> tuple[Copy, ...]:
        """Where the copies of held drafts lie, by id; of thousands nothing else is read."""

    def pending_effects(self, account: str) -> tuple[HeldDraft, ...]:
        """Rows whose effect is not acknowledged, the oldest first."""

    def relocate(self, draft: HeldDraft, key: MessageKey) -> None:
        """The copy was found under another key (UIDVALIDITY changed); no event."""

    def versions(self, draft_id: int) -> tuple[Version, ...]:
        """All versions of a draft without their bytes, the oldest first."""

    def raw(self, draft_id: int, version: int) -> bytes | None:
        """The exact bytes of a version, None when unknown or purged."""

    def leftovers(self, account: str) -> tuple[Leftover, ...]:
        """Copies that newer versions replaced and that are still to be removed."""

    def drop_leftover(self, leftover: Leftover) -> None:
        """It is gone from the server."""

    def note(self, draft_id: int, event: Event) -> None:
        """Write an event that changes no state."""

    def events(self, draft_id: int) -> tuple[Event, ...]:
        """A draft's events in order."""

    def purge(self, before: datetime) -> int:
        """Forget the bytes of versions of decided drafts and replaced versions older than ``before``; how many."""
