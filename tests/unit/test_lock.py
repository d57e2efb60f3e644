"""One daemon at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.adapters import lock
from assistant.adapters.lock import InstanceLock
from assistant.errors import PermanentFailure, Refused

_HOLDER = """
import sys
from pathlib import Path
from assistant.adapters.lock import InstanceLock
with InstanceLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock lies."""
    return tmp_path / "gelassen.lock"


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Another process that has the lock until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_daemon_is_refused_and_told_of_the_first(path: Path) -> None:
    """The message names the process and what to do."""
    with holder(path) as other:
        with pytest.raises(Refused, match=rf"Gelassen runs already \(process {other.pid}\); stop that one first"):
            InstanceLock(path).acquire()
        assert InstanceLock(path).held_by() == other.pid
        other.communicate()
    assert InstanceLock(path).held_by() is None


def test_a_crash_leaves_no_lock_behind(path: Path) -> None:
    """kill -9 gives the lock back, and the old pid in the file misleads nobody."""
    with holder(path) as other:
        os.kill(other.pid, signal.SIGKILL)
    assert path.read_text() == f"{other.pid}\n"
    assert InstanceLock(path).held_by() is None
    with InstanceLock(path) as mine:
        assert mine.held_by() == os.getpid()


def test_a_daemon_that_is_just_ending_is_waited_for(path: Path) -> None:
    """A restart need not be refused because the former one needs a moment more."""
    with holder(path) as other:
        assert other.stdin is not None
        other.stdin.close()
        with InstanceLock(path) as mine:
            assert mine.held_by() == os.getpid()


def test_nobody_runs_before_the_first_start(path: Path) -> None:
    """Asking makes no file."""
    assert InstanceLock(path).held_by() is None
    assert not path.exists()


def test_the_lock_is_private_and_stays(path: Path) -> None:
    """Removing it could let two daemons in; giving it back twice does no harm."""
    mine = InstanceLock(path)
    mine.acquire()
    mine.release()
    mine.release()
    assert path.read_text() == ""
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unknown_pid_is_told_as_zero(path: Path) -> None:
    """Between taking the lock and writing the pid, somebody holds it all the same."""
    with InstanceLock(path):
        path.write_text("")
        assert InstanceLock(path).held_by() == 0
        with pytest.raises(Refused, match="Gelassen runs already; stop that one first"):
            InstanceLock(path).acquire()


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """With the file and the system's reason."""
    with pytest.raises(PermanentFailure, match="cannot be opened: No such file or directory"):
        InstanceLock(tmp_path / "missing" / "lock").acquire()


def test_a_file_system_without_locks_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems answer ENOLCK; then no descriptor stays open."""

    def no_locks(file: int, kind: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", no_locks)  # type: ignore[attr-defined]
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(PermanentFailure, match="cannot be taken: No locks available"):
        InstanceLock(path).acquire()
    assert len(os.listdir("/proc/self/fd")) == before
