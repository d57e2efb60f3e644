"""The user's own look at a held draft, and what they decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.core.compose import with_text
from assistant.core.cooling import CoolingRules, Reason, decide
from assistant.core.draft import (
    Effect,
    Facts,
    Identity,
    Obstacle,
    State,
    Via,
    may_be_discarded,
    obstacles,
    same_reply,
    same_text,
)
from assistant.core.escalation import Assessment, Level
from assistant.core.message import Message, RawMail
from assistant.core.reply import Suggestion, gaps_in
from assistant.errors import Refused, TemporaryFailure
from assistant.services.deciding import ACKNOWLEDGE, digest_of
from assistant.services.dispatch import Dispatch
from assistant.services.effects import Effects
from assistant.services.judging import Judge, Writing
from assistant.services.ledger import Event, HeldDraft, Incoming, NewHold, Store, Version
from assistant.services.outbox import Sending
from assistant.services.ports import Clock, WorkingDays

#: What "send now" may pass over; gaps in a suggestion never.
_PASSABLE: Final = frozenset({Obstacle.NOT_COOLED, Obstacle.NOT_REVIEWED})
#: How much of a hash must be given to approve by it.
_SHORTEST_HASH: Final = 12


class Hindered(Refused):
    """A release was refused.

    Attributes:
        draft: the row as it stands.
        obstacles: what stands against it.
    """

    def __init__(self, draft: HeldDraft, found: tuple[Obstacle, ...]) -> None:
        super().__init__(", ".join(found))
        self.draft = draft
        self.obstacles = found


class NoSuchDraft(Refused):
    """There is no draft with this number."""


class WrongHash(Refused):
    """The hash does not name the version that is held now: it was edited since it was shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Everything about a held draft that a review shows; ``sending`` is None unless it was to leave by the relay."""

    draft: HeldDraft
    incoming: Incoming | None
    suggestions: tuple[Suggestion, ...]
    versions: tuple[Version, ...]
    events: tuple[Event, ...]
    sending: Sending | None = None


class Desk:
    """Reviewing, editing and deciding.

    Args:
        effects_for: the effects of an account by its name; connects only when one is carried out.
        dispatch: decisions about what leaves through the relay.
        read_draft: the parser for drafts; ``read_header`` for their headers alone.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        effects_for: Callable[[str], Effects],
        judge: Judge,
        read_draft: Callable[[bytes], Message],
        read_header: Callable[[RawMail], Message],
        rules: Callable[[], CoolingRules],
        is_working_day: WorkingDays,
        require_review: bool,
        dispatch: Dispatch,
    ) -> None:
        self._dispatch = dispatch
        self._store = store
        self._clock = clock
        self._effects_for = effects_for
        self._judge = judge
        self._read_draft = read_draft
        self._read_header = read_header
        self._rules = rules
        self._is_working_day = is_working_day
        self._require_review = require_review

    def case(self, draft_id: int) -> Case:
        """All about one draft. Raises ``NoSuchDraft``."""
        draft = self._draft(draft_id)
        incoming = self._store.incoming(draft.incoming_id) if draft.incoming_id else None
        return Case(
            draft=draft,
            incoming=incoming,
            suggestions=self._store.suggestions(incoming.id) if incoming else (),
            versions=self._store.versions(draft_id),
            events=self._store.events(draft_id),
            sending=self._store.sending(draft_id),
        )

    def approve(self, draft_id: int, digest: str) -> HeldDraft:
        """Approve exactly the version that was shown. Raises ``WrongHash``, ``Hindered``, ``Conflict``."""
        draft = self._held(draft_id)
        if len(digest) < _SHORTEST_HASH or not draft.digest.startswith(digest.lower()):
            raise WrongHash(str(draft_id))
        self._store.approve(draft, self._clock.now())
        return self._draft(draft_id)

    def obstacles(self, draft: HeldDraft) -> tuple[Obstacle, ...]:
        """What stands against a release now."""
        facts = Facts(state=draft.state, hold_until=draft.hold_until, reviewed=draft.reviewed, gaps=draft.gaps)
        return obstacles(facts, self._clock.now(), require_review=self._require_review)

    def release(self, draft_id: int, *, reason: str | None = None, send: bool = False) -> HeldDraft:
        """Let it go; with a ``reason`` also before it has cooled or was reviewed ("send now").

        A draft goes back into Drafts, or with ``send`` out through the relay, as a mail of the gateway always does. One
        that failed to be sent can be released again.
        Raises ``Hindered``, ``Conflict``; ``TemporaryFailure`` when the server is away: the decision stands then and is
        carried out later.
        """
        draft = self._failed_again(self._draft(draft_id))
        found = self.obstacles(draft)
        blocking = tuple(o for o in found if o not in _PASSABLE) if reason else found
        if blocking:
            raise Hindered(draft, blocking)
        early = bool(found)
        detail = {"hash": draft.digest, **({"reason": reason} if early else {})}
        event = Event(at=self._clock.now(), event="sent_now" if early else "released", detail=detail)
        if draft.via is Via.GATEWAY:
            self._dispatch.send(draft, event)
            return self._draft(draft_id)
        if send:
            return self._send(draft, event)
        return self._decide(draft, State.RELEASED, event, Effect.RELEASE, check=self._no_newer_version)

    def _send(self, draft: HeldDraft, event: Event) -> HeldDraft:
        effects = self._effects_for(draft.account)
        with effects.exclusive():
            self._no_newer_version(draft, effects)
            self._dispatch.send(draft, event)
        effects.settle()  # the copy in Sent, and the one in the cooling-off folder
        return self._draft(draft.id)

    def _failed_again(self, draft: HeldDraft) -> HeldDraft:
        if draft.state is not State.FAILED:
            return draft
        self._dispatch.try_again(draft)
        return self._draft(draft.id)

    def resolve(self, draft_id: int, *, went_out: bool) -> HeldDraft:
        """What the user found out about a mail whose fate is not known. Raises ``Hindered`` for any other."""
        draft = self._draft(draft_id)
        if draft.state is not State.UNCERTAIN:
            raise Hindered(draft, (Obstacle.NOT_UNCERTAIN,))
        self._dispatch.resolve(draft, went_out=went_out)
        return self._draft(draft_id)

    def _no_newer_version(self, draft: HeldDraft, effects: Effects) -> None:
        """Two copies of one reply side by side would be sent twice; the newer one takes this one's place first."""
        folder = effects.mailbox.folders.drafts
        state = effects.mailbox.state(folder)
        for found in effects.mailbox.fetch_headers(folder, state.uidvalidity, state.uids):
            identity = Identity.of(self._read_header(found.mail))
            if "\\Deleted" not in found.flags and same_reply(identity, draft.identity):
                raise Hindered(draft, (Obstacle.NEWER_VERSION,))

    def extend(self, draft_id: int, by: timedelta) -> HeldDraft:
        """Let it cool longer, counted from the later of now and its ``hold_until``."""
        draft = self._held(draft_id)
        until = max(draft.hold_until, self._clock.now()) + by
        event = Event(at=self._clock.now(), event="extended", detail={"hold_until": until.isoformat()})
        self._store.reschedule(draft, until, event)
        return self._draft(draft_id)

    def discard(self, draft_id: int) -> HeldDraft:
        """The copy to Trash; the bytes stay for 30 days. What has failed or waits to be sent never leaves then.

        Raises ``Hindered`` for what has gone out, is going out, or may have.
        """
        draft = self._draft(draft_id)
        if not may_be_discarded(draft.state, draft.effect):
            raise Hindered(draft, (Obstacle.NOT_HELD,))
        return self._decide(draft, State.DISCARDED, Event(at=self._clock.now(), event="discarded"), Effect.DISCARD)

    def undo_discard(self, draft_id: int) -> HeldDraft:
        """Back into the cooling-off folder, held as before. Raises ``Hindered`` when it was not discarded."""
        draft = self._draft(draft_id)
        if draft.state is not State.DISCARDED:
            raise Hindered(draft, (Obstacle.NOT_HELD,))
        if self._store.raw(draft.id, draft.version) is None:
            raise Refused(f"The bytes of draft {draft_id} were forgotten after 30 days.")
        return self._decide(draft, State.HELD, Event(at=self._clock.now(), event="restored"), Effect.RESTORE)

    def edit(self, draft_id: int, text: str, *, template: str | None = None) -> HeldDraft:
        """A new version with another text; headers, thread, recipients, attachments and the quotation stay.

        It is judged anew, the approval is void, and the hold starts anew if the text really changed.
        """
        draft = self._held(draft_id)
        raw = self._store.raw(draft.id, draft.version)
        if raw is None:
            raise Refused(f"The bytes of draft {draft_id} are no longer there.")
        quoted = self._read_draft(raw).quoted_text
        body = f"{text.rstrip()}\n\n{quoted.strip()}\n" if quoted.strip() else f"{text.rstrip()}\n"
        new = self._version(draft, with_text(raw, body), template)
        effects = self._effects_for(draft.account)
        with effects.exclusive():
            self._store.add_version(draft, new, event="edited")
            self._finish(draft.id, effects)
        return self._draft(draft_id)

    def _version(self, draft: HeldDraft, raw: bytes, template: str | None) -> NewHold:
        message = self._read_draft(raw)
        assessment = self._assess(message)
        until, reasons = self._cooled(draft, message, assessment, template)
        return NewHold(
            account=draft.account,
            key=None,  # not stored yet; the former copy becomes a leftover
            effect=Effect.REPLACE,
            identity=draft.identity,
            to=draft.to,
            subject=draft.subject,
            incoming_id=draft.incoming_id,
            level_in=self._answered(draft),
            assessment=assessment,
            at=draft.held_at if until == draft.hold_until else self._clock.now(),
            hold_until=until,
            reasons=reasons,
            raw=raw,
            digest=digest_of(raw),
            text=message.newest_text,
            gaps=gaps_in(message.newest_text),
        )

    def _answered(self, draft: HeldDraft) -> Level | None:
        """The level of the mail that is answered as it counts now: the user may have corrected it since."""
        mail = self._store.incoming(draft.incoming_id) if draft.incoming_id else None
        return mail.level if mail else draft.level_in

    def _assess(self, message: Message) -> Assessment:
        writing = Writing(text=message.newest_text, subject=message.subject, side="own", at=self._clock.now())
        return self._judge.assess([writing])[0]

    def _cooled(
        self, draft: HeldDraft, message: Message, assessment: Assessment, template: str | None
    ) -> tuple[datetime, tuple[Reason, ...]]:
        """Until when the new version is held: as before while the text is the same, at once free when it is the neutral
        acknowledgement, else as the rules say for its new level."""
        if same_text(draft.text, message.newest_text):
            return draft.hold_until, draft.reasons
        now = self._clock.now()
        if template == ACKNOWLEDGE:
            return now, ()
        decision = decide(
            incoming=self._answered(draft),
            own=assessment.level,
            now=now,
            rules=self._rules(),
            is_working_day=self._is_working_day,
        )
        return decision.hold_until or now, decision.reasons

    def _decide(
        self,
        draft: HeldDraft,
        state: State,
        event: Event,
        effect: Effect,
        *,
        check: Callable[[HeldDraft, Effects], None] | None = None,
    ) -> HeldDraft:
        effects = self._effects_for(draft.account)
        with effects.exclusive():
            if check is not None:
                check(draft, effects)
            self._store.change(draft, state, event, effect=effect)
            self._finish(draft.id, effects)
        return self._draft(draft.id)

    def _finish(self, draft_id: int, effects: Effects) -> None:
        try:
            effects.carry_out(self._draft(draft_id))
        except TemporaryFailure as error:
            raise TemporaryFailure(f"{error} The decision is kept and carried out when the server is back.") from error

    def _held(self, draft_id: int) -> HeldDraft:
        draft = self._draft(draft_id)
        if draft.state is not State.HELD:
            raise Hindered(draft, (Obstacle.NOT_HELD,))
        return draft

    def _draft(self, draft_id: int) -> HeldDraft:
        draft = self._store.draft(draft_id)
        if draft is None:
            raise NoSuchDraft(str(draft_id))
        return draft
