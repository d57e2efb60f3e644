"""The mailbox on a real Dovecot: thrifty, harmless, and clear about what it may not do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.adapters.imap import FolderNames, ImapMailbox
from assistant.errors import PermanentFailure
from tests.conftest import need_dovecot
from tests.contract import mails
from tests.servers import until
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.system.imap import never, settings_for

pytestmark = pytest.mark.system


def test_attachments_stay_on_the_server(dovecot: Dovecot, user: str, mailbox: ImapMailbox) -> None:
    """A mail with an attachment of 5 MB (7 MB encoded) costs less than 10 kB."""
    key = mailbox.append("INBOX", mails.with_attachment())
    assert key is not None
    with Proxy(dovecot.port) as proxy:
        thrifty = ImapMailbox(settings_for(proxy.port, user))
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
            _use_everything(ImapMailbox(settings_for(server.port, user, poll=0.2)))
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


@pytest.fixture(scope="module")
def strict() -> Iterator[Dovecot]:
    """A server that takes rights away folder by folder."""
    need_dovecot()
    with Dovecot(any_user_password="pw", acl=True) as server:
        yield server


def test_a_folder_that_keeps_no_keywords(strict: Dovecot, user: str) -> None:
    """PERMANENTFLAGS without the right to write flags: False, and nothing is tried."""
    mailbox = ImapMailbox(settings_for(strict.port, user))
    key = mailbox.append("INBOX", mails.plain())
    assert key is not None
    mailbox.close()
    strict.deny(user, "INBOX", "lrsite")
    assert not mailbox.add_keyword(key, "Probe")
    mailbox.close()


def test_a_folder_whose_messages_may_not_be_deleted(strict: Dovecot, user: str) -> None:
    """A move fails with the folder's name, the message stays, and no copy is left behind."""
    mailbox = ImapMailbox(settings_for(strict.port, user))
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
            ImapMailbox(settings_for(server.port, user)).connect()
        mailbox = ImapMailbox(settings_for(server.port, user, folders=FolderNames(drafts="kladde", cooling_off="Ruhe")))
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
