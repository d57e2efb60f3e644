"""Which processes of this machine work on a ledger: each holds a lock on a file of its own for as long as it lives."""

from __future__ import annotations

import fcntl
import os
import uuid
from contextlib import suppress
from pathlib import Path

from assistant.errors import PermanentFailure


class FilePresence:
    """Implements ``services.ports.Presence`` with ``flock``, which the system gives back however a process ends.

    Args:
        folder: where the files lie; created for the user only when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._token: str | None = None
        self._file: int | None = None

    @property
    def token(self) -> str:
        """This process; its file is locked before anybody can have read the token.

        Raises ``PermanentFailure`` when the file cannot be made.
        """
        if self._token is None:
            token = f"{os.getpid()}-{uuid.uuid4().hex}"
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = os.open(self._folder / token, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PermanentFailure(f"{self._folder}: no lock can be made there ({error.strerror})") from error
            self._token = token
        return self._token

    def alive(self, token: str) -> bool:
        """Whether that process still holds its lock. The file of a dead one is cleared away."""
        if token == self._token:
            return True
        path = self._folder / token
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # held by its owner; or a file system without locks, and then nobody can be told dead
            return True
        finally:
            os.close(file)
        path.unlink(missing_ok=True)
        return False

    def leave(self) -> None:
        """This process works on the ledger no longer."""
        if self._file is not None and self._token is not None:
            with suppress(OSError):
                (self._folder / self._token).unlink()
            os.close(self._file)
            self._token = self._file = None
