"""The tests' own server: what it keeps is what was sent, through outages too."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.adapters.relay import SubmissionRelay
from assistant.core.delivery import Answer, Attempt
from tests.contract.relays import MAIL, Post, envelope, settings_for
from tests.fakes_relay import FakeRelay, Plan
from tests.servers.smtp import Act, Sink, Stage

BOB, EVE = "bob@example.org", "eve@example.org"


def sent(sink: Sink, *recipients: str) -> Attempt:
    """One attempt."""
    return SubmissionRelay(settings_for(sink)).deliver(envelope(*recipients), MAIL, committing=Post())


def test_copies_are_counted_by_message_id_and_recipient(tmp_path: Path) -> None:
    """In memory and on disk, and a stop between them loses nothing."""
    with Sink(folder=tmp_path) as sink:
        sent(sink, BOB, EVE)
        sink.stop()
        sink.start()
        sent(sink, BOB)
        assert (sink.copies("<one@studio.example>"), sink.copies("<other@studio.example>")) == (2, 0)
        assert sink.deliveries("<one@studio.example>") == {BOB: 2, EVE: 1}
    assert [path.read_bytes() for path in tmp_path.glob("*.eml")] == [MAIL, MAIL]
    kept = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert [mail["recipients"] for mail in kept] == [[BOB, EVE], [BOB]]


def test_acts_come_in_order_and_end_unless_they_are_for_ever() -> None:
    """One each, by recipient where one is named."""
    with Sink() as sink:
        sink.expect(Stage.RCPT, Act.say("450 First"), Act.say("451 Second"), recipient=BOB)
        codes = [sent(sink, BOB, EVE).refused.get(BOB, Answer(code=250, text="")).code for _ in range(3)]
        assert codes == [450, 451, 250]
        sink.expect(Stage.MAIL, Act.say("550 Never"), always=True)
        assert [sent(sink, BOB).refused[BOB].code for _ in range(3)] == [550, 550, 550]


def test_a_plan_of_the_fake_joins_what_happens_in_one_attempt() -> None:
    """A recipient refused, and the answer to the text lost."""
    relay = FakeRelay()
    answer = Answer(code=550, text="No")
    relay.plan(Plan(refused={EVE: answer}, lost=True))
    attempt = relay.deliver(envelope(BOB, EVE), MAIL, committing=Post())
    assert (attempt.unknown, dict(attempt.refused), relay.copies("<one@studio.example>")) == ((BOB,), {EVE: answer}, 1)
    assert relay.attempts == [(BOB, EVE)]
