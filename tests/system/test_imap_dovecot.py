"""The mailbox on a real Dovecot: thrift, safety, outages, encryption."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from imapclient import IMAPClient

from assistant.adapters.imap import FolderNames, ImapMailbox, ImapSettings
from assistant.errors import Disconnected, Gone, LoginRefused, PermanentFailure
from tests.conftest import need_dovecot
from tests.contract import mails
from tests.servers import until
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.system


def never() -> bool:
    """Nobody interrupts."""
    return False


def _settings(port: int, user: str, **changes: object) -> ImapSettings:
    values: dict[str, object] = {"account": "studio", "host": "127.0.0.1", "port": port, "security": "none"}
    values |= {"user": user, "secret": lambda: "pw", "language": "de", "timeout": 5.0}
    return ImapSettings(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str) -> Iterator[ImapMailbox]:
    """A fresh mailbox on the session's server."""
    found = ImapMailbox(_settings(dovecot.port, user))
    yield found
    found.close()


@pytest.fixture
def other(dovecot: Dovecot, user: str) -> Iterator[Any]:
    """Another mail program of the same user."""
    with IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=10) as client:
        client.login(user, "pw")
        yield client


def test_attachments_stay_on_the_server(dovecot: Dovecot, user: str, mailbox: ImapMailbox) -> None:
    """A mail with an attachment of 5 MB (7 MB encoded) costs less than 10 kB."""
    key = mailbox.append("INBOX", mails.with_attachment())
    assert key is not None
    with Proxy(dovecot.port) as proxy:
        thrifty = ImapMailbox(_settings(proxy.port, user))
        thrifty.connect()
        before = proxy.received
        (found,) = thrifty.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
        thrifty.close()
        assert proxy.received - before < 10_000
    assert found.mail.size > 6_000_000
    assert len(found.mail.parts) == 2


def test_only_harmless_commands_are_sent(user: str) -> None:
    """Over everything that the adapter can do: no plain EXPUNGE, no CLOSE, no fetch without PEEK, no ``\\Seen``."""
    need_dovecot()
    for capability in (None, "IMAP4rev1 LITERAL+"):
        with Dovecot(any_user_password="pw", rawlog=True, capability=capability) as server:
            server.watch(user)
            _use_everything(ImapMailbox(_settings(server.port, user, poll=0.2)))
            assert until(lambda: b"LOGOUT" in server.traffic(user)[0])
            sent = server.traffic(user)[0].decode("utf-8", "replace")
        commands = re.findall(r"^\S+ \w+ (.*?)\r?$", sent, re.MULTILINE)
        assert any(command.startswith("UID FETCH") for command in commands)
        assert not [command for command in commands if command.startswith(("EXPUNGE", "CLOSE", "DELETE", "RENAME"))]
        assert not re.search(r"BODY\[|STORE.*Seen|RFC822[ )]", sent)
        if capability:
            assert "EXPUNGE" not in sent
            assert "MOVE" not in sent


def _use_everything(mailbox: ImapMailbox) -> None:
    key = mailbox.append("INBOX", mails.with_attachment())
    assert key is not None
    list(mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,)))
    list(mailbox.fetch_headers("INBOX", key.uidvalidity, (key.uid,)))
    mailbox.fetch_whole(key)
    mailbox.add_keyword(key, "Probe")
    moved = mailbox.move(key, mailbox.folders.cooling_off)
    assert moved is not None
    mailbox.find(moved.folder, "<2@example.org>")
    mailbox.wait_any(("INBOX", moved.folder), 0.5, never)
    mailbox.remove(moved)
    mailbox.state(moved.folder)
    mailbox.close()


def test_a_new_uidvalidity_is_noticed(dovecot: Dovecot, user: str, mailbox: ImapMailbox) -> None:
    """Old keys are gone, new ones work, and a wait ends at once."""
    key = mailbox.append("INBOX", mails.plain())
    assert key is not None
    assert mailbox.state("INBOX").uidvalidity == key.uidvalidity
    mailbox.close()
    dovecot.renew_uidvalidity(user)
    assert mailbox.wait("INBOX", 10, never)
    with pytest.raises(Gone):
        mailbox.fetch_whole(key)
    state = mailbox.state("INBOX")
    assert state.uidvalidity != key.uidvalidity
    (found,) = mailbox.fetch_texts("INBOX", state.uidvalidity, state.uids)
    assert found.mail.header.startswith(b"From: Anna")


