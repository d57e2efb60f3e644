"""The services on the program of one account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.core.draft import State
from tests.studio import SETTLE, new_ledger
from tests.studio import Studio as Program

__all__ = ["SETTLE", "Studio", "draft", "mail"]


class Studio(Program):
    """The program, with what a test of the services does over and over."""

    def hold(self, level: int = 3, *, client_level: int = 2, case: int = 1) -> int:
        """A client's mail and a draft to it that is held; the draft's id."""
        self.server.add("INBOX", mail(case, f"So geht das nicht ({client_level})."))
        self.server.add("Drafts", draft(case, f"Das ist Ihre Schuld ({level})."), ["\\Draft"])
        self.settle_drafts()
        return max(row.id for row in self.store.drafts([State.HELD]))


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A fresh account."""
    found = Studio(new_ledger(tmp_path / "ledger.db"))
    yield found
    found.stop()


def mail(case: int, text: str, *, sender: str = "Kai Kunde <kai@kunde.example>", more: str = "") -> bytes:
    """A client's mail."""
    return _bytes(sender, "mara@studio.example", f"Katalog {case}", f"<c{case}@kunde.example>", text, more)


def draft(case: int, text: str, version: int = 1) -> bytes:
    """The user's answer to it."""
    more = f"In-Reply-To: <c{case}@kunde.example>\r\n"
    return _bytes(
        "mara@studio.example", "kai@kunde.example", f"Re: Katalog {case}", f"<d{case}.{version}@s.example>", text, more
    )


def _bytes(sender: str, to: str, subject: str, message_id: str, text: str, more: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n{more}"
        "Date: Wed, 18 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\nGuten Tag, es geht um unseren Katalog. {text}\r\n"
    ).encode()
