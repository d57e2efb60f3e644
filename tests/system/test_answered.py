"""The gateway and a mail that the daemon has not judged: what is answered counts all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.system.test_daemon import ANGRY_CLIENT, CALM, incoming, reply

pytestmark = pytest.mark.system


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The provider."""
    with Sink() as found:
        yield found


@pytest.fixture
def chain(tmp_path: Path, dovecot: Dovecot, user: str, sink: Sink) -> Iterator[Chain]:
    """A daemon, not started yet, that looks a week back."""
    found = Chain(tmp_path, dovecot, user, sink, more='[judge]\nfirst_pass = "7d"\n')
    yield found
    if found.program.running():
        found.program.stop()


def test_an_answer_to_a_mail_beyond_the_first_pass_is_held(chain: Chain, sink: Sink) -> None:
    """It is found in INBOX and judged while the mail client waits; a calm answer to it cools, one to nobody goes."""
    program = chain.program
    mail = program.client()
    mail.append("INBOX", incoming(1, ANGRY_CLIENT), msg_time=datetime.now(UTC) - timedelta(days=30))
    mail.append("INBOX", incoming(2, CALM))
    program.start()
    program.until(lambda: program.json("mails"))
    assert [one["subject"] for one in program.json("mails")] == ["Katalog 2"]

    answers = [chain.send(reply(1, CALM))]
    while "held as" not in answers[-1][1] and len(answers) < 5:  # a server that is too slow is not waited for
        answers.append(chain.send(reply(1, CALM, version=len(answers) + 1)))
    assert "held as" in answers[-1][1], answers
    assert {one["subject"] for one in program.json("mails")} == {"Katalog 1", "Katalog 2"}
    code, words = chain.send(reply(9, CALM))
    assert (code, "sent as" in words) == (250, True), words
    assert sink.mails[-1].content == reply(9, CALM)

    mail.select_folder("INBOX", readonly=True)
    assert mail.search("SEEN") == []
    mail.logout()
    assert program.stop() == 0
