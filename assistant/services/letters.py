"""Letters on their way: through the relay where the account has one, else into Drafts for the user to send."""

from __future__ import annotations

from collections.abc import Callable

from assistant.core.draft import Effect, Identity, State
from assistant.core.letter import Letter, letter_bytes
from assistant.core.message import Message
from assistant.errors import TemporaryFailure
from assistant.services.deciding import digest_of
from assistant.services.dispatch import Dispatch
from assistant.services.effects import Effects
from assistant.services.ledger import Event, HeldDraft, Incoming, NewHold, Store
from assistant.services.ports import Clock


class Letters:
    """What writes them down and lets them go, each at most once.

    Args:
        effects_for: the effects of an account by its name, connected.
        can_send: whether an account has a relay.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        effects_for: Callable[[str], Effects],
        dispatch: Dispatch,
        can_send: Callable[[str], bool],
        read_draft: Callable[[bytes], Message],
    ) -> None:
        self.effects_for = effects_for
        self.can_send = can_send
        self._store = store
        self._clock = clock
        self._dispatch = dispatch
        self._read_draft = read_draft

    def written(self, account: str, message_id: str) -> HeldDraft | None:
        """The letter with this Message-ID, None as long as it was not written."""
        alone = Identity(message_id=message_id, parents=(), recipients=frozenset(), subject="")
        return next(iter(self._store.same_replies(account, alone, State)), None)

    def post(self, account: str, letter: Letter, event: str, *, answers: Incoming | None = None) -> HeldDraft:
        """Writes a letter down, then sends it or puts it into Drafts.

        Raises ``Conflict`` when it was written before; ``TemporaryFailure`` when the server went away after it was
        written down: it goes later then.

        Args:
            event: what the row's history begins with.
            answers: the client's mail that it is about.
        """
        effects = self.effects_for(account)
        new = self._new(account, letter, answers)
        happened = Event(at=new.at, event=event)
        with effects.exclusive():
            if self.can_send(account):
                row = self._dispatch.post(new, happened)
            else:
                row = self._put_into_drafts(new, happened, effects)
        effects.settle()  # the copy in Sent
        return self._store.draft(row.id) or row

    def _put_into_drafts(self, new: NewHold, event: Event, effects: Effects) -> HeldDraft:
        row = self._store.draft(self._store.write(new, None, event))
        assert row is not None
        try:
            effects.carry_out(row)
        except TemporaryFailure as error:
            raise TemporaryFailure(f"{error} The decision is kept and carried out when the server is back.") from error
        return row

    def _new(self, account: str, letter: Letter, answers: Incoming | None) -> NewHold:
        now = self._clock.now()
        raw = letter_bytes(letter, now)
        message = self._read_draft(raw)
        return NewHold(
            account=account,
            key=None,
            effect=Effect.SEND if self.can_send(account) else Effect.RELEASE,
            identity=Identity.of(message),
            to=(letter.to.address,),
            subject=letter.subject,
            incoming_id=answers.id if answers else None,
            level_in=answers.level if answers else None,
            assessment=None,
            at=now,
            hold_until=now,
            reasons=(),
            raw=raw,
            digest=digest_of(raw),
            text=message.newest_text,
        )
