"""The servers that the mailbox suite runs against: from one that can do everything to one that can do little."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from assistant.adapters.imap import ImapMailbox, ImapSettings
from assistant.core.message import MessageKey
from assistant.services.ports import Mailbox
from tests.conftest import need_cyrus, need_dovecot
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

GERMAN = {"Entwürfe": "", "Gesendete Objekte": "", "Gelöschte Elemente": ""}
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Place:
    """One server, and a user of it that no other test has.

    Attributes:
        kind: which server.
        can: what it is able to do, beyond the least: ``uids`` (tells new keys), ``keywords`` (any), ``deep`` (names
            a part at any depth).
        prompt: seconds within which a change must be noticed.
    """

    kind: str
    port: int
    user: str
    prompt: float
    can: frozenset[str] = field(default_factory=frozenset)

    def settings(self, **changes: object) -> ImapSettings:
        """Settings for the user's mailbox."""
        values: dict[str, object] = {
            "account": "studio",
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "user": self.user,
            "secret": lambda: "pw",
            "language": "de",
            "timeout": 10.0,
            "poll": 0.2,
        }
        return ImapSettings(**(values | changes))  # type: ignore[arg-type]

    def mailbox(self, **changes: object) -> closing[ImapMailbox]:
        """A mailbox, closed at the end of the ``with`` block."""
        return closing(ImapMailbox(self.settings(**changes)))

    @contextmanager
    def other(self) -> Iterator[Any]:
        """Another mail program of the same user."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.login(self.user, "pw")
            client.normalise_times = False
            yield client


class Places:
    """Starts each server once, when the first test needs it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self._started: dict[str, Callable[[], Place]] = {}

    def get(self, kind: str) -> Place:
        """A fresh user on a server of that kind."""
        if kind not in self._started:
            self._started[kind] = getattr(self, f"_{kind}")()
        return self._started[kind]()

    def close(self) -> None:
        """Stops all servers."""
        self._stack.close()

    def _dovecot(self) -> Callable[[], Place]:
        """Everything: IDLE, NOTIFY, MOVE, UIDPLUS, SPECIAL-USE, any keyword."""
        need_dovecot()
        server = self._stack.enter_context(Dovecot(any_user_password="pw"))
        return self._users("dovecot", server.port, 1.5, "uids", "keywords", "deep")

    def _courier(self) -> Callable[[], Place]:
        """All folders below INBOX., IDLE and UIDPLUS, no MOVE, no SPECIAL-USE."""
        need_dovecot()
        server = Dovecot(
            any_user_password="pw",
            capability="IMAP4rev1 LITERAL+ UIDPLUS IDLE NAMESPACE",
            folders={"Drafts": "", "Sent": "", "Trash": ""},
            separator=".",
            prefix="INBOX.",
        )
        self._stack.enter_context(server)
        return self._users("courier", server.port, 1.5, "uids", "keywords", "deep")

    def _poor(self) -> Callable[[], Place]:
        """Plain IMAP4rev1: polling, COPY and STORE, German folder names, no word about new UIDs."""
        need_dovecot()
        server = self._stack.enter_context(Dovecot(any_user_password="pw", capability="IMAP4rev1", folders=GERMAN))
        proxy = self._stack.enter_context(
            Proxy(server.port, without=rb"\[(COPYUID|APPENDUID)[^\]]*\] |\* OK \[UNSEEN[^\r]*\r\n")
        )
        return self._users("poor", proxy.port, 1.5, "keywords", "deep")

    def _cyrus(self) -> Callable[[], Place]:
        """Everything but NOTIFY; cuts the name of a part off that lies some fifty levels deep."""
        server = self._stack.enter_context(Cyrus(any_user_password="pw"))
        users = self._users("cyrus", server.port, 5, "uids", "keywords")

        def settled() -> Place:
            place = users()
            with place.other():  # makes the folders one after the other, at the first login
                return place

        return settled

    def _embedded(self) -> Callable[[], Place]:
        """The demo's own server."""
        from assistant.demo.server import EmbeddedImap

        users = {f"u{number}": "pw" for number in range(1, 80)}
        server = self._stack.enter_context(EmbeddedImap(self._directory / "embedded", users))
        numbers = itertools.count(1)
        return lambda: Place(
            kind="embedded", port=server.port, user=f"u{next(numbers)}", prompt=2.5, can=frozenset({"uids", "deep"})
        )

    @staticmethod
    def _users(kind: str, port: int, prompt: float, *can: str) -> Callable[[], Place]:
        return lambda: Place(kind=kind, port=port, user=f"p{next(_numbers)}", prompt=prompt, can=frozenset(can))


KINDS = ["dovecot", "courier", "poor", "cyrus", "embedded"]


def require(kind: str) -> None:
    """Skips what cannot run here, unless the servers are required."""
    if kind == "embedded":
        if os.environ.get("GELASSEN_REQUIRE_SERVERS") != "1":
            pytest.importorskip("assistant.demo.server")
    elif kind == "cyrus":
        need_cyrus()
    else:
        need_dovecot()


def put(mailbox: Mailbox, raw: bytes, folder: str = "INBOX", **more: Any) -> MessageKey:
    """Stores a mail whose key is told."""
    key = mailbox.append(folder, raw, **more)
    assert key is not None
    return key


def never() -> bool:
    """Nobody interrupts."""
    return False
