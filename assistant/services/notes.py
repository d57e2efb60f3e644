"""What is kept of a mail that was replayed: digests, probabilities and times, never a word of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from assistant.core.escalation import JudgeInput, Scores, Side
from assistant.core.message import Message, SetAside, Unassessed
from assistant.services.judging import Writing, shown

_FIRST_YEAR: Final = 1990  # earlier dates are errors of a clock
_MOST_PARENTS: Final = 20


class Kind(StrEnum):
    """What became of a mail."""

    CLIENT = "client"
    OWN = "own"
    SET_ASIDE = "set_aside"
    UNASSESSED = "unassessed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What is kept of a mail: never a word of it.

    Attributes:
        reason: code of ``SetAside`` or ``Unassessed``; empty for judged mail.
        scores: of client mail always, of own mail where it could be judged.
        sender: digest of the address that wrote it, to know it again when the user names more addresses as own.
        at: its date where there is a sane one.
        message_id: digest of its Message-ID.
        parents: digests of the Message-IDs before it, the direct one first; of own mail only.
    """

    digest: bytes
    kind: Kind
    reason: str = ""
    scores: Scores | None = None
    sender: bytes | None = None
    at: datetime | None = None
    message_id: bytes | None = None
    parents: tuple[bytes, ...] = ()


class Notes(Protocol):
    """What was found so far, by digest, for one version of model and settings; and which mails this run has seen."""

    def known(self, digest: bytes) -> bool:
        """Whether there is a note on a mail, and whose mail it is still stands."""

    def placed(self, place: bytes) -> bytes | None:
        """The digest of the mail at a place, if there is a note on it."""

    def keep(self, notes: Sequence[Note], seen: Sequence[bytes], places: Mapping[bytes, bytes]) -> None:
        """Keep notes and the digests at places for good, and count mails for this run; all or nothing.

        ``seen``: digests, with or without a new note; one that came twice counts twice.
        """

    def counts(self) -> Mapping[tuple[Kind, str], int]:
        """Mails seen in this run, by kind and reason."""

    def clients(self) -> Iterator[tuple[Note, tuple[Note, ...]]]:
        """Client mail of this run, each with the own mail that answers it."""

    def alone(self) -> Iterator[Note]:
        """Own mail of this run that answers none of it."""


def hashed(text: str) -> bytes:
    """A text that may not be kept, as a number that says whether another text is the same."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def noted(message: Message, digest: bytes, now: datetime) -> tuple[Note, JudgeInput | None]:
    """What is kept of a mail, and the text to be judged if there is one."""
    kind, reason = _kind(message)
    side: Side = "own" if kind is Kind.OWN else "client"
    note = Note(
        digest=digest,
        kind=kind,
        reason=reason,
        sender=hashed(message.sender.address.lower()) if message.sender else None,
        at=message.date if message.date and _sane(message.date, now) else None,
        message_id=hashed(message.message_id) if message.message_id else None,
        parents=tuple(hashed(one) for one in message.thread[:_MOST_PARENTS]) if kind is Kind.OWN else (),
    )
    if kind not in {Kind.CLIENT, Kind.OWN} or message.unassessed is not None:
        return note, None
    return note, shown(Writing(text=message.newest_text, subject=message.subject, side=side))


def _kind(message: Message) -> tuple[Kind, str]:
    if message.set_aside is SetAside.OWN:
        return Kind.OWN, str(message.unassessed or "")
    if message.set_aside is not None:
        return Kind.SET_ASIDE, str(message.set_aside)
    if message.unassessed is not None:
        return Kind.UNASSESSED, str(message.unassessed)
    return Kind.CLIENT, ""


def _sane(at: datetime, now: datetime) -> bool:
    return at.year >= _FIRST_YEAR and at < now + timedelta(days=1)


def judged(note: Note, scores: Scores | None) -> Note:
    """A note with what the model said; None when the text upset it."""
    if scores is not None:
        return replace(note, scores=scores)
    unread = str(Unassessed.UNREADABLE)
    return replace(note, kind=note.kind if note.kind is Kind.OWN else Kind.UNASSESSED, reason=unread)
