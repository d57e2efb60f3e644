"""Opening the database, its schema version, and transactions; what SQLite and PostgreSQL do apart is beside this."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, Table, exc, func, inspect, select
from sqlalchemy.engine import make_url

from assistant.adapters.database import postgres, sqlite
from assistant.adapters.database.version import HEAD
from assistant.core.message import MessageKey
from assistant.errors import GelassenError, StoreError, TemporaryFailure

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_CREATE: Final[Mapping[str, Callable[[URL], Engine]]] = {"sqlite": sqlite.create, "postgresql": postgres.create}
#: All that one reader asks is answered from one moment; on SQLite every transaction is so.
_ONE_MOMENT: Final[Mapping[str, Mapping[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}
_EXPLAINED: Final = {"sqlite": sqlite.explained, "postgresql": postgres.explained}


def open_engine(url: str) -> Engine:
    """An engine on an up-to-date schema.

    Raises:
        StoreError: read-only, damaged, refused, psycopg missing, or a schema newer than this program.
        TemporaryFailure: the disk is full, the server away, or another process keeps the database locked.
    """
    parsed = _parsed(url)
    engine = _CREATE[parsed.get_backend_name()](parsed)
    try:
        with in_words(engine):
            _upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in _CREATE or not parsed.database:
        raise StoreError("[store] url: use sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.") from None
    return parsed


def _upgrade(engine: Engine) -> None:
    with engine.connect() as connection:
        if _is_current(connection):
            return
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        _only_me(connection)
        if not _is_current(connection):  # another process may have done it while this one waited
            migrate(connection)


def _only_me(connection: Connection) -> None:
    """One transaction for the whole upgrade: a second process waits, however long, and then finds it done."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    one_at_a_time(connection, "upgrade")


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to a migration, within the transaction that is open."""
    from alembic import command

    command.upgrade(alembic(connection), to)


def alembic(connection: Connection) -> Config:
    """What Alembic's commands need to work on a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _is_current(connection: Connection) -> bool:
    current = schema_version(connection)
    if current is not None and current > HEAD:
        raise StoreError(
            f"{named(connection.engine)}: written by a newer Gelassen (schema {current}, this program knows {HEAD}); "
            "install the newer version again."
        )
    return current == HEAD


def schema_version(connection: Connection) -> str | None:
    """The migration that the database stands at, None for one that has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


def named(engine: Engine) -> str:
    """How the user knows the database; never with a password."""
    return str(engine.url.database) if engine.dialect.name == "sqlite" else postgres.place(engine.url)


@contextmanager
def in_words(engine: Engine) -> Iterator[None]:
    """Turn the database's errors into ones that tell the user what to do."""
    try:
        yield
    except exc.DBAPIError as error:
        raise explained(engine, error) from None  # what PostgreSQL says may hold the row that it refuses
    except exc.TimeoutError as error:
        raise TemporaryFailure(f"{named(engine)}: all connections are busy; try again in a moment.") from error


def explained(engine: Engine, error: exc.DBAPIError) -> GelassenError:
    """A database's error in words."""
    return _EXPLAINED[engine.dialect.name](engine, error)


class Connected:
    """Reading and writing in transactions; the base of the parts of the store.

    On PostgreSQL writers are READ COMMITTED: an ``UPDATE … WHERE`` that waited for another writer looks at the row
    again, so a guard holds there as it does on SQLite, which has one writer at a time.  What is looked up first and
    written then needs more: ``upsert``, ``FOR UPDATE``, or ``one_at_a_time``.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """What the connections come from."""
        return self._engine

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        options = _ONE_MOMENT.get(self._engine.dialect.name, {})
        try:
            with in_words(self._engine), self._engine.connect().execution_options(**options) as connection:
                yield connection
        except ValueError as error:  # JSON, a time or a state that nobody wrote like this
            if self._engine.dialect.name != "sqlite":
                raise
            raise sqlite.damaged(self._engine) from error

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


def one_at_a_time(db: Connection, name: str) -> None:
    """Until the end of the transaction no other passes here under this name; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(lock_number(name))))


def lock_number(name: str) -> int:
    """A name as the 64 bits that an advisory lock of PostgreSQL has; locks are apart in each database."""
    return int.from_bytes(hashlib.sha256(f"gelassen {name}".encode()).digest()[:8], "big", signed=True)


def upsert(db: Connection, table: Table, values: Mapping[str, Any], *, replaced: Collection[str]) -> None:
    """Insert a row; where its primary key, or another unique one, is there already, replace these columns instead.

    With nothing to be replaced the row that is there stays as it is.
    """
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.dialects import sqlite as sqlite_

    new: Any = (postgresql if db.dialect.name == "postgresql" else sqlite_).insert(table).values(values)
    if not replaced:
        db.execute(new.on_conflict_do_nothing())
        return
    changed = {name: values[name] for name in replaced}
    db.execute(new.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed))


def key_values(key: MessageKey) -> dict[str, Any]:
    """A MessageKey as columns."""
    return {"account": key.account, "folder": key.folder, "uidvalidity": key.uidvalidity, "uid": key.uid}
