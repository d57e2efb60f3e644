"""The embedded mailbox, asked over real connections.  It is part of the product, so these tests never skip."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from assistant.demo.server import ENGLISH_FOLDERS, EmbeddedImap
from assistant.errors import PermanentFailure

USERS = {"mara": "gelassen"}
#: What a careless store would change: a folded header, a long one, "From " at a line's start, raw 8-bit, a lone dot.
AWKWARD = (
    b"From: a@studio.example\r\nSubject: =?utf-8?q?K=C3=B6ln?=\r\n  und mehr\r\nX-Long: "
    + b"x" * 300
    + b"\r\n\r\nFrom hier an\r\n.\r\nt\xe4st  \r\n\r\n"
)

WITH_ATTACHMENT = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"anbei.\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=log.txt\r\n\r\n"
    b"log log\r\n\r\n--b--\r\n"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedImap]:
    """A server with an empty mailbox."""
    with EmbeddedImap(tmp_path / "mail", USERS) as running:
        yield running


@contextmanager
def session(server: EmbeddedImap) -> Iterator[IMAPClient]:
    """A logged-in connection."""
    with IMAPClient("127.0.0.1", server.port, ssl=False, timeout=10) as client:
        client.login("mara", "gelassen")
        yield client


@pytest.fixture
def client(server: EmbeddedImap) -> Iterator[IMAPClient]:
    """A connection to it."""
    with session(server) as connected:
        yield connected


def bodies(client: IMAPClient, folder: str) -> dict[int, bytes]:
    """Whole messages of a folder, by UID."""
    client.select_folder(folder, readonly=True)
    return {uid: data[b"BODY[]"] for uid, data in client.fetch(client.search(), ["BODY.PEEK[]"]).items()}


def test_folders_are_german_and_say_what_they_are_for(client: IMAPClient) -> None:
    """LIST carries the special-use attributes, and the folders are subscribed so that mail clients show them."""
    folders = {name: set(flags) for flags, _, name in client.list_folders()}
    assert {b"\\Drafts"} <= folders["Entwürfe"]
    assert {b"\\Sent"} <= folders["Gesendet"]
    assert {b"\\Trash"} <= folders["Papierkorb"]
    assert {"Entwürfe", "Gesendet"} <= {name for _, _, name in client.list_sub_folders()}


def test_folders_can_be_chosen(tmp_path: Path) -> None:
    """English folder names on request."""
    with EmbeddedImap(tmp_path, USERS, folders=ENGLISH_FOLDERS) as server, session(server) as client:
        assert client.folder_exists("Drafts")
        assert not client.folder_exists("Entwürfe")


def test_abilities(client: IMAPClient) -> None:
    """What the daemon uses is offered."""
    assert {b"IDLE", b"MOVE", b"UIDPLUS", b"SPECIAL-USE"} <= set(client.capabilities())


def test_append_keeps_every_byte(client: IMAPClient) -> None:
    """What was appended is what is fetched; the size is right."""
    client.append("INBOX", AWKWARD)
    client.select_folder("INBOX")
    (data,) = client.fetch([1], ["BODY.PEEK[]", "RFC822.SIZE"]).values()
    assert data[b"BODY[]"] == AWKWARD
    assert data[b"RFC822.SIZE"] == len(AWKWARD)


def test_body_structure_tells_attachments_from_text(client: IMAPClient) -> None:
    """RFC 9051, 7.5.2: the disposition is a list, and a part's size is that of its body."""
    client.append("INBOX", WITH_ATTACHMENT)
    client.select_folder("INBOX")
    fetched = client.fetch([1], ["BODYSTRUCTURE", "BODY.PEEK[1]", "BODY.PEEK[2]"])[1]
    text, attachment = fetched[b"BODYSTRUCTURE"][0]
    assert text[6] == len(fetched[b"BODY[1]"])
    assert text[8:] == (None, None, None, None)
    assert attachment[6] == len(fetched[b"BODY[2]"])
    assert attachment[9] == (b"attachment", (b"filename", b"log.txt"))


def test_copy_and_move_keep_every_byte_and_flag(client: IMAPClient) -> None:
    """Copies are whole, and flags go along."""
    client.append("Entwürfe", AWKWARD, [b"\\Draft", b"\\Flagged"])
    client.select_folder("Entwürfe")
    client.copy([1], "Papierkorb")
    client.move([1], "Gesendet")
    assert bodies(client, "Entwürfe") == {}
    assert list(bodies(client, "Papierkorb").values()) == [AWKWARD]
    assert list(bodies(client, "Gesendet").values()) == [AWKWARD]
    flags = set(client.get_flags([1])[1])
    assert {b"\\Draft", b"\\Flagged"} <= flags


def test_message_moved_away_and_back_is_there_once(client: IMAPClient) -> None:
    """A release brings the draft back: one message, a new UID."""
    client.append("Entwürfe", AWKWARD)
    client.create_folder("Abkühlung")
    client.select_folder("Entwürfe")
    client.move([1], "Abkühlung")
    client.select_folder("Abkühlung")
    client.move([1], "Entwürfe")
    assert bodies(client, "Entwürfe") == {2: AWKWARD}


