"""A mailbox on the session's Dovecot, and another mail program of the same user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from imapclient import IMAPClient

from assistant.adapters.imap import ImapMailbox
from tests.servers.dovecot import Dovecot
from tests.system.imap import settings_for


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str) -> Iterator[ImapMailbox]:
    """A fresh mailbox on the session's server."""
    found = ImapMailbox(settings_for(dovecot.port, user))
    yield found
    found.close()


@pytest.fixture
def other(dovecot: Dovecot, user: str) -> Iterator[Any]:
    """Another mail program of the same user."""
    with IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=10) as client:
        client.login(user, "pw")
        yield client
