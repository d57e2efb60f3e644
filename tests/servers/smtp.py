"""A submission server of aiosmtpd on loopback that keeps what it accepts and misbehaves as it is told.

    with Sink(users={"alice": "pw"}, security="starttls", folder=tmp_path) as sink:
        sink.expect(Stage.RCPT, Act.say("450 4.2.0 Greylisted"), recipient="bob@example.org")
        sink.expect(Stage.END, Act.cut(keep=True))

The protocol machine is aiosmtpd's; an act stands in for one command of it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Self

from tests.servers import free_port
from tests.servers.certificate import Certificate, self_signed
from tests.servers.smtp_acts import Accepted, Act, Stage
from tests.servers.smtp_protocol import Connection

__all__ = ["Accepted", "Act", "Sink", "Stage"]

_numbers = count(1)


class Sink:
    """The server; a context manager. ``stop`` and ``start`` make an outage on the same port, mail kept.

    Args:
        users: name to password, or to token for XOAUTH2; empty: no login is offered nor demanded.
        without: extensions that EHLO does not tell, such as ``8BITMIME``.
        size_limit: bytes; None: none is told.
        folder: accepted mails are also written there, before the answer.

    Attributes:
        mails: what was accepted, oldest first.
        asked: commands as they came, (verb, argument); of AUTH only the mechanism.
        logins: (mechanism, user, whether it succeeded).
        port: where it listens.
        cafile: its certificate, for localhost and 127.0.0.1.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        security: str = "none",
        mechanisms: Sequence[str] = ("PLAIN", "LOGIN", "XOAUTH2"),
        without: Sequence[str] = (),
        size_limit: int | None = 32 * 2**20,
        folder: Path | None = None,
    ) -> None:
        self.users: Mapping[str, str] = dict(users or {})
        self.security = security
        self.mechanisms: Sequence[str] = tuple(mechanisms)
        self.without: Sequence[str] = tuple(without)
        self.size_limit = size_limit
        self.folder = folder
        self.port = free_port()
        self.mails: list[Accepted] = []
        self.asked: list[tuple[str, str]] = []
        self.logins: list[tuple[str, str, bool]] = []
        self.connections: list[Connection] = []
        self._acts: list[tuple[Stage, str | None, Act, bool]] = []
        self._lock = threading.Lock()
        self._keys = tempfile.TemporaryDirectory(prefix="sink-") if security != "none" else None
        self._certificate = self_signed(Path(self._keys.name)) if self._keys else None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
        if self._keys:
            self._keys.cleanup()

    @property
    def cafile(self) -> str | None:
        """PEM file to trust."""
        return str(self._certificate.cert) if self._certificate else None

    def start(self) -> Self:
        """Listens from now on."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="sink")
        self._thread.start()
        assert ready.wait(10), "the sink did not start"
        return self

    def stop(self) -> None:
        """Cuts all connections and closes the port."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
            assert not self._thread.is_alive()
            self._thread = None

    def expect(self, stage: Stage, *acts: Act, recipient: str | None = None, always: bool = False) -> None:
        """The next times that a command of this stage comes, these acts stand in, one each; ``always``: for ever."""
        with self._lock:
            self._acts += [(stage, recipient, act, always) for act in acts]

    def copies(self, message_id: str) -> int:
        """How many mails with this Message-ID were accepted."""
        return sum(mail.message_id == message_id for mail in self.mails)

    def deliveries(self, message_id: str) -> Counter[str]:
        """How many times each recipient was sent the mail."""
        return Counter(one for mail in self.mails if mail.message_id == message_id for one in mail.recipients)

    def verbs(self) -> list[str]:
        """The commands that came, without arguments."""
        return [verb for verb, _ in self.asked]

    def take(self, stage: Stage, argument: str = "") -> Act | None:
        """The act that is due, if any."""
        with self._lock:
            for index, (where, recipient, act, always) in enumerate(self._acts):
                if where is stage and (recipient is None or f"<{recipient}>" in argument):
                    if not always:
                        del self._acts[index]
                    return act
        return None

    def accept(self, mail: Accepted) -> None:
        """Keeps a mail, on disk first."""
        if self.folder:
            _write(self.folder, mail)
        with self._lock:
            self.mails.append(mail)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        context = _context(self._certificate) if self._certificate else None
        upgrade = context if self.security == "starttls" else None
        server = await self._loop.create_server(
            lambda: self._connected(Connection(self, upgrade)),
            "127.0.0.1",
            self.port,
            ssl=context if self.security == "tls" else None,
        )
        ready.set()
        await self._stopping.wait()
        server.close()
        for connection in self.connections:
            connection.abort()
        tasks = [connection.task for connection in self.connections if connection.task]
        await asyncio.gather(*tasks, return_exceptions=True)
        self.connections.clear()

    def _connected(self, connection: Connection) -> Connection:
        self.connections[:] = [one for one in self.connections if one.open]
        self.connections.append(connection)
        return connection


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.cert, certificate.key)
    return context


def _write(folder: Path, mail: Accepted) -> None:
    """Two files under a name of their own; the envelope last, so that it is there only when the mail is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}-{next(_numbers)}"
    (folder / f"{name}.eml").write_bytes(mail.content)
    envelope = {"sender": mail.sender, "recipients": mail.recipients, "message_id": mail.message_id}
    (folder / f"{name}.json").write_text(json.dumps(envelope), encoding="utf-8")
