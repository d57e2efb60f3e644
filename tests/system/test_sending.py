"""The real daemon between a mail client, Dovecot and a submission server: a mail the whole way through the gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import messages
from tests.servers.smtp import Act, Sink, Stage
from tests.system.soak import Log, Soak
from tests.system.test_daemon import ANGRY_CLIENT, CALM, COOLING, HOT, incoming, reply

pytestmark = pytest.mark.system

_NOW = ("--now", "--reason", "Frist heute")


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """The provider's submission server."""
    with Sink(folder=tmp_path / "sink") as found:
        yield found


@pytest.fixture
def chain(tmp_path: Path, dovecot: Dovecot, user: str, sink: Sink) -> Iterator[Chain]:
    """The daemon runs."""
    found = Chain(tmp_path, dovecot, user, sink)
    found.program.start()
    yield found
    if found.program.running():
        found.program.stop()


def test_calm_and_hot_mail_through_the_gateway(chain: Chain, sink: Sink) -> None:
    """Calm: relayed before the answer, byte for byte. Hot: held with a number, shown as a copy, sent when released."""
    program = chain.program
    mail = program.client()
    uid = mail.append("INBOX", incoming(1, ANGRY_CLIENT)) and 1
    program.until(lambda: any(m["subject"] == "Katalog 1" for m in program.json("mails")))
    calm = reply(2, CALM)
    code, words = chain.send(calm)
    assert (code, words.startswith("2.0.0 Ok: queued as 1 (sent as ")) == (250, True), words
    assert [accepted.content for accepted in sink.mails] == [calm]

    hot = reply(1, HOT)
    code, words = chain.send(hot)
    assert (code, "held as" in words) == (250, True), words
    (row,) = [row for row in program.json("queue") if row["state"] == "held"]
    assert row["via"] == "gateway"
    shown = program.until(lambda: list(messages(mail, COOLING).values()))
    assert f"Subject: [Gelassen {row['id']}] ".encode() in shown[0]
    assert len(sink.mails) == 1

    program.command("release", str(row["id"]), *_NOW)
    assert [accepted.content for accepted in sink.mails] == [calm, hot]
    program.until(lambda: list(messages(mail, "Sent").values()) == [hot])
    program.until(lambda: not messages(mail, COOLING))
    mail.select_folder("INBOX", readonly=True)
    flags = program.until(lambda: mail.fetch([uid], ["FLAGS"])[uid][b"FLAGS"])
    assert b"\\Answered" in flags
    assert b"\\Seen" not in flags
    mail.logout()
    assert program.stop() == 0


def test_a_refusal_upstream_is_handed_back_and_an_outage_survived(chain: Chain, sink: Sink) -> None:
    """The provider's words reach the mail client; a held mail waits for the provider's return."""
    program = chain.program
    sink.expect(Stage.RCPT, Act.say("550 5.1.1 No such user here"), recipient="niemand@firma.example")
    code, words = chain.send(reply(3, CALM), to="niemand@firma.example")
    assert (code, "No such user here" in words) == (550, True), words

    assert "held as" in chain.send(reply(4, HOT))[1]
    (row,) = [row for row in program.json("queue") if row["state"] == "held"]
    sink.stop()
    program.command("release", str(row["id"]), *_NOW)
    assert chain.state(row["id"]) == "released"
    sink.start()
    program.until(lambda: chain.state(row["id"]) == "sent", seconds=60)
    assert [accepted.content for accepted in sink.mails] == [reply(4, HOT)]


def test_a_lost_answer_is_asked_of_the_user(chain: Chain, sink: Sink) -> None:
    """The connection breaks behind the text: nothing is sent again until the user says what became of it."""
    program = chain.program
    sink.expect(Stage.END, Act.cut(keep=True))
    code, words = chain.send(reply(5, CALM))
    assert (code, "may have gone out" in words) == (554, True), words
    (row,) = program.json("queue")
    assert row["state"] == "uncertain"
    assert program.json("status")["uncertain"] == 1
    program.command("resolve", str(row["id"]), "--sent")
    assert chain.state(row["id"]) == "sent"
    assert len(sink.mails) == 1


def test_what_was_answered_with_250_is_there_after_kill_9(chain: Chain, sink: Sink) -> None:
    """The daemon dies the moment the answer is read; the mail is in the queue with exactly its bytes."""
    program = chain.program
    hot = reply(6, HOT)
    code, words = chain.send(hot)
    program.kill()
    assert code == 250, words
    (row,) = program.json("queue")
    assert row["state"] == "held"
    assert program.command("show", str(row["id"]), "--raw").stdout.encode().replace(b"\n", b"\r\n") == hot
    assert sink.mails == []


def test_killed_at_random_nothing_is_lost_and_nothing_goes_twice(dovecot: Dovecot, tmp_path: Path) -> None:
    """Kill -9 while mails are held, released, relayed and filed: each comes to one end, and who asks is told the truth.

    What is uncertain is a mail whose text the provider was given. ``make soak`` makes more rounds, with several users
    side by side, and goes on where it was stopped.
    """
    rounds, jobs = (int(os.environ.get(f"GELASSEN_SOAK_{name}", few)) for name, few in (("ROUNDS", "6"), ("JOBS", "1")))
    log = Log(Path(os.environ.get("GELASSEN_SOAK_LOG") or tmp_path / "soak.jsonl"))

    def soaked(seed: int, some: int) -> None:
        place = tmp_path / str(seed)
        place.mkdir()
        try:
            log.add(seed, Soak(place, dovecot, f"soak{seed}", seed).run(some))
        except Exception as error:
            print(f"seed {seed}: {error}", flush=True)  # the others go on for hours
            raise
        shutil.rmtree(place)

    with ThreadPoolExecutor(jobs) as pool:
        soaks = [pool.submit(soaked, *block) for block in log.left(rounds)]
    for soak in soaks:
        soak.result()
    assert log.rounds >= rounds
