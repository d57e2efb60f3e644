"""Which account a submitted mail belongs to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.config import Account, load
from assistant.core.delivery import Answer, Envelope
from assistant.daemon.outgoing import Outgoing
from assistant.daemon.parts import Parts
from assistant.daemon.serving import BySender
from assistant.errors import Refused
from assistant.services.submission import Fate, Receipt

CONFIG = """
[[account]]
name = "studio"
address = "mara@studio.example"
imap = { host = "localhost", user = "mara" }
relay = { host = "localhost" }
password_env = "X"
[[account]]
name = "shop"
address = "shop@studio.example"
aliases = ["mara+shop@studio.example"]
imap = { host = "localhost", user = "shop" }
relay = { host = "localhost" }
password_env = "X"
[[account]]
name = "silent"
address = "silent@studio.example"
imap = { host = "localhost", user = "silent" }
password_env = "X"
"""


class Named:
    """Stands for an account's submission, and answers with its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, envelope: Envelope, raw: bytes) -> Receipt:
        """Take it."""
        del envelope, raw
        return Receipt(fate=Fate.HELD, answer=Answer(code=250, text=self._name))


@pytest.fixture
def by_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BySender:
    """Three accounts, one without a relay."""

    def submission(self: Outgoing, account: Account, pool: ThreadPoolExecutor) -> Named:
        return Named(account.name)

    monkeypatch.setattr(Outgoing, "submission", submission)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    with ThreadPoolExecutor(1) as pool:
        return BySender(Parts(load(tmp_path / "config.toml"), "en"), pool)


def account_of(by_sender: BySender, author: str, sender: str = "mara@studio.example") -> str:
    """The account that a mail of this author is given to."""
    raw = f"From: {author}\r\n\r\nGuten Tag\r\n".encode()
    return by_sender.submit(Envelope(sender=sender, recipients=("kai@kunde.example",)), raw).answer.text


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Mara <MARA@studio.example>", "studio"),
        ("mara+katalog@studio.example", "studio"),
        ("mara+shop@studio.example", "shop"),
        ("mara+shop+2@studio.example", "studio"),
        ("shop@studio.example, mara@studio.example", "shop"),
        ("unknown@studio.example", "studio"),  # then who sends it counts
    ],
)
def test_the_account_is_that_of_the_author(by_sender: BySender, author: str, name: str) -> None:
    """A listed address goes before one that only fits without its detail; From before the envelope."""
    assert account_of(by_sender, author) == name


@pytest.mark.parametrize("author", ["silent@studio.example", "eve@kunde.example", "mara+x@kunde.example"])
def test_nobody_else_gets_through(by_sender: BySender, author: str) -> None:
    """Nor an account without a relay."""
    with pytest.raises(Refused):
        account_of(by_sender, author, sender=author)
