"""The ledger in an SQLite file: mode 0600, write-ahead log with full sync, errors in words."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc

from assistant.adapters.database.words import Cause, first
from assistant.errors import GelassenError, StoreError, TemporaryFailure

_BUSY_SECONDS: Final = 10
_DAMAGED: Final = "is damaged; stop Gelassen if it runs, then mend it with: gelassen doctor --repair"

#: By words of SQLite's message, which is never translated.
_CAUSES: Final[tuple[Cause, ...]] = (
    ("full", TemporaryFailure, "the disk is full; free some space. Nothing was lost."),
    ("locked", TemporaryFailure, "is locked by another program; try again in a moment."),
    ("readonly", StoreError, "is read-only; check the owner and mode of file and folder."),
    ("malformed", StoreError, _DAMAGED),
    ("no such table", StoreError, _DAMAGED),
    ("Could not decode", StoreError, _DAMAGED),  # SQLite quotes the text then, which nobody else may read
    (
        "not a database",
        StoreError,
        "is not a database; check [store] url in config.toml, or mend it with: gelassen doctor --repair",
    ),
    ("unable to open", StoreError, "cannot be opened; check the folder and its mode."),
    ("disk I/O", TemporaryFailure, "the disk reports an error; check it and its free space."),
)


def create(url: URL) -> Engine:
    """An engine on a file, created for the user only when it is missing; nothing is read yet.

    Raises ``StoreError`` when the file cannot be opened for writing, or is gone while its backup is there.
    """
    path = Path(str(url.database))
    _not_lost(path)
    _create_private(path)
    engine = create_engine(url, hide_parameters=True)
    _tune(engine)
    return engine


def explained(engine: Engine, error: exc.DBAPIError) -> GelassenError:
    """An error of SQLite in words."""
    said = str(error.orig)
    return first(_CAUSES, str(engine.url.database), said) or StoreError(f"{engine.url.database}: {said}")


def damaged(engine: Engine) -> StoreError:
    """What is stored cannot be understood."""
    return StoreError(f"{engine.url.database}: {_DAMAGED}")


def backup_of(path: Path) -> Path:
    """Where the daily backup of a ledger lies."""
    return path.with_name(f"{path.name}.backup")


def _not_lost(path: Path) -> None:
    """A new ledger in the place of a lost one would forget everything that is held, and overwrite the backup."""
    try:
        lost = (not path.exists() or path.stat().st_size == 0) and backup_of(path).exists()
    except OSError:
        return  # told when it is opened
    if lost:
        raise StoreError(
            f"{path}: is gone, but its backup is there; put that in its place with: gelassen doctor --repair "
            f"(or begin anew: remove {backup_of(path).name})"
        )


def _create_private(path: Path) -> None:
    """The file must never be readable by others, not even before SQLite has written to it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except PermissionError as error:
        raise StoreError(f"{path}: cannot be written; check the owner and mode of file and folder.") from error
    except OSError as error:
        if error.errno == errno.EROFS:
            raise StoreError(f"{path}: is read-only; check the owner and mode of file and folder.") from error
        if error.errno == errno.ENOSPC:
            raise TemporaryFailure(f"{path}: the disk is full; free some space. Nothing was lost.") from error
        raise StoreError(f"{path}: cannot be opened ({error.strerror}); set [store] url in config.toml.") from error


def _tune(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, record: object) -> None:
        del record
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # WAL alone may lose the last commits when the power goes

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that becomes a writer in mid-transaction fails at once when another process wrote between.
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
