"""The ledger on a PostgreSQL server: few connections, full sync, encrypted off this machine, errors in words.

What every session is set to, and why:

* ``synchronous_commit`` at least ``on``: what was committed survives a power cut of the server, whatever its default.
* ``lock_timeout``: a writer that waits for another says so, as SQLite's busy timeout does.
* ``idle_in_transaction_session_timeout``: a daemon that was suspended in the middle of a transaction gives its row
  locks back; waking up, it finds the transaction undone.
* TCP keepalives on both ends: a machine that went to sleep or lost its network is noticed within 11 seconds, before
  its leases end, and the server gives back what its sessions held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import URL, Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection

from assistant.adapters.database.words import Cause, first
from assistant.config.values import is_loopback
from assistant.errors import GelassenError, StoreError, TemporaryFailure

if TYPE_CHECKING:
    from psycopg import Connection as Session

#: Connections of one process; each is held for one short transaction, so many threads share a few.
_POOL: Final = 5
_PATIENCE: Final = 30.0  # seconds to wait for one of them
_CONTACT: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
    "application_name": "gelassen",
}
#: ``remote_apply`` is stronger than ``on`` and stays.  Names that a server does not know are left out by the join.
_SESSION: Final = """
    SELECT set_config(name, wanted.value, false)
    FROM (VALUES ('timezone', 'UTC'), ('synchronous_commit', 'on'), ('lock_timeout', '10s'),
                 ('idle_in_transaction_session_timeout', '15s'), ('tcp_keepalives_idle', '5'),
                 ('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '2'), ('tcp_user_timeout', '10s')
         ) AS wanted (name, value) JOIN pg_settings USING (name)
    WHERE NOT (name = 'synchronous_commit' AND setting = 'remote_apply')
"""
_CLEAR: Final = frozenset({"disable", "allow", "prefer"})

_AWAY: Final = "the server cannot be reached; it is tried again. Nothing was lost."
_LOCKED: Final = "is locked by another program; try again in a moment."
_CROWDED: Final = "the server has no connection left; raise max_connections there, or try again in a moment."
_LOGIN: Final = "the login was refused; check user and password (~/.pgpass) and pg_hba.conf of the server."
_RIGHTS: Final = "the user may not do this; make it the owner of the database."
_MISSING: Final = "there is no such database; create it with: createdb --encoding=UTF8 NAME"
_DAMAGED: Final = "is damaged; put a backup in its place, the mail itself is safe in your mailbox."
_NO_TLS: Final = "the server offers no encryption; switch ssl on there, or reach it through a tunnel on 127.0.0.1."
_UNTRUSTED: Final = "the server's certificate is not trusted; check sslrootcert and the host's name in [store] url."
_OPTION: Final = "an option after ? in [store] url is not understood; they are those of libpq."

#: By SQLSTATE (PostgreSQL's manual, appendix A); the first prefix that fits.
_STATES: Final[tuple[Cause, ...]] = (
    ("53100", TemporaryFailure, "the disk is full; free some space. Nothing was lost."),
    ("53300", TemporaryFailure, _CROWDED),
    ("53", TemporaryFailure, "the server is short of memory; try again in a moment."),
    ("58030", TemporaryFailure, "the disk reports an error; check it and its free space."),
    ("55P03", TemporaryFailure, _LOCKED),
    ("57014", TemporaryFailure, _LOCKED),
    ("40", TemporaryFailure, _LOCKED),
    ("25P03", TemporaryFailure, _AWAY),
    ("57P", TemporaryFailure, _AWAY),
    ("08", TemporaryFailure, _AWAY),
    ("25006", StoreError, "is read-only, perhaps a standby; name the primary server in [store] url."),
    ("42501", StoreError, _RIGHTS),
    ("28", StoreError, _LOGIN),
    ("3D000", StoreError, _MISSING),
    ("XX", StoreError, _DAMAGED),
    ("58", StoreError, _DAMAGED),
)
#: A login that fails has no SQLSTATE in libpq, only words in the server's language.
_WORDS: Final[tuple[Cause, ...]] = (
    ("no password supplied", StoreError, _LOGIN),
    ("authentication failed", StoreError, _LOGIN),
    ("uthentifizierung", StoreError, _LOGIN),
    ("pg_hba.conf", StoreError, _LOGIN),
    ("role ", StoreError, _LOGIN),
    ("permission denied", StoreError, _RIGHTS),
    ("keine Berechtigung", StoreError, _RIGHTS),
    ("database ", StoreError, _MISSING),
    ("Datenbank »", StoreError, _MISSING),
    ("does not support SSL", StoreError, _NO_TLS),
    ("certificate", StoreError, _UNTRUSTED),
    ("root.crt", StoreError, _UNTRUSTED),
    ("invalid ", StoreError, _OPTION),
)
_TEMPORARY: Final[tuple[Cause, ...]] = (
    ("too many c", TemporaryFailure, _CROWDED),
    ("remaining connection slots", TemporaryFailure, _CROWDED),
    ("zu viele Verbindungen", TemporaryFailure, _CROWDED),
    ("database system", TemporaryFailure, _AWAY),  # … is starting up, is shutting down, is in recovery mode
    ("Datenbanksystem", TemporaryFailure, _AWAY),
)


def create(url: URL) -> Engine:
    """An engine on a server; nothing connects yet.

    Raises ``StoreError`` when psycopg is missing, or when mail would cross a network in clear text.
    """
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_POOL,
            max_overflow=0,
            pool_timeout=_PATIENCE,
            pool_pre_ping=True,  # after the server's return, connections of before are replaced without an error
            hide_parameters=True,
            connect_args=_contact(url),
        )
    except ImportError as error:
        raise StoreError("[store] url: PostgreSQL needs psycopg; pip install 'gelassen[postgres]'") from error
    event.listen(engine, "connect", _prepare)
    return engine


def explained(engine: Engine, error: exc.DBAPIError) -> GelassenError:
    """An error of PostgreSQL in words, never with a value of a row or a password."""
    name, said = place(engine.url), error.orig
    state = getattr(said, "sqlstate", None)
    if state is None:
        if isinstance(error, exc.OperationalError | exc.InterfaceError) or "connection option" in str(said):
            return _without_contact(name, str(said))
        return StoreError(f"{name}: internal error: {type(said).__name__}")  # of the driver; it may name a value
    for mark, kind, text in _STATES:
        if state.startswith(mark):
            return kind(f"{name}: {text}")
    primary = getattr(getattr(said, "diag", None), "message_primary", None)  # DETAIL would show the row
    return StoreError(f"{name}: {primary or type(said).__name__} ({state})")


def _without_contact(name: str, said: str) -> GelassenError:
    found = first((*_TEMPORARY, *_WORDS), name, said)
    if found is None and "FATAL" in said:
        found = StoreError(f"{name}: {said.partition('FATAL:')[2].strip().splitlines()[0]}")
    return found or TemporaryFailure(f"{name}: {_AWAY}")


def place(url: URL) -> str:
    """Which database, without user and password."""
    host = url.host or url.query.get("host") or "localhost"
    return f"PostgreSQL {host if isinstance(host, str) else ','.join(host)}/{url.database or ''}"


def _contact(url: URL) -> dict[str, Any]:
    """Options for libpq beside those in the URL, which go first."""
    words: dict[str, Any] = {name: value for name, value in _CONTACT.items() if name not in url.query}
    if all(map(_near, _hosts(url))):
        return words
    mode = url.query.get("sslmode")
    if mode in _CLEAR:
        raise StoreError(
            f"[store] url: sslmode={mode} may send mail in clear text; use sslmode=verify-full, or at least require."
        )
    return words if mode else {**words, "sslmode": "require"}


def _hosts(url: URL) -> list[str]:
    named = url.query.get("host", ())
    several = (named,) if isinstance(named, str) else named
    return [host for one in (url.host or "", *several) for host in one.split(",")]


def _near(host: str) -> bool:
    """Whether a host is this machine: a socket, or loopback."""
    return not host or host.startswith(("/", "@")) or is_loopback(host)


def _prepare(connection: DBAPIConnection, record: object) -> None:
    del record
    session = cast("Session[Any]", connection)
    encoding = session.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"PostgreSQL {session.info.host}/{session.info.dbname}: its encoding is {encoding};"
            " create the database with ENCODING 'UTF8'."
        )
    session.execute(_SESSION)
    session.commit()
