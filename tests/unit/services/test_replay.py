"""The walk through an archive: what is kept, what is judged again, what is fetched again."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.mime import parse, split
from assistant.adapters.replaynotes import SqliteNotes
from assistant.core.cooling import CoolingRules
from assistant.core.escalation import JudgeInput, Policy, Scores, Side, Signal
from assistant.core.message import Message, RawMail
from assistant.core.replay import Outcome, settings_for
from assistant.errors import Disconnected, ModelError
from assistant.services.archives import Archive, FileArchive, FolderArchive
from assistant.services.notes import Kind, Note, hashed
from assistant.services.ports import Fetched
from assistant.services.replay import BATCH, Progress, Replay, Replayed
from tests.fakes import Crash, HandClock, MarkedClassifier, MemoryMailbox, MemoryServer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWN = frozenset({"mara@studio.example"})


class Counting(MarkedClassifier):
    """Remembers what it judged; dies at a certain call."""

    def __init__(self, crash_at: int = -1) -> None:
        self.judged: list[str] = []
        self.batches: list[int] = []
        self._crash_at = crash_at

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        if len(self.batches) == self._crash_at:
            raise Crash
        self.batches.append(len(inputs))
        self.judged += [item.text for item in inputs]
        return super().score(inputs)


def letter(number: int, text: str = "Danke für alles.", *, date: str = "18 Nov 2026 10:00:00 +0100") -> bytes:
    """A client's mail."""
    return (
        f"From: kunde@firma.example\r\nTo: mara@studio.example\r\nSubject: Katalog\r\nDate: Wed, {date}\r\n"
        f"Message-ID: <{number}@x>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Guten Tag, {text} Das ist die Nachricht {number} zum Katalog und zu den Bildern.\r\n"
    ).encode()


def read(mail: RawMail, flags: frozenset[str], side: Side) -> Message:
    """A mail as the user's program reads it."""
    return parse(mail, own=OWN, flags=flags, side=side)


def files(raws: Sequence[bytes | None]) -> FileArchive:
    """An archive of these bytes."""
    return FileArchive(walk=lambda: iter(raws), number=lambda: len(raws), split=split)


def notes(path: Path) -> SqliteNotes:
    """The file in which results are kept."""
    return SqliteNotes(path / "replay.db", b"model 1", frozenset(map(hashed, OWN)))


def run(path: Path, archive: Archive, classifier: MarkedClassifier, kept: SqliteNotes | None = None) -> Replayed:
    """One replay, as a process of its own would make it."""
    kept = kept or notes(path)
    try:
        replay = Replay(
            notes=kept,
            classifier=classifier,
            parse=read,
            settings=settings_for({1.0: Policy()}, 1.0),
            rules=CoolingRules(),
            clock=HandClock(NOW),
        )
        return replay.run([archive], Progress())
    finally:
        kept.close()


def current(found: Replayed) -> Outcome:
    """The only setting."""
    return found.outcomes[0]


@pytest.mark.parametrize("crash_at", [0, 1, 3])
def test_no_mail_is_judged_twice_after_a_crash(tmp_path: Path, crash_at: int) -> None:
    """Whole batches are kept before the next one is judged; the second run judges exactly the rest."""
    archive = files([letter(number) for number in range(4 * BATCH + 10)])
    first, second = Counting(crash_at), Counting()
    with pytest.raises(Crash):
        run(tmp_path, archive, first)
    assert first.batches == [BATCH] * crash_at
    found = run(tmp_path, archive, second)
    assert sorted(first.judged + second.judged) == sorted(set(first.judged + second.judged))
    assert len(first.judged + second.judged) == 4 * BATCH + 10
    assert (found.mails, found.known) == (4 * BATCH + 10, crash_at * BATCH)


def test_the_same_mail_twice_counts_twice_and_is_judged_once(tmp_path: Path) -> None:
    """In one batch and in two."""
    classifier = Counting()
    raws = [letter(1), letter(1), *(letter(number) for number in range(2, BATCH + 5)), letter(1)]
    found = run(tmp_path, files(raws), classifier)
    assert (found.mails, len(classifier.judged)) == (BATCH + 6, BATCH + 4)


def test_what_cannot_be_read_is_counted_and_not_kept(tmp_path: Path) -> None:
    """A file without permission, and a mail at which the parser falls over."""

    def falls(raw: bytes) -> RawMail:
        if b"<2@x>" in raw:
            raise RecursionError
        return split(raw)

    raws = [letter(1), None, letter(2)]
    archive = FileArchive(walk=lambda: iter(raws), number=lambda: 3, split=falls)
    found = run(tmp_path, archive, Counting())
    assert (found.mails, sum(found.unassessed.values()), sum(current(found).levels.values())) == (3, 2, 1)
    again = run(tmp_path, files(raws), Counting())
    assert (again.mails, again.known, sum(again.unassessed.values())) == (3, 1, 1)


def test_a_missing_model_ends_it(tmp_path: Path) -> None:
    """Nothing is kept as not assessed that a model could judge."""

    class Missing(Counting):
        def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
            raise ModelError("the model was not found")

    with pytest.raises(ModelError):
        run(tmp_path, files([letter(1)]), Missing())
    assert run(tmp_path, files([letter(1)]), Counting()).known == 0


