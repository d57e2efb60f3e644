"""The submission server and its moods: every stage refused, cut, silent or garbled, and what the user is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from assistant.adapters.relay import SubmissionRelay
from assistant.core.delivery import Answer, Attempt, Envelope
from tests.contract.relays import MAIL, Post, envelope, settings_for
from tests.servers.smtp import Act, Sink, Stage

BEFORE_THE_TEXT = [Stage.CONNECT, Stage.EHLO, Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server with login and without TLS."""
    with Sink(users={"mara": "pw"}) as found:
        yield found


def sent(sink: Sink, *recipients: str, mail: bytes = MAIL, post: Post | None = None, **changes: object) -> Attempt:
    """One attempt with the sink's settings."""
    relay = SubmissionRelay(settings_for(sink, **changes))
    return relay.deliver(envelope(*recipients), mail, committing=post or Post())


def why(attempt: Attempt, recipient: str = "bob@example.org") -> Answer:
    """The answer for the recipient, who was refused and nothing else."""
    assert (attempt.accepted, attempt.unknown) == ((), ())
    return attempt.refused[recipient]


# Every stage


@pytest.mark.parametrize("stage", BEFORE_THE_TEXT)
def test_a_connection_cut_before_the_text_is_tried_again(sink: Sink, stage: Stage) -> None:
    """Nothing is committed; the words say that it was not sent."""
    sink.expect(stage, Act.cut())
    post = Post()
    answer = why(sent(sink, post=post))
    assert (answer.code, post.commits, sink.mails) == (0, 0, [])
    assert answer.text.startswith(f"localhost:{sink.port}: the connection broke before the mail was handed over")


@pytest.mark.parametrize("stage", [*BEFORE_THE_TEXT, Stage.TEXT])
def test_421_anywhere_is_the_server_s_word_for_everybody(sink: Sink, stage: Stage) -> None:
    """The server closes down; whoever was accepted before has not got it."""
    # Hanging up on somebody who is still sending may destroy the words; that is another test's case.
    sink.expect(stage, Act.say("421 4.3.2 Shutting down", cutting=stage is not Stage.TEXT))
    post = Post()
    attempt = sent(sink, "bob@example.org", "eve@example.org", mail=MAIL * 100_000, post=post)
    assert why(attempt) == why(attempt, "eve@example.org") == Answer(code=421, text="4.3.2 Shutting down")
    assert (post.commits, sink.mails) == (0, [])


def test_421_at_a_later_recipient_leaves_the_earlier_refusal(sink: Sink) -> None:
    """What was said of one is not said of all."""
    sink.expect(Stage.RCPT, Act.say("550 5.1.1 Unknown"), recipient="bob@example.org")
    sink.expect(Stage.RCPT, Act.say("421 Bye"), recipient="zoe@example.org")
    attempt = sent(sink, "bob@example.org", "eve@example.org", "zoe@example.org", "kim@example.org")
    codes = {one: answer.code for one, answer in attempt.refused.items()}
    assert codes == {"bob@example.org": 550, "eve@example.org": 421, "zoe@example.org": 421, "kim@example.org": 421}


@pytest.mark.parametrize("stage", BEFORE_THE_TEXT)
def test_a_silent_server_is_left_in_time(sink: Sink, stage: Stage) -> None:
    """Short before the text: nothing is at stake yet."""
    hold = threading.Event()
    sink.expect(stage, Act(hold=hold))
    answer = why(sent(sink, timeout=0.3))
    hold.set()
    assert answer.code == 0
    assert f"localhost:{sink.port}: no answer within 0.3 seconds" in answer.text


@pytest.mark.parametrize("stage", BEFORE_THE_TEXT)
@pytest.mark.parametrize(
    "noise", [b"what?\r\n", b"\xff\xfe\0\0\r\n", b"x" * 9000, b"250-a\r\n" * 500, b"334 x\r\n" * 9]
)
def test_nonsense_before_the_text_commits_nothing(sink: Sink, stage: Stage, noise: bytes) -> None:
    """Neither a yes nor a no: temporary, in our own words."""
    sink.expect(stage, Act(answer=noise))
    post = Post()
    answer = why(sent(sink, post=post, timeout=1.0))
    assert (answer.code, post.commits, sink.mails) == (0, 0, [])
    assert "makes no sense" in answer.text or "not an SMTP server" in answer.text or "login was refused" in answer.text


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.EHLO])
def test_a_server_that_turns_us_away_is_asked_again(sink: Sink, stage: Stage) -> None:
    """554 about this network is not about the mail: from home it will go."""
    sink.expect(stage, Act.say("554 5.7.1 Dynamic address"))
    answer = why(sent(sink))
    assert answer == Answer(code=0, text=f"localhost:{sink.port}: the server turns us away (554 5.7.1 Dynamic address)")