def test_internal_date_keeps_its_moment_across_summer_time(client: IMAPClient) -> None:
    """A July mail shown in November has its July hour."""
    client.normalise_times = False
    berlin = ZoneInfo("Europe/Berlin")
    moments = [datetime(2026, 7, 1, 10, 42, tzinfo=berlin), datetime(2026, 11, 1, 10, 42, tzinfo=berlin)]
    for moment in moments:
        client.append("INBOX", AWKWARD, msg_time=moment)
    client.select_folder("INBOX")
    fetched = client.fetch([1, 2], ["INTERNALDATE"])
    assert [data[b"INTERNALDATE"] for data in fetched.values()] == moments


def test_keywords_of_the_list_are_kept(client: IMAPClient) -> None:
    """A keyword of the list is stored and offered as permanent, also in a folder created later."""
    client.create_folder("Abkühlung")
    client.append("Abkühlung", AWKWARD)
    answer = client.select_folder("Abkühlung")
    client.add_flags([1], [b"$GelassenHeld"])
    assert b"$GelassenHeld" in answer[b"PERMANENTFLAGS"]
    assert b"$GelassenHeld" in client.get_flags([1])[1]


def test_folder_that_exists_is_refused_politely(client: IMAPClient) -> None:
    """CREATE twice answers NO, and the connection goes on."""
    client.create_folder("Abkühlung")
    with pytest.raises(IMAPClient.Error, match="ALREADYEXISTS"):
        client.create_folder("Abkühlung")
    client.noop()


def test_idle_tells_of_new_mail(server: EmbeddedImap, client: IMAPClient) -> None:
    """An APPEND of another connection is told within a few seconds."""
    client.select_folder("INBOX")
    client.idle()
    with session(server) as other:
        other.append("INBOX", AWKWARD)
    told: list[object] = []
    deadline = time.monotonic() + 8
    while not told and time.monotonic() < deadline:
        told = client.idle_check(timeout=1)
    client.idle_done()
    assert (1, b"EXISTS") in told


def test_many_connections_in_idle_do_not_block_each_other(server: EmbeddedImap) -> None:
    """A mail client keeps several connections; the daemon is still served at once."""
    with session(server) as one, session(server) as two, session(server) as three, session(server) as four:
        idle = [one, two, three, four]
        for waiting in idle:
            waiting.select_folder("INBOX")
            waiting.idle()
        with session(server) as worker:
            began = time.monotonic()
            worker.append("INBOX", AWKWARD)
            assert time.monotonic() - began < 2
        for waiting in idle:
            waiting.idle_done()


def test_arrivals_under_the_eyes_of_others_get_one_uid_each(server: EmbeddedImap) -> None:
    """Connections that look all the time while mail arrives never make two messages of one."""

    def deliver() -> None:
        with session(server) as sender:
            for _ in range(15):
                sender.append("INBOX", AWKWARD)

    senders = [threading.Thread(target=deliver) for _ in range(2)]
    for sender in senders:
        sender.start()
    with session(server) as watcher:
        while any(sender.is_alive() for sender in senders):
            watcher.select_folder("INBOX")
        assert len(bodies(watcher, "INBOX")) == 30


def test_mail_survives_a_restart(tmp_path: Path) -> None:
    """Stopped and started again on the same folder: the same UIDs and UIDVALIDITY."""
    server = EmbeddedImap(tmp_path, USERS)
    with server, session(server) as client:
        client.append("INBOX", AWKWARD)
        before = client.folder_status("INBOX", ["UIDVALIDITY", "UIDNEXT"])
    port = server.port
    with server, session(server) as client:
        assert server.port == port
        assert client.folder_status("INBOX", ["UIDVALIDITY", "UIDNEXT"]) == before
        assert bodies(client, "INBOX") == {1: AWKWARD}


def test_wrong_password_is_refused(server: EmbeddedImap) -> None:
    """Neither a wrong password nor an unknown user gets in."""
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        with pytest.raises(LoginError):
            client.login("mara", "wrong")
        with pytest.raises(LoginError):
            client.login("eve", "gelassen")


def test_port_in_use_is_said_clearly(server: EmbeddedImap, tmp_path: Path) -> None:
    """A second server on the same port says so, names the port and leaves no thread behind."""
    threads = threading.active_count()
    with pytest.raises(PermanentFailure, match=str(server.port)), EmbeddedImap(tmp_path / "b", USERS, server.port):
        pytest.fail("must not start")
    assert threading.active_count() == threads


def test_stop_is_quick_with_connections_open_and_leaves_no_thread(tmp_path: Path) -> None:
    """Waiting clients do not hold up the end; stopping twice is harmless."""
    before = set(threading.enumerate())
    server = EmbeddedImap(tmp_path, USERS).start()
    with session(server) as client:
        client.select_folder("INBOX")
        client.idle()
        began = time.monotonic()
        server.stop()
        server.stop()
        assert time.monotonic() - began < 5
        with pytest.raises(IMAPClient.AbortError):
            client.idle_done()
    assert set(threading.enumerate()) <= before
