"""Whether one's own words are held: the same for a draft in Drafts and for a mail that comes by the gateway."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assistant.core.cooling import CoolingRules, Decision, decide
from assistant.core.draft import Effect, Identity, State, same_text, similarity
from assistant.core.escalation import Assessment, Level
from assistant.core.message import Message, MessageKey, addresses, base_subject
from assistant.core.reply import gaps_in
from assistant.services.judging import Judge, Writing
from assistant.services.ledger import HeldDraft, Incoming, NewHold, Store
from assistant.services.ports import Clock, WorkingDays

#: From here on a text is taken for the neutral acknowledgement, which does not answer the matter yet.
_ALIKE: Final = 0.8
#: The template that is never held (DESIGN section 8).
ACKNOWLEDGE: Final = "acknowledge"
#: The event of a held draft that the user moved back into Drafts by hand: the same text is then left alone.
TAKEN_BACK: Final = "taken_back"
_PARENTS: Final = 3  # how far back in a thread the answered mail is looked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One's own words, read and judged.

    Attributes:
        assessment: None for what cannot be judged, such as an encrypted mail.
        incoming: the mail that is answered.
    """

    message: Message
    identity: Identity
    assessment: Assessment | None
    incoming: Incoming | None

    @property
    def text(self) -> str:
        """The newest text."""
        return self.message.newest_text


class Deciding:
    """The decision on one account's outgoing words.

    Args:
        find: the first mail that there is with one of these Message-IDs, wherever it is known from.
        rules: those that count now; the user may change them at any time.
    """

    def __init__(
        self,
        *,
        account: str,
        store: Store,
        judge: Judge,
        find: Callable[[Sequence[str]], Incoming | None],
        rules: Callable[[], CoolingRules],
        is_working_day: WorkingDays,
        clock: Clock,
    ) -> None:
        self._account = account
        self._store = store
        self._judge = judge
        self._find = find
        self._rules = rules
        self._is_working_day = is_working_day
        self._clock = clock

    def read(self, message: Message) -> Read:
        """Judges a draft and finds what it answers."""
        return Read(
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
        found = self._find(message.thread[:_PARENTS])
        if found is not None:
            return found
        subject = base_subject(message.subject).casefold()
        people = addresses(message.recipients)
        if message.thread or not people or not subject:
            return None
        return self._store.latest_incoming_from(self._account, people, subject)

    def decide(self, read: Read) -> Decision:
        """Whether and until when it is held."""
        if read.incoming is not None and is_acknowledgement(self._store, read.incoming.id, read.text):
            return Decision(hold_until=None, reasons=())
        return decide(
            incoming=read.incoming.level if read.incoming else None,
            own=read.assessment.level if read.assessment else Level.CALM,
            now=self._clock.now(),
            rules=self._rules(),
            is_working_day=self._is_working_day,
        )

    def let_through(self, read: Read) -> bool:
        """Whether the user released or took back this very text: it is not held a second time."""
        rows = self._store.same_replies(self._account, read.identity, (State.RELEASED, State.WITHDRAWN))
        return any(same_text(row.text, read.text) and self._given_back(row) for row in rows)

    def _given_back(self, row: HeldDraft) -> bool:
        """Whether the row's text lies in Drafts by the user's will; a released mail of the gateway leaves by itself."""
        if row.state is State.RELEASED:
            return row.effect is not Effect.SEND
        return self._store.events(row.id)[-1].event == TAKEN_BACK


def new_hold(
    read: Read,
    decision: Decision,
    *,
    account: str,
    key: MessageKey | None,
    effect: Effect,
    at: datetime,
    until: datetime,
    raw: bytes,
) -> NewHold:
    """What was decided about one's own words, for the ledger."""
    return NewHold(
        account=account,
        key=key,
        effect=effect,
        identity=read.identity,
        to=tuple(person.address for person in read.message.recipients),
        subject=read.message.subject,
        incoming_id=read.incoming.id if read.incoming else None,
        level_in=read.incoming.level if read.incoming else None,
        assessment=read.assessment,
        at=at,
        hold_until=until,
        reasons=decision.reasons,
        raw=raw,
        digest=digest_of(raw),
        text=read.text,
        gaps=gaps_in(read.text),
    )


def digest_of(raw: bytes) -> str:
    """The hash that names a version: SHA-256 of its exact bytes, hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def is_acknowledgement(store: Store, incoming_id: int, text: str) -> bool:
    """Whether a text is the neutral acknowledgement that was suggested for a mail, perhaps touched up."""
    offered = [s.text for s in store.suggestions(incoming_id) if s.template == ACKNOWLEDGE]
    return any(similarity(text, suggestion) >= _ALIKE for suggestion in offered)
