"""The Drafts guard: notices drafts, waits until they have settled, holds the ones that should cool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from assistant.core.cooling import CoolingRules, Decision, decide
from assistant.core.draft import Effect, Identity, State, same_reply, same_text
from assistant.core.escalation import Assessment, Level
from assistant.core.message import Message, MessageKey, RawMail, Unassessed, addresses, base_subject
from assistant.core.reply import gaps_in
from assistant.errors import Gone
from assistant.services.effects import Effects, digest_of
from assistant.services.elsewhere import TAKEN_BACK, Elsewhere, is_acknowledgement, key_at, tell
from assistant.services.intake import Intake, Journal
from assistant.services.judging import Judge, Writing
from assistant.services.ledger import HeldDraft, Incoming, NewHold, SeenDraft, Store, Verdict
from assistant.services.ports import Clock, Fetched, Mailbox, WorkingDays


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """A draft that nobody has touched for ``settle``, read and judged."""

    key: MessageKey
    raw: bytes
    message: Message
    identity: Identity
    assessment: Assessment | None
    incoming: Incoming | None


class DraftsGuard:
    """The Drafts, Sent and cooling-off folders of one account.  Used by one thread."""

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        judge: Judge,
        intake: Intake,
        effects: Effects,
        read_draft: Callable[[bytes], Message],
        read_header: Callable[[RawMail], Message],
        rules: CoolingRules,
        settle: timedelta,
        is_working_day: WorkingDays,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._store = store
        self._judge = judge
        self._intake = intake
        self._effects = effects
        self._read_draft = read_draft
        self._read_header = read_header
        self._rules = rules
        self._settle = settle
        self._is_working_day = is_working_day
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
        self._effects.settle()
        self._elsewhere.check_sent()
        self._look()
        self._elsewhere.reconcile()
        return self._hold_settled()

    # --- what lies in Drafts --------------------------------------------------------------------------------------
    def _look(self) -> None:
        """Notice new drafts, forget those that are gone."""
        folder = self._mailbox.folders.drafts
        state = self._mailbox.state(folder)
        seen = {draft.key for draft in self._store.seen_drafts(self._account)}
        here = {key_at(self._account, folder, state, uid) for uid in state.uids}
        self._store.forget_drafts(seen - here)
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
                self._settled(draft)
        return min(waiting, default=None)

    def _pending(self) -> list[SeenDraft]:
        return [draft for draft in self._store.seen_drafts(self._account) if draft.verdict is Verdict.PENDING]

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
        return Settled(
            key=key,
            raw=raw,
            message=message,
            identity=Identity.of(message),
            assessment=self._assess(message),
            incoming=self._answered(message),
        )

    def _assess(self, message: Message) -> Assessment | None:
        if message.unassessed is not None:
            return None
        writing = Writing(text=message.newest_text, subject=message.subject, side="own", at=self._clock.now())
        return self._judge.assess([writing])[0]

    def _answered(self, message: Message) -> Incoming | None:
        """The mail that a draft answers: by thread, else by recipients and subject."""
        for message_id in message.thread[:3]:
            found = self._intake.find(message_id)
            if found is not None:
                return found
        subject = base_subject(message.subject).casefold()
        people = addresses(message.recipients)
        if message.thread or not people or not subject:
            return None
        return self._store.latest_incoming_from(self._account, people, subject)

    # --- deciding -------------------------------------------------------------------------------------------------
    def _guarded(self, settled: Settled) -> bool:
        """Hold the draft if it should be held; whether it was taken out of Drafts."""
        if self._let_through(settled):
            return False
        row = self._row_of(settled.identity)
        decision = self._decide(settled)
        if decision.hold_until is None:
            self._let_go(row, settled)
            return False
        with self._effects.exclusive():
            draft_id = self._record(row, settled, decision, decision.hold_until)
            draft = self._store.draft(draft_id)
            assert draft is not None
            self._effects.carry_out(draft)
            self._effects.clear_leftovers()
        self._store.forget_drafts([settled.key])
        tell(self._journal, "draft_held", draft)
        return True

    def _decide(self, settled: Settled) -> Decision:
        answered, text = settled.incoming, settled.message.newest_text
        if answered is not None and is_acknowledgement(self._store, answered.id, text):
            return Decision(hold_until=None, reasons=())
        own = settled.assessment.level if settled.assessment else Level.CALM
        return decide(
            incoming=settled.incoming.level if settled.incoming else None,
            own=own,
            now=self._clock.now(),
            rules=self._rules,
            is_working_day=self._is_working_day,
        )

    def _let_through(self, settled: Settled) -> bool:
        """Whether the user released or took back this very text: the mail client has only saved it once more."""
        rows = self._store.drafts((State.RELEASED, State.WITHDRAWN), account=self._account)
        return any(
            same_reply(row.identity, settled.identity)
            and same_text(row.text, settled.message.newest_text)
            and (row.state is State.RELEASED or self._store.events(row.id)[-1].event == TAKEN_BACK)
            for row in rows
        )

    def _row_of(self, identity: Identity) -> HeldDraft | None:
        """The row that this draft is a newer version of: a held one, else one that was released."""
        for state in (State.HELD, State.RELEASED):
            rows = self._store.drafts((state,), account=self._account)
            found = [row for row in rows if same_reply(row.identity, identity)]
            if found:
                return max(found, key=lambda row: row.id)
        return None

    def _let_go(self, row: HeldDraft | None, settled: Settled) -> None:
        """The draft may stay; an older, heated version of it that was held is out of date now."""
        level = int(settled.assessment.level) if settled.assessment else None
        self._journal("draft_left", account=self._account, uid=settled.key.uid, level_own=level)
        if row is not None and row.state is State.HELD:
            self._elsewhere.finish(row, State.SUPERSEDED, "superseded")

    def _record(self, row: HeldDraft | None, settled: Settled, decision: Decision, until: datetime) -> int:
        new = self._new_hold(settled, decision, until)
        if row is None:
            return self._store.hold(new)
        unchanged = row.state is State.HELD and same_text(row.text, settled.message.newest_text)
        if unchanged:
            new = _with_hold_of(row, new)
        self._store.add_version(row, new, event="saved_again" if unchanged else "new_version")
        return row.id

    def _new_hold(self, settled: Settled, decision: Decision, until: datetime) -> NewHold:
        incoming = settled.incoming
        return NewHold(
            account=self._account,
            key=settled.key,
            effect=Effect.HOLD,
            identity=settled.identity,
            to=tuple(person.address for person in settled.message.recipients),
            subject=settled.message.subject,
            incoming_id=incoming.id if incoming else None,
            level_in=incoming.level if incoming else None,
            assessment=settled.assessment,
            at=self._clock.now(),
            hold_until=until,
            reasons=decision.reasons,
            raw=settled.raw,
            digest=digest_of(settled.raw),
            text=settled.message.newest_text,
            gaps=gaps_in(settled.message.newest_text),
        )


def _same(one: SeenDraft, other: SeenDraft) -> bool:
    return same_reply(one.identity, other.identity)


def _with_hold_of(row: HeldDraft, new: NewHold) -> NewHold:
    """A new save of the same text: the hold goes on as it was."""
    return replace(new, at=row.held_at, hold_until=row.hold_until, reasons=row.reasons)
