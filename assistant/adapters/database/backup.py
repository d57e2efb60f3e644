"""The daily copy of an SQLite ledger beside it: what a repair falls back on where the file itself cannot be read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from assistant.adapters.database.sqlite import backup_of, damaged
from assistant.errors import TemporaryFailure

_DAILY: Final = timedelta(days=1)


def back_up(engine: Engine, now: datetime) -> bool:
    """Copy the ledger when the last copy is a day old; whether a copy was made.  A server's database is its own matter.

    The copy is one moment of the ledger, with mode 0600, and takes the place of the former one only when it is whole.

    Raises:
        StoreError: the ledger is damaged; the former copy stays.
        TemporaryFailure: the copy cannot be written.
    """
    if engine.dialect.name != "sqlite":
        return False
    path = Path(str(engine.url.database))
    copy = backup_of(path)
    if _recent(copy, now):
        return False
    fresh = copy.with_name(f"{copy.name}.new")
    try:
        if not _copied(path, fresh):
            raise damaged(engine)
        os.utime(fresh, (now.timestamp(), now.timestamp()))
        fresh.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise TemporaryFailure(f"{copy}: the backup cannot be written ({error}).") from error
    finally:
        fresh.unlink(missing_ok=True)
    return True


def made_at(copy: Path) -> float | None:
    """When a copy was made, in seconds since 1970; None where there is none."""
    try:
        return copy.stat().st_mtime
    except FileNotFoundError:
        return None


def _recent(copy: Path, now: datetime) -> bool:
    """A copy from the future is none: the clock was set back."""
    made = made_at(copy)
    return made is not None and 0 <= now.timestamp() - made < _DAILY.total_seconds()


def _copied(path: Path, fresh: Path) -> bool:
    """Write the copy; whether it is whole."""
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(fresh)) as target:
            source.backup(target)  # at one go: it must not begin anew with every write of the daemon
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            return bool(target.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return False
        raise
