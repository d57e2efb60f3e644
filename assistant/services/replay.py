"""Replaying an archive: every mail is judged once, what was found is kept, and core counts what settings would do.

The walk holds a batch of texts at a time, never the archive.  What it keeps (port ``Notes``) are numbers: digests,
probabilities, times.  A run that is cut off anywhere goes on where it was, because whatever was kept is not judged
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from assistant.core.cooling import CoolingRules
from assistant.core.escalation import Scores, Side
from assistant.core.message import Message, RawMail, SetAside, Unassessed
from assistant.core.replay import Exchange, Month, Outcome, Reply, Setting, Tally
from assistant.errors import GelassenError
from assistant.services.judging import Writing, shown
from assistant.services.ports import Classifier, Clock

#: Mails judged together: enough for the model to sort them by length, few enough to lose little when interrupted.
BATCH: Final = 64
#: Mails after which what is known already is written down, when nothing new comes.
_MOST_WAITING: Final = 1000
_FIRST_YEAR: Final = 1990  # earlier dates are errors of a clock
_MOST_PARENTS: Final = 20

Parse = Callable[[RawMail, frozenset[str], Side], Message]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One mail of an archive.

    Attributes:
        digest: SHA-256 of its bytes as they were read; None when they could not be.
        content: takes the mail apart; asked only when it was not judged before.
        flags: what the server says of it.
        place: where it lies, as a digest, when it can be known there without reading it again.
    """

    digest: bytes | None
    content: Callable[[], RawMail] | None = None
    flags: frozenset[str] = frozenset()
    place: bytes | None = None


class Archive(Protocol):
    """Mails of the past, in any order.  Reading them changes nothing."""

    def count(self) -> int:
        """How many there are, without reading more than that needs."""

    def items(self) -> Iterator[Item]:
        """One after the other; raises ``GelassenError`` when it cannot go on."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What came of a replay.

    Attributes:
        mails: all that were found; set aside + unassessed + client mail judged.
        set_aside: by reason, own mail included.
        unassessed: by reason.
        known: how many had been judged in an earlier run.
        outcomes: for each setting, in their order.
    """

    mails: int
    set_aside: Mapping[SetAside, int]
    unassessed: Mapping[Unassessed, int]
    known: int
    outcomes: tuple[Outcome, ...]


@dataclass(slots=True)
class Progress:
    """How far a run is; ``told`` is called after every change.

    Attributes:
        done: mails that are done with: judged and kept, set aside, or known from before.
        known: those among them that were known.
    """

    told: Callable[[], None] = lambda: None
    done: int = 0
    known: int = 0


@dataclass(slots=True)
class _Batch:
    """Mails on their way: notes still without scores, the texts to be judged, and what was seen."""

    notes: dict[bytes, Note] = field(default_factory=dict)
    texts: dict[bytes, Writing] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)
    places: dict[bytes, bytes] = field(default_factory=dict)
    known: int = 0

    @property
    def full(self) -> bool:
        return len(self.texts) >= BATCH or len(self.seen) >= _MOST_WAITING


