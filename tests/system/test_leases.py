"""Daemons on several machines share the accounts of one PostgreSQL: here each is a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.leases import SqlLeases, open_leases
from assistant.adapters.database.locks import AdvisoryLocks, AdvisoryPresence, LockSession
from assistant.errors import TemporaryFailure
from tests.conftest import need_postgres
from tests.servers import until
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.system

_ROOT = Path(__file__).parents[2]
TTL, BEAT = 2.0, 0.3
#: Holds the effects of an account, or a presence, until it is killed.
_HOLDER = """
import sys, threading
from assistant.adapters.database import open_store
from assistant.adapters.database.locks import AdvisoryLocks, AdvisoryPresence, open_locks

session = open_locks(open_store(sys.argv[1]))
print(AdvisoryPresence(session).token, flush=True)
with AdvisoryLocks(session).exclusive("studio"):
    print("held", flush=True)
    threading.Event().wait()
"""


class Machines:
    """Processes that share accounts, and what they say of themselves."""

    def __init__(self, url: str, folder: Path, accounts: int) -> None:
        self.url = url
        self.folder = folder
        self.accounts = {f"a{number:03}" for number in range(accounts)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """A daemon on another machine."""
        arguments = [self.url, self.folder, name, len(self.accounts), TTL, BEAT]
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", "tests.system.lease_worker", *map(str, arguments)], cwd=_ROOT
        )

    def signal(self, name: str, number: signal.Signals) -> None:
        """Ends, stops or wakes it."""
        self.running[name].send_signal(number)
        if number is signal.SIGKILL:
            self.running.pop(name).wait(10)

    def held(self, name: str) -> set[str]:
        """What it looks after, by its own words."""
        path = self.folder / f"{name}.json"
        return set(json.loads(path.read_text())) if path.exists() else set()

    def doubles(self) -> str:
        """What two ever looked after at the same time."""
        path = self.folder / "doubles"
        return path.read_text() if path.exists() else ""

    def shared(self, *sizes: int) -> Callable[[], bool]:
        """Whether every account is with one of those running, in these numbers (in any order)."""

        def so() -> bool:
            parts = [self.held(name) for name in self.running]
            return sorted(map(len, parts)) == sorted(sizes) and set().union(*parts) == self.accounts

        return so


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """A database with the schema in it."""
    found = postgres.database()
    open_store(found).close()
    yield found
    postgres.drop(found)


@pytest.fixture
def machines(url: str, tmp_path: Path) -> Iterator[Machines]:
    """None yet, for seven accounts."""
    found = Machines(url, tmp_path, 7)
    yield found
    for name in list(found.running):
        found.signal(name, signal.SIGKILL)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """The ledger."""
    found = open_store(url)
    yield found
    found.close()


def test_two_share_and_one_takes_over_after_a_death(machines: Machines) -> None:
    """Alone one has all; a second gets its half without a gap for others; after kill -9 the rest follows in time."""
    machines.start("one")
    assert until(machines.shared(7), seconds=30)
    machines.start("two")
    assert until(machines.shared(4, 3), seconds=30)
    start = time.monotonic()
    machines.signal("one", signal.SIGKILL)
    assert until(machines.shared(7), seconds=30)
    assert time.monotonic() - start < TTL + 10 * BEAT
    assert machines.doubles() == ""


def test_three_have_a_third_each(machines: Machines) -> None:
    """ceil(7 / 3) at most, and everything is with somebody; one that comes back gets its part again."""
    for name in ("one", "two", "three"):
        machines.start(name)
    assert until(machines.shared(3, 2, 2), seconds=30)
    machines.signal("two", signal.SIGKILL)
    assert until(machines.shared(4, 3), seconds=30)
    machines.start("two")
    assert until(machines.shared(3, 2, 2), seconds=30)
    assert machines.doubles() == ""


def test_one_that_was_suspended_gives_way_when_it_wakes_up(machines: Machines) -> None:
    """While it sleeps the other has everything; awake, it stops what is no longer its own, and gets its part again."""
    machines.start("one")
    machines.start("two")
    assert until(machines.shared(4, 3), seconds=30)
    machines.signal("one", signal.SIGSTOP)
    assert until(lambda: machines.held("two") == machines.accounts, seconds=30)
    machines.signal("one", signal.SIGCONT)
    assert until(machines.shared(4, 3), seconds=30)


def test_accounts_survive_an_outage_of_the_server(tmp_path: Path) -> None:
    """While the server is away nobody looks after anything; when it is back, they share again."""
    need_postgres()
    with Postgres() as server:
        url = server.database()
        open_store(url).close()
        machines = Machines(url, tmp_path, 5)
        try:
            machines.start("one")
            machines.start("two")
            assert until(machines.shared(3, 2), seconds=30)
            server.stop(keep=True)
            assert until(lambda: not machines.held("one") and not machines.held("two"), seconds=30)
            server.start()
            assert until(machines.shared(3, 2), seconds=30)
            assert machines.doubles() == ""
        finally:
            for name in list(machines.running):
                machines.signal(name, signal.SIGKILL)


# --- the port ---------------------------------------------------------------------------------------------------------


def test_sqlite_gives_everything_to_its_one_daemon(tmp_path: Path) -> None:
    """At once, also after a crash; nothing expires."""
    leases = open_leases(open_store(f"sqlite:///{tmp_path / 'x.db'}"))
    ttl = timedelta(0)
    assert leases.take("one", ["b", "a"], ttl) == {"a", "b"}
    assert leases.renew("one", ttl) == {"a", "b"}
    assert leases.surplus("one") == frozenset()
    leases.give_back("one", ["a"])
    assert leases.renew("one", ttl) == {"b"}
    leases.give_back("one")
    assert leases.renew("one", ttl) == frozenset()


def test_what_is_held_is_not_taken(store: SqlStore) -> None:
    """Before it expires; who is new says so, and the surplus of the first becomes its own when given back."""
    leases, ttl = SqlLeases(store.engine), timedelta(minutes=1)
    assert leases.take("one", "abc", ttl) == {"a", "b", "c"}
    assert leases.take("two", "abc", ttl) == frozenset()
    (other,) = leases.surplus("one")
    leases.give_back("one", [other])
    assert leases.take("one", "abc", ttl) == set("abc") - {other}
    assert leases.take("two", "abc", ttl) == {other}
    leases.give_back("one")
    assert leases.take("two", "abc", ttl) == {"a", "b", "c"}


def test_an_expired_lease_is_renewed_only_while_nobody_took_it(store: SqlStore) -> None:
    """Who was away for a moment keeps its accounts; who was away too long is told which are left."""
    leases, ttl, soon = SqlLeases(store.engine), timedelta(minutes=1), timedelta(milliseconds=1)
    assert leases.take("one", "ab", soon) == {"a", "b"}
    assert leases.renew("one", soon) == {"a", "b"}
    assert until(lambda: leases.take("two", "a", ttl) == {"a"})
    assert leases.renew("one", ttl) == {"b"}


def test_an_account_that_only_one_knows_is_looked_after(store: SqlStore) -> None:
    """Fairness never leaves an account alone."""
    leases, ttl = SqlLeases(store.engine), timedelta(minutes=1)
    assert leases.take("two", "a", ttl) == {"a"}
    assert leases.take("one", "abcd", ttl) == {"b", "c", "d"}
    assert leases.surplus("one") == leases.surplus("two") == frozenset()


def test_takers_at_once_never_get_the_same(url: str) -> None:
    """Eight daemons whose leases expire at once, again and again: each account has one owner at each moment."""
    stores = [open_store(url) for _ in range(8)]
    names = [f"d{number}" for number in range(8)]
    accounts = [f"a{number}" for number in range(20)]
    long, none = timedelta(minutes=1), timedelta(0)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            got = list(pool.map(lambda store, name: SqlLeases(store.engine).take(name, accounts, long), stores, names))
            assert sum(map(len, got)) == len(frozenset().union(*got))
            for store, name in zip(stores, names, strict=True):
                SqlLeases(store.engine).renew(name, none)
    for store in stores:
        store.close()


# --- locks and presence -----------------------------------------------------------------------------------------------


@pytest.fixture
def session(store: SqlStore) -> Iterator[LockSession]:
    """This process's session for locks."""
    found = LockSession(store.engine)
    yield found
    found.close()


