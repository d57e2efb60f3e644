"""A mail that the user's mail client hands to the gateway: relayed at once, or stored and held.

The mail client is answered with success only when the relay has taken the mail or when it is stored for good. Until
then it keeps the mail, and after a crash it is the mail client's alone (``Sending.waiting``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from assistant.core.cooling import Decision
from assistant.core.delivery import Answer, Envelope, Outcome, Standing
from assistant.core.draft import Effect, State, same_text
from assistant.core.message import Message
from assistant.services.deciding import Deciding, Read, digest_of, new_hold
from assistant.services.delivery import Delivery
from assistant.services.intake import Journal
from assistant.services.ledger import Conflict, Event, HeldDraft, Store
from assistant.services.outbox import Sending, recipients_of
from assistant.services.ports import Clock, Presence

#: How long the mail client waits for the relay; then the mail is queued, for it is stored already.
PATIENCE: Final = timedelta(seconds=10)
#: A mail client that lost the connection before the answer hands over the same bytes again, be it after the holidays:
#: with a Message-ID they are the same mail for ever (RFC 5322, 3.6.4); what a script sends without one may be news.
_REPEATED_WITHIN: Final = timedelta(days=3)
_FOR_EVER: Final = timedelta(days=365 * 100)
_TAKEN: Final = frozenset({State.HELD, State.RELEASED, State.SENDING, State.SENT})


class Fate(StrEnum):
    """What became of a submitted mail."""

    RELAYED = "relayed"  # the relay has taken it for everybody
    HELD = "held"  # stored; it waits for a review
    QUEUED = "queued"  # stored; the relay is slow or unreachable, delivery goes on without the mail client
    REFUSED = "refused"  # not stored, or no longer: the mail client keeps it; ``answer`` says why


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the gateway answers a submission with.

    Attributes:
        draft: the number in the queue; 0 where there is none.
        answer: reply code and words for the mail client, one line, 7-bit.
    """

    fate: Fate
    answer: Answer
    draft: int = 0


