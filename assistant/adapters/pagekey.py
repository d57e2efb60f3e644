"""The key of the review pages: a file that only the user can read. Whoever can read it may open the pages."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from assistant.errors import PermanentFailure

_OCTETS: Final = 32


def page_key(folder: Path) -> bytes:
    """The key in ``folder``, made when there is none. Deleting the file ends all sessions at the next start.

    Raises ``PermanentFailure`` when it can neither be read nor made.
    """
    file = folder / "page.key"
    try:
        with suppress(FileExistsError):
            _make(file)
        key = file.read_bytes()
    except OSError as error:
        raise PermanentFailure(f"{file}: the key of the review pages cannot be used: {error.strerror}") from error
    if len(key) != _OCTETS:
        raise PermanentFailure(f"{file}: this is not the key of the review pages; delete the file and start again")
    return key


def _make(file: Path) -> None:
    """Whole or not at all, also when two processes make it at once: the first one's stays."""
    passing = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(_OCTETS))
            out.flush()
            os.fsync(out.fileno())
        os.link(passing, file)
    finally:
        passing.unlink()