class Replay:
    """Goes through archives.

    The classifier is asked for its belief alone: levels are core's work here, and nobody looks for hot passages.

    Args:
        parse: as ``adapters.mime.parse``, with the user's own addresses built in.
    """

    def __init__(
        self,
        *,
        notes: Notes,
        classifier: Classifier,
        parse: Parse,
        settings: Sequence[Setting],
        rules: CoolingRules,
        clock: Clock,
    ) -> None:
        self._notes = notes
        self._classifier = classifier
        self._parse = parse
        self._settings = settings
        self._rules = rules
        self._clock = clock

    def run(self, archives: Iterable[Archive], progress: Progress) -> Replayed:
        """Judge what is new, and count.

        Raises what reading and judging raise for good; ``ModelError`` among them.  Whatever was kept by then stays.
        """
        lost = sum(self._walk(archive, progress) for archive in archives)
        return self._counted(lost, progress)

    # --- the walk -------------------------------------------------------------------------------------------------
    def _walk(self, archive: Archive, progress: Progress) -> int:
        """One archive; how many of its mails could not be read at all."""
        batch, lost = _Batch(), 0
        for item in archive.items():
            if not self._take(item, batch):
                lost += 1
                progress.done += 1
            if batch.full:
                self._flush(batch, progress)
                batch = _Batch()
        self._flush(batch, progress)
        return lost

    def _take(self, item: Item, batch: _Batch) -> bool:
        """Put a mail into the batch; False when it cannot be read, which another run may find otherwise."""
        if item.digest is None:
            return False
        if self._notes.known(item.digest):
            batch.known += 1
        elif item.digest not in batch.notes:
            found = self._read(item, item.digest)
            if found is None:
                return False
            note, text = found
            batch.notes[item.digest] = note
            if text is not None:
                batch.texts[item.digest] = text
        batch.seen.append(item.digest)
        if item.place is not None:
            batch.places[item.place] = item.digest
        return True

    def _read(self, item: Item, digest: bytes) -> tuple[Note, Writing | None] | None:
        try:
            message = self._message(item)
        except Exception:  # noqa: BLE001 - one mail that upsets the parser must not end a run of hours
            return None
        return None if message is None else _noted(message, digest, self._clock.now())

    def _message(self, item: Item) -> Message | None:
        if item.content is None:
            return None
        mail = item.content()
        message = self._parse(mail, item.flags, "client")
        if message.set_aside is not SetAside.OWN:
            return message
        # Read again as one's own: language and obstacles matter only for mail that is judged.
        return replace(self._parse(mail, item.flags, "own"), set_aside=SetAside.OWN)

    def _flush(self, batch: _Batch, progress: Progress) -> None:
        """Judge a batch and keep it."""
        found = self._scored(list(batch.texts.values()))
        for digest, scores in zip(batch.texts, found, strict=True):
            batch.notes[digest] = _judged(batch.notes[digest], scores)
        self._notes.keep(list(batch.notes.values()), batch.seen, batch.places)
        progress.done += len(batch.seen)
        progress.known += batch.known
        progress.told()

    def _scored(self, texts: Sequence[Writing]) -> list[Scores | None]:
        """Scores of each text; None for one that upsets the model."""
        try:
            return list(self._classifier.score([shown(text) for text in texts])) if texts else []
        except GelassenError:
            raise
        except Exception:  # noqa: BLE001 - whatever a tokenizer may say to odd texts; each is tried by itself
            return [None] if len(texts) == 1 else [self._scored([text])[0] for text in texts]

    # --- the counting ---------------------------------------------------------------------------------------------
    def _counted(self, lost: int, progress: Progress) -> Replayed:
        tally = Tally(self._settings, self._rules)
        zone = self._clock.now().tzinfo
        for note, answers in self._notes.clients():
            assert note.scores is not None
            at = note.at.astimezone(zone) if note.at else None
            replies = tuple(self._reply(answer) for answer in answers)
            month = Month(at.year, at.month) if at else None
            tally.add(Exchange(scores=note.scores, month=month, replies=replies))
        for note in self._notes.alone():
            tally.add_alone(self._reply(note))
        return self._result(lost, progress, tally)

    def _reply(self, note: Note) -> Reply:
        zone = self._clock.now().tzinfo
        return Reply(scores=note.scores, at=note.at.astimezone(zone) if note.at else None)

    def _result(self, lost: int, progress: Progress, tally: Tally) -> Replayed:
        counts = self._notes.counts()
        aside = {SetAside(why): n for (kind, why), n in counts.items() if kind is Kind.SET_ASIDE}
        own = sum(n for (kind, _), n in counts.items() if kind is Kind.OWN)
        unassessed = {Unassessed(why): n for (kind, why), n in counts.items() if kind is Kind.UNASSESSED}
        if lost:
            unassessed[Unassessed.UNREADABLE] = unassessed.get(Unassessed.UNREADABLE, 0) + lost
        return Replayed(
            mails=sum(counts.values()) + lost,
            set_aside=aside | ({SetAside.OWN: own} if own else {}),
            unassessed=unassessed,
            known=progress.known,
            outcomes=tally.outcomes(),
        )


def hashed(text: str) -> bytes:
    """A text that may not be kept, as a number that says whether another text is the same."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _noted(message: Message, digest: bytes, now: datetime) -> tuple[Note, Writing | None]:
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
    judged = kind in {Kind.CLIENT, Kind.OWN} and message.unassessed is None
    text = Writing(text=message.newest_text, subject=message.subject, side=side, at=message.date)
    return note, text if judged else None


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


def _judged(note: Note, scores: Scores | None) -> Note:
    if scores is not None:
        return replace(note, scores=scores)
    unread = str(Unassessed.UNREADABLE)
    return replace(note, kind=note.kind if note.kind is Kind.OWN else Kind.UNASSESSED, reason=unread)
