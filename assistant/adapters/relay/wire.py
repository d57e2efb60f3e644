"""The connection: complete replies within a time, and nothing logged."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

from assistant.adapters.relay.answers import Garbled, Reply, parsed

_BLOCK: Final = 16 * 1024  # each may take a whole time-out: at 30 s a line with half a kilobyte a second is enough
_MAX_LINE: Final = 4096  # RFC 5321 (4.5.3.1.5) has 512
_MAX_LINES: Final = 128
#: Bytes that the system may keep for us.  Its own choice is up to 4 MB: then a mail counts as handed over, and a lost
#: connection as a question to the user, half a minute before the last of it is on a slow line.
_SEND_BUFFER: Final = 64 * 1024
_KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # dead peers show after two minutes


class Encryption(NamedTuple):
    """How a connection is encrypted: the version, ``TLSv1.3``, and when the other side's certificate expires."""

    version: str
    expires: datetime


class Wire:
    """One connection to a server; ``OSError`` is a broken one, ``Garbled`` one that is out of step.

    Args:
        timeout: seconds for connecting, and for each command and block that is sent.
        context: encrypts from the first byte when given.
    """

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext | None) -> None:
        self._host, self._timeout = host, timeout
        self._pending = bytearray()
        self._sock = socket.create_connection((host, port), timeout)
        _tune(self._sock)
        if context:
            self._wrap(context)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Encrypts from here on; plain text sent along with the answer to STARTTLS is an attack (CVE-2011-0411)."""
        if self.unasked():
            raise Garbled
        self._wrap(context)

    def _wrap(self, context: ssl.SSLContext) -> None:
        plain = self._sock
        plain.settimeout(self._timeout)
        try:
            self._sock = context.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

    @property
    def encryption(self) -> Encryption | None:
        """How it is encrypted; None: it is not."""
        version, certificate = None, None
        if isinstance(self._sock, ssl.SSLSocket):
            version, certificate = self._sock.version(), self._sock.getpeercert()
        if version is None or not certificate:
            return None
        ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        return Encryption(version=version, expires=datetime.fromtimestamp(ends, UTC))

    def send(self, data: bytes) -> None:
        """Hands bytes over, in blocks."""
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK):
            self._sock.settimeout(self._timeout)
            self._sock.sendall(view[start : start + _BLOCK])

    def reply(self, seconds: float) -> Reply:
        """The next reply, whole; ``TimeoutError`` when it is not there in time, however slowly it trickles."""
        end = time.monotonic() + seconds
        lines = [self._line(end)]
        while lines[-1][3:4] == b"-":
            if len(lines) >= _MAX_LINES:
                raise Garbled
            lines.append(self._line(end))
        return parsed(lines)

    def unasked(self) -> bool:
        """Whether something has come that nobody waits for; the end of the stream raises."""
        if not self._pending:
            self._sock.settimeout(0)
            with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._fill()
        return bool(self._pending)

    def close(self) -> None:
        """Closes the connection without a word."""
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown, which would go on in plain text.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        self._sock.close()

    def _line(self, end: float) -> bytes:
        while b"\n" not in self._pending:
            if len(self._pending) > _MAX_LINE:
                raise Garbled
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            self._fill()
        length = self._pending.index(b"\n") + 1
        line = bytes(self._pending[:length])
        del self._pending[:length]
        return line

    def _fill(self) -> None:
        chunk = self._sock.recv(_MAX_LINE)
        if not chunk:
            raise ConnectionResetError
        self._pending += chunk


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEP_ALIVE.items():
        if hasattr(socket, name):  # not every system has every option
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