def test_a_refused_sender_is_final(sink: Sink) -> None:
    """5yz at MAIL: the server's code and words."""
    sink.expect(Stage.MAIL, Act.say("553-5.7.1 Sender address rejected:", "553 5.7.1 not owned by user mara"))
    assert why(sent(sink)) == Answer(code=553, text="5.7.1 Sender address rejected: not owned by user mara")


def test_530_at_mail_is_about_the_login(sink: Sink) -> None:
    """Without a user in the settings the provider wants one: to be mended."""
    answer = why(sent(sink, user=""))
    assert answer == Answer(
        code=0, text=f"localhost:{sink.port}: the server turns us away (530 5.7.0 Authentication required)"
    )


def test_a_refused_data_refuses_everybody(sink: Sink) -> None:
    """No text is sent then."""
    sink.expect(Stage.DATA, Act.say("451 4.3.0 Later"))
    attempt = sent(sink, "bob@example.org", "eve@example.org")
    assert {answer.code for answer in attempt.refused.values()} == {451}


def test_too_many_recipients_are_asked_for_later(sink: Sink) -> None:
    """552 behind an accepted one counts as 452 (RFC 5321, 4.5.3.1.10); alone it is a full mailbox."""
    sink.expect(Stage.RCPT, Act.say("552 5.5.3 Too many"), recipient="eve@example.org")
    attempt = sent(sink, "bob@example.org", "eve@example.org")
    assert (attempt.accepted, attempt.refused["eve@example.org"].code) == (("bob@example.org",), 452)
    sink.expect(Stage.RCPT, Act.say("552 5.2.2 Mailbox full"))
    assert why(sent(sink)).final


# The text and its end


def test_a_verdict_in_the_middle_of_the_text_is_heard(sink: Sink) -> None:
    """The server has had enough; it cannot have taken the mail."""
    sink.expect(Stage.TEXT, Act.say("552 5.3.4 Too big"))
    post = Post()
    answer = why(sent(sink, mail=MAIL * 100_000, post=post, timeout=1.0))
    assert (answer, post.commits) == (Answer(code=552, text="5.3.4 Too big"), 0)


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA])
def test_a_server_that_answers_twice_is_left(sink: Sink, stage: Stage) -> None:
    """Its second answer would be taken for the next one's, at last a "250" for the end of the text."""
    first = "354 Go ahead" if stage is Stage.DATA else "250 Ok"
    sink.expect(stage, Act.say(first, "250 Ok"))
    post = Post()
    assert "makes no sense" in why(sent(sink, post=post)).text
    assert (post.commits, sink.mails) == (0, [])


def test_a_connection_lost_while_the_intent_is_recorded_is_still_certain(sink: Sink) -> None:
    """The end mark was not sent: the mail cannot have been taken, and nobody need be asked."""

    class Outage(Post):
        def __call__(self, refused: Mapping[str, Answer]) -> None:
            super().__call__(refused)
            sink.stop()

    post = Outage()
    assert (why(sent(sink, post=post)).code, post.commits, sink.mails) == (0, 1, [])


def test_a_slow_answer_to_the_text_is_awaited(sink: Sink) -> None:
    """Longer than any other: giving up early is what makes two copies of one mail (RFC 1047)."""
    sink.expect(Stage.END, Act(pause=1.0))
    assert sent(sink, timeout=0.3).accepted == ("bob@example.org",)


@pytest.mark.parametrize("keep", [True, False])
def test_no_answer_to_the_text_in_all_that_time_is_unknown(sink: Sink, keep: bool) -> None:
    """Taken or not, nobody knows."""
    hold = threading.Event()
    sink.expect(Stage.END, Act(hold=hold, keep=keep))
    attempt = sent(sink, patience=0.3)
    assert (attempt.unknown, len(sink.mails)) == (("bob@example.org",), int(keep))
    hold.set()


