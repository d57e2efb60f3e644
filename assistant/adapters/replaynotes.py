"""What replays have found, in an SQLite file of their own: digests, probabilities and times, never a word of a mail.

The file may be deleted at any time; the next replay then judges everything anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from assistant.core.escalation import Scores
from assistant.errors import StoreError, TemporaryFailure
from assistant.services.notes import Kind, Note

#: Seconds to wait for another replay that is writing just now.
_PATIENCE: Final = 30.0
#: Raised when what is kept of a mail changes: older files are then begun anew.
_FORMAT: Final = 1

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS note (
  version INTEGER NOT NULL, digest BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
  p1 REAL, p2 REAL, p3 REAL, sender BLOB, at INTEGER, message_id BLOB, PRIMARY KEY (version, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parent (
  version INTEGER NOT NULL, digest BLOB NOT NULL, rank INTEGER NOT NULL, message_id BLOB NOT NULL,
  PRIMARY KEY (version, digest, rank)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS place (place BLOB PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE run (number INTEGER PRIMARY KEY, digest BLOB NOT NULL);
CREATE TEMP TABLE client (message_id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE answer (own INTEGER PRIMARY KEY, client INTEGER NOT NULL);
CREATE INDEX temp.answered ON answer (client);
"""
_FIELDS: Final = ("digest", "kind", "reason", "p1", "p2", "p3", "sender", "at", "message_id")
#: Each own mail answers the nearest of its parents that is a client's mail of this run.
_LINK: Final = """
DELETE FROM client; DELETE FROM answer;
INSERT INTO client SELECT note.message_id, min(run.number) FROM run
  JOIN note ON note.version = {version} AND note.digest = run.digest
  WHERE note.kind = 'client' AND note.message_id IS NOT NULL GROUP BY note.message_id;
INSERT INTO answer SELECT number, client FROM (
  SELECT run.number AS number, client.number AS client, min(parent.rank) FROM run
  JOIN parent ON parent.version = {version} AND parent.digest = run.digest
  JOIN client ON client.message_id = parent.message_id GROUP BY run.number);
"""


