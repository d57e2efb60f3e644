"""What is kept of mails on their way to a relay, and the part of the store that keeps it.

The order is: intent (``enqueue`` or ``submit``), ``begin`` before a socket opens, ``commit`` before the end of the text
goes out, ``conclude`` with what was answered. A row found in state ``sending`` whose owner is dead tells by its effect
how far it came: ``send`` and nothing has gone out, ``commit`` and nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from assistant.core.delivery import Envelope, Outcome, Recipient

if TYPE_CHECKING:
    from assistant.core.draft import Effect
    from assistant.services.ledger import Event, HeldDraft, NewHold


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """How far a mail has come on its way out.

    Attributes:
        since: when it was to be sent first; also its Date where the mail has none.
        tried: attempts begun.
        again: when to try next, None while none is due.
        owner: token of the process that makes the present attempt, or made the last one.
        waiting: a mail client still waits for the answer, and keeps the mail if none comes.
    """

    envelope: Envelope
    recipients: tuple[Recipient, ...]
    since: datetime
    tried: int = 0
    again: datetime | None = None
    owner: str = ""
    waiting: bool = False


class OutboxStore(Protocol):
    """The ledger's part for mails on their way out; every call is one transaction, guarded like the rest of it."""

    def submit(self, new: NewHold, sending: Sending) -> int:
        """A mail that came by the gateway, stored whole; its id.

        With ``new.effect`` SHOW it is held, with SEND it is ``sending`` for the mail client that waits.
        """

    def write(self, new: NewHold, sending: Sending | None, event: Event) -> int:
        """A letter that the user has read, stored whole and approved; its id. Raises ``Conflict`` if it was before.

        It is ``released``, to be sent or, with effect RELEASE, to be put into Drafts. The same letter is one with the
        same Message-ID.
        """

    def enqueue(self, draft: HeldDraft, sending: Sending, event: Event) -> None:
        """A held or failed draft shall go out: state ``released``, effect ``send``, due at ``sending.again``.

        Its copy in the cooling-off folder becomes a leftover. Raises ``Conflict``.
        """

    def sending(self, draft_id: int) -> Sending | None:
        """How far a draft has come; None when it never was to be sent."""

    def begin(self, draft: HeldDraft, owner: str) -> None:
        """An attempt starts: from ``released`` to ``sending``, effect ``send``. Raises ``Conflict``."""

    def commit(self, draft: HeldDraft, recipients: Sequence[Recipient], *, tried: int) -> None:
        """The end of the text is about to go out: effect ``commit``; and how the recipients stand if no answer comes.

        Guarded by the number of the attempt too: a process that was suspended, taken for dead and wakes up must not
        send beside the one that took over.  Raises ``Conflict``.
        """

    def answered(self, draft: HeldDraft) -> None:
        """The mail client was given the responsibility for nothing any more: it no longer waits."""

    def conclude(self, draft: HeldDraft, outcome: Outcome, event: Event, *, tried: int, file: bool) -> None:
        """How an attempt ended, whatever its effect was; the guard is state, version and the number of the attempt.

        Raises ``Conflict``.

        Args:
            file: a copy is to be put into Sent: effect ``file``.
        """

    def resolve(self, draft: HeldDraft, outcome: Outcome, event: Event, *, effect: Effect | None) -> None:
        """It became known what an uncertain mail came to; guarded like ``change``. Raises ``Conflict``."""

    def due(self, account: str, now: datetime, *, within: timedelta) -> tuple[HeldDraft, ...]:
        """Drafts to be sent by now, the longest due first.

        Args:
            within: no attempt is planned farther ahead; one that seems to be was planned before the clock was set
                back, and is due.
        """

    def in_transit(self, account: str) -> tuple[HeldDraft, ...]:
        """Drafts in state ``sending``."""

    def busy_accounts(self) -> frozenset[str]:
        """Accounts with an effect that is not acknowledged: a mail to be sent or on its way, a copy to be moved."""

    def submitted(self, account: str, digest: str, since: datetime) -> tuple[HeldDraft, ...]:
        """Mails that came by the gateway since a time with exactly these bytes, the newest first."""


def recipients_of(envelope: Envelope) -> tuple[Recipient, ...]:
    """Everybody in an envelope, not yet asked for."""
    return tuple(Recipient(address=address) for address in envelope.recipients)
