"""Carrying out what was decided: each effect was recorded first, and is acknowledged after.

After a crash nobody knows how far an effect came, so the truth is looked up in the folders: a copy is recognised by
its exact bytes (SHA-256), never by UID alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from assistant.core.draft import Effect, State, Via
from assistant.core.letter import is_letter
from assistant.core.message import MessageKey
from assistant.core.wire import kept, marked, message_id_of
from assistant.errors import Denied, Gone
from assistant.services.delivery import wire_bytes
from assistant.services.intake import Journal
from assistant.services.ledger import Event, HeldDraft, Leftover, SeenDraft, Store, Verdict
from assistant.services.ports import Clock, Mailbox

DRAFT_FLAGS: Final = ("\\Draft",)
_OF_THE_RELAY: Final = (Effect.SEND, Effect.COMMIT)


class Effects:
    """Outside effects on one account's folders.

    Args:
        exclusive: a lock between processes, so that the daemon and a command never carry out the same effect at once.
        files_sent: the provider puts what it relays into Sent by itself.
    """

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        clock: Clock,
        journal: Journal,
        exclusive: Callable[[], AbstractContextManager[None]],
        files_sent: bool = False,
    ) -> None:
        self.account = account
        self.mailbox = mailbox
        self._store = store
        self._clock = clock
        self._journal = journal
        self.exclusive = exclusive
        self._files_sent = files_sent

    def settle(self) -> None:
        """Finish what was interrupted: pending effects, then copies that newer versions replaced.

        Raises ``Denied`` when the server would not carry out an effect; all others were carried out then.
        """
        if not self._pending() and not self._store.leftovers(self.account):
            return
        denied: Denied | None = None
        with self.exclusive():
            for draft in self._pending():
                self._journal("effect_resumed", account=self.account, draft=draft.id, effect=str(draft.effect))
                try:
                    self.carry_out(draft, interrupted=True)
                except Denied as error:
                    denied = denied or error
            self.clear_leftovers()
        if denied:
            raise denied

    def _pending(self) -> list[HeldDraft]:
        return on_folders(self._store, self.account)

    def carry_out(self, draft: HeldDraft, *, interrupted: bool = False) -> None:
        """Do the pending effect of a draft and acknowledge it; the caller holds ``exclusive``.

        Args:
            interrupted: it may have happened already; look before acting.
        """
        folders = self.mailbox.folders
        match draft.effect:
            case Effect.HOLD:
                self._bring(draft, folders.cooling_off, interrupted=interrupted, restore=False)
            case Effect.RELEASE:
                self._bring(draft, folders.drafts, interrupted=interrupted, restore=True)
            case Effect.RESTORE:
                self._bring(draft, folders.cooling_off, interrupted=interrupted, restore=True)
            case Effect.DISCARD:
                self._discard(draft, folders.trash, interrupted=interrupted)
            case Effect.REPLACE:
                self._replace(draft, interrupted=interrupted)
            case Effect.SHOW:
                self._show(draft)
            case Effect.FILE:
                self._file(draft)
            case Effect.SEND | Effect.COMMIT | None:
                pass

    def clear_leftovers(self) -> None:
        """Remove replaced copies whose successor is in place and whose bytes the store has."""
        for leftover in self._store.leftovers(self.account):
            draft = self._store.draft(leftover.draft_id)
            if draft is not None and (draft.effect is None or draft.via is Via.GATEWAY):
                self._remove_replaced(draft, leftover)

    def find(self, folder: str, raw: bytes, *, but_not: frozenset[MessageKey] = frozenset()) -> MessageKey | None:
        """Where a folder holds exactly these bytes, not marked for deletion."""
        state = self.mailbox.state(folder, size=len(raw))
        for uid in state.uids:
            key = MessageKey(account=self.account, folder=folder, uidvalidity=state.uidvalidity, uid=uid)
            if key not in but_not and self._holds(key, raw):
                return key
        return None

    def _holds(self, key: MessageKey, raw: bytes) -> bool:
        try:
            return kept(raw, self.mailbox.fetch_whole(key))
        except Gone:
            return False

    def _bring(self, draft: HeldDraft, folder: str, *, interrupted: bool, restore: bool) -> None:
        """Get the copy of a draft into a folder, by whatever part of the way is left."""
        arrived = self._arrived(draft, folder) if interrupted else None
        if arrived is None:
            arrived = self._move(draft, folder)
        if arrived is None and restore:
            arrived = self._append(draft, folder)
        if arrived is None:
            self._vanished(draft)
            return
        if draft.effect is Effect.RELEASE:
            seen = SeenDraft(key=arrived, identity=draft.identity, first_seen=self._clock.now(), verdict=Verdict.LEFT)
            self._store.see_draft(seen)
            self._store.leave_draft(arrived)
        self._store.acknowledge(draft, key=arrived)

    def _arrived(self, draft: HeldDraft, folder: str) -> MessageKey | None:
        """The copy that an interrupted move left at its goal; its source, if still there, is taken away."""
        raw = self._bytes(draft)
        there = self.find(folder, raw, but_not=self._others(draft))
        if there is not None and draft.key is not None and draft.key.folder != folder and self._holds(draft.key, raw):
            self.mailbox.remove(draft.key)
        return there

    def _move(self, draft: HeldDraft, folder: str) -> MessageKey | None:
        if draft.key is None:
            return None
        raw = self._bytes(draft)
        source = draft.key
        if not self._holds(source, raw):
            found = self.find(source.folder, raw, but_not=self._others(draft))
            if found is None:
                return None
            source = found
        try:
            return self.mailbox.move(source, folder) or self.find(folder, raw, but_not=self._others(draft))
        except Gone:
            return None

    def _append(self, draft: HeldDraft, folder: str) -> MessageKey | None:
        raw = self._bytes(draft)
        found = self.find(folder, raw, but_not=self._others(draft))
        if found is not None:
            return found
        return self.mailbox.append(folder, raw, flags=DRAFT_FLAGS) or self.find(folder, raw)

    def _discard(self, draft: HeldDraft, trash: str | None, *, interrupted: bool) -> None:
        """To Trash; where the account has none the copy stays where it is, for nothing is ever deleted."""
        if trash is None or draft.key is None:
            self._store.acknowledge(draft, key=draft.key)
            return
        arrived = self._arrived(draft, trash) if interrupted else None
        self._store.acknowledge(draft, key=arrived or self._move(draft, trash))

    def _replace(self, draft: HeldDraft, *, interrupted: bool) -> None:
        folder = self.mailbox.folders.cooling_off
        raw = self._bytes(draft)
        key = self.find(folder, raw) if interrupted else None
        if key is None:
            key = self.mailbox.append(folder, raw, flags=DRAFT_FLAGS) or self.find(folder, raw)
        self._store.acknowledge(draft, key=key)
        self.clear_leftovers()

    def _show(self, draft: HeldDraft) -> None:
        """The copy of a gateway's mail, for the eye only: what will go out is in the store."""
        self._store.acknowledge(draft, key=self._append(draft, self.mailbox.folders.cooling_off))

    def _file(self, draft: HeldDraft) -> None:
        """The copy in Sent, where nobody else has put one, and the mark on the mail that was answered.

        A letter has answered nothing yet.
        """
        sending = self._store.sending(draft.id)
        assert sending is not None, "what was sent has an envelope"
        raw = wire_bytes(draft, self._raw(draft), sending)
        message_id = message_id_of(raw)
        sent = self.mailbox.folders.sent
        if not self._files_sent and not (message_id and self.mailbox.find(sent, message_id)):
            self.mailbox.append(sent, raw, flags=("\\Seen",), at=sending.since)
        incoming = self._store.incoming(draft.incoming_id) if draft.incoming_id else None
        if incoming is not None and not is_letter(draft.identity.message_id):
            self.mailbox.add_keyword(incoming.key, "\\Answered")
        self._store.acknowledge(draft, key=None)

    def _remove_replaced(self, draft: HeldDraft, leftover: Leftover) -> None:
        raw = self._raw_by_digest(draft, leftover)
        if raw is not None:
            key = leftover.key if self._holds(leftover.key, raw) else self.find(leftover.key.folder, raw)
            if key is not None and key not in self._others(None):
                self.mailbox.remove(key)
        self._store.drop_leftover(leftover)

    def _raw_by_digest(self, draft: HeldDraft, leftover: Leftover) -> bytes | None:
        for version in self._store.versions(leftover.draft_id):
            if version.digest == leftover.digest:
                raw = self._store.raw(leftover.draft_id, version.number)
                return None if raw is None else as_shown(draft, raw)
        return None

    def _others(self, draft: HeldDraft | None) -> frozenset[MessageKey]:
        """Keys of the copies that belong to other rows."""
        mine = None if draft is None else draft.id
        copies = self._store.copies(self.account)
        return frozenset(
            copy.key for copy in copies if copy.key is not None and copy.effect is None and copy.draft_id != mine
        )

    def _bytes(self, draft: HeldDraft) -> bytes:
        """The bytes of a draft's copy on the server."""
        return as_shown(draft, self._raw(draft))

    def _raw(self, draft: HeldDraft) -> bytes:
        raw = self._store.raw(draft.id, draft.version)
        assert raw is not None, "bytes are purged only after the effect is acknowledged"
        return raw

    def _vanished(self, draft: HeldDraft) -> None:
        """The user sent, moved or deleted it in the very moment; the store still has its bytes."""
        happened = Event(at=self._clock.now(), event="vanished")
        self._store.change(draft, State.WITHDRAWN, happened)
        self._journal("draft_vanished", account=self.account, draft=draft.id)


def on_folders(store: Store, account: str) -> list[HeldDraft]:
    """Drafts with a pending effect on folders, the oldest first; effects on the relay are ``Delivery``'s."""
    return [row for row in store.pending_effects(account) if row.effect not in _OF_THE_RELAY]


def as_shown(draft: HeldDraft, raw: bytes) -> bytes:
    """The bytes of a version as they lie in the cooling-off folder: a gateway's mail with its number on it."""
    return marked(raw, draft.id) if draft.via is Via.GATEWAY else raw
