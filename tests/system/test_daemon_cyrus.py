"""The real daemon on a real Cyrus as most are set up: other answers, no NOTIFY, headers without what is not ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_cyrus
from tests.servers.chain import Chain
from tests.servers.cyrus import Cyrus
from tests.servers.gelassen import messages
from tests.servers.smtp import Sink
from tests.system.test_daemon import COOLING, HOT, held, incoming, reply

pytestmark = pytest.mark.system
_NOW = ("--now", "--reason", "Frist heute")
_SECONDS = 120


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The provider's submission server."""
    with Sink() as found:
        yield found


@pytest.fixture
def chain(tmp_path: Path, sink: Sink) -> Iterator[Chain]:
    """The daemon runs on an account that has been used before."""
    need_cyrus()
    with Cyrus(any_user_password="pw", munges=True) as server:
        found = Chain(tmp_path, server, "mara", sink)
        found.program.client().logout()
        found.program.start()
        yield found
        if found.program.running():
            found.program.stop()


def test_held_and_released(chain: Chain, sink: Sink) -> None:
    """A draft comes back byte for byte; a mail goes out byte for byte, and its copy for the eye goes away again."""
    program = chain.program
    client = program.client()
    row, draft = held(program, client, 1)
    assert draft not in messages(client, "Drafts").values()
    program.command("release", str(row["id"]), *_NOW)
    assert draft in messages(client, "Drafts").values()
    assert messages(client, COOLING) == {}

    client.append("INBOX", incoming(2))
    hot = reply(2, HOT).replace(b"Subject: ", "Subject: Grüße ".encode())
    code, words = chain.send(hot)
    assert (code, "held as" in words) == (250, True), words
    (shown,) = program.until(lambda: messages(client, COOLING).values(), seconds=_SECONDS)
    assert b"] GrXXXXe Re: Katalog 2\r\n" in shown
    (waiting,) = [found["id"] for found in program.json("queue") if found["state"] == "held"]
    program.command("release", str(waiting), *_NOW)
    assert [accepted.content for accepted in sink.mails] == [hot]
    program.until(lambda: messages(client, COOLING) == {}, seconds=_SECONDS)

    client.select_folder("INBOX", readonly=True)
    assert client.search("UNSEEN") == client.search("ALL")
    client.logout()
    assert program.stop() == 0
