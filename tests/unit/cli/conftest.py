"""One user with a mailbox in memory, a real store and real settings; the classifier reads its verdict from the text."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.cli import main
from assistant.config import Account, load
from assistant.daemon.parts import Parts
from tests.fakes import MarkedClassifier, MemoryMailbox, MemoryServer

CONFIG = """\
[general]
language = "en"
timezone = "Europe/Berlin"
[store]
url = "sqlite:///gelassen.db"
[[account]]
name = "studio"
address = "mara@studio.example"
imap = { host = "127.0.0.1", port = 1, security = "none", user = "mara" }
password_env = "GELASSEN_TEST_PASSWORD"
[cooling]
settle = 0
[judge]
threads = 1
"""
ANGRY = (
    "Guten Morgen,\n\nwo bleibt der Katalog? Er war für Freitag, den 20.11. zugesagt, und 1.200 € sind bezahlt.\n"
    "Das ist eine Frechheit (3).\n"
)
HOT = "Sie haben mir nie zugehört (2).\nDen Entwurf schicke ich morgen.\n"


@dataclass
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class World:
    """A user at the command line."""

    def __init__(self, folder: Path, server: MemoryServer, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.server = server
        self.config = folder / "config.toml"
        self._capture = capture

    def __call__(self, *arguments: str) -> Answer:
        """``gelassen ARGUMENTS``."""
        self._capture.readouterr()
        code = main(list(arguments))
        out, err = self._capture.readouterr()
        return Answer(code, out, err)

    def client_writes(self, number: int = 1, text: str = ANGRY) -> None:
        """A mail in INBOX."""
        more = "Message-ID: <c{0}@firma.example>\r\n"
        sender = "Klara Kunde <kunde@firma.example>"
        self.server.add("INBOX", mail(sender, f"Katalog {number}", text, more.format(number)))

    def user_drafts(self, number: int = 1, text: str = HOT) -> bytes:
        """A draft in answer to it."""
        more = f"Message-ID: <d{number}@studio.example>\r\nIn-Reply-To: <c{number}@firma.example>\r\n"
        raw = mail("mara@studio.example", f"Re: Katalog {number}", text, more, to="kunde@firma.example")
        self.server.add("Drafts", raw, ["\\Draft"])
        return raw

    @property
    def store(self) -> SqlStore:
        """The ledger, as another process sees it."""
        return Parts(load(self.config), "en").store

    def held(self, number: int = 1) -> dict[str, Any]:
        """One mail answered in the heat, and the draft held: its row in the queue."""
        self.client_writes(number)
        self.user_drafts(number)
        assert self("run", "--once").code == 0
        (row,) = [row for row in self("queue", "--json").json if row["subject"] == f"Re: Katalog {number}"]
        found: dict[str, Any] = row
        return found


def mail(sender: str, subject: str, text: str, more: str = "", to: str = "mara@studio.example") -> bytes:
    """A plain mail."""
    head = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n{more}Date: Wed, 18 Nov 2026 10:00:00 +0100\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + text.replace("\n", "\r\n")).encode()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing in it: the migrations take a second, once is enough."""
    path = tmp_path_factory.mktemp("database") / "gelassen.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def gelassen(
    tmp_path: Path,
    home: Path,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    """The command line of a user with one account."""
    shutil.copy(empty_database, tmp_path)
    server = MemoryServer()
    world = World(tmp_path, server, capsys)
    world.config.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("GELASSEN_CONFIG", str(world.config))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(Parts, "classifier", MarkedClassifier())
    monkeypatch.setattr(Parts, "mailbox", lambda self, account: _mailbox(server, account))
    del home
    return world


def _mailbox(server: MemoryServer, account: Account) -> MemoryMailbox:
    return MemoryMailbox(server, account.name)
