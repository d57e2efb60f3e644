"""Disasters of the own machine, with the real daemon: a full disk, a read-only one, damage, two daemons at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.adapters.database import open_store
from assistant.adapters.database.schema import lease
from tests.servers.chain import Chain
from tests.servers.disk import SmallDisk, small_disk
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen, messages
from tests.servers.postgres import Postgres
from tests.servers.smtp import Sink
from tests.system.test_daemon import COOLING, HOT, reply

pytestmark = pytest.mark.system

_PATIENT = 120.0  # seconds: the pauses after failures are up to half a minute
_ROOT = Path(__file__).parents[2]
#: Takes all the locks that it is told, each in a thread of its own at the same instant, and says which it got.
_TAKER = """
import sys, threading
from pathlib import Path
from assistant.adapters.lock import InstanceLock
from assistant.errors import Refused

def take(path):
    lock = InstanceLock(path)
    together.wait()
    try:
        lock.acquire()
    except Refused:
        return
    kept.append((path.name, lock))

paths, kept = [Path(name) for name in sys.argv[1:]], []
together = threading.Barrier(len(paths) + 1)
threads = [threading.Thread(target=take, args=(path,)) for path in paths]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.readline()
together.wait()
for thread in threads:
    thread.join()
print(*(name for name, lock in kept), "done", sep="\\n", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """The provider's submission server."""
    with Sink(folder=tmp_path / "sink") as found:
        yield found


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Where the ledger lies."""
    with small_disk(tmp_path / "small", "8m") as found:
        yield found


def large(case: int) -> bytes:
    """A heated reply with two megabytes in it, more than the ledger's log has room for."""
    padding = b"\r\n".join([b"x" * 900] * 2300)
    return reply(case, HOT).replace(b"MIME-Version", b"X-Padding: a\r\nMIME-Version", 1) + b"\r\n-- \r\n" + padding


def test_a_full_disk_loses_nothing_and_is_survived(
    tmp_path: Path, disk: SmallDisk, dovecot: Dovecot, user: str, sink: Sink
) -> None:
    """The draft stays in Drafts, the mail client keeps its mail (451), both are told; with room again both are held."""
    chain = Chain(disk.folder, dovecot, user, sink)
    program = chain.program
    program.log = tmp_path / "daemon.log"
    program.start()
    disk.fill()
    mail = program.client()
    drafted, sent = large(1), large(2)
    mail.append("Drafts", drafted, flags=["\\Draft"])
    code, words = chain.send(sent)
    assert (code, "disk" in words) == (451, True), words
    program.until(lambda: _drafts_failed(program), seconds=_PATIENT)
    assert program.running()
    assert drafted in messages(mail, "Drafts").values()
    assert messages(mail, COOLING) == {}
    assert sink.mails == []
    disk.make_room()
    program.until(lambda: drafted in messages(mail, COOLING).values(), seconds=_PATIENT)
    assert messages(mail, "Drafts") == {}
    code, words = chain.send(sent)
    assert (code, "held as" in words) == (250, True), words
    assert sorted(row["via"] for row in program.json("queue")) == ["drafts", "gateway"]
    mail.logout()
    assert program.stop() == 0
    assert b'"bug"' not in program.log.read_bytes()


def _drafts_failed(program: Gelassen) -> bool:
    """Whether the guard has told that it could not write."""
    lines = program.log.read_bytes().splitlines()
    return any(b'"drafts"' in line and b"the disk" in line for line in lines)


def test_a_read_only_disk_is_named_by_every_command(disk: SmallDisk, dovecot: Dovecot, user: str) -> None:
    """One line with the file, no traceback, and nothing changes; writable again, everything works."""
    program = Gelassen(disk.folder, port=dovecot.port, user=user)
    program.command("status")
    disk.read_only(True)
    for command in (("queue",), ("status",), ("show", "1"), ("doctor", "--repair"), ("run", "--once"), ("run",)):
        done = program.command(*command, check=1)
        assert "Traceback" not in done.stderr
        assert str(disk.folder / "gelassen.db") in done.stderr, done.stderr
        assert "ead-only" in done.stderr
    disk.read_only(False)
    program.command("queue")


def test_damage_in_use_is_told_and_mended(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """The daemon does not start on it; after the repair it does, and the draft is still held, in the folder once."""
    program = Gelassen(tmp_path, port=dovecot.port, user=user)
    mail = program.client()
    raw = reply(1, HOT)
    mail.append("Drafts", raw, flags=["\\Draft"])
    program.start()
    program.until(lambda: raw in messages(mail, COOLING).values(), seconds=_PATIENT)
    copy = tmp_path / "gelassen.db.backup"
    program.until(copy.exists, seconds=_PATIENT)  # the daily one, made soon after the start
    assert copy.stat().st_mode & 0o777 == 0o600
    refused = program.command("doctor", "--repair", check=1)
    assert "runs already" in refused.stderr
    program.kill()
    with program.store.open("r+b") as file:
        file.write(bytes(4096))
    for name in ("-wal", "-shm"):
        program.store.with_name(program.store.name + name).unlink(missing_ok=True)
    assert "gelassen doctor --repair" in program.command("run", check=1).stderr
    mended = program.command("doctor", "--repair")
    assert ".damaged-" in mended.stdout
    assert "filled up from the backup of" in mended.stdout
    (row,) = program.json("queue")
    program.start()
    program.until(lambda: program.json("status")["accounts"][0]["connected"])
    assert [one["id"] for one in program.json("queue")] == [row["id"]]
    assert list(messages(mail, COOLING).values()) == [raw]
    mail.logout()
    assert program.stop() == 0


# --- two at once --------------------------------------------------------------------------------------------------
def test_of_twenty_pairs_each_lock_has_one_owner(tmp_path: Path) -> None:
    """Two processes reach for each lock at the same instant."""
    paths = [str(tmp_path / f"{number}.lock") for number in range(20)]
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKER, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
        )
        for _ in range(2)
    ]
    got: list[str] = []
    try:
        assert [_line(taker) for taker in takers] == ["ready", "ready"]
        for taker in takers:
            _say(taker)
        for taker in takers:
            while (line := _line(taker)) not in {"done", ""}:
                got.append(line)
    finally:
        for taker in takers:
            taker.kill()
            taker.communicate()
    assert Counter(got) == dict.fromkeys((Path(path).name for path in paths), 1)


