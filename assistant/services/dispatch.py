"""The user's decisions about mails that leave through the relay: send, try again, say what became of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from assistant.core.delivery import asked_again, found_out
from assistant.core.draft import Effect, State, Via
from assistant.core.message import Message, without_detail
from assistant.core.wire import envelope_of
from assistant.errors import Refused
from assistant.services.delivery import Delivery
from assistant.services.ledger import Event, HeldDraft, NewHold, Store
from assistant.services.outbox import Sending, recipients_of
from assistant.services.ports import Clock


class Dispatch:
    """Mails on their way out, as the user decides.

    Args:
        delivery_for: the way out of an account by its name; raises ``Refused`` where it has none.
        own: the user's own addresses in lower case, by account.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        delivery_for: Callable[[str], Delivery],
        own: Callable[[str], frozenset[str]],
        read_draft: Callable[[bytes], Message],
    ) -> None:
        self._store = store
        self._clock = clock
        self._delivery_for = delivery_for
        self._own = own
        self._read_draft = read_draft

    def send(self, draft: HeldDraft, event: Event) -> None:
        """Records that a held draft shall go out, then makes the first attempt. Raises ``Refused``, ``Conflict``."""
        delivery = self._delivery_for(draft.account)
        self._store.enqueue(draft, self._sending(draft), event)
        delivery.send(self._row(draft.id))

    def post(self, new: NewHold, event: Event) -> HeldDraft:
        """Records that a letter shall go out, then makes the first attempt. Raises ``Refused``, ``Conflict``."""
        delivery = self._delivery_for(new.account)
        envelope = envelope_of(self._read_draft(new.raw), new.raw)
        sending = Sending(envelope=envelope, recipients=recipients_of(envelope), since=new.at, again=new.at)
        draft_id = self._store.write(new, sending, event)
        delivery.send(self._row(draft_id))
        return self._row(draft_id)

    def _row(self, draft_id: int) -> HeldDraft:
        row = self._store.draft(draft_id)
        assert row is not None
        return row

    def _sending(self, draft: HeldDraft) -> Sending:
        now = self._clock.now()
        known = self._store.sending(draft.id)
        if known is not None and draft.via is Via.GATEWAY:
            return replace(known, recipients=asked_again(known.recipients), since=now, tried=0, again=now)
        fresh = self._from_header(draft)
        if known is None:
            return fresh
        got_it = {one.address: one for one in asked_again(known.recipients)}
        return replace(fresh, recipients=tuple(got_it.get(one.address, one) for one in fresh.recipients))

    def _from_header(self, draft: HeldDraft) -> Sending:
        raw = self._store.raw(draft.id, draft.version)
        if raw is None:
            raise Refused(f"The bytes of draft {draft.id} are no longer there.")
        envelope = envelope_of(self._read_draft(raw), raw)
        if not envelope.recipients:
            raise Refused(f"Draft {draft.id} has no recipient; release it into Drafts and fill in To.")
        sender = envelope.sender.lower()
        if not {sender, without_detail(sender)} & self._own(draft.account):
            raise Refused(f"The sender of draft {draft.id} is not an address of this account; see [[account]] aliases.")
        now = self._clock.now()
        return Sending(envelope=envelope, recipients=recipients_of(envelope), since=now, again=now)

    def try_again(self, draft: HeldDraft) -> None:
        """A failed mail is held again, as it was, to be released once more. Raises ``Conflict``."""
        happened = Event(at=self._clock.now(), event="held_again")
        self._store.change(draft, State.HELD, happened, effect=_shown_again(draft))

    def resolve(self, draft: HeldDraft, *, went_out: bool) -> None:
        """What the user found out about a mail whose fate was not known. Raises ``Conflict``.

        Args:
            went_out: it has reached its recipients; else it is held again.
        """
        event = Event(at=self._clock.now(), event="user_says_sent" if went_out else "user_says_not_sent")
        effects = {State.SENT: Effect.FILE, State.RELEASED: Effect.SEND, State.HELD: _shown_again(draft)}
        settle_uncertain(self._store, draft, event, went_out=went_out, effects=effects)


def settle_uncertain(
    store: Store, draft: HeldDraft, event: Event, *, went_out: bool, effects: Mapping[State, Effect]
) -> None:
    """Writes down what an uncertain mail came to, recipient by recipient. Raises ``Conflict``.

    Args:
        effects: what is to be done next, by the state that it leads to.
    """
    sending = store.sending(draft.id)
    assert sending is not None, "only what was handed to a relay can be uncertain"
    after = found_out(sending.recipients, went_out=went_out, now=event.at)
    store.resolve(draft, after, event, effect=effects.get(after.state))


def _shown_again(draft: HeldDraft) -> Effect:
    return Effect.SHOW if draft.via is Via.GATEWAY else Effect.RESTORE
