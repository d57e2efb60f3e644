"""The watches of an account on a real Dovecot, with a judge in memory and quick limits: refused, half-open, silent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from assistant.adapters.imap import ImapMailbox
from assistant.config import Account, load
from assistant.daemon import watch
from assistant.daemon.crew import Crew
from assistant.daemon.parts import Parts
from tests.conftest import need_dovecot
from tests.fakes import MarkedClassifier
from tests.servers import until
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.unit.services.conftest import draft, mail

pytestmark = pytest.mark.system

_SECONDS = 120.0  # what the machine may take at worst
_CONFIG = """\
[general]
language = "en"
[store]
url = "sqlite:///{folder}/gelassen.db"
[[account]]
name = "studio"
address = "mara@studio.example"
imap = {{ host = "127.0.0.1", port = {port}, security = "none", user = "mara" }}
password_command = "cat {secret}"
[cooling]
settle = "0s"
"""


class Quick(Parts):
    """The program with a judge in memory, limits of the test's own, and a journal that can be read.

    Args:
        timeout: seconds that the server may take to answer.
        idle: seconds after which it is asked whether it lives.

    Attributes:
        told: the events of the journal.
    """

    def __init__(self, folder: Path, port: int, *, timeout: float = 60.0, idle: float = 0.5) -> None:
        self._timeout, self._idle = timeout, idle
        self.secret = folder / "secret"
        self.secret.write_text("pw\n", encoding="utf-8")
        path = folder / "config.toml"
        path.write_text(
            _CONFIG.format(folder=folder, port=port, secret=shlex.quote(str(self.secret))), encoding="utf-8"
        )
        self.told: list[tuple[str, dict[str, object]]] = []
        super().__init__(load(path), "en", self._tell)
        self.__dict__["classifier"] = MarkedClassifier()

    def mailbox(self, account: Account) -> ImapMailbox:
        """A connection with these limits."""
        found = super().mailbox(account)
        found._settings = replace(found._settings, timeout=self._timeout, idle=self._idle)
        return found

    def _tell(self, event: str, /, **fields: object) -> None:
        self.told.append((event, fields))

    def count(self, event: str) -> int:
        """How often an event was told."""
        return sum(name == event for name, _ in self.told)

    def error(self) -> str:
        """What ``gelassen status`` says is wrong."""
        return next((str(status.error) for status in self.store.statuses() if status.error), "")

    def knows(self, subject: str) -> bool:
        """Whether a mail is judged."""
        return any(one.subject == subject and one.level for one in self.store.list_incoming(limit=50))


@pytest.fixture
def server() -> Iterator[Dovecot]:
    """A server with one user, whose password is ``pw``."""
    need_dovecot()
    with Dovecot(users={"mara": "pw"}) as found:
        yield found


@contextmanager
def watched(parts: Quick) -> Iterator[None]:
    """The account is watched."""
    crew = Crew(parts)
    crew.follow({"studio"})
    try:
        yield
    finally:
        crew.dismiss()
        parts.store.close()


def put(server: Dovecot, folder: str, raw: bytes) -> None:
    """The user's mail client, past every proxy."""
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=30) as client:
        client.login("mara", "pw")
        client.append(folder, raw)


def soon(condition: Any) -> None:
    """It comes true, however slow the machine is."""
    assert until(condition, seconds=_SECONDS)


def test_a_wrong_password_is_tried_once_and_a_corrected_one_at_once(
    server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two connections one finds out; status says so and when it is tried again; then everything is caught up."""
    monkeypatch.setattr(watch, "_PASSWORD_AGAIN", 0.2)
    parts = Quick(tmp_path, server.port)
    parts.secret.write_text("Sommer2025\n", encoding="utf-8")
    put(server, "INBOX", mail(1, "So geht das nicht (2)."))
    asked = 0

    def secret_asked() -> bool:
        return server.log().count("auth failed") >= 1 and "tried again in 1 min" in parts.error()

    with watched(parts):
        soon(secret_asked)
        asked = server.log().count("auth failed")
        assert "check imap.user and the password of account studio" in parts.error()
        parts.secret.write_text("pw\n", encoding="utf-8")
        soon(lambda: parts.knows("Katalog 1"))
        soon(lambda: not parts.error())
        assert parts.count("failed") == 1
    assert asked == server.log().count("auth failed") == 1


def test_a_half_open_connection_is_noticed(server: Dovecot, tmp_path: Path) -> None:
    """A way that swallows everything and works again for new connections: what came meanwhile is not missed."""
    with Proxy(server.port) as proxy:
        parts = Quick(tmp_path, proxy.port, timeout=2.0)
        with watched(parts):
            soon(lambda: proxy.idling == 2)
            proxy.fall_silent()
            put(server, "INBOX", mail(1, "So geht das nicht (2)."))
            put(server, "Drafts", draft(1, "Das ist Ihre Schuld (3)."))
            soon(lambda: parts.count("failed") >= 2)
            assert not parts.knows("Katalog 1")
            proxy.speak()
            soon(lambda: parts.knows("Katalog 1"))
            soon(lambda: parts.count("draft_held") == 1)
            soon(lambda: not parts.error())


def test_an_idle_that_tells_nothing_is_made_up_for(
    server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server lives and says nothing of what comes: the look every few minutes finds it."""
    monkeypatch.setattr(watch, "_LOOK_AGAIN", 1)
    with Proxy(server.port, deaf=True) as proxy:
        parts = Quick(tmp_path, proxy.port, idle=600.0)
        with watched(parts):
            soon(lambda: proxy.idling == 2)
            put(server, "INBOX", mail(1, "So geht das nicht (2)."))
            put(server, "Drafts", draft(1, "Das ist Ihre Schuld (3)."))
            soon(lambda: parts.knows("Katalog 1"))
            soon(lambda: parts.count("draft_held") == 1)
        assert parts.count("failed") == 0