def _line(taker: subprocess.Popen[str]) -> str:
    assert taker.stdout is not None
    return taker.stdout.readline().strip()


def _say(taker: subprocess.Popen[str]) -> None:
    assert taker.stdin is not None
    taker.stdin.write("\n")
    taker.stdin.flush()


@pytest.mark.parametrize("pair", range(int(os.environ.get("GELASSEN_PAIRS", "1"))))
def test_of_two_daemons_started_at_once_one_runs(tmp_path: Path, dovecot: Dovecot, user: str, pair: int) -> None:
    """On a new ledger: one says that the other runs already and ends with 1; the other watches."""
    del pair
    programs = [Gelassen(tmp_path, port=dovecot.port, user=user) for _ in range(2)]
    for number, program in enumerate(programs):
        program.log = tmp_path / f"daemon{number}.log"
    together = threading.Barrier(2)
    threads = [threading.Thread(target=_launched, args=(program, together)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        (other,) = programs[0].until(lambda: [one for one in programs if not one.running()], seconds=_PATIENT)
        (first,) = [one for one in programs if one is not other]
        first.until(lambda: first.log.read_bytes().count(b'"connected"') >= 2, seconds=_PATIENT)
        assert first.running()
        assert other.stop() == 1
        assert b"Gelassen runs already" in other.log.read_bytes()
        assert b"Traceback" not in other.log.read_bytes()
    finally:
        for program in programs:
            with suppress(ProcessLookupError):
                program.kill()


def _launched(program: Gelassen, together: threading.Barrier) -> None:
    together.wait()
    program.launch()


def test_on_postgresql_both_run_and_share(tmp_path: Path, dovecot: Dovecot, user: str, postgres: Postgres) -> None:
    """Two daemons with the same two accounts: each looks after one of them."""
    url = postgres.database()
    programs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        program = Gelassen(tmp_path / name, port=dovecot.port, user=user)
        program.look_after(2, relay=1)
        text = program.config.read_text(encoding="utf-8").replace(f"sqlite:///{program.store}", url)
        program.config.write_text(text, encoding="utf-8")
        programs.append(program)
    for program in programs:
        program.launch()
    store = open_store(url)

    def shared() -> bool:
        with store.engine.connect() as db:
            owners = db.execute(select(lease.c.owner)).scalars().all()
        return None not in owners and len(owners) == len(set(owners)) == 2

    try:
        programs[0].until(shared, seconds=_PATIENT)
        assert all(program.running() for program in programs)
        assert [program.stop() for program in programs] == [0, 0]
    finally:
        for program in programs:
            if program.running():
                program.kill()
        store.close()
        postgres.drop(url)
