"""The mailbox on a real Dovecot: encryption, passwords of all kinds, tokens."""

from __future__ import annotations

import threading

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.errors import LoginRefused, PermanentFailure
from tests.conftest import need_dovecot
from tests.contract import mails
from tests.servers.dovecot import Dovecot
from tests.servers.tokens import Tokens
from tests.system.imap import never, settings_for

pytestmark = pytest.mark.system


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_connections(dovecot: Dovecot, user: str, security: str) -> None:
    """With the server's certificate trusted everything works, IDLE included; otherwise nothing is sent."""
    port = dovecot.tls_port if security == "tls" else dovecot.port
    trusting = ImapMailbox(settings_for(port, user, security=security, ca_file=str(dovecot.cafile)))
    raw = mails.with_attachment()
    key = trusting.append("INBOX", raw)
    assert key is not None
    assert trusting.fetch_whole(key) == raw
    timer = threading.Timer(0.3, lambda: trusting_other.append("INBOX", mails.plain()))
    trusting_other = ImapMailbox(settings_for(port, user, security=security, ca_file=str(dovecot.cafile)))
    trusting.state("INBOX")
    timer.start()
    assert trusting.wait("INBOX", 10, never)
    timer.join()
    trusting.close()
    trusting_other.close()
    with pytest.raises(PermanentFailure, match="not trusted"):
        ImapMailbox(settings_for(port, user, security=security)).connect()


@pytest.mark.parametrize("password", ["Grüße€ß", 'mit "Anführung" und \\', "mit Leerzeichen ", 'a" \\ {5}', "%s%u{}"])
def test_passwords_of_all_kinds(password: str) -> None:
    """As Dovecot understands them; a wrong one is refused."""
    need_dovecot()
    with Dovecot(users={"anna": password}) as server:
        mailbox = ImapMailbox(settings_for(server.port, "anna", secret=lambda: password))
        mailbox.connect()
        mailbox.close()
        with pytest.raises(LoginRefused):
            ImapMailbox(settings_for(server.port, "anna", secret=lambda: password + "x")).connect()


def test_a_token_instead_of_a_password(user: str) -> None:
    """XOAUTH2, with a token server that knows one token."""
    need_dovecot()
    with Tokens("gut", "anna@example.org") as url, Dovecot(users={}, tokeninfo_url=url) as server:
        mailbox = ImapMailbox(settings_for(server.port, "anna@example.org", auth="xoauth2", secret=lambda: "gut"))
        assert mailbox.folders.drafts == "Drafts"
        mailbox.close()
        bad = settings_for(server.port, "anna@example.org", auth="xoauth2", secret=lambda: "alt", timeout=10.0)
        with pytest.raises(LoginRefused):
            ImapMailbox(bad).connect()
