"""A ledger put together from pieces, made one that can be understood: what has lost its other half is taken out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Column, Table, select

from assistant.adapters.database import codec
from assistant.adapters.database.schema import correction, draft, incoming, seen_draft
from assistant.adapters.database.store import SqlStore
from assistant.errors import StoreError

_NO_DRAFT: Final = "draft_id NOT IN (SELECT id FROM draft)"
_NO_MAIL: Final = "incoming_id NOT IN (SELECT id FROM incoming)"
_OF_DRAFT: Final = ("draft_version", "draft_bytes", "sending", "recipient", "leftover")
#: Rows without the row that they belong to.
_ORPHANS: Final = (
    f"UPDATE draft SET incoming_id = NULL WHERE {_NO_MAIL}",  # noqa: S608 - text of our own, here and below
    *(f"DELETE FROM {table} WHERE {_NO_DRAFT}" for table in _OF_DRAFT),  # noqa: S608
    *(f"DELETE FROM {table} WHERE {_NO_MAIL}" for table in ("suggestion", "correction")),  # noqa: S608
    f"DELETE FROM event WHERE {_NO_DRAFT} OR {_NO_MAIL}",  # noqa: S608
)
_LACKS: Final = "NOT EXISTS (SELECT 1 FROM {} WHERE draft_id = draft.id{})"
_PRESENT: Final = " AND number = draft.version"
#: A draft without its present text; one that still matters without its bytes; one to be sent without its envelope.
_HALVES: Final = f"""
    SELECT id FROM draft
    WHERE {_LACKS.format("draft_version", _PRESENT)}
    OR (effect IS NOT NULL OR state IN ('held', 'sending', 'uncertain', 'failed'))
        AND {_LACKS.format("draft_bytes", _PRESENT)}
    OR (via = 'gateway' OR effect IN ('send', 'commit', 'file') OR state IN ('sending', 'uncertain', 'failed'))
        AND ({_LACKS.format("sending", "")} OR {_LACKS.format("recipient", "")})
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True, slots=True)
class Loose:
    """The bytes of a version that had to be taken out."""

    draft_id: int
    number: int
    raw: bytes


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether nothing in it has lost its other half."""
    dangling = db.execute("PRAGMA foreign_key_check").fetchone()
    return dangling is None and db.execute(_HALVES).fetchone() is None and not _spoilt(db)


def mend(db: sqlite3.Connection) -> list[Loose]:
    """Take out what is not whole; the bytes that were lost with it."""
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    loose = [one for number in _spoilt(db) for one in _taken(db, "rowid = ?", number)]
    db.execute(f"DELETE FROM draft WHERE id IN ({_HALVES})")  # noqa: S608 - text of our own
    loose += _taken(db, _NO_DRAFT)
    for statement in _ORPHANS:
        db.execute(statement)
    db.execute("COMMIT")
    return loose


def _spoilt(db: sqlite3.Connection) -> list[int]:
    """Rows with bytes that are no longer those that were stored."""
    pairs = "SELECT draft_bytes.rowid, digest, raw FROM draft_bytes JOIN draft_version USING (draft_id, number)"
    return [number for number, digest, raw in db.execute(pairs) if sha256(_bytes(raw)).hexdigest() != digest]


def _taken(db: sqlite3.Connection, which: str, *values: int) -> list[Loose]:
    query = f"SELECT draft_id, number, raw FROM draft_bytes WHERE {which}"  # noqa: S608 - text of our own
    found = [Loose(draft_id=one, number=number, raw=_bytes(raw)) for one, number, raw in db.execute(query, values)]
    db.execute(f"DELETE FROM draft_bytes WHERE {which}", values)  # noqa: S608
    return found


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def unreadable(store: SqlStore) -> dict[str, list[int]]:
    """Rows that are there and cannot be understood, by table: a word or a time in them was overwritten."""

    def ask_for(table: Table, key: Column[int], read: Callable[[Any], object]) -> Callable[[int], object]:
        def ask(number: int) -> object:
            with store.engine.connect() as db:
                return read(db.execute(select(table).where(key == number)).one())

        return ask

    asked: dict[Column[int], list[Callable[[int], object]]] = {
        draft.c.id: [store.draft, store.versions, store.sending, store.events],
        incoming.c.id: [store.incoming, store.suggestions],
        seen_draft.c.id: [ask_for(seen_draft, seen_draft.c.id, codec.seen_in)],
        correction.c.incoming_id: [ask_for(correction, correction.c.incoming_id, codec.correction_in)],
    }
    found = {}
    for key, questions in asked.items():
        with store.engine.connect() as db:
            numbers = db.execute(select(key)).scalars().all()
        found[key.table.name] = [one for one in numbers if any(_fails(ask, one) for ask in questions)]
    return found


def _fails(ask: Callable[[int], object], number: int) -> bool:
    try:
        ask(number)
    except (StoreError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return True
    return False


def take_out(db: sqlite3.Connection, table: str, numbers: Iterable[int]) -> None:
    """Remove rows by their number; what belonged to them goes with the next ``mend``."""
    key = "incoming_id" if table == "correction" else "id"
    db.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(number,) for number in numbers])  # noqa: S608 - names of our own
