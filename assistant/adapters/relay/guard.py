"""Keeps a refused password from being tried again at once: providers lock accounts that are hammered."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from secrets import token_bytes
from typing import Final

from assistant.adapters.relay import words
from assistant.adapters.relay.answers import Refusal, own
from assistant.core.delivery import Answer

#: Seconds until the same password may be tried again, by how often it was refused in a row.
_PAUSES: Final = (60.0, 300.0, 900.0, 3600.0)


class Guard:
    """What one relay remembers of refused logins; thread-safe. Another password is tried at once.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._key = token_bytes(32)
        self._digest = b""
        self._answer = Answer(code=0, text="")
        self._refusals = 0
        self._until = 0.0

    def check(self, secret: str) -> None:
        """Raises ``Refusal`` with the former answer while the same secret must not be tried."""
        with self._lock:
            left = self._until - self._clock()
            if left > 0 and hmac.compare_digest(self._digest, self._of(secret)):
                raise Refusal(own(words.tried_again(self._answer.text, left)))

    def refused(self, secret: str, answer: Answer) -> None:
        """The server did not let this secret in."""
        with self._lock:
            digest = self._of(secret)
            self._refusals = self._refusals + 1 if digest == self._digest else 1
            self._until = self._clock() + _PAUSES[min(self._refusals, len(_PAUSES)) - 1]
            self._digest, self._answer = digest, answer

    def accepted(self) -> None:
        """The server let us in."""
        with self._lock:
            self._refusals, self._until, self._digest = 0, 0.0, b""

    def _of(self, secret: str) -> bytes:
        """Tells one secret from another without keeping either."""
        return hmac.digest(self._key, secret.encode("utf-8", "surrogateescape"), "sha256")
