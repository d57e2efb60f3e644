"""The Drafts guard: notices drafts, waits until they have settled, holds the ones that should cool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from assistant.core.cooling import Decision
from assistant.core.draft import Effect, Identity, State, Via, same_reply, same_text
from assistant.core.message import Message, MessageKey, RawMail, Unassessed
from assistant.errors import Denied, Gone
from assistant.services.deciding import Deciding, Read, new_hold
from assistant.services.effects import Effects, on_folders
from assistant.services.elsewhere import Elsewhere, key_at, tell
from assistant.services.intake import Journal
from assistant.services.ledger import HeldDraft, NewHold, SeenDraft, Store, Verdict
from assistant.services.ports import Clock, Fetched, Mailbox


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """A draft that nobody has touched for ``settle``, read and judged."""

    key: MessageKey
    raw: bytes
    read: Read


class DraftsGuard:
    """The Drafts, Sent and cooling-off folders of one account.  Used by one thread.

    Attributes:
        denied: what the server would not do in the last pass; it is tried again in the next one.
    """

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        deciding: Deciding,
        effects: Effects,
        read_draft: Callable[[bytes], Message],
        read_header: Callable[[RawMail], Message],
        settle: timedelta,
        clock: Clock,
        journal: Journal,
        files_sent: bool = False,
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._store = store
        self._deciding = deciding
        self._effects = effects
        self._read_draft = read_draft
        self._read_header = read_header
        self._settle = settle
        self._files_sent = files_sent
        self.denied: Denied | None = None
        self._clock = clock
        self._journal = journal
        self._elsewhere = Elsewhere(
            account=account,
            mailbox=mailbox,
            store=store,
            effects=effects,
            read_header=read_header,
            clock=clock,
            journal=journal,
        )

    def run(self) -> datetime | None:
        """One pass; when the next draft will have settled, or None when none is waiting."""
        self.denied = None
        with self._noting_denial():
            self._effects.settle()
        with self._noting_denial():
            self._elsewhere.check_sent()
        if self._files_sent:
            self._elsewhere.look_for_uncertain()
        self._look()
        with self._noting_denial():
            self._elsewhere.reconcile()
        return self._hold_settled()

    @contextmanager
    def _noting_denial(self) -> Iterator[None]:
        """One thing that the server will not do (the mailbox is full) does not keep the others from being done."""
        try:
            yield
        except Denied as error:
            self.denied = self.denied or error

    # --- what lies in Drafts --------------------------------------------------------------------------------------
    def _look(self) -> None:
        """Notice new drafts, forget those that are gone.

        One that was seen in the future, before the clock was set back, is new: else it would not settle until then.
        """
        folder = self._mailbox.folders.drafts
        state = self._mailbox.state(folder)
        noticed, now = self._store.seen_drafts(self._account), self._clock.now()
        seen = {draft.key for draft in noticed if draft.verdict is not Verdict.PENDING or draft.first_seen <= now}
        here = {key_at(self._account, folder, state, uid) for uid in state.uids}
        self._store.forget_drafts({draft.key for draft in noticed} - (seen & here))
        new = sorted(key.uid for key in here - seen)
        for found in self._mailbox.fetch_headers(folder, state.uidvalidity, new):
            self._store.see_draft(self._seen(found))

    def _seen(self, found: Fetched) -> SeenDraft:
        message = self._read_header(found.mail)
        mine = "\\Deleted" not in found.flags and "X-Send-Later-At" not in message.headers
        return SeenDraft(
            key=found.key,
            identity=Identity.of(message),
            first_seen=self._clock.now(),
            verdict=Verdict.PENDING if mine else Verdict.LEFT,
        )

    def _hold_settled(self) -> datetime | None:
        """Decide on every draft that has settled; when the next one will."""
        waiting: list[datetime] = []
        pending = self._pending()
        for draft in pending:
            latest = max(other.first_seen for other in pending if other == draft or _same(other, draft))
            if latest + self._settle > self._clock.now():
                waiting.append(latest + self._settle)
            else:
                with self._noting_denial():
                    self._settled(draft)
        return min(waiting, default=None)

    def _pending(self) -> list[SeenDraft]:
        """Drafts to be decided on; one that was, and that the server will not move yet, is not among them."""
        decided = {row.key for row in on_folders(self._store, self._account)}
        seen = self._store.seen_drafts(self._account)
        return [draft for draft in seen if draft.verdict is Verdict.PENDING and draft.key not in decided]

    def _settled(self, draft: SeenDraft) -> None:
        try:
            raw = self._mailbox.fetch_whole(draft.key)
        except Gone:
            self._store.forget_drafts([draft.key])
            return
        settled = self._read(draft.key, raw)
        if settled is None or not self._guarded(settled):
            self._store.leave_draft(draft.key)

    def _read(self, key: MessageKey, raw: bytes) -> Settled | None:
        """The draft read and judged; None when there is nothing in it yet."""
        message = self._read_draft(raw)
        if message.unassessed is Unassessed.NO_TEXT:
            return None
        return Settled(key=key, raw=raw, read=self._deciding.read(message))

    # --- deciding -------------------------------------------------------------------------------------------------
    def _guarded(self, settled: Settled) -> bool:
        """Hold the draft if it should be held; whether it was taken out of Drafts."""
        if self._deciding.let_through(settled.read):
            return False
        row = self._row_of(settled.read.identity)
        decision = self._deciding.decide(settled.read)
        if decision.hold_until is None:
            self._let_go(row, settled)
            return False
        with self._effects.exclusive():
            if settled.key not in {draft.key for draft in self._pending()}:
                return True  # another process took it while this one waited, or slept
            draft_id = self._record(row, settled, decision, decision.hold_until)
            draft = self._store.draft(draft_id)
            assert draft is not None
            self._effects.carry_out(draft)
            self._effects.clear_leftovers()
        self._store.forget_drafts([settled.key])
        tell(self._journal, "draft_held", draft)
        return True

    def _row_of(self, identity: Identity) -> HeldDraft | None:
        """The row that this draft is a newer version of: a held one, else one that was released."""
        for state in (State.HELD, State.RELEASED):
            rows = self._store.same_replies(self._account, identity, (state,))
            if found := [row for row in rows if row.via is Via.DRAFTS]:
                return found[-1]
        return None

    def _let_go(self, row: HeldDraft | None, settled: Settled) -> None:
        """The draft may stay; an older, heated version of it that was held is out of date now."""
        assessment = settled.read.assessment
        level = int(assessment.level) if assessment else None
        self._journal("draft_left", account=self._account, uid=settled.key.uid, level_own=level)
        if row is not None and row.state is State.HELD:
            self._elsewhere.finish(row, State.SUPERSEDED, "superseded")

    def _record(self, row: HeldDraft | None, settled: Settled, decision: Decision, until: datetime) -> int:
        new = self._new_hold(settled, decision, until)
        if row is None:
            return self._store.hold(new)
        unchanged = row.state is State.HELD and same_text(row.text, settled.read.text)
        if unchanged:
            new = _with_hold_of(row, new)
        self._store.add_version(row, new, event="saved_again" if unchanged else "new_version")
        return row.id

    def _new_hold(self, settled: Settled, decision: Decision, until: datetime) -> NewHold:
        return new_hold(
            settled.read,
            decision,
            account=self._account,
            key=settled.key,
            effect=Effect.HOLD,
            at=self._clock.now(),
            until=until,
            raw=settled.raw,
        )


def _same(one: SeenDraft, other: SeenDraft) -> bool:
    return same_reply(one.identity, other.identity)


def _with_hold_of(row: HeldDraft, new: NewHold) -> NewHold:
    """A new save of the same text: the hold goes on as it was."""
    return replace(new, at=row.held_at, hold_until=row.hold_until, reasons=row.reasons)