@pytest.mark.parametrize("noise", [b"what?\r\n", b"250 O", b"250-Ok\r\n", b"250-a\r\n" * 500, b"354 More\r\n"])
def test_nonsense_behind_the_text_is_unknown(sink: Sink, noise: bytes) -> None:
    """Half a yes is none, and no no either."""
    sink.expect(Stage.END, Act(answer=noise, keep=True, cutting=True))
    attempt = sent(sink)
    assert (attempt.unknown, attempt.accepted, dict(attempt.refused)) == (("bob@example.org",), (), {})


def test_a_recipient_refused_before_the_loss_is_not_unknown(sink: Sink) -> None:
    """What RCPT was answered stands, whatever follows."""
    sink.expect(Stage.RCPT, Act.say("550 5.1.1 No such user"), recipient="eve@example.org")
    sink.expect(Stage.END, Act.cut())
    attempt = sent(sink, "bob@example.org", "eve@example.org")
    assert attempt.unknown == ("bob@example.org",)
    assert dict(attempt.refused) == {"eve@example.org": Answer(code=550, text="5.1.1 No such user")}


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"250 2.0.0 Ok: queued as 4F2A\r\n", "2.0.0 Ok: queued as 4F2A"),
        (b"250-2.0.0 Danke\r\n250 2.0.0 als\t7\x1b[2J\r\n", "2.0.0 Danke als 7 [2J"),
        (b"250\r\n", ""),
        (b"250 " + b"x" * 900 + b"\r\n", "x" * 299 + "…"),
    ],
)
def test_the_words_of_success_are_kept_in_one_line(sink: Sink, said: bytes, heard: str) -> None:
    """The queue number that the provider gives is what its support asks for; nothing in it can steer a terminal."""
    sink.expect(Stage.END, Act(answer=said, keep=True))
    assert sent(sink).answer == Answer(code=250, text=heard)


@pytest.mark.parametrize("act", [Act.cut(), Act.say("500 What?"), Act(answer=b"\0\0")])
def test_quit_changes_nothing(sink: Sink, act: Act) -> None:
    """The mail was taken when the server said so."""
    sink.expect(Stage.QUIT, act)
    assert sent(sink).accepted == ("bob@example.org",)


def test_quit_is_not_waited_for(sink: Sink) -> None:
    """The outcome must reach the ledger at once."""
    hold = threading.Event()
    sink.expect(Stage.QUIT, Act(hold=hold))
    assert sent(sink, timeout=30.0).accepted == ("bob@example.org",)
    assert not hold.is_set()
    hold.set()


# What the mail needs


def test_the_server_is_told_what_comes(sink: Sink) -> None:
    """Size by RFC 1870, 8BITMIME and SMTPUTF8 only where needed."""
    relay = SubmissionRelay(settings_for(sink))
    relay.deliver(envelope(), MAIL, committing=Post())
    eight = "Subject: x\r\n\r\nGrüße\r\n".encode()
    relay.deliver(envelope(eight_bit=True), eight, committing=Post())
    relay.deliver(envelope("jörg@büro.example"), eight, committing=Post())
    assert [mail.options for mail in sink.mails] == [
        (f"SIZE={len(MAIL)}",),
        (f"SIZE={len(eight)}", "BODY=8BITMIME"),
        (f"SIZE={len(eight)}", "BODY=8BITMIME", "SMTPUTF8"),
    ]
    assert sink.mails[2].recipients == ("jörg@büro.example",)


@pytest.mark.parametrize(
    ("without", "needs", "mail", "code"),
    [
        ("SMTPUTF8", envelope("jörg@büro.example", "bob@example.org"), MAIL, 550),
        ("SMTPUTF8", envelope("bob@example.org", smtputf8=True), MAIL, 550),
        ("8BITMIME", envelope("bob@example.org", eight_bit=True), b"\r\n\xc3\xbc\r\n", 550),
        ("", envelope("bob@example.org"), MAIL * 30, 552),
    ],
)
def test_what_the_server_cannot_do_is_final_and_said(without: str, needs: Envelope, mail: bytes, code: int) -> None:
    """All are refused, in our words, before anything of the mail is sent."""
    with Sink(without=[without] if without else [], size_limit=1000) as sink:
        attempt = SubmissionRelay(settings_for(sink)).deliver(needs, mail, committing=Post())
        assert {answer.code for answer in attempt.refused.values()} == {code}
        assert set(attempt.refused) == set(needs.recipients)
        assert "MAIL" not in sink.verbs()


