"""The test server itself: it comes up, keeps mail over an outage, and leaves nothing behind."""

from __future__ import annotations

import imapclient
import pytest

from tests.conftest import need_dovecot
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.system


def test_mail_survives_an_outage_on_the_same_port() -> None:
    """After ``stop(keep=True)`` and ``start()`` the same port serves the same mail; ``stop()`` removes everything."""
    need_dovecot()
    with Dovecot(any_user_password="pw", rawlog=True) as server:
        server.watch("anna")
        with imapclient.IMAPClient("127.0.0.1", server.port, ssl=False) as client:
            client.login("anna", "pw")
            client.append("Drafts", b"Subject: x\r\n\r\nx\r\n")
        server.stop(keep=True)
        server.start()
        with imapclient.IMAPClient("127.0.0.1", server.tls_port, ssl_context=server.client_ssl_context()) as client:
            client.login("anna", "pw")
            assert client.folder_status("Drafts")[b"MESSAGES"] == 1
        sent, received = server.traffic("anna")
        assert b"APPEND" in sent
        assert b"MESSAGES 1" in received
    assert not server.root.exists()
