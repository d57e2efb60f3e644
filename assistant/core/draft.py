"""A held draft: its states, which change may follow which, and how versions of one reply are recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from assistant.core.letter import is_letter
from assistant.core.message import Message, addresses, base_subject


class Via(StrEnum):
    """How a held reply came: out of the Drafts folder, or sent by a mail client through the gateway."""

    DRAFTS = "drafts"
    GATEWAY = "gateway"


class State(StrEnum):
    """Where a draft stands.  "Cooled" is none of them: it is ``hold_until <= now``."""

    HELD = "held"
    RELEASED = "released"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


#: Which state may follow which.  The store's guarded updates are compared with this table by a test.
TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    # Held again: its copy was lost with the folder, and is put back. Uncertain: so says an old backup of the ledger.
    State.HELD: frozenset(
        {State.HELD, State.RELEASED, State.WITHDRAWN, State.DISCARDED, State.SUPERSEDED, State.UNCERTAIN}
    ),
    # Held: a newer version was saved. Discarded: while it waits for the next attempt. Uncertain: as above.
    State.RELEASED: frozenset({State.SENDING, State.HELD, State.DISCARDED, State.UNCERTAIN}),
    # Withdrawn: the mail client was still waiting, and was told that the mail is its own again.
    State.SENDING: frozenset({State.SENT, State.RELEASED, State.FAILED, State.UNCERTAIN, State.WITHDRAWN}),
    # Released or failed: it is known now that it went out, and some recipients were put off or refused before.
    State.UNCERTAIN: frozenset({State.HELD, State.SENT, State.RELEASED, State.FAILED}),
    State.FAILED: frozenset({State.HELD, State.DISCARDED}),
    State.DISCARDED: frozenset({State.HELD}),
    State.SENT: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class Effect(StrEnum):
    """An outside effect whose intent is recorded and which is not yet acknowledged."""

    HOLD = "hold"  # move from Drafts to the cooling-off folder
    REPLACE = "replace"  # put the edited version into the cooling-off folder, then remove the former one
    RELEASE = "release"  # move back to Drafts
    DISCARD = "discard"  # move to Trash
    RESTORE = "restore"  # from Trash back to the cooling-off folder
    SHOW = "show"  # put a copy of a mail that came by the gateway into the cooling-off folder
    SEND = "send"  # hand it to the relay; nothing has gone out yet
    COMMIT = "commit"  # the relay was given the end of the text: it may have taken the mail
    FILE = "file"  # the relay has taken it; put a copy into Sent


def may_be_discarded(state: State, effect: Effect | None) -> bool:
    """Whether the user can be done with a draft: while it is held, has failed, or waits to be sent.

    Of one that is uncertain nobody knows whether it can still be thrown away: the user says what became of it.
    """
    return state in (State.HELD, State.FAILED) or (state is State.RELEASED and effect is Effect.SEND)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """By what a draft is recognised as a version of another.

    Mail clients make a new UID and often a new Message-ID at every save; neomutt's drafts have no Message-ID.
    """

    message_id: str | None
    parents: tuple[str, ...]
    recipients: frozenset[str]
    subject: str

    @classmethod
    def of(cls, message: Message) -> Identity:
        """The identity of a parsed draft."""
        return cls(
            message_id=message.message_id,
            parents=message.thread[:1],
            recipients=addresses(message.recipients),
            subject=base_subject(message.subject).casefold(),
        )


def same_reply(one: Identity, other: Identity) -> bool:
    """Whether two drafts, or a draft and a sent mail, answer the same mail to the same people.

    For drafts that answer nothing, equal recipients and subject decide; both must be there.  A letter is nothing but
    itself.
    """
    if one.message_id and one.message_id == other.message_id:
        return True
    if is_letter(one.message_id) or is_letter(other.message_id):
        return False
    people_agree = not one.recipients or not other.recipients or bool(one.recipients & other.recipients)
    if one.parents and other.parents:
        return one.parents == other.parents and people_agree
    return (
        bool(one.recipients)
        and one.recipients == other.recipients
        and bool(one.subject)
        and one.subject == other.subject
    )


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but blanks: then a new save does not restart the hold."""
    return one.split() == other.split()


def similarity(one: str, other: str) -> float:
    """How alike two texts are by words, 0 to 1."""
    return SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What decides whether a held draft may go."""

    state: State
    hold_until: datetime
    reviewed: bool
    gaps: tuple[str, ...] = ()


class Obstacle(StrEnum):
    """Why a draft may not be released."""

    NOT_HELD = "not_held"
    NOT_COOLED = "not_cooled"
    NOT_REVIEWED = "not_reviewed"
    GAPS = "gaps"
    NOT_UNCERTAIN = "not_uncertain"  # only a mail whose fate is not known can be said to have gone out
    NEWER_VERSION = "newer_version"  # a save of the same reply lies in Drafts and has not settled yet


def obstacles(facts: Facts, now: datetime, *, require_review: bool) -> tuple[Obstacle, ...]:
    """Everything that stands against a release; "send now" may pass over the first two, never over gaps."""
    if facts.state is not State.HELD:
        return (Obstacle.NOT_HELD,)
    found = []
    if now < facts.hold_until:
        found.append(Obstacle.NOT_COOLED)
    if require_review and not facts.reviewed:
        found.append(Obstacle.NOT_REVIEWED)
    if facts.gaps:
        found.append(Obstacle.GAPS)
    return tuple(found)
