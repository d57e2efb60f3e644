"""Opening the database: file mode, pragmas, schema version, and errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from assistant.adapters.database.version import HEAD
from assistant.core.message import MessageKey
from assistant.errors import GelassenError, StoreError, TemporaryFailure

_BUSY_SECONDS: Final = 10
_MIGRATIONS: Final = Path(__file__).with_name("migrations")


def open_engine(url: str) -> Engine:
    """An engine on an up-to-date schema.

    Raises:
        StoreError: read-only, damaged, unreachable folder, or a schema newer than this program.
        TemporaryFailure: the disk is full or another process keeps the database locked.
    """
    path = _sqlite_path(url)
    _create_private(path)
    engine = create_engine(url)
    _tune_sqlite(engine)
    with in_words(engine):
        _upgrade(engine)
    return engine


def _sqlite_path(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreError("[store] url: this version keeps its ledger in SQLite only; use sqlite:///FILE.")
    return Path(parsed.database)


def _create_private(path: Path) -> None:
    """The file must never be readable by others, not even before SQLite has written to it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except PermissionError as error:
        raise StoreError(f"{path}: cannot be written; check the owner and mode of file and folder.") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}); set [store] url in config.toml.") from error


def _tune_sqlite(engine: Engine) -> None:
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


def _upgrade(engine: Engine) -> None:
    current = _schema_version(engine)
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        raise StoreError(
            f"{engine.url.database}: written by a newer Gelassen (schema {current}, this program knows {HEAD}); "
            "install the newer version again."
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        config.attributes["connection"] = connection  # one transaction: a second process waits, then finds it done
        command.upgrade(config, "head")


def _schema_version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        try:
            row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
        except (exc.OperationalError, exc.ProgrammingError) as error:
            if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
                return None
            raise
        return str(row[0]) if row else None


@contextmanager
def in_words(engine: Engine) -> Iterator[None]:
    """Turn the database's errors into ones that tell the user what to do."""
    try:
        yield
    except exc.DatabaseError as error:
        raise _explained(str(engine.url.database), str(error.orig)) from error


def _explained(name: str, said: str) -> GelassenError:
    causes: tuple[tuple[str, type[GelassenError], str], ...] = (
        ("full", TemporaryFailure, "the disk is full; free some space. Nothing was lost."),
        ("locked", TemporaryFailure, "is locked by another program; try again in a moment."),
        ("readonly", StoreError, "is read-only; check the owner and mode of file and folder."),
        ("malformed", StoreError, "is damaged; put a backup in its place, the mail itself is safe in your mailbox."),
        ("not a database", StoreError, "is not a database; check [store] url in config.toml."),
        ("unable to open", StoreError, "cannot be opened; check the folder and its mode."),
        ("disk I/O", TemporaryFailure, "the disk reports an error; check it and its free space."),
    )
    for mark, kind, text in causes:
        if mark in said:
            return kind(f"{name}: {text}")
    return StoreError(f"{name}: {said}")


class Connected:
    """Reading and writing in transactions; the base of the parts of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with in_words(self._engine), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            in_words(self._engine),
            self._engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def key_values(key: MessageKey) -> dict[str, Any]:
    """A MessageKey as columns."""
    return {"account": key.account, "folder": key.folder, "uidvalidity": key.uidvalidity, "uid": key.uid}
