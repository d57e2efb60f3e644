"""What the user is told when PostgreSQL cannot be used, and how the ledger comes back with the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, event, make_url

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.postgres import _contact, create
from assistant.errors import GelassenError, StoreError, TemporaryFailure
from tests.conftest import need_postgres
from tests.contract.records import correction, mail
from tests.servers import until
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def guarded() -> Iterator[Postgres]:
    """A server that asks for passwords, with a user ``me`` (``geheim``) who owns the database ``mine``."""
    need_postgres()
    with Postgres(password="geheim", settings=("superuser_reserved_connections=3",)) as server:
        server.execute("CREATE ROLE me LOGIN PASSWORD 'geheim'")
        server.execute("CREATE ROLE guest LOGIN PASSWORD 'geheim'")
        server.execute("CREATE ROLE crowd LOGIN PASSWORD 'geheim' CONNECTION LIMIT 0")
        server.execute("CREATE DATABASE mine OWNER me")
        server.execute("CREATE DATABASE closed")
        server.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
        server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER me")
        yield server


@pytest.mark.parametrize(
    ("user", "password", "database", "kind", "told"),
    [
        ("me", "falsch", "mine", StoreError, "the login was refused; check user and password"),
        ("me", None, "mine", StoreError, "the login was refused"),
        ("nobody", "geheim", "mine", StoreError, "the login was refused"),
        ("me", "geheim", "nix", StoreError, "there is no such database; create it with: createdb"),
        ("me", "geheim", "closed", StoreError, "the user may not do this"),
        ("guest", "geheim", "mine", StoreError, "the user may not do this; make it the owner"),
        ("me", "geheim", "latin", StoreError, "its encoding is LATIN1; create the database with ENCODING 'UTF8'"),
        ("crowd", "geheim", "mine", TemporaryFailure, "no connection left"),
    ],
)
def test_a_refusal_says_what_to_do(
    guarded: Postgres, user: str, password: str | None, database: str, kind: type[GelassenError], told: str
) -> None:
    """By name of server and database, never with the password."""
    with pytest.raises(GelassenError, match=told) as refusal:
        open_store(guarded.url(database, user=user, password=password))
    assert type(refusal.value) is kind
    assert f"127.0.0.1/{database}: " in str(refusal.value)
    assert "geheim" not in "".join(traceback.format_exception(refusal.value))


def test_the_owner_may_do_everything(guarded: Postgres) -> None:
    """A password in the URL works; a second start finds everything done."""
    for _ in range(2):
        store = open_store(guarded.url("mine", user="me", password="geheim"))
        store.remember("studio", "x", "y")
        store.close()


def test_nobody_listens() -> None:
    """A server that is away is waited for."""
    with pytest.raises(TemporaryFailure, match="the server cannot be reached"):
        open_store("postgresql+psycopg://me:geheim@127.0.0.1:1/x")


@pytest.mark.parametrize("option", ["colour=red", "sslmode=perhaps", "keepalives_idle=long"])
def test_an_option_that_is_not_understood(option: str) -> None:
    """It is not the server that is away."""
    with pytest.raises(StoreError, match=r"an option after \? in \[store\] url is not understood"):
        open_store(f"postgresql+psycopg://me:geheim@127.0.0.1:1/x?{option}")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_mail_does_not_cross_a_network_in_clear_text(mode: str) -> None:
    """Refused before anything connects; without a word in the URL encryption is asked for."""
    with pytest.raises(StoreError, match="in clear text"):
        open_store(f"postgresql+psycopg://me@db.example/x?sslmode={mode}")


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql+psycopg://me@db.example/x", "require"),
        ("postgresql+psycopg://me@/x?host=db1.example,db2.example", "require"),
        ("postgresql+psycopg://me@db.example/x?sslmode=verify-full", None),
        ("postgresql+psycopg://me@localhost/x", None),
        ("postgresql+psycopg://me@[::1]/x", None),
        ("postgresql+psycopg:///x?host=/run/postgresql", None),
        ("postgresql://me@127.0.0.2/x?sslmode=disable", None),
    ],
)
def test_encryption_is_asked_for_off_this_machine(url: str, mode: str | None) -> None:
    """On loopback and sockets it is not needed; what the URL says otherwise goes first."""
    parsed: URL = make_url(url)
    engine = create(parsed)
    (_, words) = engine.dialect.create_connect_args(parsed)
    assert _contact(parsed).get("sslmode") == mode
    assert "sslmode" not in words or mode is None
    engine.dispose()


def test_a_server_without_tls_is_told_of(postgres: Postgres) -> None:
    """When encryption is asked for, and there is none."""
    with pytest.raises(StoreError, match="the server offers no encryption"):
        open_store(postgres.url("postgres") + "?sslmode=require")


def test_the_driver_is_missing(tmp_path: Path) -> None:
    """Which package to install; nothing else is said."""
    (tmp_path / "psycopg.py").write_text("raise ImportError('no psycopg')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from assistant.adapters.database import open_store\n"
        "try:\n    open_store('postgresql+psycopg://me@127.0.0.1/x')\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout == "StoreError [store] url: PostgreSQL needs psycopg; pip install 'gelassen[postgres]'\n"


def test_the_ledger_comes_back_with_the_server() -> None:
    """In an outage every call fails soon and in words; afterwards the first one works, on fresh connections."""
    need_postgres()
    with Postgres() as server:
        store = open_store(server.database())
        assert store.add_incoming([mail()], {}) == 1
        for _ in range(2):
            server.stop(keep=True)
            with pytest.raises(TemporaryFailure, match="the server cannot be reached"):
                store.remember("studio", "x", "y")
            server.start()
            assert store.add_incoming([mail()], {}) == 0
        assert len(store.list_incoming(limit=9)) == 1
        store.close()


def test_a_connection_cut_in_the_middle_writes_nothing(postgres: Postgres) -> None:
    """The whole call is undone, and the next one works."""
    url = postgres.database()
    store = open_store(url)
    name = url.rpartition("/")[2]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    event.listen(store.engine, "commit", lambda _: postgres.execute(cut), once=True)
    with pytest.raises(TemporaryFailure, match="cannot be reached"):
        store.add_incoming([mail()], {})
    assert store.list_incoming(limit=9) == ()
    assert store.add_incoming([mail()], {}) == 1
    store.close()


def test_a_standby_is_told_of(postgres: Postgres) -> None:
    """A server that only reads is not the one to write to."""
    url = postgres.database()
    open_store(url).close()
    postgres.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on")
    store = open_store(url)
    with pytest.raises(StoreError, match="is read-only, perhaps a standby"):
        store.remember("studio", "x", "y")
    store.close()


def test_full_sync_whatever_the_server_does_by_default(postgres: Postgres) -> None:
    """Commits wait for the disk; a server that waits for its replicas as well goes on doing so."""
    url = postgres.database()
    assert _setting(url, "synchronous_commit") == "on"
    postgres.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = remote_apply")
    assert _setting(url, "synchronous_commit") == "remote_apply"


def _setting(url: str, name: str) -> str:
    store = open_store(url)
    with store._writing() as db:
        found = str(db.exec_driver_sql(f"SHOW {name}").scalar())
    store.close()
    return found


def test_a_wait_for_another_writer_ends(postgres: Postgres) -> None:
    """As on SQLite: after a while the user is told to try again, and nothing is written."""
    url = postgres.database()
    first, second = open_store(url), open_store(url)
    first.remember("studio", "x", "y")
    with first._writing() as db:
        db.exec_driver_sql("UPDATE fact SET value = 'z'")
        with pytest.raises(TemporaryFailure, match="is locked by another program"):
            _impatient(second).remember("studio", "x", "w")
    assert second.remembered("studio", "x") == "z"
    first.close()
    second.close()


def _impatient(store: SqlStore) -> SqlStore:
    with store._writing() as db:
        db.exec_driver_sql("SET lock_timeout = '50ms'")
    return store


@pytest.mark.parametrize(
    ("state", "kind", "told"),
    [
        ("53100", TemporaryFailure, "the disk is full"),
        ("53200", TemporaryFailure, "short of memory"),
        ("53300", TemporaryFailure, "no connection left"),
        ("58030", TemporaryFailure, "the disk reports an error"),
        ("40P01", TemporaryFailure, "locked by another program"),
        ("57P01", TemporaryFailure, "cannot be reached"),
        ("XX001", StoreError, "is damaged"),
        ("42501", StoreError, "may not do this"),
    ],
)
def test_each_trouble_of_the_server_has_its_words(
    postgres: Postgres, state: str, kind: type[GelassenError], told: str
) -> None:
    """The server is made to report it in the middle of a call; nothing of the call is written."""
    url = postgres.database()
    store = open_store(url)
    _report(store, state)
    with pytest.raises(GelassenError, match=told) as trouble:
        store.correct(correction(_mail(store)))
    assert type(trouble.value) is kind
    assert "kunde@k" not in "".join(traceback.format_exception(trouble.value))
    assert store.corrections() == ()
    store.close()
    postgres.drop(url)


def _mail(store: SqlStore) -> int:
    store.add_incoming([mail()], {})
    return store.list_incoming(limit=1)[0].id


def _report(store: SqlStore, state: str) -> None:
    """Corrections fail with this SQLSTATE, when they have been written."""
    with store._writing() as db:
        db.exec_driver_sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'kunde@k.example' USING ERRCODE = '{state}'; END $$"
        )
        db.exec_driver_sql("CREATE TRIGGER fail AFTER INSERT ON correction FOR EACH ROW EXECUTE FUNCTION fail()")


def test_a_row_is_never_in_an_error(postgres: Postgres) -> None:
    """PostgreSQL tells the row that it refuses; the message leaves it out."""
    url = postgres.database()
    store = open_store(url)
    with pytest.raises(StoreError, match="violates foreign key constraint") as trouble:
        store.correct(correction(99))
    store.close()
    assert "kunde@k" not in "".join(traceback.format_exception(trouble.value))
    assert "DETAIL" not in "".join(traceback.format_exception(trouble.value))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(tmp_path: Path) -> None:
    """On a real small disk: in words, nothing half written, and it goes on when there is room again."""
    need_postgres()
    server = Postgres()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", server.root], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with server:
            store = open_store(server.database())
            store.add_incoming([mail()], {})
            ballast = server.root / "ballast"
            with pytest.raises(OSError, match="No space left"):
                _fill(ballast)
            big = [mail(uid, text="x" * 10_000_000) for uid in range(2, 5)]
            with pytest.raises(TemporaryFailure):
                store.add_incoming(big, {})
            ballast.unlink()
            assert len(_again(server, store)) == 1
            assert store.add_incoming([mail(9, message_id="<9@k.example>")], {}) == 1
            store.close()
    finally:
        subprocess.run(["umount", "-l", server.root], check=False)
        shutil.rmtree(server.root, ignore_errors=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))


def _again(server: Postgres, store: SqlStore) -> tuple[object, ...]:
    """The mails; the server may have gone down on a full disk, as it does when its log cannot grow."""
    if server._ended():
        server.start()

    def answers() -> bool:
        try:
            store.statuses()
        except TemporaryFailure:
            return False
        return True

    assert until(answers, seconds=30)
    return store.list_incoming(limit=9)