@pytest.mark.parametrize(
    "bad", ["bob@example.org>\r\nRCPT TO:<eve@example.org", "bob@example.org\nDATA", "b c@d.example"]
)
def test_an_address_cannot_smuggle_a_command(sink: Sink, bad: str) -> None:
    """It is refused here; the others get their mail."""
    attempt = sent(sink, "zoe@example.org", bad)
    assert (attempt.accepted, attempt.refused[bad].code) == (("zoe@example.org",), 553)
    assert sink.mails[0].recipients == ("zoe@example.org",)
    assert sink.verbs().count("RCPT") == 1


def test_a_sender_cannot_smuggle_a_command(sink: Sink) -> None:
    """Nobody is even connected to."""
    bad = Envelope(sender="a@b.example> BODY=8BITMIME\r\nRSET", recipients=("bob@example.org",))
    attempt = SubmissionRelay(settings_for(sink)).deliver(bad, MAIL, committing=Post())
    assert (why(attempt).code, sink.asked) == (553, [])


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n"])
def test_a_text_cannot_smuggle_a_second_mail(sink: Sink, end: bytes) -> None:
    """One mail goes in, one comes out, with the commands as text in it."""
    second = b"MAIL FROM:<ceo@example.org>\r\nRCPT TO:<eve@example.org>\r\nDATA\r\nSubject: pay\r\n\r\npay\r\n"
    assert sent(sink, mail=MAIL + b"." + end + second).accepted == ("bob@example.org",)
    (mail,) = sink.mails
    assert b"MAIL FROM:<ceo@example.org>\r\n" in mail.content
    assert sink.verbs().count("MAIL") == 1


def test_exactly_the_bytes_arrive(sink: Sink) -> None:
    """Dots, empty lines, long lines, 8-bit octets of any code page."""
    raw = b"A: b\r\n\r\n.\r\n..\r\n.x\r\n\r\n" + b"y" * 5000 + b"\r\n" + bytes(range(128, 256)) + b"\r\n.\r\n"
    sent(sink, mail=raw)
    assert sink.mails[0].content == raw


# The connection


def test_many_at_once_share_a_relay(sink: Sink) -> None:
    """Each delivery is a connection of its own."""
    relay = SubmissionRelay(settings_for(sink))

    def one(number: int) -> Attempt:
        return relay.deliver(envelope(f"u{number}@example.org"), MAIL, committing=Post())

    with ThreadPoolExecutor(8) as pool:
        attempts = list(pool.map(one, range(24)))
    assert all(attempt.accepted for attempt in attempts)
    assert sorted(mail.recipients[0] for mail in sink.mails) == sorted(f"u{number}@example.org" for number in range(24))


def test_nobody_listens(sink: Sink) -> None:
    """The server is away: temporary, with its name."""
    sink.stop()
    answer = why(sent(sink))
    assert answer == Answer(code=0, text=f"localhost:{sink.port}: cannot connect (Connection refused)")
    sink.start()
    assert sent(sink).accepted


def test_a_name_that_nobody_knows(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told so, with the setting to check; the resolver is not asked for real."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert why(sent(sink, host="mail.example", security="tls")) == Answer(
        code=0,
        text=f"mail.example:{sink.port}: the name cannot be resolved (Name or service not known);"
        " check relay.host and the network",
    )


def test_what_is_no_name_at_all(sink: Sink) -> None:
    """A label of a name has 63 signs at most."""
    answer = why(sent(sink, host="a" * 70 + ".example", security="tls"))
    assert answer.text.endswith("this is not the name of a computer; check relay.host")


@contextmanager
def trickling() -> Iterator[int]:
    """A server that sends its greeting a byte at a time and never ends it; its port."""
    done = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client, suppress(OSError):
            client.sendall(b"220-")
            while not done.wait(0.02):
                client.sendall(b"x")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        done.set()
        thread.join(5)
        listener.close()


def test_a_trickle_does_not_hold_us(sink: Sink) -> None:
    """The time is for the whole answer, not for each byte."""
    with trickling() as port:
        assert "no answer within 0.3 seconds" in why(sent(sink, port=port, timeout=0.3)).text
