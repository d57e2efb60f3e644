"""One account on a server in memory, with the real store, parser, templates and rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.mime import parse
from assistant.adapters.paths import shipped_templates
from assistant.adapters.templates import Templates
from assistant.core.cooling import CoolingRules
from assistant.core.draft import State
from assistant.daemon.parts import read_draft, read_header
from assistant.services.advice import Advisor
from assistant.services.effects import Effects
from assistant.services.holding import DraftsGuard
from assistant.services.intake import Intake
from assistant.services.judging import Judge
from assistant.services.review import Desk
from tests.fakes import HandClock, MarkedClassifier, MemoryMailbox, MemoryServer

BERLIN = ZoneInfo("Europe/Berlin")
SETTLE = timedelta(minutes=3)


class Studio:
    """The program on one account; ``told`` are the events of its journal."""

    def __init__(self, folder: Path) -> None:
        self.server = MemoryServer()
        self.clock = HandClock(datetime(2026, 11, 18, 10, 0, tzinfo=BERLIN))
        self.server.now = self.clock.now
        self.store: SqlStore = open_store(f"sqlite:///{folder / 'ledger.db'}")
        self.mailbox = MemoryMailbox(self.server)
        self.model = MarkedClassifier()
        self.judge = Judge(self.model)
        self.told: list[tuple[str, dict[str, object]]] = []
        self.advisor = Advisor(
            renderer=Templates(shipped_templates() / "replies"),
            clock=self.clock,
            is_working_day=self.working,
            signature="Mara Lindner",
            failed=lambda error: None,
        )
        self.intake = self.new_intake()
        self.effects = Effects(
            account="studio",
            mailbox=self.mailbox,
            store=self.store,
            clock=self.clock,
            journal=self.tell,
            exclusive=nullcontext,
        )
        self.guard = DraftsGuard(
            account="studio",
            mailbox=self.mailbox,
            store=self.store,
            judge=self.judge,
            intake=self.intake,
            effects=self.effects,
            read_draft=read_draft,
            read_header=read_header,
            rules=CoolingRules(),
            settle=SETTLE,
            is_working_day=self.working,
            clock=self.clock,
            journal=self.tell,
        )
        self.desk = Desk(
            store=self.store,
            clock=self.clock,
            effects_for=lambda name: self.effects,
            judge=self.judge,
            read_draft=read_draft,
            read_header=read_header,
            rules=CoolingRules(),
            is_working_day=self.working,
            require_review=True,
        )

    def new_intake(self, *, mark_mail: bool = False, first_pass: timedelta | None = None) -> Intake:
        """An intake with other settings."""
        return Intake(
            account="studio",
            mailbox=self.mailbox,
            store=self.store,
            judge=self.judge,
            parse=lambda mail, flags: parse(mail, own=frozenset({"mara@studio.example"}), flags=flags),
            suggest=self.advisor.suggest,
            clock=self.clock,
            journal=self.tell,
            first_pass=first_pass,
            mark_mail=mark_mail,
        )

    def working(self, day: date) -> bool:
        """Monday to Friday."""
        return day.weekday() < 5

    def tell(self, event: str, /, **fields: object) -> None:
        """The journal."""
        self.told.append((event, fields))

    def take_all(self) -> int:
        """Everything that INBOX has and the ledger has not."""
        uidvalidity, uids = self.intake.missing()
        return self.intake.take_batch(uidvalidity, uids)

    def hold(self, level: int = 3, *, client_level: int = 2, case: int = 1) -> int:
        """A client's mail and a draft to it that is held; the draft's id."""
        self.server.add("INBOX", mail(case, f"So geht das nicht ({client_level})."))
        self.server.add("Drafts", draft(case, f"Das ist Ihre Schuld ({level})."), ["\\Draft"])
        self.guard.run()
        self.clock.forward(SETTLE)
        self.guard.run()
        return max(row.id for row in self.store.drafts([State.HELD]))


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A fresh account."""
    found = Studio(tmp_path)
    yield found
    found.store.close()


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