def test_an_outage_in_the_middle_of_a_wait(user: str) -> None:
    """``Disconnected`` at once, again while the server is away, and afterwards everything works, news included."""
    need_dovecot()
    with Dovecot(any_user_password="pw") as server:
        mailbox = ImapMailbox(_settings(server.port, user))
        mailbox.append("INBOX", mails.plain())
        before = mailbox.state("INBOX")
        timer = threading.Timer(0.3, lambda: server.stop(keep=True))
        timer.start()
        start = time.monotonic()
        with pytest.raises(Disconnected):
            mailbox.wait("INBOX", 20, never)
        assert time.monotonic() - start < 3
        timer.join()
        with pytest.raises(Disconnected, match="refused"):
            mailbox.state("INBOX")
        server.start()
        assert mailbox.state("INBOX") == before
        with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
            client.login(user, "pw")
            client.append("INBOX", mails.plain())
        assert mailbox.wait("INBOX", 10, never)
        mailbox.close()


def test_news_during_an_outage_end_the_next_wait(user: str) -> None:
    """What came while the connection was down is not overlooked."""
    need_dovecot()
    with Dovecot(any_user_password="pw") as server, Proxy(server.port) as proxy:
        mailbox = ImapMailbox(_settings(proxy.port, user, timeout=0.5, idle=0.2))
        mailbox.state("INBOX")
        proxy.fall_silent()
        with pytest.raises(Disconnected, match="timed out"):
            mailbox.wait("INBOX", 20, never)
        with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
            client.login(user, "pw")
            client.append("INBOX", mails.plain())
        with Proxy(server.port) as way_back:
            mailbox._settings = _settings(way_back.port, user)
            start = time.monotonic()
            assert mailbox.wait("INBOX", 20, never)
            assert time.monotonic() - start < 2
            mailbox.close()


def test_idle_latency(mailbox: ImapMailbox, other: Any) -> None:
    """Five mails in a row, each noticed within 1.5 seconds (Dovecot itself takes half a second)."""
    latencies = []
    for _ in range(5):
        mailbox.state("INBOX")
        waiting = threading.Event()

        def append(waiting: threading.Event = waiting) -> None:
            waiting.wait(5)
            other.append("INBOX", mails.plain())
            latencies.append(-time.monotonic())

        def asked(waiting: threading.Event = waiting) -> bool:
            waiting.set()
            return False

        thread = threading.Thread(target=append)
        thread.start()
        assert mailbox.wait("INBOX", 10, asked)
        thread.join()
        latencies[-1] += time.monotonic()
    assert max(latencies) < 1.5


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_connections(dovecot: Dovecot, user: str, security: str) -> None:
    """With the server's certificate trusted everything works, IDLE included; otherwise nothing is sent."""
    port = dovecot.tls_port if security == "tls" else dovecot.port
    trusting = ImapMailbox(_settings(port, user, security=security, ca_file=str(dovecot.cafile)))
    raw = mails.with_attachment()
    key = trusting.append("INBOX", raw)
    assert key is not None
    assert trusting.fetch_whole(key) == raw
    timer = threading.Timer(0.3, lambda: trusting_other.append("INBOX", mails.plain()))
    trusting_other = ImapMailbox(_settings(port, user, security=security, ca_file=str(dovecot.cafile)))
    trusting.state("INBOX")
    timer.start()
    assert trusting.wait("INBOX", 10, never)
    timer.join()
    trusting.close()
    trusting_other.close()
    with pytest.raises(PermanentFailure, match="not trusted"):
        ImapMailbox(_settings(port, user, security=security)).connect()


@pytest.mark.parametrize("password", ["Grüße€ß", 'mit "Anführung" und \\', "mit Leerzeichen ", 'a" \\ {5}', "%s%u{}"])
def test_passwords_of_all_kinds(password: str) -> None:
    """As Dovecot understands them; a wrong one is refused."""
    need_dovecot()
    with Dovecot(users={"anna": password}) as server:
        mailbox = ImapMailbox(_settings(server.port, "anna", secret=lambda: password))
        mailbox.connect()
        mailbox.close()
        with pytest.raises(LoginRefused):
            ImapMailbox(_settings(server.port, "anna", secret=lambda: password + "x")).connect()


