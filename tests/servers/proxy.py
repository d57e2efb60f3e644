"""Stands between client and server: counts, leaves out what the server would tell, falls silent, cuts."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Self

_CHUNK = 65536

#: Where to cut: given what came in one direction of a connection, how many bytes of it may pass; None: do not cut yet.
Place = Callable[[bytes], int | None]


def nowhere(_stream: bytes) -> int | None:
    """Lets everything pass."""
    return None


def behind(pattern: bytes, *, more: int = 0) -> Place:
    """Behind the first match of a regular expression, and ``more`` bytes."""
    expression = re.compile(pattern, re.DOTALL)

    def place(stream: bytes) -> int | None:
        found = expression.search(stream)
        return found.end() + more if found and len(stream) >= found.end() + more else None

    return place


def in_line(number: int, *, middle: bool) -> Place:
    """In the middle of the line of this number, counted from 0 and as far as it has come, or behind its end."""

    def place(stream: bytes) -> int | None:
        lines = stream.split(b"\n", number + 1)
        begun, whole = len(lines) > number, len(lines) > number + 1
        start = sum(map(len, lines[:number])) + number
        if middle:  # a client may send the line's end by itself: then it would be too late
            return start + len(lines[number]) // 2 if begun and lines[number] else None
        return start + len(lines[number]) + 1 if whole else None

    return place


class Proxy:
    """A loopback port that leads to another one.

    Args:
        port: where the server listens.
        without: a regular expression on the server's lines; what matches is left out.
        deaf: what the server tells by itself while the client is in IDLE is left out.

    Attributes:
        port: where clients connect.
        received: bytes that came from the server.
        asked: what came from the clients.
        accepted: connections so far.
    """

    def __init__(self, port: int, *, without: bytes = rb"(?!)", deaf: bool = False) -> None:
        self.target = port
        self.without = re.compile(without)
        self.deaf = deaf
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.received = 0
        self.asked = bytearray()
        self.accepted = 0
        self._silent = False
        self._places: tuple[Place, Place] = (nowhere, nowhere)
        self._since: re.Pattern[bytes] | None = None
        self._cut = threading.Event()
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._thread = threading.Thread(target=self._accept, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()
        for connection in self._connections:
            connection.cut()
        for connection in self._connections:
            connection.join()

    def fall_silent(self) -> None:
        """From now on swallows everything in both directions without closing: half-open connections."""
        with self._lock:
            self._silent = True
            for connection in self._connections:
                connection.silent = True

    def speak(self) -> None:
        """Connections made from now on work; those from before stay half-open."""
        self._silent = False

    def cut(self, *, up: Place = nowhere, down: Place = nowhere, since: bytes = b"") -> threading.Event:
        """Once: cuts a connection at one of the places in what comes from now on; the event tells when it has.

        Args:
            up: from the client to the server.
            down: from the server to the client.
            since: a regular expression; only what comes on a connection from the command that it fits counts.
        """
        with self._lock:
            self._places, self._cut, self._since = (up, down), threading.Event(), re.compile(since)
            for connection in self._connections:
                connection.streams = (bytearray(), bytearray())
                connection.counted = False
            return self._cut

    @property
    def idling(self) -> int:
        """How many clients are in IDLE, on connections where something passes."""
        return sum(connection.idling and not connection.silent for connection in self._connections)

    def lines(self) -> tuple[int, int]:
        """How many lines have come since the last call of ``cut``, on the connection with the most: up, down."""
        pairs = [tuple(stream.count(b"\n") for stream in one.streams) for one in self._connections]
        up, down = max(pairs, default=(0, 0))
        return up, down

    def passing(self, connection: _Connection, direction: int, data: bytes) -> tuple[bytes, bool]:
        """What of these bytes may pass, and whether the connection is cut then."""
        with self._lock:
            if direction:
                self.received += len(data)
            else:
                self.asked += data
            if self._since is None or self._cut.is_set():
                return data, False
            connection.counted = connection.counted or (direction == 0 and self._since.search(data) is not None)
            if not connection.counted:
                return data, False
            stream = connection.streams[direction]
            before = len(stream)
            stream += data
            place = self._places[direction](bytes(stream))
            if place is None:
                return data, False
            self._cut.set()
            return data[: max(0, place - before)], True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()  # nobody listens behind the proxy either
                continue
            with self._lock:
                self.accepted += 1
                self._connections.append(_Connection(self, client, server, silent=self._silent))
            self._connections[-1].start()


class _Connection:
    """One connection through the proxy.

    Attributes:
        silent: nothing passes any more.
        streams: what came from the client and from the server since the last ``Proxy.cut``.
        counted: what comes now belongs to them.
        idling: the client has said IDLE, and not yet DONE.
    """

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket, *, silent: bool) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self.silent = silent
        self.streams = (bytearray(), bytearray())
        self.counted = False
        self.idling = False
        self._threads = [threading.Thread(target=work, name="proxy") for work in (self._up, self._down)]

    def start(self) -> None:
        """Passes on from now on."""
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        """Ends both ends."""
        for sock in (self._client, self._server):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        """Waits for the end of a connection that was cut."""
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self._client.close()
        self._server.close()

    def _up(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(_CHUNK):
                passed, over = self._proxy.passing(self, 0, data)
                if passed and not self.silent:
                    self._note_idle(passed)
                    self._server.sendall(passed)
                if over:
                    break
        self._end()

    def _note_idle(self, data: bytes) -> None:
        if data.startswith(b"DONE"):
            self.idling = False
        elif data.endswith(b" IDLE\r\n") or data.endswith(b" IDLE"):
            self.idling = True

    def _down(self) -> None:
        pending = b""
        with contextlib.suppress(OSError):
            while data := self._server.recv(_CHUNK):
                passed, over = self._proxy.passing(self, 1, data)
                lines, end, pending = (pending + passed).rpartition(b"\n")
                if over:
                    end, pending = end + pending, b""
                if not self.silent:
                    self._client.sendall(self._told(lines + end))
                if over:
                    break
        self._end()

    def _told(self, lines: bytes) -> bytes:
        if self._proxy.deaf and self.idling:
            lines = re.sub(rb"(?m)^\* .*\n", b"", lines)
        return self._proxy.without.sub(b"", lines)

    def _end(self) -> None:
        """A half-open connection stays open at the client's end, whatever the server does."""
        if not self.silent:
            self.idling = False
            self.cut()
