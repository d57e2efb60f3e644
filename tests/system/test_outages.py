"""The real daemon while its servers go away, fall silent, forget, fill up and hesitate; nothing is lost or doubled.

Everything between the daemon and Dovecot goes through a proxy that cuts and swallows; the user's own mail client goes
past it.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.conftest import need_dovecot
from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import messages
from tests.servers.proxy import Place, Proxy, behind, nowhere
from tests.servers.smtp import Act, Sink, Stage
from tests.system.test_daemon import ANGRY_CLIENT, CALM, COOLING, HOT, incoming, reply

pytestmark = pytest.mark.system

_USER = "mara"
_SECONDS = 180  # what the machine may take at worst; how long it takes is measured in tests/bench
_NOW = ("--now", "--reason", "Frist heute")
_LITERAL = rb"BODY\[(1|TEXT)\] \{\d+\}\r\n"
_numbers = itertools.count(1)


class Office:
    """A user, their server behind a proxy, and the daemon.

    Attributes:
        server: may be stopped and started.
        proxy: between it and the daemon.
        sink: the provider's submission server.
    """

    def __init__(self, folder: Path, server: Dovecot, proxy: Proxy, sink: Sink) -> None:
        self.server, self.proxy, self.sink = server, proxy, sink
        self.chain = Chain(folder, proxy, _USER, sink)
        self.program = self.chain.program

    def client(self) -> IMAPClient:
        """The user's mail client, past the proxy."""
        client = IMAPClient("127.0.0.1", self.server.port, ssl=False, timeout=30)
        client.login(_USER, "pw")
        return client

    def put(self, folder: str, raw: bytes) -> None:
        """The user's mail client stores a message."""
        with self.client() as client:
            client.append(folder, raw)

    def holds(self, folder: str) -> list[bytes]:
        """What the user's mail client shows in a folder."""
        with self.client() as client:
            return list(messages(client, folder).values())

    def until(self, condition: Callable[[], object]) -> None:
        """Waits for it, however slow the machine is."""
        self.program.until(condition, seconds=_SECONDS)

    def judged(self, case: int) -> list[dict[str, object]]:
        """The mails of a case in the ledger."""
        return [mail for mail in self.program.json("mails") if mail["subject"] == f"Katalog {case}"]

    def rows(self, case: int) -> list[dict[str, object]]:
        """The rows of a case in the queue."""
        found = self.program.json("queue")
        return [row for row in found if row["subject"].endswith(f"Katalog {case}") and row["state"] == "held"]

    def told(self, event: str) -> int:
        """How often the daemon has told an event."""
        return self.program.log.read_text(encoding="utf-8").count(f'"event": "{event}"')

    def hold(self, case: int) -> bytes:
        """A draft that the daemon holds."""
        raw = reply(case, HOT)
        self.put("INBOX", incoming(case, ANGRY_CLIENT))
        self.put("Drafts", raw)
        self.until(lambda: raw in self.holds(COOLING))
        return raw

    def is_held_once(self, case: int, raw: bytes) -> None:
        """One copy, in the cooling-off folder; one row, which knows it."""
        self.until(lambda: raw in self.holds(COOLING) and raw not in self.holds("Drafts"))
        self.until(self.settled)
        copies = [one for folder in ("Drafts", COOLING, "Trash", "Sent") for one in self.holds(folder) if one == raw]
        assert len(copies) == 1
        assert len(self.rows(case)) == 1

    def settled(self) -> bool:
        """Whether every effect is acknowledged; asked of the ledger itself, for it is asked often."""
        with closing(sqlite3.connect(f"file:{self.program.store}?mode=ro", uri=True)) as db:
            (pending,) = db.execute("select count(*) from draft where effect is not null").fetchone()
            return bool(pending == 0)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One daemon for the module: loading the model takes seconds."""
    need_dovecot()
    folder = tmp_path_factory.mktemp("outages")
    with (
        Dovecot(any_user_password="pw", quota="500K") as server,
        Proxy(server.port) as proxy,
        Sink(folder=folder / "sink") as sink,
    ):
        found = Office(folder, server, proxy, sink)
        found.program.start()
        yield found
        if found.program.running():
            found.program.stop()


@pytest.fixture
def case() -> int:
    """A number of the test's own."""
    return next(_numbers)


def test_what_came_during_an_outage_is_judged_and_held_after_it(office: Office, case: int) -> None:
    """The server goes away under the daemon's hands; on its return nothing is missed."""
    before = office.told("failed")
    office.server.stop(keep=True)
    office.until(lambda: office.told("failed") >= before + 2)
    office.server.start()
    raw = reply(case, HOT)
    office.put("INBOX", incoming(case))
    office.put("Drafts", raw)
    office.is_held_once(case, raw)
    assert len(office.judged(case)) == 1


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (nowhere, behind(_LITERAL, more=20)),
        (nowhere, behind(_LITERAL + rb".*\r\n\w+ OK")),
        (behind(rb"UID MOVE "), nowhere),
        (nowhere, behind(rb"COPYUID")),
    ],
    ids=["literal", "fetched", "move-asked", "moved"],
)
def test_a_cut_in_the_middle_of_a_command(office: Office, case: int, up: Place, down: Place) -> None:
    """The mail is judged once, the draft held once, whichever part of FETCH or MOVE got through.

    All places are in ``test_outage_cuts``; here it is the daemon itself.
    """
    raw = reply(case, HOT)
    cut = office.proxy.cut(up=up, down=down)
    office.put("INBOX", incoming(case))
    office.put("Drafts", raw)
    office.until(cut.is_set)
    office.is_held_once(case, raw)
    assert len(office.judged(case)) == 1


