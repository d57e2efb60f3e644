"""What is remembered of refused logins: a provider locks an account that is hammered."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from secrets import token_bytes
from typing import Final, NamedTuple

#: Seconds until the same password may be tried again, by how often it was refused in a row; the last one repeats.
PAUSES: Final = (60.0, 300.0, 900.0, 3600.0)


class Barred(NamedTuple):
    """Why a password is not tried now: what was answered last, and the seconds that are left."""

    answer: str
    seconds: float


class Logins:
    """The logins of one account at one server; thread-safe.  Another password is tried at once.

    Args:
        clock: seconds that never go back.

    Attributes:
        turn: held during a login, so that of several connections only one finds out that the password is wrong.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.turn = threading.RLock()
        self._clock = clock
        self._key = token_bytes(32)
        self._digest = b""
        self._answer = ""
        self._refusals = 0
        self._until = 0.0

    def barred(self, secret: Callable[[], str]) -> Barred | None:
        """Why the secret must not be tried now, or None; it is asked for only when one was refused a while ago."""
        with self.turn:
            left = self._until - self._clock()
            if left <= 0 or not hmac.compare_digest(self._digest, self._of(secret())):
                return None
            return Barred(answer=self._answer, seconds=left)

    def refused(self, secret: str, answer: str) -> None:
        """The server did not let this secret in."""
        with self.turn:
            digest = self._of(secret)
            self._refusals = self._refusals + 1 if digest == self._digest else 1
            self._until = self._clock() + PAUSES[min(self._refusals, len(PAUSES)) - 1]
            self._digest, self._answer = digest, answer

    def accepted(self) -> None:
        """The server let us in."""
        with self.turn:
            self._refusals, self._until, self._digest = 0, 0.0, b""

    def _of(self, secret: str) -> bytes:
        """Tells one secret from another without keeping either."""
        return hmac.digest(self._key, secret.encode("utf-8", "surrogateescape"), "sha256")