def test_a_token_instead_of_a_password(user: str) -> None:
    """XOAUTH2, with a token server that knows one token."""
    need_dovecot()
    with _token_server("gut") as url, Dovecot(users={}, tokeninfo_url=url) as server:
        mailbox = ImapMailbox(_settings(server.port, "anna@example.org", auth="xoauth2", secret=lambda: "gut"))
        assert mailbox.folders.drafts == "Drafts"
        mailbox.close()
        bad = _settings(server.port, "anna@example.org", auth="xoauth2", secret=lambda: "alt", timeout=10.0)
        with pytest.raises(LoginRefused):
            ImapMailbox(bad).connect()


class _TokenServer(HTTPServer):
    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _TokenInfo)
        self.token = token
        self._thread = threading.Thread(target=self.serve_forever)

    def __enter__(self) -> str:  # type: ignore[override]
        self._thread.start()
        return f"http://127.0.0.1:{self.server_port}/?access_token="

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join(5)
        self.server_close()


class _TokenInfo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Says whose token it is."""
        assert isinstance(self.server, _TokenServer)
        good = self.path.endswith("=" + self.server.token)
        body = b'{"email": "anna@example.org"}' if good else b'{"error": "invalid_token"}'
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


def _token_server(token: str) -> _TokenServer:
    return _TokenServer(token)


@pytest.fixture(scope="module")
def strict() -> Iterator[Dovecot]:
    """A server that takes rights away folder by folder."""
    need_dovecot()
    with Dovecot(any_user_password="pw", acl=True) as server:
        yield server


def test_a_folder_that_keeps_no_keywords(strict: Dovecot, user: str) -> None:
    """PERMANENTFLAGS without the right to write flags: False, and nothing is tried."""
    mailbox = ImapMailbox(_settings(strict.port, user))
    key = mailbox.append("INBOX", mails.plain())
    assert key is not None
    mailbox.close()
    strict.deny(user, "INBOX", "lrsite")
    assert not mailbox.add_keyword(key, "Probe")
    mailbox.close()


def test_a_folder_whose_messages_may_not_be_deleted(strict: Dovecot, user: str) -> None:
    """A move fails with the folder's name, the message stays, and no copy is left behind."""
    mailbox = ImapMailbox(_settings(strict.port, user))
    key = mailbox.append("Drafts", mails.plain())
    assert key is not None
    cooling_off = mailbox.folders.cooling_off
    mailbox.close()
    strict.deny(user, "Drafts", "lr")
    with pytest.raises(PermanentFailure, match="Drafts"):
        mailbox.move(key, cooling_off)
    with pytest.raises(PermanentFailure):
        mailbox.remove(key)
    assert mailbox.fetch_whole(key) == mails.plain()
    assert mailbox.state(cooling_off).uids == ()
    mailbox.close()


def test_missing_folders_are_listed_for_the_user(user: str) -> None:
    """No Drafts in sight: the message lists what is there; the configured name helps."""
    need_dovecot()
    with Dovecot(any_user_password="pw", folders={"Kladde": "", "Gesendet": ""}) as server:
        with pytest.raises(PermanentFailure, match=r"folders\.drafts to one of: Gesendet, INBOX, Kladde"):
            ImapMailbox(_settings(server.port, user)).connect()
        mailbox = ImapMailbox(_settings(server.port, user, folders=FolderNames(drafts="kladde", cooling_off="Ruhe")))
        assert (mailbox.folders.drafts, mailbox.folders.cooling_off) == ("Kladde", "Ruhe")
        mailbox.close()


def test_a_thousand_messages(mailbox: ImapMailbox, other: Any) -> None:
    """State and headers of a thousand messages in a few seconds, in order."""
    for number in range(1000):
        other.append("INBOX", b"Subject: %d\r\n\r\nText\r\n" % number)
    state = mailbox.state("INBOX")
    assert len(state.uids) == 1000
    start = time.monotonic()
    found = list(mailbox.fetch_texts("INBOX", state.uidvalidity, state.uids[::-1]))
    assert time.monotonic() - start < 10
    assert [one.key.uid for one in found] == list(state.uids[::-1])
    assert found[0].mail.header.startswith(b"Subject: 999")
