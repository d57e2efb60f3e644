"""What all connections of the gateway share: who is there, who may log in, and where a mail is handed in."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol
from weakref import WeakSet

from assistant.core.delivery import Answer, Envelope
from assistant.errors import GelassenError
from assistant.gateway.answers import BROKEN, Rejected, of_error, of_receipt
from assistant.gateway.logins import Credentials, Throttle
from assistant.gateway.text import envelope_of, examine, spelled, unstuffed
from assistant.services.intake import Journal
from assistant.services.submission import Receipt

#: Hands in one mail: its envelope and its exact bytes. Blocks; success only once nothing can be lost any more.
Submit = Callable[[Envelope, bytes], Receipt]

_FAREWELL: Final = 1.0  # seconds
_TURNS: Final = 3  # of the event loop, until a connection that was cut is closed

CLOSING: Final = Answer(code=421, text="4.3.2 Gelassen is being stopped; try again later")
CROWDED: Final = Answer(code=421, text="4.3.2 Too many connections; try again later")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The gateway's limits.

    Attributes:
        port: on 127.0.0.1 and, where there is IPv6, on ::1; 0 takes a free one.
        user: the name that mail clients log in with.
        size: octets of the largest mail that is taken.
        connections: at a time. When there are more, who has been there longest without a login goes, else the newcomer.
        recipients: of one mail; RFC 5321 (4.5.3.1.8) wants at least 100.
        workers: mails that are worked on at a time; more wait for their turn.
        idle: seconds without a sign from the mail client until it is turned away (RFC 5321, 4.5.3.2.7: at least 300).
        strangers: the same before the login. Nothing is awaited there but the login, which a mail client sends at once;
            under stress Postfix cuts these five minutes down to ten seconds as well (smtpd_timeout).
        linger: seconds that ``stop`` waits for mails that are being worked on.
        renewal: seconds between two looks at the certificate.
    """

    port: int
    user: str
    size: int = 50 * 2**20
    connections: int = 100
    recipients: int = 1000
    workers: int = 16
    idle: float = 300.0
    strangers: float = 60.0
    linger: float = 30.0
    renewal: float = 86400.0


