"""One daemon at a time: a lock on a file, which the system gives back whatever way the daemon ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from assistant.errors import PermanentFailure, Refused

# `held_by` takes the lock for an instant, and a daemon that is being restarted needs one to end.
_PATIENCE: Final = 0.5  # seconds
_PAUSE: Final = 0.02


class InstanceLock:
    """An exclusive ``flock`` on a file that holds the pid of its owner, in decimal.

    The file is never removed: a lock on a removed file would let a second daemon in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises ``Refused`` while another process has it, ``PermanentFailure`` when the file cannot be used.
        """
        file = self._open(os.O_RDWR | os.O_CREAT)
        try:
            self._wait_for(file)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        with suppress(OSError):  # a full disk: the lock counts, the pid is only told
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)

    def _wait_for(self, file: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._try(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                pid = _read_pid(file)
                who = f" (process {pid})" if pid else ""
                raise Refused(f"Gelassen runs already{who}; stop that one first, or look at it with: gelassen status")
            time.sleep(_PAUSE)

    def release(self) -> None:
        """Give it back; nothing happens without it."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def held_by(self) -> int | None:
        """The pid of the daemon that runs, 0 while it has not yet written it, None when none runs."""
        if not self._path.exists():
            return None
        file = self._open(os.O_RDONLY)
        try:
            return None if self._try(file, fcntl.LOCK_SH) else _read_pid(file)
        finally:
            os.close(file)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _open(self, flags: int) -> int:
        try:
            return os.open(self._path, flags, 0o600)
        except OSError as error:
            raise PermanentFailure(
                f"the lock {self._path} cannot be opened: {error.strerror}; check the folder and its mode"
            ) from error

    def _try(self, file: int, kind: int) -> bool:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:  # some network file systems have no locks
            raise PermanentFailure(f"the lock {self._path} cannot be taken: {error.strerror}") from error
        return True


def _read_pid(file: int) -> int:
    with suppress(ValueError):
        return int(os.pread(file, 20, 0))
    return 0


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock between processes (and threads) while the block runs; waits for it as long as it takes.

    The system gives it back whatever way the process ends.  Raises ``PermanentFailure`` when the file cannot be used.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise PermanentFailure(
            f"{path}: cannot be locked ({error.strerror}); check the folder and its mode."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
