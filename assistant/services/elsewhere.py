"""What the user did elsewhere: sent a reply from the still open window, took a held draft back, deleted it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from assistant.core.draft import Effect, Identity, State, Via, same_reply
from assistant.core.message import Message, MessageKey, RawMail
from assistant.core.wire import message_id_of
from assistant.services.deciding import TAKEN_BACK, is_acknowledgement
from assistant.services.delivery import wire_bytes
from assistant.services.dispatch import settle_uncertain
from assistant.services.effects import Effects
from assistant.services.intake import Journal
from assistant.services.ledger import Event, HeldDraft, Store, Verdict
from assistant.services.ports import Clock, Fetched, FolderState, Mailbox


class Elsewhere:
    """Sent and the cooling-off folder of one account, compared with the ledger."""

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        effects: Effects,
        read_header: Callable[[RawMail], Message],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._store = store
        self._effects = effects
        self._read_header = read_header
        self._clock = clock
        self._journal = journal

    def check_sent(self) -> None:
        """A reply that turns up in Sent settles the held one."""
        folder = self._mailbox.folders.sent
        state = self._mailbox.state(folder)
        checkpoint = f"sent:{folder}"
        known = self._store.remembered(self._account, checkpoint)
        here = f"{state.uidvalidity}:{max(state.uids, default=0)}"
        if known == here:
            return
        if known is not None:
            validity, last = (int(part) for part in known.split(":"))
            renumbered = validity != state.uidvalidity
            new = [uid for uid in state.uids if uid > last or renumbered]
            self._settle_sent(self._mailbox.fetch_texts(folder, state.uidvalidity, new), renumbered=renumbered)
        self._store.remember(self._account, checkpoint, here)

    def _settle_sent(self, sent: Iterable[Fetched], *, renumbered: bool) -> None:
        """Args: renumbered: UIDVALIDITY has changed, so old mail is among it and only the time tells what is new."""
        any_held = self._store.copies(self._account)
        for mail in sent if any_held else ():
            message = self._read_header(mail.mail)
            for row in self._store.same_replies(self._account, Identity.of(message), (State.HELD,)):
                if renumbered and mail.received < row.held_at:
                    continue
                if not _handed_over(row, message) and not self._only_acknowledges(row, message):
                    self.finish(row, State.WITHDRAWN, "sent_elsewhere")

    def look_for_uncertain(self) -> None:
        """A mail whose fate is not known has gone out if the provider has put it into Sent since.

        Only where the provider files by itself; a copy there from before the attempt is the mail client's.
        """
        for row in self._store.drafts((State.UNCERTAIN,), account=self._account):
            sending = self._store.sending(row.id)
            raw = self._store.raw(row.id, row.version)
            if sending is None or raw is None:
                continue
            message_id = message_id_of(wire_bytes(row, raw, sending))
            if message_id and self._filed_since(message_id, sending.since):
                event = Event(at=self._clock.now(), event="found_in_sent")
                settle_uncertain(self._store, row, event, went_out=True, effects={State.RELEASED: Effect.SEND})
                tell(self._journal, "found_in_sent", row)

    def _filed_since(self, message_id: str, since: datetime) -> bool:
        folder = self._mailbox.folders.sent
        uids = self._mailbox.find(folder, message_id)
        state = self._mailbox.state(folder)
        found = self._mailbox.fetch_headers(folder, state.uidvalidity, uids)
        return any(mail.received >= since for mail in found)

    def _only_acknowledges(self, row: HeldDraft, message: Message) -> bool:
        return row.incoming_id is not None and is_acknowledgement(self._store, row.incoming_id, message.newest_text)

    def _being_written(self, row: HeldDraft) -> bool:
        seen = self._store.seen_drafts(self._account)
        return any(d.verdict is Verdict.PENDING and same_reply(d.identity, row.identity) for d in seen)

    def finish(self, row: HeldDraft, state: State, event: str) -> None:
        """Decide a held draft without the user's word; its copy goes to Trash, its bytes stay in the store."""
        current = self._store.draft(row.id)
        if current is None or current.state is not State.HELD:
            return
        with self._effects.exclusive():
            happened = Event(at=self._clock.now(), event=event)
            self._store.change(current, state, happened, effect=Effect.DISCARD)
            changed = self._store.draft(row.id)
            assert changed is not None
            self._effects.carry_out(changed)
        tell(self._journal, event, changed)

    def reconcile(self) -> None:
        """Held copies that are no longer in the cooling-off folder: the user took them."""
        folder = self._mailbox.folders.cooling_off
        state = self._mailbox.state(folder)
        here = frozenset(state.uids)
        for copy in self._store.copies(self._account):
            if copy.effect is not None or copy.via is not Via.DRAFTS:
                continue
            key = copy.key
            if key is None or (key.folder, key.uidvalidity) != (folder, state.uidvalidity) or key.uid not in here:
                self._missing(copy.draft_id, state.uidvalidity)

    def _missing(self, draft_id: int, uidvalidity: int) -> None:
        row = self._store.draft(draft_id)
        if row is None or row.state is not State.HELD or row.effect is not None:
            return  # the user has decided in this moment
        raw = self._store.raw(row.id, row.version) or b""
        moved = self._effects.find(self._mailbox.folders.cooling_off, raw)
        if moved is not None:  # UIDVALIDITY has changed
            self._store.relocate(row, moved)
            return
        taken = self._effects.find(self._mailbox.folders.drafts, raw)
        if taken is not None:
            self._store.leave_draft(taken)
        elif self._being_written(row):
            return  # being edited: the new version in Drafts will settle soon and supersede it
        elif row.key is not None and row.key.uidvalidity != uidvalidity:
            self._put_back(row)  # the user deleted or renamed the folder, which says nothing about this draft
            return
        event = TAKEN_BACK if taken else "taken_away"
        self._store.change(row, State.WITHDRAWN, Event(at=self._clock.now(), event=event))
        tell(self._journal, event, row)

    def _put_back(self, row: HeldDraft) -> None:
        with self._effects.exclusive():
            happened = Event(at=self._clock.now(), event="put_back")
            self._store.change(row, State.HELD, happened, effect=Effect.RESTORE)
            changed = self._store.draft(row.id)
            assert changed is not None
            self._effects.carry_out(changed)
        tell(self._journal, "put_back", changed)


def _handed_over(row: HeldDraft, message: Message) -> bool:
    """Whether a mail in Sent tells nothing: a mail client files what it hands to the gateway at once."""
    return row.via is Via.GATEWAY and message.message_id == row.identity.message_id


def key_at(account: str, folder: str, state: FolderState, uid: int) -> MessageKey:
    """The key of a message in a folder as it stands."""
    return MessageKey(account=account, folder=folder, uidvalidity=state.uidvalidity, uid=uid)


def tell(journal: Journal, event: str, draft: HeldDraft) -> None:
    """An event of a draft, in ids, levels and times."""
    journal(
        event,
        account=draft.account,
        draft=draft.id,
        level_in=draft.level_in,
        level_own=draft.level_own,
        hold_until=draft.hold_until,
    )