class Visitor(Protocol):
    """One connection."""

    @property
    def welcome(self) -> bool:
        """Whether it has logged in, or is doing so right now."""

    def leave(self, answer: Answer) -> None:
        """Say goodbye: at once, or behind the answer to the mail that is being worked on."""

    def cut(self) -> None:
        """End the connection without waiting for the other side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """A mail as it came over the wire: dots still doubled, without the end-of-data mark.

    ``sent`` is emptied when it is put together: a large mail lies in memory once while it is worked on.
    """

    sender: str
    recipients: tuple[str, ...]
    smtputf8: bool
    sent: list[bytes]


class Desk:
    """Belongs to one event loop; only ``_work`` runs in other threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        submit: Submit,
        own: frozenset[str],
        secret: Callable[[], str],
        tls: ssl.SSLContext,
        journal: Journal,
    ) -> None:
        self.settings = settings
        self.own = frozenset(spelled(address) for address in own)
        self.tls = tls
        self._submit = submit
        self._journal = journal
        self._throttle = Throttle()
        self._credentials = Credentials(settings.user, secret)
        self._one_login = asyncio.Lock()  # or many wrong ones would be counted too late
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="gateway-mail")
        self._running: set[asyncio.Future[Answer]] = set()
        self._visitors: dict[Visitor, None] = {}  # who came first stands first
        self._seen: WeakSet[Visitor] = WeakSet()
        self._closing = False

    # --- connections ----------------------------------------------------------------------------------------------
    @contextmanager
    def visited(self, visitor: Visitor) -> Iterator[Answer | None]:
        """A connection comes, and goes with the block; gives the answer that turns it away, if it must be."""
        if self._closing or not self._room():
            yield CLOSING if self._closing else CROWDED
            return
        self._visitors[visitor] = None
        self._seen.add(visitor)
        try:
            yield None
        finally:
            self._visitors.pop(visitor, None)

    def _room(self) -> bool:
        """Whether there is a place; connections that only sit here must not keep out who wants to send."""
        if len(self._visitors) < self.settings.connections:
            return True
        stranger = next((one for one in self._visitors if not one.welcome), None)
        if stranger is None:
            return False
        del self._visitors[stranger]
        stranger.leave(CROWDED)
        stranger.cut()  # over TLS it could take its time to answer the goodbye
        return True

    async def close(self) -> int:
        """Send everybody away; mails that are being worked on are finished and answered first.

        Returns how many were not finished in time: their mail clients have no answer and keep the mail.
        """
        self._closing = True
        for visitor in tuple(self._visitors):
            visitor.leave(CLOSING)
        if self._running:
            await asyncio.wait(self._running, timeout=self.settings.linger)
        unfinished = len(self._running)
        self._pool.shutdown(wait=False, cancel_futures=True)
        await self._until_all_left()
        for visitor in tuple(self._seen):
            visitor.cut()  # also who does not answer the goodbye of TLS
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return unfinished

    async def _until_all_left(self) -> None:
        """The answers are still on their way, and over TLS a goodbye is answered."""
        deadline = time.monotonic() + _FAREWELL
        while self._visitors and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    # --- logins ---------------------------------------------------------------------------------------------------
    async def login(self, peer: str, user: bytes, password: bytes) -> Answer | None:
        """None when user and password are right, else what to answer, after the delay that they deserve."""
        loop = asyncio.get_running_loop()
        async with self._one_login:
            if left := self._throttle.locked(peer, loop.time()):
                return Answer(code=454, text=f"4.7.0 Too many wrong passwords; try again in {left:.0f} seconds")
            try:
                if await loop.run_in_executor(None, self._credentials.fit, user, password):
                    return None
            except GelassenError as error:
                return Answer(code=454, text=f"4.7.0 {error}")
            count, delay = self._throttle.wrong(peer, loop.time())
        self.tell("gateway_login_refused", count=count)
        await asyncio.sleep(delay)
        return Answer(code=535, text="5.7.8 User or password is wrong; see [gateway] in config.toml")

    # --- mails ----------------------------------------------------------------------------------------------------
    async def take(self, handed: Handed) -> Answer:
        """Hand a mail in. A mail client that goes away meanwhile changes nothing for the mail."""
        loop = asyncio.get_running_loop()
        if self._closing:
            return CLOSING
        running = loop.run_in_executor(self._pool, self._work, handed)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return await asyncio.shield(running)

    def _work(self, handed: Handed) -> Answer:
        start = time.monotonic()
        raw = unstuffed(b"".join(handed.sent))
        handed.sent.clear()
        envelope = envelope_of(handed.sender, handed.recipients, raw, smtputf8=handed.smtputf8)
        told: dict[str, object] = {"size": len(raw), "recipients": len(envelope.recipients)}
        try:
            examine(raw, self.own)
            receipt = self._submit(envelope, raw)
        except Rejected as rejected:
            self.tell("submission_refused", code=rejected.answer.code, **told)
            return rejected.answer
        except GelassenError as error:
            answer = of_error(error)
            self.tell("submission_failed", code=answer.code, error=str(error), **told)
            return answer
        except Exception as error:  # noqa: BLE001 - the top of the gateway's loop: the mail client must get an answer
            self.tell_bug(error)
            return BROKEN
        seconds = round(time.monotonic() - start, 3)
        self.tell("submission", fate=str(receipt.fate), draft=receipt.draft, **told, seconds=seconds)
        return of_receipt(receipt)

    def tell(self, event: str, **fields: object) -> None:
        """Tell an event."""
        with suppress(Exception):  # a full disk or a missing text must not turn the 250 of a stored mail into a 451
            self._journal(event, **fields)

    def tell_bug(self, error: Exception) -> None:
        """Tell an exception that nobody expected; the journal keeps its frames, not its words."""
        self.tell("bug", account="gateway", error=error)