class Submission:
    """The gateway's side of one account.  Used by several threads.

    Args:
        read: the parser for one's own mail.
        pool: runs attempts, so that they can go on when the mail client does not wait any longer.
        stored: called when there is something to do for the folders (a copy of a held mail to be shown).
    """

    def __init__(
        self,
        *,
        account: str,
        store: Store,
        deciding: Deciding,
        delivery: Delivery,
        read: Callable[[bytes], Message],
        presence: Presence,
        clock: Clock,
        journal: Journal,
        pool: Executor,
        stored: Callable[[], None],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._account = account
        self._store = store
        self._deciding = deciding
        self._delivery = delivery
        self._read = read
        self._presence = presence
        self._clock = clock
        self._journal = journal
        self._pool = pool
        self._stored = stored
        self._patience = patience

    def submit(self, envelope: Envelope, raw: bytes) -> Receipt:
        """Relay or hold one mail. What it raises means that the mail was not taken."""
        read = self._deciding.read(self._read(raw))
        known = self._known(read, raw)
        if known is not None:
            return known
        decision = Decision(hold_until=None) if self._deciding.let_through(read) else self._deciding.decide(read)
        if decision.hold_until is not None:
            return self._hold(read, decision, decision.hold_until, envelope, raw)
        return self._relay(read, decision, envelope, raw)

    # --- handed over before ---------------------------------------------------------------------------------------
    def _known(self, read: Read, raw: bytes) -> Receipt | None:
        """The answer that the mail client has missed, or a warning that this very reply may have gone out."""
        self._delivery.settle()  # what a dead process left must be known before anything goes out again
        since = self._clock.now() - (_FOR_EVER if read.identity.message_id else _REPEATED_WITHIN)
        for row in self._store.submitted(self._account, digest_of(raw), since):
            if row.state is State.SENDING and self._waited_for(row):
                return Receipt(fate=Fate.REFUSED, answer=_under_way(row.id), draft=row.id)
            if row.state in _TAKEN:
                return Receipt(fate=Fate.QUEUED, answer=_ok(f"this mail is here already as {row.id}"), draft=row.id)
        for row in self._store.same_replies(self._account, read.identity, (State.UNCERTAIN,)):
            if same_text(row.text, read.text):
                return Receipt(fate=Fate.REFUSED, answer=_uncertain(row.id), draft=row.id)
        return None

    def _waited_for(self, row: HeldDraft) -> bool:
        sending = self._store.sending(row.id)
        return sending is not None and sending.waiting

    # --- held -----------------------------------------------------------------------------------------------------
    def _hold(self, read: Read, decision: Decision, until: datetime, envelope: Envelope, raw: bytes) -> Receipt:
        now = self._clock.now()
        new = new_hold(
            read, decision, account=self._account, key=None, effect=Effect.SHOW, at=now, until=until, raw=raw
        )
        sending = Sending(envelope=envelope, recipients=recipients_of(envelope), since=now)
        older = self._held_before(read)
        draft_id = self._store.submit(new, sending)
        self._replaced(older)
        self._stored()
        own = new.assessment.level if new.assessment else None
        self._journal(
            "draft_held",
            account=self._account,
            draft=draft_id,
            level_in=new.level_in,
            level_own=own,
            hold_until=until,
        )
        local = until.astimezone(now.tzinfo)
        return Receipt(fate=Fate.HELD, answer=_ok(f"held as {draft_id} until {local:%Y-%m-%d %H:%M}"), draft=draft_id)

    def _held_before(self, read: Read) -> list[HeldDraft]:
        """Earlier versions of the same reply: the user has sent from the window that was still open."""
        rows = self._store.same_replies(self._account, read.identity, (State.HELD,))
        return [row for row in rows if row.effect is None]

    def _replaced(self, rows: list[HeldDraft]) -> None:
        for row in rows:
            happened = Event(at=self._clock.now(), event="superseded")
            with suppress(Conflict):  # the user decided in this moment
                self._store.change(row, State.SUPERSEDED, happened, effect=Effect.DISCARD)

    # --- relayed at once ------------------------------------------------------------------------------------------
    def _relay(self, read: Read, decision: Decision, envelope: Envelope, raw: bytes) -> Receipt:
        now = self._clock.now()
        new = new_hold(read, decision, account=self._account, key=None, effect=Effect.SEND, at=now, until=now, raw=raw)
        sending = Sending(
            envelope=envelope,
            recipients=recipients_of(envelope),
            since=now,
            tried=1,
            owner=self._presence.token,
            waiting=True,
        )
        client = _Waiting()
        draft_id = self._delivery.take(new, sending)
        attempt = self._pool.submit(self._delivery.send_waited_for, draft_id, client.takes_back)
        try:
            return _told(draft_id, attempt.result(self._patience.total_seconds()))
        except TooSlow:
            return self._queued(draft_id, client) or _told(draft_id, attempt.result())

    def _queued(self, draft_id: int, client: _Waiting) -> Receipt | None:
        """The mail client waits no longer; None when the relay answered in this very moment."""
        with client.turn:
            if client.answered:
                return None
            row = self._store.draft(draft_id)
            assert row is not None
            self._store.answered(row)  # before the 250: from now on the mail is ours
            client.answered = True
        return Receipt(fate=Fate.QUEUED, answer=_ok(f"queued as {draft_id}"), draft=draft_id)


class _Waiting:
    """A mail client that waits for an answer: it gets exactly one."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.answered = False

    def takes_back(self, after: Outcome) -> bool:
        """Asked when the relay has refused everybody: whether the mail client can still be told so."""
        del after
        with self.turn:
            if self.answered:
                return False
            self.answered = True
            return True


def _told(draft_id: int, after: Outcome) -> Receipt:
    """The relay's answer, passed on."""
    if after.state is State.SENT:
        return Receipt(fate=Fate.RELAYED, answer=_taken(draft_id, after), draft=draft_id)
    if after.state is State.UNCERTAIN:
        return Receipt(fate=Fate.REFUSED, answer=_uncertain(draft_id), draft=draft_id)
    if after.state is State.WITHDRAWN:
        return Receipt(fate=Fate.REFUSED, answer=_refusal(after), draft=draft_id)
    taken = sum(one.standing is Standing.ACCEPTED for one in after.recipients)
    words = f"{taken} of {len(after.recipients)} recipients accepted, see: gelassen show {draft_id}"
    return Receipt(fate=Fate.QUEUED, answer=_ok(words), draft=draft_id)


def _taken(draft_id: int, after: Outcome) -> Answer:
    """The relay's own words of success, and behind them under which number the mail is found here."""
    said = next((one.answer.text for one in after.recipients if one.answer and one.answer.text), "2.0.0 OK")
    return Answer(code=250, text=f"{said} (sent as {draft_id})")


def _refusal(after: Outcome) -> Answer:
    """The relay's words for the mail client, which knows one answer for all recipients: temporary if any of them is."""
    answers = [one.answer for one in after.recipients if one.answer]
    temporary = [answer for answer in answers if not answer.final]
    first = (temporary or answers)[0]
    return Answer(code=first.code or 451, text=first.text)


def _ok(words: str) -> Answer:
    return Answer(code=250, text=f"2.0.0 {words}")


def _under_way(draft_id: int) -> Answer:
    """An earlier connection hung up while its mail is on its way; in a moment it is known what became of it."""
    return Answer(code=451, text=f"4.5.0 this mail is being sent right now as {draft_id}; try again in a minute")


def _uncertain(draft_id: int) -> Answer:
    return Answer(
        code=554,
        text=f"4.4.2 the provider did not answer after the text: it may have gone out. See: gelassen show {draft_id}",
    )
