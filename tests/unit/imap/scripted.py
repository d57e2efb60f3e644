"""A tiny IMAP server that says exactly what a test wants, segment by segment."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Self

from assistant.adapters.imap import ImapMailbox, ImapSettings

FOLDERS = ("INBOX", "Drafts", "Sent", "Cooling off")
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


class Peer:
    """The server's end of one connection.

    Attributes:
        tag: tag of the command that is being answered.
        messages: how many EXAMINE reports.
    """

    def __init__(self, sock: socket.socket, server: ScriptedServer) -> None:
        self.sock = sock
        self.server = server
        self.tag = ""
        self._file = sock.makefile("rb")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, text: str | bytes) -> None:
        """Sends bytes in one segment (and one TLS record)."""
        self.sock.sendall(text.encode() if isinstance(text, str) else text)

    def ok(self, text: str = "done") -> None:
        """Ends the command."""
        self.send(f"{self.tag} OK {text}\r\n")

    def line(self) -> bytes:
        """The client's next line; empty at the end."""
        return self._file.readline()

    def command(self) -> str:
        """The client's next command without its tag, literals included; empty at the end."""
        whole = b""
        while True:
            whole += self.line()
            literal = _LITERAL.search(whole)
            if not literal:
                break
            if not whole.endswith(b"+}\r\n"):
                self.send("+ go on\r\n")
            whole += self._file.read(int(literal.group(1)))
        self.tag, _, text = whole.decode("utf-8", "surrogateescape").rstrip("\r\n").partition(" ")
        return text

    def hang_up(self) -> None:
        """Closes the connection without a word."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        self._file.close()
        self.sock.close()


Answer = Callable[[Peer, str], None]


class ScriptedServer:
    """Serves connections one after the other.

    Args:
        capabilities: announced before and after login.
        answers: what to do at a command (its first word, or the first two with ``UID``); all others have usual answers.
        greeting: the first line; without its end the server hangs up after it, empty it keeps silent.
        context: speaks TLS from the first byte.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        capabilities: str = "IMAP4rev1 IDLE",
        greeting: str = "* OK ready\r\n",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.answers = dict(answers or {})
        self.capabilities = capabilities
        self.greeting = greeting
        self.context = context
        self.messages = 1
        self.uidnext = 2
        self.commands: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: list[Peer] = []
        self._thread = threading.Thread(target=self._serve, name="scripted-imap")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        self._thread.join(5)
        assert not self._thread.is_alive()

    def settings(self, **changes: object) -> ImapSettings:
        """Settings that reach this server."""
        values: dict[str, object] = {
            "account": "studio",
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "user": "anna",
            "secret": lambda: "pw",
            "timeout": 5.0,
        }
        return ImapSettings(**(values | changes))  # type: ignore[arg-type]

    def mailbox(self, **changes: object) -> contextlib.closing[ImapMailbox]:
        """A mailbox on this server, closed at the end of the ``with`` block."""
        return contextlib.closing(ImapMailbox(self.settings(**changes)))

    def count(self, word: str) -> int:
        """How often a command was sent."""
        return sum(command.startswith(word) for command in self.commands)

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ValueError):  # the client went away
                self._connection(sock)

    def _connection(self, sock: socket.socket) -> None:
        if self.context:
            sock = self.context.wrap_socket(sock, server_side=True)
        peer = Peer(sock, self)
        self._peers.append(peer)
        try:
            peer.send(self.greeting)
            if self.greeting and not self.greeting.endswith("\n"):
                return
            while command := peer.command():
                self.commands.append(command)
                words = command.upper().split()
                name = " ".join(words[:2]) if words[0] == "UID" else words[0]
                self.answers.get(name, _USUAL.get(name, _unknown))(peer, command)
        finally:
            peer.hang_up()


def _unknown(peer: Peer, _command: str) -> None:
    peer.send(f"{peer.tag} BAD what?\r\n")


def _done(peer: Peer, _command: str) -> None:
    peer.ok()


def _capability(peer: Peer, _command: str) -> None:
    peer.send(f"* CAPABILITY {peer.server.capabilities}\r\n")
    peer.ok()


def _list(peer: Peer, _command: str) -> None:
    for name in FOLDERS:
        peer.send(f'* LIST () "/" "{name}"\r\n')
    peer.ok()


def _select(peer: Peer, command: str) -> None:
    access = "READ-ONLY" if command.startswith("EXAMINE") else "READ-WRITE"
    peer.send(f"* {peer.server.messages} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Deleted)\r\n")
    peer.send(f"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT {peer.server.uidnext}] x\r\n")
    peer.ok(f"[{access}] selected")


def _search(peer: Peer, _command: str) -> None:
    peer.send(f"* SEARCH {' '.join(str(uid) for uid in range(1, peer.server.messages + 1))}\r\n")
    peer.ok()


def _status(peer: Peer, command: str) -> None:
    name = command.split('"')[1]
    peer.send(f'* STATUS "{name}" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n')
    peer.ok()


def idle_quietly(peer: Peer, _command: str) -> None:
    """Says nothing until DONE."""
    peer.send("+ idling\r\n")
    peer.line()
    peer.ok()


def _logout(peer: Peer, _command: str) -> None:
    peer.send("* BYE see you\r\n")
    peer.ok()


_USUAL: Mapping[str, Answer] = {
    "CAPABILITY": _capability,
    "LOGIN": _done,
    "LIST": _list,
    "CREATE": _done,
    "SUBSCRIBE": _done,
    "EXAMINE": _select,
    "SELECT": _select,
    "STATUS": _status,
    "UID SEARCH": _search,
    "UID STORE": _done,
    "NOOP": _done,
    "IDLE": idle_quietly,
    "LOGOUT": _logout,
}
