"""Locks between processes on several machines: PostgreSQL's advisory locks, which end with the session that has them.

They do for a database server what :mod:`assistant.adapters.lock` and :mod:`assistant.adapters.presence` do for a file.
A server or a pooler that shares sessions between clients (PgBouncer in transaction mode) cannot be used.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, exc, func, select, true

from assistant.adapters.database.engine import Connected, in_words, lock_number
from assistant.errors import GelassenError, TemporaryFailure

_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.5)  # seconds between two tries to get a lock
_PATIENCE: Final = 60.0
#: After the server came back every session is new: so long the others have to come back with their locks, in seconds.
_ROUND: Final = 10.0
_KEEP: Final = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"


class LockSession:
    """The one connection of a process whose session holds its locks; opened when it is first needed.  Thread-safe.

    A session that broke, and its locks with it, is replaced at the next use; what is still held is taken again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._connection: Connection | None = None
        self._held: set[int] = set()
        self._since = time.monotonic()

    def take(self, number: int) -> bool:
        """Whether the lock could be had at once."""
        with self._turn:
            taken = self._ask(func.pg_try_advisory_lock(number))
            if taken:
                self._held.add(number)
            return taken

    def give(self, number: int) -> None:
        """Give a lock back; never raises, for a session that broke has given it back already."""
        with self._turn, suppress(GelassenError):
            self._held.discard(number)
            self._ask(func.pg_advisory_unlock(number))

    def free(self, number: int) -> bool:
        """Whether nobody has a lock."""
        with self._turn:
            if not self._ask(func.pg_try_advisory_lock_shared(number)):
                return False
            self._ask(func.pg_advisory_unlock_shared(number))
            return True

    def age(self) -> float:
        """For how many seconds the session has lived; a broken one is replaced here."""
        with self._turn:
            self._ask(true())
            return time.monotonic() - self._since

    def close(self) -> None:
        """End the session and give everything back."""
        with self._turn:
            self._held.clear()
            self._drop()

    def _ask(self, question: ColumnElement[Any]) -> bool:
        with in_words(self._engine):
            try:
                return self._answer(question)
            except exc.DBAPIError:
                self._drop()
            return self._answer(question)

    def _answer(self, question: ColumnElement[Any]) -> bool:
        if self._connection is None:
            self._open()
        assert self._connection is not None
        return bool(self._connection.execute(select(question)).scalar())

    def _open(self) -> None:
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()  # it is no longer one of the pool's
        self._connection.exec_driver_sql(_KEEP)
        for number in self._held:
            self._connection.execute(select(func.pg_try_advisory_lock(number)))
        self._since = time.monotonic()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(exc.SQLAlchemyError):
                self._connection.close()  # for good: it is none of the pool's
            self._connection = None


class AdvisoryLocks:
    """Mutual exclusion of effects on an account, between processes and threads."""

    def __init__(self, session: LockSession, *, patience: float = _PATIENCE) -> None:
        self._session = session
        self._patience = patience
        self._turns: dict[str, threading.Lock] = {}

    @contextmanager
    def exclusive(self, account: str) -> Iterator[None]:
        """Hold the lock of an account while the block runs.

        Raises ``TemporaryFailure`` when another process keeps it for a minute, or the server is away.
        """
        number = lock_number(f"effects {account}")
        with self._turns.setdefault(account, threading.Lock()):
            self._wait_for(number, account)
            try:
                yield
            finally:
                self._session.give(number)

    def _wait_for(self, number: int, account: str) -> None:
        deadline, tries = time.monotonic() + self._patience, 0
        while not self._session.take(number):
            if time.monotonic() > deadline:
                raise TemporaryFailure(f"{account}: another Gelassen works on this account; it is tried again.")
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1


class AdvisoryPresence:
    """Which processes work on a ledger, on whatever machine (port ``Presence``).

    Args:
        grace: seconds after the start of this process's session in which nobody is called dead; see ``alive``.
    """

    def __init__(self, session: LockSession, *, grace: float = _ROUND) -> None:
        self._session = session
        self._grace = grace
        self._turn = threading.Lock()
        self._token: str | None = None

    @property
    def token(self) -> str:
        """This process; its lock is held before anybody can have read the token.

        Raises ``TemporaryFailure`` or ``StoreError`` when the server cannot be used.
        """
        with self._turn:
            if self._token is None:
                token = uuid.uuid4().hex
                self._session.take(_process(token))
                self._token = token
            return self._token

    def alive(self, token: str) -> bool:
        """Whether that process still has its lock.

        After an outage of the server everybody comes back with a new session: until this one is ``grace`` old, a
        missing lock says nothing.
        """
        if token == self._token or self._session.age() < self._grace:
            return True
        return not self._session.free(_process(token))

    def leave(self) -> None:
        """This process works on the ledger no longer."""
        with self._turn:
            if self._token is not None:
                self._session.give(_process(self._token))
                self._token = None


def open_locks(store: Connected) -> LockSession | None:
    """The session for the locks that go with a store; None on SQLite, where files are locked."""
    return LockSession(store.engine) if store.engine.dialect.name == "postgresql" else None


def _process(token: str) -> int:
    return lock_number(f"process {token}")
