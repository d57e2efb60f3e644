"""The gateway with a submit that keeps mails in memory, and a raw connection that says exactly what it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from assistant.adapters.certificate import PemFiles, own_certificate
from assistant.core.delivery import Answer, Envelope
from assistant.gateway import Gateway, Settings
from assistant.services.intake import Journal
from assistant.services.submission import Fate, Receipt

OWN = frozenset({"ada@example.org", "büro@example.org"})
USER, PASSWORD = "ada", "two geese: %s & 'feet'"
MAIL = b"From: Ada <ada@example.org>\r\nTo: bob@example.net\r\nSubject: Hallo\r\n\r\nGuten Tag\r\n"
PLAIN = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()

Submitted = tuple[Envelope, bytes]


@dataclass
class Kept:
    """A submit that keeps what it is given; each mail gets a number, which its receipt names.

    Attributes:
        before: called with every mail before it is kept; what it raises is raised.
    """

    mails: list[Submitted] = field(default_factory=list)
    before: Callable[[Envelope, bytes], object] = lambda envelope, raw: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, envelope: Envelope, raw: bytes) -> Receipt:
        """Keep it."""
        self.before(envelope, raw)
        with self.lock:
            self.mails.append((envelope, raw))
            number = len(self.mails)
        return Receipt(fate=Fate.HELD, answer=Answer(code=250, text=f"2.0.0 held as {number}"), draft=number)


@dataclass
class Running:
    """A gateway that runs, and what it was given and told."""

    gateway: Gateway
    kept: Kept
    told: list[tuple[str, dict[str, object]]]
    folder: Path

    @property
    def port(self) -> int:
        """On both loopback addresses."""
        return self.gateway.port

    @property
    def certificate(self) -> Path:
        """What a mail client trusts."""
        return self.folder / "gateway-cert.pem"

    def trusting(self) -> ssl.SSLContext:
        """A client's context that verifies certificate and host name."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def events(self, name: str) -> list[dict[str, object]]:
        """The fields of every such event."""
        return [fields for event, fields in self.told if event == name]


@contextmanager
def running(
    folder: Path,
    kept: Kept | None = None,
    *,
    secret: Callable[[], str] = lambda: PASSWORD,
    certificate: Callable[[], PemFiles] | None = None,
    journal: Journal | None = None,
    **settings: float,
) -> Iterator[Running]:
    """A gateway on free ports until the block ends; ``settings`` as in ``Settings``."""
    kept = kept or Kept()
    told: list[tuple[str, dict[str, object]]] = []

    def tell(event: str, /, **fields: object) -> None:
        told.append((event, fields))

    gateway = Gateway(
        replace(Settings(port=0, user=USER), **settings),  # type: ignore[arg-type]
        submit=kept,
        own=OWN,
        secret=secret,
        certificate=certificate or (lambda: own_certificate(folder, datetime.now(UTC))),
        journal=journal or tell,
    )
    gateway.start()
    try:
        yield Running(gateway, kept, told, folder)
    finally:
        gateway.stop()


class Wire:
    """A connection to a port on loopback, byte by byte."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=20)
        self._rest = b""
        self._greeted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, octets: bytes) -> None:
        """Exactly these."""
        self.socket.sendall(octets)

    def answer(self) -> str:
        """One reply, its lines joined by LF; empty when the connection has ended."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            line = self._line()
            if not line:
                break
            lines.append(line)
        return "\n".join(lines)

    def _line(self) -> str:
        while b"\r\n" not in self._rest:
            try:
                got = self.socket.recv(65536)
            except ConnectionError:
                got = b""
            if not got:
                return ""
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line.decode("ascii")

    def say(self, command: str | bytes) -> str:
        """A command line, and its reply."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.answer()

    def ended(self) -> bool:
        """Whether the other side has closed the connection, after whatever it still said."""
        while self.answer():
            pass
        return True

    def secure(self, context: ssl.SSLContext) -> Self:
        """TLS from here on."""
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._greeted = True
        return self

    def log_in(self) -> Self:
        """Greeting unless there was one, EHLO, AUTH."""
        assert self._greeted or self.answer().startswith("220 ")
        assert self.say("EHLO client").startswith("250-")
        assert self.say(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        return self

    def address(self, *recipients: str, sender: str = "ada@example.org") -> Self:
        """MAIL and RCPT."""
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250 ")
        for recipient in recipients or ("bob@example.net",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250 ")
        return self

    def data(self, sent: bytes) -> str:
        """DATA and these very octets, the end-of-data mark among them; the reply."""
        assert self.say("DATA").startswith("354 ")
        self.send(sent)
        return self.answer()


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
