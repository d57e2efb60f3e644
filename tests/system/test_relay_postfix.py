"""The relay on a real Postfix: what comes out at the other end, once, with the bytes that went in."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assistant.adapters.relay import RelaySettings, SubmissionRelay
from assistant.core.delivery import Answer, Attempt, Envelope
from tests.servers import until
from tests.servers.fixtures_smtp import BOB, EVE, JOERG, postfix  # noqa: F401  # a fixture
from tests.servers.postfix import Postfix

pytestmark = pytest.mark.system
_numbers = itertools.count(1)


class Sender:
    """Hands mails to a Postfix and looks for them at the other end."""

    def __init__(self, server: Postfix) -> None:
        self.server = server

    def send(self, raw: bytes, *recipients: str, **changes: Any) -> Attempt:
        """One attempt over STARTTLS."""
        values: dict[str, Any] = {"host": "localhost", "port": self.server.port, "security": "starttls"}
        values |= {"user": "mara", "secret": lambda: "pw", "ca_file": self.server.cafile, "timeout": 10.0}
        envelope = Envelope(sender="mara@studio.example", recipients=recipients)
        relay = SubmissionRelay(RelaySettings(**(values | changes)))
        return relay.deliver(envelope, raw, committing=lambda refused: None)

    def arrived(self, message_id: bytes, mailbox: str, *, seconds: float = 20) -> list[bytes]:
        """The mails with this Message-ID in a mailbox, waited for, without what was put in front on the way."""

        def found() -> list[bytes]:
            return [raw for raw in self.server.delivered(mailbox) if message_id in raw]

        until(found, seconds=seconds)
        return [raw[raw.index(b"Message-ID:") :] for raw in found()]


@pytest.fixture
def sender(postfix: Postfix) -> Sender:  # noqa: F811
    """On the session's server."""
    return Sender(postfix)


def mail(body: bytes = b"Guten Tag\r\n", header: bytes = b"Subject: Hallo\r\n") -> tuple[bytes, bytes]:
    """A Message-ID that no other test has, and a mail with it."""
    message_id = f"<{next(_numbers)}@studio.example>".encode()
    head = b"Message-ID: " + message_id + b"\r\nDate: Sun, 22 Nov 2026 03:00:00 +0100\r\nFrom: mara@studio.example\r\n"
    return message_id, head + header + b"\r\n" + body


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_is_delivered_once(sender: Sender, security: str) -> None:
    """On both ports of a submission server."""
    message_id, raw = mail()
    port = sender.server.port if security == "starttls" else sender.server.tls_port
    assert sender.send(raw, BOB, EVE, security=security, port=port).accepted == (BOB, EVE)
    for mailbox in (BOB, EVE):
        assert sender.arrived(message_id, mailbox) == [raw.replace(b"\r\n", b"\n")]


def test_unknown_recipients_are_told_one_by_one(sender: Sender) -> None:
    """The known one gets the mail."""
    message_id, raw = mail()
    attempt = sender.send(raw, "nobody@example.test", BOB, "else@elsewhere.test\r\nRSET")
    assert attempt.accepted == (BOB,)
    answer = attempt.refused["nobody@example.test"]
    assert (answer.code, "User unknown" in answer.text) == (550, True)
    assert attempt.refused["else@elsewhere.test\r\nRSET"].code == 553
    assert len(sender.arrived(message_id, BOB)) == 1


def test_greylisting_is_for_now_and_the_next_attempt_delivers(sender: Sender) -> None:
    """450, then 250; Eve, who was accepted at once, is not asked for again."""
    message_id, raw = mail()
    sender.server.policy.say(BOB, "450 4.2.0 Greylisted, see you in five minutes")
    first = sender.send(raw, BOB, EVE)
    assert first.accepted == (EVE,)
    assert first.refused[BOB].code == 450
    assert "Greylisted, see you in five minutes" in first.refused[BOB].text
    assert sender.send(raw, BOB).accepted == (BOB,)
    assert [len(sender.arrived(message_id, one)) for one in (BOB, EVE)] == [1, 1]


def test_all_greylisted_commits_nothing(sender: Sender) -> None:
    """No text is sent."""
    _, raw = mail()
    for one in (BOB, EVE):
        sender.server.policy.say(one, "450 4.2.0 Greylisted")
    attempt = sender.send(raw, BOB, EVE)
    assert {answer.code for answer in attempt.refused.values()} == {450}


def test_too_large_is_known_beforehand(sender: Sender) -> None:
    """By SIZE, in our words; a mail just below the limit goes."""
    _, raw = mail(b"x" * 70 + b"\r\n")
    attempt = sender.send(raw + (b"y" * 70 + b"\r\n") * 15_000, BOB)
    assert (attempt.refused[BOB].code, "server takes 1048576 at most" in attempt.refused[BOB].text) == (552, True)
    message_id, raw = mail()
    assert sender.send(raw + (b"y" * 70 + b"\r\n") * 14_000, BOB).accepted
    assert len(sender.arrived(message_id, BOB)) == 1


