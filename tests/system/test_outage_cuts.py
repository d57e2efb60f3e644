"""A connection that is cut in the middle of a command: at every line, on a real Dovecot, and everything is there once.

Each case does one thing through a proxy that cuts behind a line, or in the middle of it, going either way: before the
command is complete, in the middle of a literal, after the server has carried it out and before it could say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from imapclient import IMAPClient

from assistant.adapters.database import open_store
from assistant.adapters.imap import ImapMailbox
from assistant.adapters.mime import split
from assistant.core.draft import State
from assistant.core.message import Unassessed
from assistant.errors import TemporaryFailure
from tests.conftest import need_dovecot
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy, in_line, nowhere
from tests.studio import SETTLE, Studio
from tests.system.imap import settings_for
from tests.unit.services.conftest import draft, mail

pytestmark = pytest.mark.system

#: The nightly run cuts everywhere; here the places behind the decisive command count most, and a few of all others.
_EVERYWHERE = os.environ.get("GELASSEN_CUTS") == "all"
_CLOSE = None if _EVERYWHERE else 10
_EVERY = 1 if _EVERYWHERE else 40
_POOR = "IMAP4rev1 IDLE"
_COOLING = "Cooling off"
_HOT = "Das ist Ihre Schuld (3)."
_numbers = count(1)


class Office(Studio):
    """The program on a mailbox on Dovecot, through a proxy; the user's mail client goes past it."""

    def __init__(self, url: str, server: Dovecot, proxy: Proxy) -> None:
        self.user = f"cut{next(_numbers)}"
        self._imap = server
        self._proxy = proxy
        super().__init__(url)

    def new_mailbox(self) -> ImapMailbox:
        """A connection through the proxy."""
        return ImapMailbox(settings_for(self._proxy.port, self.user, language="en"), split=split)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """The user's own mail client."""
        with IMAPClient("127.0.0.1", self._imap.port, ssl=False, timeout=20) as client:
            client.login(self.user, "pw")
            yield client

    def put(self, folder: str, *raws: bytes) -> None:
        """The user's mail client stores something."""
        with self.client() as client:
            for raw in raws:
                client.append(folder, raw)

    def raws(self, folder: str) -> list[bytes]:
        """What the user's mail client shows in a folder: what is not marked as deleted."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            uids = client.search("UNDELETED")
            found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
            return [data[b"BODY[]"] for data in found.values()]

    def held(self) -> None:
        """A draft of which the program has just decided that it is held."""
        self.put("INBOX", mail(1, "So geht das nicht (2)."))
        self.put("Drafts", draft(1, _HOT))
        self.settle_drafts()

    def again(self) -> None:
        """What the daemon does when it is back: everything that was left."""
        while self.take_all():
            pass
        self.guard.run()


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something to be cut off.

    Attributes:
        since: the command from which on it is cut at every line.
        before: makes ready for it.
        act: does it.
        after: what must hold when the connection is back.
    """

    since: bytes
    before: Callable[[Office], object]
    act: Callable[[Office], object]
    after: Callable[[Office], object]


def _intake_before(office: Office) -> None:
    long = "Noch eine Zeile, die niemand braucht.\r\n" * 20
    office.put("INBOX", *(mail(case, f"So geht das nicht (2).\r\n{long if case == 2 else ''}") for case in (1, 2, 3)))


def _intake_after(office: Office) -> None:
    mails = office.store.list_incoming(limit=10)
    assert sorted(one.subject for one in mails) == ["Katalog 1", "Katalog 2", "Katalog 3"]
    assert all(one.unassessed is not Unassessed.UNREADABLE and one.level for one in mails)


def _hold_before(office: Office) -> None:
    office.put("INBOX", mail(1, "So geht das nicht (2)."))
    office.put("Drafts", draft(1, _HOT))
    office.guard.run()
    office.clock.forward(SETTLE)


def _hold_after(office: Office) -> None:
    assert office.raws("Drafts") == []
    assert office.raws(_COOLING) == [draft(1, _HOT)]
    _one_row(office, versions=1)


def _one_row(office: Office, *, versions: int) -> None:
    (row,) = office.store.drafts(list(State))
    assert (row.state, row.effect, row.version) == (State.HELD, None, versions)
    assert row.key is not None
    assert office.mailbox.fetch_whole(row.key) == office.raws(_COOLING)[0]


def _guard(office: Office) -> None:
    office.guard.run()


