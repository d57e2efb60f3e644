"""Whether a login is right, and how often somebody may be wrong.

A wrong password is answered after a delay that grows with each one of the last ten minutes: 0.5, 1, 2, 4, then
8 seconds. The tenth locks its owner out for a minute: until then nobody of theirs is let in, right or wrong (454, so
that the mail client keeps the mail). What is tried meanwhile neither counts nor prolongs it, and afterwards the count
starts at nothing: whoever has the right password gets in between two lock-outs, whatever a forgotten program with an
old one does. Connections that are logged in already are not touched.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final

_REMEMBERED: Final = 600.0  # seconds
_MOST: Final = 10
_LOCKED: Final = 60.0  # seconds
_FIRST_DELAY: Final = 0.5  # seconds
_LONGEST_DELAY: Final = 8.0


class Throttle:
    """Counts wrong passwords.  ``now`` is seconds on any clock that only goes forward."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}
        self._locked: dict[str, float] = {}

    def locked(self, peer: str, now: float) -> float:
        """For how many more seconds this peer is locked out; 0 when it is not."""
        return max(0.0, self._locked.get(peer, now) - now)

    def wrong(self, peer: str, now: float) -> tuple[int, float]:
        """Count one wrong password: how many there are now, and after how many seconds to answer."""
        times = self._wrong.setdefault(peer, deque())
        while times and times[0] <= now - _REMEMBERED:
            times.popleft()
        times.append(now)
        count = len(times)
        if count >= _MOST:
            self._locked[peer] = now + _LOCKED
            del self._wrong[peer]
        return count, min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (count - 1))


class Credentials:
    """The gateway's one user and its password, asked for at the first login and again when one does not fit.

    Used by one thread at a time; ``secret`` may take seconds and raise ``GelassenError``.
    """

    def __init__(self, user: str, secret: Callable[[], str]) -> None:
        self._user = _digest(user.encode())
        self._secret = secret
        self._password: bytes | None = None

    def fit(self, user: bytes, password: bytes) -> bool:
        """Whether both are right; compared in constant time, neither before the other."""
        if self._password is not None and self._same(user, password):
            return True
        self._password = _digest(self._secret().encode())  # it may have been changed
        return self._same(user, password)

    def _same(self, user: bytes, password: bytes) -> bool:
        assert self._password is not None
        right_user = hmac.compare_digest(self._user, _digest(user))
        right_password = hmac.compare_digest(self._password, _digest(password))
        return right_user & right_password


def _digest(word: bytes) -> bytes:
    """Of equal length, so that not even the password's length is told."""
    return sha256(word).digest()
