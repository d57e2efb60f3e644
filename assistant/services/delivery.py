"""Sending what was released, once: intent, attempt, answer (RFC 5321, 4.2; the promise that Postfix makes).

Everything that can be known is written down before and after each step, so that a crash at any line leaves one of
three truths: nothing has gone out yet, the relay has taken it, or nobody knows. The third is never tried again by
itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from assistant.core.delivery import Answer, Attempt, Outcome, Standing, outcome, pending
from assistant.core.draft import Effect, State, Via
from assistant.core.wire import message_id_for, outgoing
from assistant.errors import GelassenError
from assistant.services.intake import Journal
from assistant.services.ledger import Conflict, Event, HeldDraft, NewHold, Store
from assistant.services.outbox import Sending
from assistant.services.ports import Clock, Presence, Relay

#: What an attempt's end is called, by the state that it leads to.
_EVENTS: Final = {
    State.SENT: "sent",
    State.RELEASED: "send_postponed",
    State.FAILED: "send_failed",
    State.UNCERTAIN: "uncertain",
    State.WITHDRAWN: "handed_back",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    """How an attempt ended, on its way into the ledger."""

    draft: HeldDraft
    outcome: Outcome
    event: Event
    tried: int
    file: bool


class Delivery:
    """The way out of one account.  Used by several threads.

    Args:
        presence: tells this process from others, and the living from the dead.
        pauses: between attempts after a temporary refusal.
    """

    def __init__(
        self,
        *,
        account: str,
        relay: Relay,
        store: Store,
        clock: Clock,
        presence: Presence,
        journal: Journal,
        pauses: Sequence[timedelta],
    ) -> None:
        self.account = account
        self._relay = relay
        self._store = store
        self._clock = clock
        self._presence = presence
        self._journal = journal
        self._pauses = pauses
        self._running: set[int] = set()
        self._unrecorded: dict[int, _End] = {}
        self._turn = threading.Lock()

    def run(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Settles what was cut off, and attempts everything that is due."""
        self.settle()
        longest = max(self._pauses, default=timedelta())
        for draft in self._store.due(self.account, self._clock.now(), within=longest):
            if interrupted():
                break
            with suppress(Conflict):  # another process was faster
                self.send(draft)

    def send(self, draft: HeldDraft) -> Outcome:
        """One attempt for a draft that was released. Raises ``Conflict``, store errors."""
        with self._mine(draft.id):
            self._store.begin(draft, self._presence.token)
            return self._attempt(self._row(draft.id), lambda _: False)

    def take(self, new: NewHold, sending: Sending) -> int:
        """Stores a mail that ``send_waited_for`` is about to send; its id. Nobody takes it for abandoned in between."""
        with self._turn:
            draft_id = self._store.submit(new, sending)
            self._running.add(draft_id)
        return draft_id

    def send_waited_for(self, draft_id: int, handed_back: Callable[[Outcome], bool]) -> Outcome:
        """The first attempt for a mail that its mail client just submitted and ``take`` has stored.

        Args:
            handed_back: asked with an outcome that is not ``sent``, when nobody was accepted: whether the mail client
                still waits and takes the mail back. Then the row is ``withdrawn``.
        """
        with self._mine(draft_id):
            return self._attempt(self._row(draft_id), handed_back)

    def settle(self) -> None:
        """Decide what became of attempts whose process died, or whose end could not be written down."""
        for draft in self._store.in_transit(self.account):
            if self._works_on(draft.id):
                continue
            with suppress(Conflict):  # another process was faster
                if draft.id in self._unrecorded:
                    self._record(self._unrecorded[draft.id])
                else:
                    self._recover(draft, self._sending(draft))

    # --- an attempt -----------------------------------------------------------------------------------------------
    def _attempt(self, draft: HeldDraft, handed_back: Callable[[Outcome], bool]) -> Outcome:
        sending = self._sending(draft)
        envelope = replace(sending.envelope, recipients=pending(sending.recipients))
        raw = self._bytes(draft, sending)

        def committing(refused: Mapping[str, Answer]) -> None:
            left = tuple(one for one in envelope.recipients if one not in refused)
            without_answer = self._outcome(sending, Attempt(unknown=left, refused=refused))
            self._store.commit(draft, without_answer.recipients, tried=sending.tried)

        try:
            found = self._relay.deliver(envelope, raw, committing=committing)
        except GelassenError as error:  # the intent could not be written down: nothing has gone out
            found = Attempt.all_refused(envelope.recipients, Answer(code=0, text=str(error)))
        end = self._end(draft, sending, found, handed_back)
        self._record(end)
        return end.outcome

    def _end(self, draft: HeldDraft, sending: Sending, found: Attempt, handed_back: Callable[[Outcome], bool]) -> _End:
        after = self._outcome(sending, found)
        nobody = after.state in (State.RELEASED, State.FAILED) and not found.accepted
        if nobody and handed_back(after):
            after = replace(after, state=State.WITHDRAWN, again=None)
        return self._as_end(draft, after, tried=sending.tried, file=_filed_here(draft, sending))

    def _outcome(self, sending: Sending, found: Attempt) -> Outcome:
        return outcome(
            sending.recipients,
            found,
            tried=sending.tried,
            since=sending.since,
            now=self._clock.now(),
            pauses=self._pauses,
        )

    def _as_end(self, draft: HeldDraft, after: Outcome, *, tried: int, file: bool = False) -> _End:
        event = Event(at=self._clock.now(), event=_EVENTS[after.state], detail=_detail(after))
        return _End(draft=draft, outcome=after, event=event, tried=tried, file=file)

    def _record(self, end: _End) -> None:
        """Writes an end down; what cannot be written now (a full disk) is known for as long as this process lives."""
        try:
            self._store.conclude(end.draft, end.outcome, end.event, tried=end.tried, file=end.file)
        except Conflict:
            self._unrecorded.pop(end.draft.id, None)
            raise
        except GelassenError as error:
            self._unrecorded[end.draft.id] = end
            self._journal("end_not_recorded", account=self.account, draft=end.draft.id, error=str(error))
            return
        self._unrecorded.pop(end.draft.id, None)
        self._journal(f"mail_{end.event.event}", account=self.account, draft=end.draft.id, **_counts(end.outcome))

    @contextmanager
    def _mine(self, draft_id: int) -> Iterator[None]:
        """While a thread of this process works on a draft, it is not abandoned."""
        with self._turn:
            self._running.add(draft_id)
        try:
            yield
        finally:
            with self._turn:
                self._running.discard(draft_id)

    # --- after a crash --------------------------------------------------------------------------------------------
    def _works_on(self, draft_id: int) -> bool:
        with self._turn:
            return draft_id in self._running

    def _recover(self, draft: HeldDraft, sending: Sending) -> None:
        """What an attempt came to that nobody works on: its process is dead, or its thread in this process is."""
        if sending.owner != self._presence.token and self._presence.alive(sending.owner):
            return
        if draft.effect is Effect.COMMIT:
            after = Outcome(state=State.UNCERTAIN, recipients=sending.recipients)  # as they were written down with it
        elif sending.waiting:  # the mail client never got its 250 and keeps the mail
            after = Outcome(state=State.WITHDRAWN, recipients=sending.recipients)
        else:
            after = Outcome(state=State.RELEASED, recipients=sending.recipients, again=self._clock.now())
        self._record(self._as_end(draft, after, tried=sending.tried))

    # --- what goes out --------------------------------------------------------------------------------------------
    def _bytes(self, draft: HeldDraft, sending: Sending) -> bytes:
        raw = self._store.raw(draft.id, draft.version)
        assert raw is not None, "bytes are purged only after everything is decided"
        return wire_bytes(draft, raw, sending)

    def _sending(self, draft: HeldDraft) -> Sending:
        sending = self._store.sending(draft.id)
        assert sending is not None, "a draft in state sending has an envelope"
        return sending

    def _row(self, draft_id: int) -> HeldDraft:
        row = self._store.draft(draft_id)
        assert row is not None
        return row