def test_months_are_the_users_and_odd_dates_count_without_one(tmp_path: Path) -> None:
    """Late on the last of a month in another zone; a clock of 1980, and one in the future."""
    dates = ["31 Oct 2026 20:00:00 -0500", "1 Jan 1980 00:00:00 +0000", "1 Jan 2028 00:00:00 +0000"]
    found = run(tmp_path, files([letter(n, date=date) for n, date in enumerate(dates)]), Counting())
    assert [(month.year, month.month) for month in current(found).months] == [(2026, 11)]
    assert sum(current(found).levels.values()) == 3


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """Forty megabytes of mail go through far less memory."""
    filler = b"X" * 76 + b"\r\n"

    def walk() -> Iterator[bytes]:
        for number in range(400):
            yield letter(number) + b"\r\n-- \r\n" + filler * 1300

    archive = FileArchive(walk=walk, number=lambda: 400, split=split)
    run(tmp_path, files([letter(1000)]), Counting())
    tracemalloc.start()
    try:
        found = run(tmp_path, archive, MarkedClassifier())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.mails == 400
    assert peak < 12_000_000


# --- a folder on a server ------------------------------------------------------------------------------------------


class Breaking(MemoryMailbox):
    """Its connection breaks after so many mails, each time."""

    def __init__(self, server: MemoryServer, after: int) -> None:
        super().__init__(server)
        self.fetched: list[int] = []
        self._after = after

    def fetch_texts(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        for number, found in enumerate(super().fetch_texts(folder, uidvalidity, uids)):
            if number == self._after:
                raise Disconnected("gone")
            self.fetched.append(found.key.uid)
            yield found


def folder(server: MemoryServer, mailbox: MemoryMailbox, kept: SqliteNotes) -> FolderArchive:
    """INBOX."""
    del server
    return FolderArchive(mailbox=mailbox, server="mara@host:993", folder="INBOX", placed=kept.placed)


def test_a_broken_connection_is_made_anew_as_long_as_mail_comes(tmp_path: Path) -> None:
    """Each mail is fetched once; where nothing comes any more, it ends."""
    server = MemoryServer()
    for number in range(10):
        server.add("INBOX", letter(number))
    kept = notes(tmp_path)
    mailbox = Breaking(server, after=3)
    assert run(tmp_path, folder(server, mailbox, kept), Counting(), kept).mails == 10
    assert mailbox.fetched == list(range(1, 11))
    kept = notes(tmp_path)
    server.add("INBOX", letter(11))
    with pytest.raises(Disconnected):
        run(tmp_path, folder(server, Breaking(server, after=0), kept), Counting(), kept)


def test_known_mail_is_not_fetched_again_unless_uidvalidity_changed(tmp_path: Path) -> None:
    """The place says which mail it is; with new numbers the bytes do, and nothing is judged again."""
    server = MemoryServer()
    for number in range(5):
        server.add("INBOX", letter(number))
    fetched: list[list[int]] = []
    for validity in (1, 1, 2, 2):
        server.folders["INBOX"].uidvalidity = validity
        kept, classifier, mailbox = notes(tmp_path), Counting(), Breaking(server, after=100)
        assert run(tmp_path, folder(server, mailbox, kept), classifier, kept).mails == 5
        fetched.append(mailbox.fetched)
        assert len(classifier.judged) == (0 if len(fetched) > 1 else 5)
    assert [len(uids) for uids in fetched] == [5, 0, 5, 0]


# --- what is kept --------------------------------------------------------------------------------------------------


def test_notes_come_back_as_they_were(tmp_path: Path) -> None:
    """Client mail with its answers: the nearest parent that is there; own mail that answers none."""
    kept = notes(tmp_path)

    def digest(name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

    scores = Scores(p=(0.75, 0.5, 0.25))
    first, second = (
        Note(digest=digest(name), kind=Kind.CLIENT, scores=scores, at=NOW, message_id=hashed(name)) for name in "ab"
    )
    answer = Note(
        digest=digest("c"),
        kind=Kind.OWN,
        scores=scores,
        sender=hashed("mara@studio.example"),
        at=NOW - timedelta(days=1),
        parents=(hashed("elsewhere"), hashed("b"), hashed("a")),
    )
    alone = Note(digest=digest("d"), kind=Kind.OWN, reason="language", sender=hashed("mara@studio.example"))
    everything = [answer, first, second, alone]
    kept.keep(everything, [note.digest for note in everything], {})
    without_parents = Note(**{**{f.name: getattr(answer, f.name) for f in fields(Note)}, "parents": ()})
    assert list(kept.clients()) == [(first, ()), (second, (without_parents,))]
    assert list(kept.alone()) == [alone]
    assert kept.counts() == {(Kind.CLIENT, ""): 2, (Kind.OWN, ""): 2}
    kept.close()


p = st.floats(0, 1)


@given(st.tuples(p, p, p), st.lists(p), st.tuples(p, p, p), p)
def test_levels_need_nothing_that_is_not_kept(
    found: tuple[float, float, float], heat: list[float], thresholds: tuple[float, float, float], signal: float
) -> None:
    """Only the three probabilities are kept: when levels come to need more of ``Scores``, so must ``replaynotes``."""
    policy = Policy(levels=thresholds, own_levels=thresholds)
    everything = Scores(p=found, heat=tuple(heat), signals=dict.fromkeys(Signal, signal))
    sides: tuple[Side, Side] = ("client", "own")
    for side in sides:
        assert policy.level(everything, side) == policy.level(Scores(p=found), side)