@pytest.mark.parametrize(
    ("up", "down"),
    [(behind(rb"APPEND [^\r]*\r\n", more=40), nowhere), (nowhere, behind(rb"APPENDUID"))],
    ids=["literal", "stored"],
)
def test_a_cut_in_the_middle_of_append(office: Office, case: int, up: Place, down: Place) -> None:
    """The copy of a mail that was sent lies in Sent once; the mail went out once."""
    raw = reply(case, HOT)
    before = office.sink.copies(f"<d{case}.1@studio.example>")
    assert "held as" in office.chain.send(raw)[1]
    (row,) = office.rows(case)
    office.until(lambda: any(f"[Gelassen {row['id']}]".encode() in one for one in office.holds(COOLING)))
    cut = office.proxy.cut(up=up, down=down)
    office.program.command("release", str(row["id"]), *_NOW)
    office.until(cut.is_set)
    office.until(office.settled)
    office.until(lambda: not any(f"[Gelassen {row['id']}]".encode() in one for one in office.holds(COOLING)))
    assert office.holds("Sent").count(raw) == 1
    assert office.sink.copies(f"<d{case}.1@studio.example>") == before + 1


def test_uidvalidity_changes_everywhere(office: Office, case: int) -> None:
    """Mails are listed once, held drafts stay held as they were, and new mail is judged."""
    raw = office.hold(case)
    (row,) = office.rows(case)
    office.server.stop(keep=True)
    for folder in ("INBOX", "Drafts", COOLING):
        office.server.renew_uidvalidity(_USER, folder)
    office.server.start()
    later = next(_numbers)
    office.hold(later)
    office.is_held_once(case, raw)
    assert len(office.judged(later)) == 1
    assert [one["hold_until"] for one in office.rows(case)] == [row["hold_until"]]
    assert len(office.judged(case)) == 1


def test_the_cooling_off_folder_is_deleted(office: Office, case: int) -> None:
    """It comes back with what it held, and the daemon says so."""
    raw = office.hold(case)
    others = office.holds(COOLING)
    with office.client() as client:
        client.delete_folder(COOLING)
    office.put("Sent", incoming(case))  # something to look at
    office.is_held_once(case, raw)
    assert sorted(office.holds(COOLING)) == sorted(others)
    assert office.told("put_back") >= 1


def test_drafts_is_renamed_under_the_daemon(office: Office, case: int) -> None:
    """The server makes a new Drafts; what is saved there is held, what was renamed is left alone."""
    left = reply(case, HOT)
    with office.client() as client:
        client.rename_folder("Drafts", f"Kladde {case}")
    office.put(f"Kladde {case}", left)
    office.put("Sent", incoming(case))  # something to look at
    later = next(_numbers)
    raw = reply(later, HOT)
    office.put("Drafts", raw)
    office.is_held_once(later, raw)
    assert office.holds(f"Kladde {case}")[-1] == left


def _fill(client: IMAPClient) -> None:
    """Until nothing more goes in."""
    for size in (500, 50, 5, 1):
        with pytest.raises(IMAPClient.Error, match="OVERQUOTA"):
            _store_for_ever(client, b"Subject: Ballast\r\n\r\n" + b"0123456789\r\n" * size)


def _store_for_ever(client: IMAPClient, raw: bytes) -> None:
    while True:
        client.append("Trash", raw)


def test_a_full_mailbox(office: Office, case: int) -> None:
    """A draft is still held, for that needs no room; what needs room waits, is told in words, and is done later."""
    first = office.hold(case)
    (row,) = office.rows(case)
    with office.client() as client:
        _fill(client)
        text = office.program.folder / "calm.txt"
        text.write_text(CALM, encoding="utf-8")
        office.program.command("edit", str(row["id"]), "--file", str(text), check=None)
        office.until(lambda: "the mailbox is full" in office.program.command("status").stdout)
        assert first in office.holds(COOLING)
        assert office.program.json("show", str(row["id"]))["text"].strip() == CALM
        client.select_folder("Trash")
        client.delete_messages(client.search())
        client.expunge()
    office.put("Sent", incoming(case))  # something to look at
    office.until(lambda: first not in office.holds(COOLING))
    mine = [one for one in office.holds(COOLING) if f"<c{case}@".encode() in one]
    assert len(mine) == 1
    assert office.program.json("show", str(row["id"]))["hash"] == hashlib.sha256(mine[0]).hexdigest()
    office.until(lambda: "the mailbox is full" not in office.program.command("status").stdout)


def test_greylisting_upstream(office: Office, case: int) -> None:
    """451 twice, then taken: delivered once, and meanwhile it is said to wait, with the server's words."""
    refusal = Act.say("451 4.7.1 Greylisted, please try again")
    office.sink.expect(Stage.RCPT, refusal, refusal, recipient="grau@firma.example")
    assert "held as" in office.chain.send(reply(case, HOT), to="grau@firma.example")[1]
    (row,) = office.rows(case)
    number = str(row["id"])
    office.program.command("release", number, *_NOW)
    office.until(lambda: office.chain.state(int(number)) == "sent")
    shown = office.program.json("show", number)
    assert [event["event"] for event in shown["events"]].count("send_postponed") == 2
    assert office.sink.copies(f"<d{case}.1@studio.example>") == 1


def test_the_daemon_came_through(office: Office) -> None:
    """One process all the time, no bug among what it told, and it stops as it should."""
    assert office.told("bug") == 0
    assert office.program.running()
    assert office.program.stop() == 0
