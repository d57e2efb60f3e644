"""Stands between client and server: counts bytes, leaves out what the server would tell, can swallow everything."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import Self

_CHUNK = 65536


class Proxy:
    """A loopback port that leads to another one.

    Args:
        port: where the server listens.
        without: a regular expression on the server's lines; what matches is left out.

    Attributes:
        port: where clients connect.
        received: bytes that came from the server.
        asked: what clients sent, all connections together.
    """

    def __init__(self, port: int, *, without: bytes = rb"(?!)") -> None:
        self._target = port
        self._without = re.compile(without)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.received = 0
        self.asked = bytearray()
        self._silent = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="proxy")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def fall_silent(self) -> None:
        """From now on swallows everything in both directions without closing: a half-open connection."""
        self._silent.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [client, server]
            for work in (self._up, self._down):
                thread = threading.Thread(target=work, args=(client, server), name="proxy")
                self._threads.append(thread)
                thread.start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                self.asked += data
                if not self._silent.is_set():
                    server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        pending = b""
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                self.received += len(data)
                lines, end, pending = (pending + data).rpartition(b"\n")
                if not self._silent.is_set():
                    client.sendall(self._without.sub(b"", lines + end))
            client.shutdown(socket.SHUT_RDWR)
