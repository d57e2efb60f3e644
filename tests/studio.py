"""The program on one account, on a server, a relay and a clock in memory and a real database, to be started anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy import event as happening

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.locks import AdvisoryLocks, AdvisoryPresence, open_locks
from assistant.adapters.mime import parse
from assistant.adapters.paths import shipped_templates
from assistant.adapters.templates import Templates
from assistant.core.cooling import CoolingRules
from assistant.core.delivery import Envelope
from assistant.core.message import Message, RawMail
from assistant.daemon.parts import read_draft, read_header
from assistant.services.acknowledging import Acknowledging
from assistant.services.advice import Advisor
from assistant.services.deciding import Deciding
from assistant.services.delivery import Delivery
from assistant.services.dispatch import Dispatch
from assistant.services.effects import Effects
from assistant.services.holding import DraftsGuard
from assistant.services.intake import Intake
from assistant.services.judging import Judge
from assistant.services.letters import Letters
from assistant.services.ports import Presence
from assistant.services.review import Desk
from assistant.services.submission import PATIENCE, Receipt, Submission
from tests.fakes import Crash, HandClock, MarkedClassifier, MemoryMailbox, MemoryServer
from tests.fakes_relay import FakeRelay

BERLIN = ZoneInfo("Europe/Berlin")
SETTLE = timedelta(minutes=3)
OWN = "mara@studio.example"
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))


class At(Executor):
    """Runs everything in the thread that asks: a crash in it is a crash of the program."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result of calling it now."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Processes:
    """The port ``Presence`` for programs that die when the test says so."""

    def __init__(self) -> None:
        self.number = 0

    @property
    def token(self) -> str:
        """The program that runs now."""
        return f"process-{self.number}"

    def alive(self, token: str) -> bool:
        """Only the present one is."""
        return token == self.token


