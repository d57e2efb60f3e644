"""Reading whatever a damaged SQLite file still gives: every row of every page that is whole.

SQLite's own ``.recover`` is a part of its command line only, which is not on every machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from assistant.adapters.database.schema import metadata

#: Parents before children, so that foreign keys find what they point to.
TABLES: Final = tuple(table.name for table in metadata.sorted_tables)
_FARTHEST: Final = 2**62


def connect(path: str) -> sqlite3.Connection:
    """A connection that gives what it can of broken text, and begins and ends transactions only when told."""
    found = sqlite3.connect(path, isolation_level=None)
    found.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return found


def pour(source: sqlite3.Connection, target: sqlite3.Connection, tables: frozenset[str]) -> frozenset[str]:
    """Copy the rows of some tables that the target does not have; the tables of which not everything could be read.

    Both have the same schema.
    """
    target.execute("PRAGMA foreign_keys = OFF")  # what points to a lost row is looked after when everything is there
    target.execute("BEGIN IMMEDIATE")
    holes = frozenset(table for table in TABLES if table in tables and not _pour_table(source, target, table))
    _number_on(source, target)
    target.execute("COMMIT")
    return holes


def version_of(source: sqlite3.Connection) -> str | None:
    """The migration that a file stands at; None where that cannot be read."""
    with suppress(sqlite3.DatabaseError):
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    return None


def _pour_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> bool:
    """Whether every row could be read."""
    columns = [str(row[1]) for row in target.execute(f"PRAGMA table_info({table})")]
    if not columns:
        return True  # a table of a later schema
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names of our own
    whole = True
    for row in _rows(source, table, columns):
        if row is None:
            whole = False
            continue
        try:
            target.execute(insert, row)
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, OverflowError):
            whole = False  # a cell that was overwritten: an empty one that may not be, a number that is none
    return whole


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...] | None]:
    """The rows of a table in order, and None for each hole."""
    query = f"SELECT rowid, {', '.join(columns)} FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid"  # noqa: S608
    start: int | None = 0
    while start is not None:
        try:
            for row in source.execute(query, [start]):
                start = max(start, int(row[0]) + 1)
                yield row[1:]
            return
        except sqlite3.DatabaseError:
            yield None
        try:  # Python's module steps ahead, so that the last row before a hole goes down with it
            row = source.execute(f"{query} LIMIT 1", [start]).fetchone()
            if row is None:
                return
            start = max(start, int(row[0])) + 1
            yield row[1:]
        except sqlite3.DatabaseError:
            start = _behind(source, table, start)


def _behind(source: sqlite3.Connection, table: str, start: int) -> int | None:
    """From which number on reading may go on when it cannot from ``start``; None when nothing can be read there.

    A row whose cell is found but not read is passed over by itself.  A page that is damaged is passed over by steps
    that double, until a row behind it is reached, and then by halves, so that none behind it is missed.
    """
    with suppress(sqlite3.DatabaseError):
        following = _next(source, table, start)
        return None if following is None else max(following, start) + 1  # a damaged page may lead back
    bad, step = start, 1
    while (good := start + step) < _FARTHEST:
        with suppress(sqlite3.DatabaseError):
            _next(source, table, good)
            return _first_good(source, table, bad, good)
        bad, step = good, step * 2
    return None


def _first_good(source: sqlite3.Connection, table: str, bad: int, good: int) -> int:
    while good - bad > 1:
        middle = (bad + good) // 2
        try:
            _next(source, table, middle)
            good = middle
        except sqlite3.DatabaseError:
            bad = middle
    return good


def _next(source: sqlite3.Connection, table: str, number: int) -> int | None:
    """The first row from a number on; raises where the way to it is damaged."""
    query = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608 - our own names
    found = source.execute(query, [number]).fetchone()
    return int(found[0]) if found else None


def _number_on(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """A number that was given once, and may stand in a mail, is never given again."""
    with suppress(sqlite3.DatabaseError):
        for table, number in source.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            if table in TABLES and isinstance(number, int):
                target.execute(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT ?, 0 WHERE NOT EXISTS "
                    "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                    [table, table],
                )
                target.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", [number, table])