@pytest.fixture
def holder(url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that has the effects of ``studio``, and its token."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert process.stdout is not None
    token = process.stdout.readline().strip()
    assert process.stdout.readline() == "held\n"
    yield process, token
    process.kill()
    process.wait(10)
    process.stdout.close()


def test_effects_of_a_suspended_process_are_not_done_beside_it(
    session: LockSession, holder: tuple[subprocess.Popen[str], str]
) -> None:
    """Its lock holds while it sleeps, and another account is free; after kill -9 the lock is there at once."""
    process, _ = holder
    locks = AdvisoryLocks(session, patience=0.3)
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(TemporaryFailure, match="studio: another Gelassen works"), locks.exclusive("studio"):
        pass
    with locks.exclusive("other"):
        pass
    process.kill()
    start = time.monotonic()
    with AdvisoryLocks(session).exclusive("studio"):
        assert time.monotonic() - start < 5


def test_a_process_is_alive_until_it_is_killed(session: LockSession, holder: tuple[subprocess.Popen[str], str]) -> None:
    """Also while it is suspended; an unknown token is dead, and one's own alive."""
    process, token = holder
    presence = AdvisoryPresence(session, grace=0)
    assert presence.alive(token)
    process.send_signal(signal.SIGSTOP)
    assert presence.alive(token)
    assert presence.alive(presence.token)
    assert not presence.alive("nobody")
    process.kill()
    assert until(lambda: not presence.alive(token))


def test_nobody_is_called_dead_just_after_the_start(session: LockSession) -> None:
    """After an outage the others' sessions are as new as one's own, and not all are back yet."""
    assert AdvisoryPresence(session).alive("nobody")
    assert not AdvisoryPresence(session, grace=0).alive("nobody")


def test_threads_of_one_process_take_turns(session: LockSession) -> None:
    """One session has many locks, and would be let in twice."""
    locks = AdvisoryLocks(session)
    inside: list[int] = []

    def work(number: int) -> None:
        with locks.exclusive("studio"):
            inside.append(number)
            assert inside == [number]
            time.sleep(0.001)
            inside.clear()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))


def test_locks_come_back_with_the_server() -> None:
    """What was held when it went away is held again at the next use, before anything else; no error reaches anybody."""
    need_postgres()
    with Postgres() as server:
        url = server.database()
        stores = open_store(url), open_store(url)
        session, second = (LockSession(store.engine) for store in stores)
        presence, locks = AdvisoryPresence(session), AdvisoryLocks(session)
        token, others, blocked = presence.token, AdvisoryPresence(second, grace=0), AdvisoryLocks(second, patience=0)
        with locks.exclusive("studio"):
            server.stop(keep=True)
            with pytest.raises(TemporaryFailure, match="cannot be reached"):
                others.alive(token)
            server.start()
            with locks.exclusive("other"):
                pass
            assert others.alive(token)
            with pytest.raises(TemporaryFailure), blocked.exclusive("studio"):
                pass
        with blocked.exclusive("studio"):
            pass
        presence.leave()
        assert not others.alive(token)
        for one in (session, second, *stores):
            one.close()