def _edit(office: Office) -> None:
    (row,) = office.store.drafts([State.HELD])
    office.desk.edit(row.id, "Guten Tag, ich melde mich morgen.")


def _edit_after(office: Office) -> None:
    """Before the first line was sent nothing was decided; then the edit stands."""
    (row,) = office.store.drafts([State.HELD])
    (copy,) = office.raws(_COOLING)
    assert copy == office.store.raw(row.id, row.version)
    assert (b"ich melde mich morgen" in copy) == (row.version == 2)
    _one_row(office, versions=row.version)


def _file_before(office: Office) -> None:
    office.hand_over(draft(7, _HOT))
    office.guard.run()
    (row,) = office.store.drafts([State.HELD])
    office.desk.release(row.id, reason="eilig")


def _file_after(office: Office) -> None:
    (row,) = office.store.drafts(list(State))
    assert (row.state, row.effect) == (State.SENT, None)
    assert len(office.relay.delivered) == 1
    assert office.raws("Sent") == [draft(7, _HOT)]
    assert office.raws(_COOLING) == []


DEEDS = {
    "fetch": Deed(since=rb"FETCH", before=_intake_before, act=Office.take_all, after=_intake_after),
    "hold": Deed(since=rb"MOVE|COPY", before=_hold_before, act=_guard, after=_hold_after),
    "edit": Deed(since=rb"APPEND", before=Office.held, act=_edit, after=_edit_after),
    "file": Deed(since=rb"APPEND", before=_file_before, act=_guard, after=_file_after),
}


@pytest.fixture(scope="module")
def plain() -> Iterator[Dovecot]:
    """Without MOVE and UIDPLUS."""
    need_dovecot()
    with Dovecot(any_user_password="pw", capability=_POOR) as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[[], str]:
    """Makes empty ledgers, quickly."""
    empty = tmp_path / "empty.db"
    open_store(f"sqlite:///{empty}").close()

    def new() -> str:
        path = tmp_path / f"{next(_numbers)}.db"
        shutil.copyfile(empty, path)
        return f"sqlite:///{path}"

    return new


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where a connection is cut.

    Attributes:
        since: lines count from this command on.
        way: 0 for the client's lines, 1 for the server's.
    """

    since: bytes
    way: int
    line: int
    middle: bool

    def arm(self, proxy: Proxy) -> None:
        """The next connection is cut there."""
        place = in_line(self.line, middle=self.middle)
        up, down = (nowhere, place) if self.way else (place, nowhere)
        proxy.cut(up=up, down=down, since=self.since)


@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "dovecot") for name in DEEDS), ("hold", "plain"), ("edit", "plain")]
)
def test_a_cut_at_any_line_loses_nothing_and_doubles_nothing(
    name: str, kind: str, ledger: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    """After it, and one more pass, the draft is in one place once, the ledger knows it, and every mail is judged."""
    server: Dovecot = request.getfixturevalue(kind)
    deed = DEEDS[name]
    with Proxy(server.port) as proxy:
        run = partial(_run, deed, lambda: Office(ledger(), server, proxy), proxy)
        close = _cuts(deed.since, run(Cut(since=deed.since, way=0, line=10**6, middle=False)))
        whole = _cuts(b"", run(Cut(since=b"", way=0, line=10**6, middle=False)))
        assert len(close) >= 8
        assert len(whole) > len(close)
        for cut in close[:_CLOSE] + whole[::_EVERY]:
            run(cut)


def _cuts(since: bytes, lines: tuple[int, int]) -> list[Cut]:
    """All places in a conversation of so many lines up and down, the first lines first."""
    return [
        Cut(since=since, way=way, line=line, middle=middle)
        for line in range(max(lines))
        for way in (0, 1)
        for middle in (True, False)
        if line < lines[way]
    ]


def _run(deed: Deed, new: Callable[[], Office], proxy: Proxy, cut: Cut) -> tuple[int, int]:
    """Does a deed that is cut off; how many lines went up and down."""
    office = new()
    try:
        office.mailbox.connect()
        deed.before(office)
        cut.arm(proxy)
        with suppress(TemporaryFailure):
            deed.act(office)
        lines = proxy.lines()
        office.mailbox.close()
        proxy.cut()
        office.again()
        try:
            deed.after(office)
        except AssertionError as error:
            raise AssertionError(str(cut)) from error
    finally:
        office.mailbox.close()
        office.stop()
    return lines
