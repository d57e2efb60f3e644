"""Replaying an archive: every mail is judged once, what was found is kept, and core counts what settings would do.

The walk holds a batch of texts at a time, never the archive.  A run that is cut off anywhere goes on where it was,
because whatever was kept is not judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from assistant.core.cooling import CoolingRules
from assistant.core.escalation import JudgeInput, Scores, Side
from assistant.core.message import Message, RawMail, SetAside, Unassessed
from assistant.core.replay import Exchange, Month, Outcome, Reply, Setting, Tally
from assistant.errors import GelassenError
from assistant.services.archives import Archive, Item
from assistant.services.notes import Kind, Note, Notes, judged, noted
from assistant.services.ports import Classifier, Clock

#: Mails judged together: enough for the model to sort them by length, few enough to lose little when interrupted.
BATCH: Final = 64
#: Mails after which what is known already is written down, when nothing new comes.
_MOST_WAITING: Final = 1000

Parse = Callable[[RawMail, frozenset[str], Side], Message]


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
    texts: dict[bytes, JudgeInput] = field(default_factory=dict)
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

    def _read(self, item: Item, digest: bytes) -> tuple[Note, JudgeInput | None] | None:
        try:
            message = self._message(item)
        except Exception:  # noqa: BLE001 - one mail that upsets the parser must not end a run of hours
            return None
        return None if message is None else noted(message, digest, self._clock.now())

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
            batch.notes[digest] = judged(batch.notes[digest], scores)
        self._notes.keep(list(batch.notes.values()), batch.seen, batch.places)
        progress.done += len(batch.seen)
        progress.known += batch.known
        progress.told()

    def _scored(self, texts: Sequence[JudgeInput]) -> list[Scores | None]:
        """Scores of each text; None for one that upsets the model."""
        try:
            return list(self._classifier.score(texts)) if texts else []
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
