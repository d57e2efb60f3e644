"""After the ledger was lost or put back: what the cooling-off folder still holds is taken up again.

Nothing that may have gone out already goes out by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from assistant.core.delivery import Outcome, Standing, pending
from assistant.core.draft import Effect, State, Via
from assistant.core.message import Message, MessageKey
from assistant.core.wire import forms, unmarked
from assistant.errors import Gone
from assistant.services.deciding import Deciding, digest_of, new_hold
from assistant.services.effects import Effects, as_shown
from assistant.services.elsewhere import key_at
from assistant.services.ledger import Event, HeldDraft, Store
from assistant.services.ports import Clock, Mailbox


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenUp:
    """Numbers in the queue.

    Attributes:
        drafts: copies that the Drafts guard had moved.
        gateway: copies of mails of the gateway: their envelope is lost, so they are drafts now.
    """

    drafts: tuple[int, ...] = ()
    gateway: tuple[int, ...] = ()


class Strays:
    """Mails in the cooling-off folder of one account whose bytes no row of the ledger has.

    Args:
        read: the parser for one's own mail.
    """

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        deciding: Deciding,
        effects: Effects,
        read: Callable[[bytes], Message],
        clock: Clock,
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._store = store
        self._deciding = deciding
        self._effects = effects
        self._read = read
        self._clock = clock

    def count(self) -> int:
        """How many there are."""
        return sum(1 for _ in self._found())

    def take_up(self) -> TakenUp:
        """Hold every one of them anew: judged again, its hold starts now.  Nothing of them goes out by itself."""
        drafts, gateway = [], []
        with self._effects.exclusive():
            for key, raw in self._found():
                plain = unmarked(raw)
                if plain is None:
                    drafts.append(self._hold(raw, Effect.HOLD, key))
                    continue
                if not self._has(plain):  # it was put there when this broke off before
                    gateway.append(self._hold(plain, Effect.REPLACE, None))
                self._mailbox.remove(key)  # our own copy for the eye; what it shows lies beside it without the mark
        return TakenUp(drafts=tuple(drafts), gateway=tuple(gateway))

    def _found(self) -> Iterator[tuple[MessageKey, bytes]]:
        folder = self._mailbox.folders.cooling_off
        state = self._mailbox.state(folder)
        left = self._store.leftovers(self._account)
        known = {copy.key for copy in self._store.copies(self._account)} | {one.key for one in left}
        unknown = [key for uid in state.uids if (key := key_at(self._account, folder, state, uid)) not in known]
        if not unknown:
            return  # nearly always: of thousands of drafts nothing more is read
        rows = self._store.drafts(tuple(State), account=self._account)
        digests = self._digests(rows) | {one.digest for one in left}
        for key in unknown:
            try:
                raw = self._mailbox.fetch_whole(key)
            except Gone:
                continue
            if digest_of(raw) not in digests:
                yield key, raw

    def _digests(self, rows: Collection[HeldDraft]) -> set[str]:
        """Of the bytes as they would lie in the folder."""
        bytes_of = ((row, self._store.raw(row.id, row.version)) for row in rows)
        shown = {digest_of(form) for row, raw in bytes_of if raw is not None for form in forms(as_shown(row, raw))}
        return shown | {row.digest for row in rows}

    def _has(self, raw: bytes) -> bool:
        rows = self._store.drafts(tuple(State), account=self._account)
        return digest_of(raw) in {row.digest for row in rows}

    def _hold(self, raw: bytes, effect: Effect, key: MessageKey | None) -> int:
        read = self._deciding.read(self._read(raw))
        decision, now = self._deciding.decide(read), self._clock.now()
        new = new_hold(
            read,
            decision,
            account=self._account,
            key=key,
            effect=effect,
            at=now,
            until=decision.hold_until or now,
            raw=raw,
        )
        draft_id = self._store.hold(new)
        self._store.note(draft_id, Event(at=now, event="taken_up"))
        draft = self._store.draft(draft_id)
        assert draft is not None
        self._effects.carry_out(draft, interrupted=True)
        return draft_id


def doubt(clock: Clock, store: Store, stale: Collection[int]) -> tuple[int, ...]:
    """Mails that may have gone out without the ledger knowing become ``uncertain``: the user is asked. Their numbers.

    These are mails on their way out, and mails of the gateway that are held by the word of a backup.

    Args:
        stale: rows that came out of a backup: what happened to them since is lost.
    """
    doubtful = []
    for row in store.drafts((State.HELD, State.RELEASED, State.SENDING)):
        old_news = row.id in stale and (row.via is Via.GATEWAY or row.effect is Effect.COMMIT)
        if not old_news and row.effect is not Effect.SEND:
            continue  # an attempt that broke off behind the text is ``Delivery``'s
        sending = store.sending(row.id)
        assert sending is not None, "a row without an envelope does not outlast the repair of the database"
        asked = pending(sending.recipients)
        people = tuple(
            replace(one, standing=Standing.UNKNOWN) if one.address in asked else one for one in sending.recipients
        )
        outcome = Outcome(state=State.UNCERTAIN, recipients=people)
        event = Event(at=clock.now(), event="ledger_repaired")
        store.conclude(row, outcome, event, tried=sending.tried, file=False)
        doubtful.append(row.id)
    return tuple(doubtful)