class Studio:
    """The program, and what survives its end: the servers, the clock, the database.

    Attributes:
        told: the events of the journal.
        commits: how often the ledger was changed.
        has_relay: whether letters go through the relay.
    """

    def __init__(self, url: str, *, files_sent: bool = False) -> None:
        self.url = url
        self.server = MemoryServer()
        self.relay = FakeRelay(files_sent=files_sent)
        self.has_relay = True
        self.rules = CoolingRules()
        self.clock = HandClock(datetime(2026, 11, 18, 10, 0, tzinfo=BERLIN))
        self.server.now = self.clock.now
        self.processes = Processes()
        self.told: list[tuple[str, dict[str, object]]] = []
        self.commits = 0
        self.start()

    def start(self) -> None:
        """A new process on what the last one left."""
        self.processes.number += 1
        self.store: SqlStore = open_store(self.url)
        happening.listen(self.store.engine, "commit", self._committed)
        self.locks = open_locks(self.store)
        self.presence: Presence = AdvisoryPresence(self.locks, grace=0) if self.locks else self.processes
        self.mailbox = self.new_mailbox()
        self.model = MarkedClassifier()
        self.judge = Judge(self.model)
        self.advisor = Advisor(
            renderer=_templates(),
            clock=self.clock,
            is_working_day=working,
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
            exclusive=partial(AdvisoryLocks(self.locks).exclusive, "studio") if self.locks else nullcontext,
            files_sent=self.relay.files_sent,
        )
        self.guard = self._guard()
        self.delivery = Delivery(
            account="studio",
            relay=self.relay,
            store=self.store,
            clock=self.clock,
            presence=self.presence,
            journal=self.tell,
            pauses=PAUSES,
        )
        self.submission = self.new_submission()
        self.desk = self._desk()
        self.letters = Letters(
            store=self.store,
            clock=self.clock,
            effects_for=lambda name: self.effects,
            dispatch=self._dispatch(),
            can_send=self.can_send,
            read_draft=read_draft,
        )
        self.acknowledging = Acknowledging(
            store=self.store,
            clock=self.clock,
            letters=self.letters,
            render=self.advisor.render,
            parser=lambda name: own_parser,
            own=lambda name: frozenset({OWN}),
            address=lambda name: OWN,
        )

    def new_mailbox(self) -> Any:
        """A connection to the server."""
        return MemoryMailbox(self.server)

    def restart(self) -> None:
        """The process has died, and a new one starts and settles what was cut off."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Give the database back; locks that were held end with their session."""
        if self.locks:
            self.locks.close()
        self.store.close()

    def dying_at(self, crash: int, work: Callable[[], object]) -> None:
        """Does something; the process dies at the ``crash``-th point outside and a new one starts. 0: it lives."""
        count = 0

        def strike(place: str) -> None:
            nonlocal count
            count += 1
            if count == crash:
                raise Crash(place)

        self.server.strike = self.relay.strike = strike
        try:
            work()
        except Crash:
            self.restart()
        finally:
            self.server.strike = self.relay.strike = lambda place: None

    def _committed(self, connection: Connection) -> None:
        del connection
        self.commits += 1

    def deciding(self) -> Deciding:
        """What decides about outgoing words."""
        return Deciding(
            account="studio",
            store=self.store,
            judge=self.judge,
            find=self.intake.find,
            rules=lambda: self.rules,
            is_working_day=working,
            clock=self.clock,
        )

    def _guard(self) -> DraftsGuard:
        return DraftsGuard(
            account="studio",
            mailbox=self.mailbox,
            store=self.store,
            deciding=self.deciding(),
            effects=self.effects,
            read_draft=read_draft,
            read_header=read_header,
            settle=SETTLE,
            clock=self.clock,
            journal=self.tell,
            files_sent=self.relay.files_sent,
        )

    def _desk(self) -> Desk:
        return Desk(
            store=self.store,
            clock=self.clock,
            effects_for=lambda name: self.effects,
            judge=self.judge,
            read_draft=read_draft,
            read_header=read_header,
            rules=lambda: self.rules,
            is_working_day=working,
            require_review=True,
            dispatch=self._dispatch(),
        )

    def _dispatch(self) -> Dispatch:
        return Dispatch(
            store=self.store,
            clock=self.clock,
            delivery_for=lambda name: self.delivery,
            own=lambda name: frozenset({OWN}),
            read_draft=read_draft,
        )

    def can_send(self, name: str) -> bool:
        """Whether the account has a relay."""
        del name
        return self.has_relay

    def new_submission(self, *, pool: Executor | None = None, patience: timedelta = PATIENCE) -> Submission:
        """The gateway's side, with other settings."""
        return Submission(
            account="studio",
            store=self.store,
            deciding=self.deciding(),
            delivery=self.delivery,
            read=read_draft,
            presence=self.presence,
            clock=self.clock,
            journal=self.tell,
            pool=pool or At(),
            stored=lambda: None,
            patience=patience,
        )

    def new_intake(self, *, mark_mail: bool = False, first_pass: timedelta | None = None) -> Intake:
        """An intake with other settings."""
        return Intake(
            account="studio",
            mailbox=self.mailbox,
            store=self.store,
            judge=self.judge,
            parse=own_parser,
            suggest=self.advisor.suggest,
            clock=self.clock,
            journal=self.tell,
            first_pass=first_pass,
            mark_mail=mark_mail,
        )

    def tell(self, event: str, /, **fields: object) -> None:
        """The journal."""
        self.told.append((event, fields))

    def take_all(self) -> int:
        """Everything that INBOX has and the ledger has not."""
        uidvalidity, uids = self.intake.missing()
        return self.intake.take_batch(uidvalidity, uids)

    def settle_drafts(self) -> None:
        """The guard sees Drafts, and again when what is there has settled."""
        self.guard.run()
        self.clock.forward(SETTLE)
        self.guard.run()

    def hand_over(self, raw: bytes, *recipients: str) -> Receipt:
        """A mail client sends through the gateway."""
        return self.submission.submit(Envelope(sender=OWN, recipients=recipients or ("kai@kunde.example",)), raw)


def own_parser(mail: RawMail, flags: frozenset[str]) -> Message:
    """The parser for mail to the account."""
    return parse(mail, own=frozenset({OWN}), flags=flags)


def new_ledger(file: Path) -> str:
    """The URL of a ledger with the schema and nothing in it: copied, for making one takes as long as using it."""
    file.write_bytes(_empty())
    return f"sqlite:///{file}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


@cache
def _templates() -> Templates:
    """The shipped ones, read once."""
    return Templates(shipped_templates() / "replies")


def working(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5