def wire_bytes(draft: HeldDraft, raw: bytes, sending: Sending) -> bytes:
    """What the relay is given of a draft; also what is filed in Sent."""
    return outgoing(
        raw,
        message_id=message_id_for(draft.id, draft.digest, sending.envelope.sender),
        at=sending.since,
        written_here=draft.via is Via.DRAFTS,
    )


def _filed_here(draft: HeldDraft, sending: Sending) -> bool:
    """Whether Gelassen looks after the copy in Sent: a mail that went straight through is filed by its mail client.

    One that the user let go is sent as of that decision, later than it came; its mail client may have been told that
    nothing is known of it.
    """
    straight = sending.since == draft.held_at == draft.hold_until
    return draft.via is Via.DRAFTS or not straight


def _counts(after: Outcome) -> dict[str, int]:
    found = Counter(one.standing for one in after.recipients)
    return {str(standing): found[standing] for standing in Standing}


def _detail(after: Outcome) -> dict[str, Any]:
    """Counts, codes and the time of the next attempt; the relay's words and the addresses stay with the recipients."""
    codes = sorted({one.answer.code for one in after.recipients if one.answer})
    detail: dict[str, Any] = {**_counts(after), "codes": codes}
    return {**detail, "again": after.again.isoformat()} if after.again else detail