class SqliteNotes:
    """Implements ``services.notes.Notes`` for one version of model and settings.

    Args:
        path: the file; made when missing, for the user only.
        version: tells results apart that may differ though the mail is the same.
        own: digests of the user's own addresses.

    Raises ``StoreError`` or ``TemporaryFailure`` when the file cannot be used.
    """

    def __init__(self, path: Path, version: bytes, own: frozenset[bytes] = frozenset()) -> None:
        self._path = path
        self._own = own
        with self._explained():
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=_PATIENCE)
            self._database.executescript(_TABLES)
            self._version = self._numbered(b"%d " % _FORMAT + version)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def forget(self) -> None:
        """Forget all results, those of other versions too."""
        with self._writing():
            for table in ("note", "parent", "place"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the program

    def known(self, digest: bytes) -> bool:
        """Whether there is a note on a mail, and its sender is still taken for the same side."""
        found = self._one("SELECT kind, sender FROM note WHERE version = ? AND digest = ?", self._version, digest)
        if found is None:
            return False
        kind, sender = found
        return bool(kind == Kind.SET_ASIDE or (sender in self._own) == (kind == Kind.OWN))

    def placed(self, place: bytes) -> bytes | None:
        """The digest of the mail at a place, if there is a note on it."""
        found = self._one("SELECT digest FROM place WHERE place = ?", place)
        return found[0] if found and self.known(found[0]) else None

    def keep(self, notes: Sequence[Note], seen: Sequence[bytes], places: Mapping[bytes, bytes]) -> None:
        """Keep notes and places, count mails for this run."""
        parents = ((note.digest, rank, one) for note in notes for rank, one in enumerate(note.parents))
        with self._writing():
            many = self._database.executemany
            many(
                "INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((self._version, *_row(note, self._own)) for note in notes),
            )
            many("INSERT OR REPLACE INTO parent VALUES (?, ?, ?, ?)", ((self._version, *row) for row in parents))
            many("INSERT OR REPLACE INTO place VALUES (?, ?)", places.items())
            many("INSERT INTO run (digest) VALUES (?)", ((digest,) for digest in seen))

    def counts(self) -> dict[tuple[Kind, str], int]:
        """Mails seen in this run, by kind and reason; own mail has no reason here."""
        rows = self._rows(
            "SELECT kind, CASE kind WHEN 'own' THEN '' ELSE reason END AS why, count(*) FROM run"
            " JOIN note ON note.version = ? AND note.digest = run.digest GROUP BY kind, why",
            self._version,
        )
        return {(Kind(kind), reason): number for kind, reason, number in rows}

    def clients(self) -> Iterator[tuple[Note, tuple[Note, ...]]]:
        """Client mail of this run, each with the own mail that answers it."""
        self._link()
        rows = self._rows(
            f"SELECT run.number, {_columns('note')}, {_columns('own')} FROM run"  # noqa: S608 - names of the program
            " JOIN note ON note.version = ? AND note.digest = run.digest AND note.kind = 'client'"
            " LEFT JOIN answer ON answer.client = run.number"
            " LEFT JOIN run AS sent ON sent.number = answer.own"
            " LEFT JOIN note AS own ON own.version = ? AND own.digest = sent.digest ORDER BY run.number",
            self._version,
            self._version,
        )
        width = len(_FIELDS)
        for _, group in groupby(rows, key=lambda row: row[0]):
            found = list(group)
            answers = (row[1 + width :] for row in found)
            yield _note(found[0][1 : 1 + width]), tuple(_note(answer) for answer in answers if answer[0] is not None)

    def alone(self) -> Iterator[Note]:
        """Own mail of this run that answers none of it."""
        self._link()
        rows = self._rows(
            f"SELECT {_columns('note')} FROM run"  # noqa: S608 - names of the program
            " JOIN note ON note.version = ? AND note.digest = run.digest AND note.kind = 'own'"
            " WHERE run.number NOT IN (SELECT own FROM answer) ORDER BY run.number",
            self._version,
        )
        yield from map(_note, rows)

    def _link(self) -> None:
        with self._explained():
            self._database.executescript(_LINK.format(version=self._version))

    def _numbered(self, name: bytes) -> int:
        with self._database:
            self._database.execute("INSERT OR IGNORE INTO version (name) VALUES (?)", (name,))
        number: int = self._database.execute("SELECT id FROM version WHERE name = ?", (name,)).fetchone()[0]
        return number

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        return next(self._rows(query, *values), None)

    def _rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        with self._explained():
            yield from self._database.execute(query, values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; undone by whatever interrupts it."""
        with self._explained(), self._database:
            yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors in words."""
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self._path} cannot be created: {error.strerror}; check the folder above it") from error
        except sqlite3.OperationalError as error:
            raise _refusal(self._path, error) from error
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._path}: is damaged; delete it, and replay judges everything anew.") from error


def _refusal(path: Path, error: sqlite3.OperationalError) -> StoreError | TemporaryFailure:
    if "full" in str(error):
        return TemporaryFailure(f"{path}: the disk is full; free some space. Nothing was lost.")
    if "locked" in str(error) or "busy" in str(error):
        return TemporaryFailure(f"{path}: is locked by another program; try again in a moment.")
    return StoreError(f"{path}: cannot be written; check the owner and mode of file and folder.")


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{field}" for field in _FIELDS)


def _row(note: Note, own: frozenset[bytes]) -> tuple[object, ...]:
    # A client's words in a mail from one's own address (a contact form): its sender does not say whose mail it is.
    sender = None if note.sender in own and note.kind is not Kind.OWN else note.sender
    p = note.scores.p if note.scores else (None, None, None)
    at = int(note.at.timestamp()) if note.at else None
    return (note.digest, str(note.kind), note.reason, *p, sender, at, note.message_id)


def _note(row: Sequence[Any]) -> Note:
    digest, kind, reason, first, second, third, sender, at, message_id = row
    return Note(
        digest=digest,
        kind=Kind(kind),
        reason=reason,
        scores=None if first is None else Scores(p=(first, second, third)),
        sender=sender,
        at=None if at is None else datetime.fromtimestamp(at, UTC),
        message_id=message_id,
    )
