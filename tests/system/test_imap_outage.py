"""The mailbox on a real Dovecot: promptness, outages, half-open connections, new UIDVALIDITY."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from imapclient import IMAPClient

from assistant.adapters.imap import ImapMailbox
from assistant.errors import Disconnected, Gone
from tests.conftest import need_dovecot
from tests.contract import mails
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.system.imap import never, settings_for

pytestmark = pytest.mark.system


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
        mailbox = ImapMailbox(settings_for(server.port, user))
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
        mailbox = ImapMailbox(settings_for(proxy.port, user, timeout=0.5, idle=0.2))
        mailbox.state("INBOX")
        proxy.fall_silent()
        with pytest.raises(Disconnected, match="timed out"):
            mailbox.wait("INBOX", 20, never)
        with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
            client.login(user, "pw")
            client.append("INBOX", mails.plain())
        with Proxy(server.port) as way_back:
            mailbox._settings = settings_for(way_back.port, user)
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
