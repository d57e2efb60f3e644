"""The real daemon on a real Cyrus, which has other answers, other delays and no NOTIFY."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_cyrus
from tests.servers.cyrus import Cyrus
from tests.servers.gelassen import Gelassen, messages
from tests.system.test_daemon import COOLING, held

pytestmark = pytest.mark.system


@pytest.fixture
def gelassen(tmp_path: Path) -> Iterator[Gelassen]:
    """The daemon runs on an account that has been used before."""
    need_cyrus()
    with Cyrus(any_user_password="pw") as server:
        program = Gelassen(tmp_path, port=server.port, user="mara")
        program.client().logout()
        program.start()
        yield program
        if program.running():
            program.stop()


def test_hot_draft_is_held_and_given_back(gelassen: Gelassen) -> None:
    """Out of Drafts and back again byte for byte; no mail is marked as read."""
    client = gelassen.client()
    found, raw = held(gelassen, client, 1)
    assert raw not in messages(client, "Drafts").values()
    gelassen.command("release", str(found["id"]), "--now", "--reason", "the client waits at the door")
    assert raw in messages(client, "Drafts").values()
    assert raw not in messages(client, COOLING).values()
    client.select_folder("INBOX", readonly=True)
    assert client.search("UNSEEN") == client.search("ALL")
    client.logout()
    assert gelassen.stop() == 0
