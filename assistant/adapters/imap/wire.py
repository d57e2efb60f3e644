"""The transport below imapclient: complete lines, however the bytes arrive, and nothing logged.

imapclient 4.1.0 reads a buffered file in non-blocking mode while it is in IDLE, which loses the stream when a response
arrives in two segments, sleeps through one that came along with ``+ idling``, and takes a closed connection for silence
(mjs/imapclient #464, #519, #565).  Here one buffer belongs to the connection: waiting and reading never disagree.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import socket
import ssl
import time
from typing import Any

from imapclient import IMAPClient

# imapclient logs commands and answers, mail text and LOGIN arguments among them, and its warnings quote answers.
logging.getLogger("imapclient").setLevel(logging.CRITICAL)

_CHUNK = 64 * 1024
_MAX_LINE = 64 * 1024 * 1024  # a SEARCH over millions of mails; imaplib's own limit is reached at 140,000
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # dead peers show after two minutes


class Wire(imaplib.IMAP4):
    """imaplib's protocol machine over a socket with a buffer of its own.

    Args:
        timeout: seconds for connecting and for each read.
        context: encrypts from the first byte when given.
    """

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._pending = bytearray()
        super().__init__(host, port, timeout)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connects; called by imaplib's constructor."""
        self.host, self.port = host, port
        self.sock = self._create_socket(timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), timeout)
        _tune(sock)
        return self._context.wrap_socket(sock, server_hostname=self.host) if self._context else sock

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:  # noqa: ANN401  # as imaplib has it
        """Encrypts from here on; plain text sent along with the answer is an attack (CVE-2011-0411) and refused."""
        typ, data = self._simple_command("STARTTLS")
        if typ == "OK" and ssl_context is not None:
            if self._pending:
                raise self.abort("plain text after STARTTLS")
            self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
            self._tls_established = True
            self._get_capabilities()
        return typ, data

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end of the stream."""
        while len(self._pending) < size and self._fill():
            pass
        return self._take(size)

    def readline(self) -> bytes:
        """One line with its end; without it, or empty, at the end of the stream."""
        while b"\n" not in self._pending and self._fill():
            if len(self._pending) > _MAX_LINE:
                raise self.abort("line without end")
        return self._take(self._pending.find(b"\n") + 1 or len(self._pending))

    def ready(self, seconds: float) -> bool:
        """Waits until a whole line, or the end of the stream, can be read without waiting."""
        end, usual = time.monotonic() + seconds, self.sock.gettimeout()
        try:
            while b"\n" not in self._pending:
                # recv itself waits: select would not see what the TLS layer has already decrypted.
                self.sock.settimeout(max(0.001, end - time.monotonic()))
                if not self._fill():
                    return True
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(usual)
        return True

    def limit(self, seconds: float) -> None:
        """Sets the time that each further read and write may take."""
        self.sock.settimeout(seconds)

    def shutdown(self) -> None:
        """Closes the connection without a word."""
        self.cut()
        self.sock.close()

    def cut(self) -> None:
        """Ends the stream under the hands of whoever reads from it; safe from another thread."""
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown, which would go on in plain text.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _fill(self) -> bool:
        chunk = self.sock.recv(_CHUNK)
        self._pending += chunk
        return bool(chunk)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def _log(self, line: object) -> None:
        """Keeps no history: it would hold passwords and mail."""


class Client(IMAPClient):  # type: ignore[misc]  # imapclient is untyped
    """imapclient on a ``Wire``."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext | None) -> None:
        self._wire_context = context
        self._wire_timeout = timeout
        # `ssl=False` concerns imapclient's own transport, which is not used.
        super().__init__(host, port, ssl=False, timeout=timeout)
        self.wire.debug = 0

    @property
    def wire(self) -> Wire:
        """The transport."""
        wire: Wire = self._imap
        return wire

    def _create_IMAP4(self) -> Wire:
        return Wire(self.host, self.port, timeout=self._wire_timeout, context=self._wire_context)


def _tune(sock: socket.socket) -> None:
    # imapclient sends a command and its line end apart: the second would wait 40 ms until the first is acknowledged.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEP_ALIVE.items():
        if hasattr(socket, name):  # not every system has every option
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
