"""Who may see the pages: a ticket opens the door once, a session keeps it open, a token proves where a form came from.

All three are made from one secret key by HMAC-SHA-256 (RFC 2104), so nothing has to be stored: a ticket or session that
fits the key and is not over is good. Only which tickets were used is remembered, for as long as they would be good.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Long enough to click on it, too short to be found in a history later.
TICKET_LASTS: Final = timedelta(minutes=5)
#: A browser on one's own machine; the key file ends all sessions when it is deleted.
SESSION_LASTS: Final = timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One browser that came in with a ticket.

    Attributes:
        name: a random word; nothing about the user.
        token: what each of its forms must carry.
    """

    name: str
    token: str


class Tickets:
    """Issues and checks; used by several threads.

    Args:
        key: at least 32 random octets that only this user can read.
        since: tickets made before are not taken: those of an earlier run, whose use nobody remembers any more.
    """

    def __init__(self, key: bytes, since: datetime) -> None:
        self._key = key
        self._since = since
        self._used: dict[str, datetime] = {}
        self._turn = threading.Lock()

    def redeem(self, ticket: str, now: datetime) -> bool:
        """Whether a ticket opens the door; from then on it does not any more."""
        ends = _read(self._key, "ticket", ticket, now)
        if ends is None or ends - TICKET_LASTS < self._since.replace(microsecond=0):
            return False
        with self._turn:
            self._used = {one: until for one, until in self._used.items() if until > now}
            if ticket in self._used:
                return False
            self._used[ticket] = ends
        return True

    def open(self, now: datetime) -> str:
        """The cookie of a new session."""
        return _made(self._key, "session", now + SESSION_LASTS)

    def session(self, cookie: str, now: datetime) -> Session | None:
        """The session of a cookie, or None where it is not one of ours or is over."""
        if _read(self._key, "session", cookie, now) is None:
            return None
        name = cookie.partition(".")[0]
        return Session(name=name, token=_signed(self._key, f"form.{name}"))


def new_ticket(key: bytes, now: datetime) -> str:
    """A ticket that opens the pages once, within five minutes."""
    return _made(key, "ticket", now + TICKET_LASTS)


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _made(key: bytes, kind: str, ends: datetime) -> str:
    words = f"{secrets.token_urlsafe(16)}.{int(ends.timestamp())}"
    return f"{words}.{_signed(key, f'{kind}.{words}')}"


def _read(key: bytes, kind: str, made: str, now: datetime) -> datetime | None:
    """When it ends, or None where the signature does not fit or the end has come."""
    words, _, signature = made.rpartition(".")
    if not same(signature, _signed(key, f"{kind}.{words}")):
        return None
    ends = datetime.fromtimestamp(int(words.rpartition(".")[2]), now.tzinfo)
    return ends if now < ends else None


def _signed(key: bytes, words: str) -> str:
    return hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