def test_a_wrong_password_waits_for_the_right_one(sender: Sender) -> None:
    """Temporary, with the server's words."""
    _, raw = mail()
    answer = sender.send(raw, BOB, secret=lambda: "falsch").refused[BOB]
    assert answer.code == 0
    assert "the login was refused (535 5.7.8" in answer.text
    assert "falsch" not in answer.text


def test_without_a_login_nothing_is_relayed(sender: Sender) -> None:
    """To a stranger's domain: refused by the server, said in its words."""
    _, raw = mail()
    (answer,) = sender.send(raw, "x@elsewhere.test", user="").refused.values()
    assert isinstance(answer, Answer)
    assert (answer.code, "ccess denied" in answer.text) == (554, True)


BODIES = {
    "eight_bit": "Grüße aus Köln – bis bald\r\n".encode(),
    "latin_1": "Grüße\r\n".encode("latin-1"),
    "dots": b".\r\n..\r\n.x\r\n...\r\n\r\n.\r\n",
    "long_lines": b"z" * 20_000 + b"\r\n" + b"." + b"w" * 5000 + b"\r\n",
    "blank_lines": b"\r\n\r\n\r\na\r\n\r\n\r\n",
    "every_octet": bytes(set(range(1, 256)) - {10, 13}) + b"\r\n",
    "from_line": b"From here on\r\n>From there\r\n",
    "big": (b"0123456789" * 7 + b"\r\n") * 12_000,
}


@pytest.mark.parametrize("kind", BODIES)
def test_exactly_the_bytes_arrive(sender: Sender, kind: str) -> None:
    """Minus the Received lines in front, and with the mailbox's own line ends."""
    message_id, raw = mail(BODIES[kind])
    assert sender.send(raw, BOB).accepted == (BOB,)
    assert sender.arrived(message_id, BOB) == [raw.replace(b"\r\n", b"\n")]


def test_addresses_and_headers_beyond_ascii(sender: Sender) -> None:
    """SMTPUTF8 to a mailbox that has such a name."""
    message_id, raw = mail(header="Subject: Grüße\r\nTo: Jörg <jörg@example.test>\r\n".encode())
    assert sender.send(raw, JOERG).accepted == (JOERG,)
    assert sender.arrived(message_id, JOERG) == [raw.replace(b"\r\n", b"\n")]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n"])
def test_a_text_cannot_smuggle_a_second_mail(sender: Sender, end: bytes) -> None:
    """Eve gets nothing, and the commands lie in Bob's mail as text."""
    message_id, raw = mail()
    hidden, second = mail()
    commands = b"MAIL FROM:<mara@studio.example>\r\nRCPT TO:<" + EVE.encode() + b">\r\nDATA\r\n"
    assert sender.send(raw + b"end" + end + commands + second, BOB).accepted == (BOB,)
    (arrived,) = sender.arrived(message_id, BOB)
    assert b"RCPT TO:<eve@example.test>\n" in arrived
    assert not [found for found in sender.server.delivered(EVE) if hidden in found]


def test_many_mails_through_outages_are_each_there_once(sender: Sender) -> None:
    """Killed twice while four threads send: refused ones are tried again, unknown ones never; none lost, none twice."""
    mails = [mail() for _ in range(40)]
    outcomes: dict[bytes, Attempt] = {}

    def persist(numbered: tuple[bytes, bytes]) -> None:
        message_id, raw = numbered
        attempt = Attempt.all_refused([BOB], Answer(code=0, text=""))
        while attempt.refused:
            until(sender.server.answers, seconds=20)
            attempt = sender.send(raw, BOB, timeout=5.0)
            assert not any(answer.final for answer in attempt.refused.values())
        outcomes[message_id] = attempt

    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(persist, numbered) for numbered in mails]
        for part in (10, 25):
            until(lambda part=part: len(outcomes) >= part)  # type: ignore[misc]
            sender.server.stop()
            sender.server.start()
        for one in sending:
            one.result(60)
    for message_id, _ in mails:
        copies = len(sender.arrived(message_id, BOB, seconds=20 if outcomes[message_id].accepted else 1))
        assert copies == 1 if outcomes[message_id].accepted else copies <= 1


def test_an_outage_is_for_now_and_the_mail_goes_out_behind_it(sender: Sender) -> None:
    """The server stops and comes back on the same port."""
    message_id, raw = mail()
    sender.server.stop()
    answer = sender.send(raw, BOB).refused[BOB]
    sender.server.start()
    assert (answer.code, "cannot connect" in answer.text) == (0, True)
    assert sender.send(raw, BOB).accepted == (BOB,)
    assert len(sender.arrived(message_id, BOB)) == 1
