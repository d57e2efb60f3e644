"""What must not work at the gateway: relaying for others, smuggling, injection, guessing, and who may still get in."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from select import select

import pytest

from tests.servers import until
from tests.servers.gateway import MAIL, PASSWORD, PLAIN, USER, Running, Wire, has_ipv6, running

pytestmark = pytest.mark.system


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    """A gateway with the limits that users have; it must not have met a bug, nor told anything that is in a mail."""
    with running(tmp_path) as found:
        yield found
        assert found.events("bug") == []


# --- no open relay ------------------------------------------------------------------------------------------------
def test_nothing_is_taken_without_a_login(gateway: Running) -> None:
    """Neither with HELO nor with EHLO, nor over TLS, nor by a login that the change to TLS has made void."""
    with Wire(gateway.port) as wire:
        wire.answer()
        for greeting in ("HELO client", "EHLO client"):
            wire.say(greeting)
            for command in ("MAIL FROM:<ada@example.org>", "RCPT TO:<bob@example.net>", "DATA"):
                assert wire.say(command).startswith(("530 5.7.0", "503 "))
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        assert wire.say("STARTTLS").startswith("220 ")
        wire.secure(gateway.trusting())
        wire.say("EHLO client")
        assert wire.say("MAIL FROM:<ada@example.org>").startswith("530 5.7.0")
    assert gateway.kept.mails == []


@pytest.mark.parametrize(
    ("sender", "answer"),
    [
        ("eve@example.net", "550 5.7.1 eve@example.net is not one of your addresses: add it to an account"),
        ("ada@example.org.evil.example", "550 5.7.1"),
        ("eve+ada@example.org", "550 5.7.1"),
        ("+ada@example.org", "550 5.7.1"),
        ("ada+x@example.net", "550 5.7.1"),
        ("ada-x@example.org", "550 5.7.1"),
        ('"ada+x"@example.org', "550 5.7.1"),
        ("eve%ada@example.org", "550 5.7.1"),
        ('"ada@example.org"@evil.example', "550 5.7.1"),
        ("", "550 5.7.1 A submitted mail has a sender: bounces"),
        ("ada", "553 5.1.3"),
        ("ada@example.org> <eve@example.net", "501 "),
        ("ada@example.org,eve@example.net", "553 5.1.3"),
        ("ada @example.org", "553 5.1.3"),
        ("a" * 330 + "@example.org", "553 5.1.3"),
    ],
)
def test_only_the_users_own_addresses_may_send(gateway: Running, sender: str, answer: str) -> None:
    """The reverse-path is one of them, whole; the refusal says what to do."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.say(f"MAIL FROM:<{sender}>").startswith(answer)
        assert wire.say("RCPT TO:<bob@example.net>").startswith("503 ")


@pytest.mark.parametrize(
    "sender", ["Ada@Example.ORG", "ADA@EXAMPLE.ORG", "ada+shop@example.org", "Ada+a+b@example.org"]
)
def test_neither_case_nor_a_detail_makes_another_address(gateway: Running, sender: str) -> None:
    """In the envelope and in From; it stays as it was written, and whether it may be used the provider says."""
    with Wire(gateway.port) as wire:
        raw = MAIL.replace(b"ada@example.org", sender.encode())
        assert wire.log_in().address(sender=sender).data(raw + b".\r\n").startswith("250 ")
    assert gateway.kept.mails[0][0].sender == sender


@pytest.mark.parametrize(
    "recipient",
    [
        "bob",
        "",
        "@example.net",
        "bob@",
        "bob@example.net>,<eve@example.net",
        "bob@exa mple.net",
        "bob\texample.net",
        "<",
    ],
)
def test_recipients_are_whole_addresses(gateway: Running, recipient: str) -> None:
    """Anything else could mean something else to the next server."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        wire.say("MAIL FROM:<ada@example.org>")
        assert wire.say(f"RCPT TO:<{recipient}>")[:4] in {"553 ", "500 ", "501 "}
        assert wire.say("DATA").startswith("503 ")


def test_recipients_that_are_unusual_but_right_are_taken(gateway: Running) -> None:
    """Quoted local parts, address literals; a source route is dropped (RFC 5321, appendix C)."""
    with Wire(gateway.port) as wire:
        wire.log_in().address('"b o\\"b"@example.net', "bob@[192.0.2.1]", "bob@[IPv6:2001:db8::1]", "o'neil+x=y@a.b")
        assert wire.say("RCPT TO:<@relay.example:bob@example.net>").startswith("250 ")
        wire.data(MAIL + b".\r\n")
    assert gateway.kept.mails[0][0].recipients == (
        '"b o\\"b"@example.net',
        "bob@[192.0.2.1]",
        "bob@[IPv6:2001:db8::1]",
        "o'neil+x=y@a.b",
        "bob@example.net",
    )


@pytest.mark.parametrize(
    "fields",
    [
        "From: eve@example.net",
        "From: ada@example.org <eve@example.net>",
        'From: "Ada <ada@example.org>" <eve@example.net>',
        "From: ada@example.org, eve@example.net",
        "From: Team: ada@example.org, eve@example.net;",
        "From: eve@example.net (ada@example.org)",
        "From: ada@example.org\r\nFrom: eve@example.net",
        "FROM : ada@example.org\r\nfrom: eve@example.net",
        "From: ada@example.org\r\nSender: eve@example.net",
        "From: eve@example.net\r\nSender: ada@example.org",
        "From: ada@example.org\r\nResent-From: eve@example.net",
        "Resent-From: eve@example.net\r\nResent-From: ada@example.org\r\nFrom: ada@example.org",
        "From: ada@example.org\r\nResent-From: ada@example.org\r\nResent-Sender: eve@example.net",
        "Subject: whose?",
        "From:",
        "From: Team:;",
        "From: =?utf-8?q?ada=40example=2Eorg?= <eve@example.net>",
    ],
)
def test_only_the_users_own_addresses_may_be_in_the_header(gateway: Running, fields: str) -> None:
    """Everybody in From, and Sender; or those who send the mail on, where it is sent on."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        answer = wire.data(fields.encode() + b"\r\n\r\nHallo\r\n.\r\n")
        assert answer.startswith(("550 5.7.1", "550 5.6.0"))
        assert ("config.toml" in answer) == answer.startswith("550 5.7.1")
    assert gateway.kept.mails == []
    [told] = gateway.events("submission_refused")
    assert set(told) == {"code", "size", "recipients"}


@pytest.mark.parametrize(
    "fields",
    [
        "From: =?utf-8?q?Ad=C3=A4?= <ADA@example.org>",
        "From:\r\n ada@example.org",
        'From: "eve@example.net" <ada@example.org>',
        "From: ada@example.org, büro@example.org\r\nSender: ada@example.org",
        "Resent-From: ada@example.org\r\nFrom: eve@example.net",
        "Resent-From: ada@example.org\r\nResent-From: eve@example.net\r\nFrom: eve@example.net",
    ],
)
def test_the_users_own_mails_pass(gateway: Running, fields: str) -> None:
    """However they are written, and when the user sends on what others wrote (RFC 5322, 3.6.6)."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        assert wire.data(fields.encode() + b"\r\n\r\nHallo\r\n.\r\n").startswith("250 ")


# --- smuggling and injection --------------------------------------------------------------------------------------
_ODD_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\r.\r\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n. \r\n",
    b"\r\r\n.\r\r\n",
    b"\n\n.\n\n",
]


@pytest.mark.parametrize("end", _ODD_ENDS, ids=repr)
def test_nothing_but_crlf_dot_crlf_ends_the_text(gateway: Running, end: bytes) -> None:
    """SMTP smuggling (CVE-2024-27305 of aiosmtpd 1.4.4): what follows an odd end is text and never a second mail.

    With a bare CR or LF the whole mail is refused, so that the next server cannot read it in another way either.
    """
    smuggled = b"MAIL FROM:<ada@example.org>\r\nRCPT TO:<eve@example.net>\r\nDATA\r\n" + MAIL + b"smuggled\r\n"
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        answer = wire.data(MAIL + b"text" + end + smuggled + b".\r\n")
        bare = end.replace(b"\r\n", b"").strip(b". \x00") != b""
        assert answer.startswith("550 5.6.11" if bare else "550 5.6.0" if b"\x00" in end else "250 ")
        assert wire.say("NOOP").startswith("250 ")
        assert len(gateway.kept.mails) == answer.startswith("250 ")
        assert wire.address().data(MAIL + b".\r\n").startswith("250 ")


def test_the_end_is_found_when_every_octet_comes_alone(gateway: Running) -> None:
    """And nothing behind it is swallowed."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        wire.say("DATA")
        for octet in MAIL + b"a sentence.\r\n..dot\r\n.\r\nNOOP\r\n":
            wire.send(bytes([octet]))
        assert [wire.answer()[:3], wire.answer()[:3]] == ["250", "250"]
    assert [raw for _, raw in gateway.kept.mails] == [MAIL + b"a sentence.\r\n.dot\r\n"]


def test_the_end_is_found_at_every_place_of_the_buffer(gateway: Running) -> None:
    """Around 64 KiB and 128 KiB, where the text is read in pieces, with a mark that is none just before."""
    line = b"x" * 98 + b"\r\n"
    with Wire(gateway.port) as wire:
        wire.log_in()
        for target in (65536, 131072):
            for shift in range(-8, 9):
                text = MAIL + line * ((target - len(MAIL) - 300) // 100)
                text += b"y" * 150 + b"\r\n"
                rest = target + shift - len(text) - 4
                text += b"z" * rest + b".x\r\n"
                wire.address()
                assert wire.data(text.replace(b"\r\n.", b"\r\n..") + b".\r\n").startswith("250 ")
                assert gateway.kept.mails.pop()[1] == text


def test_an_empty_text_and_one_without_a_body_end_where_they_should(gateway: Running) -> None:
    """The line end of DATA counts for the first dot; a header alone is a mail."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.address().data(b".\r\n").startswith("550 5.6.0")
        assert wire.address().data(b"\r\n.\r\n").startswith("550 5.6.0")
        assert wire.address().data(b"From: ada@example.org\r\n.\r\n").startswith("250 ")
        assert wire.address().data(b"..From: ada@example.org\r\n.\r\n").startswith("550 5.6.0")


@pytest.mark.parametrize(
    "command",
    [
        b"NOOP\nMAIL FROM:<ada@example.org>",
        b"NOOP\rMAIL FROM:<ada@example.org>",
        b"MAIL FROM:<ada@example.org>\nRCPT TO:<eve@example.net>",
        b"MAIL FROM:<ada@example.org\x00>",
        b"MAIL FROM:<ada@example.org>\x1b[2J",
        b"MAIL FROM:<\xff\xfe@example.org>",
        "MAIL FROM:<ada@example.org\N{LINE SEPARATOR}>".encode(),
        b"\n",
        b"",
    ],
)
def test_a_command_line_ends_with_crlf_and_holds_no_control_characters(gateway: Running, command: bytes) -> None:
    """Else one server's command is two for the next; nothing of it is repeated in the answer."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        answer = wire.say(command)
        assert answer in {
            "500 5.5.2 Not a command line: printable signs, ended by CRLF",
            "500 5.5.1 Unknown command",
        }
        assert wire.say("RCPT TO:<bob@example.net>").startswith("503 ")


@pytest.mark.parametrize(
    "header",
    [
        b"From: ada@example.org\r\nno field\r\nBcc: eve@example.net",
        b"From ada@example.org Sat Nov 21 10:00:00 2026\r\nFrom: ada@example.org",
        b" folded: first\r\nFrom: ada@example.org",
        b"From: ada@example.org\r\n: nameless",
        b"From: ada@example.org\r\nSubj\xc3\xa9ct: x",
    ],
)
def test_a_header_that_others_may_end_elsewhere_is_refused(gateway: Running, header: bytes) -> None:
    """A line that is no field is the end of the header to some servers and skipped by others."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        assert wire.data(header + b"\r\n\r\nx\r\n.\r\n").startswith("550 5.6.0 Line ")


def test_a_browser_that_posts_a_form_here_is_cut_off_before_its_text(gateway: Running) -> None:
    """Three unknown commands before the login; a page on the web cannot make a browser send mail."""
    with Wire(gateway.port) as wire:
        wire.answer()
        request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nContent-Type: text/plain\r\n\r\n"
        wire.send(request + b"EHLO x\r\nAUTH PLAIN " + PLAIN.encode() + b"\r\n")
        assert [wire.answer()[:3] for _ in range(4)] == ["500", "500", "500", "421"]
        assert wire.ended()


def test_whoever_has_logged_in_may_err_ten_times(gateway: Running) -> None:
    """Then the connection ends: it is no mail client."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert [wire.say("XYZ")[:3] for _ in range(10)] == ["500"] * 10
        assert wire.answer().startswith("421 4.7.0")
        assert wire.ended()


def test_a_command_line_without_end_ends_the_connection(gateway: Running) -> None:
    """Longer than allowed is an error; longer than the buffer is the end."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.say("NOOP " + "x" * 600) == "500 5.5.2 The command line is too long"
        wire.send(b"NOOP " + b"x" * 300_000)
        assert wire.answer() == "500 5.5.2 The command line is too long"
        assert wire.ended()


# --- STARTTLS -----------------------------------------------------------------------------------------------------
def test_what_is_sent_behind_starttls_in_clear_is_never_executed(gateway: Running) -> None:
    """CVE-2024-34083 of aiosmtpd 1.4.5, CVE-2011-0411 of Postfix: the connection ends instead."""
    for behind in (b"EHLO x\r\nAUTH PLAIN " + PLAIN.encode() + b"\r\n", b"N"):
        with Wire(gateway.port) as wire:
            wire.answer()
            wire.say("EHLO client")
            wire.send(b"STARTTLS\r\n" + behind)
            assert wire.answer().startswith("421 4.7.0")
            assert wire.ended()
    with Wire(gateway.port) as wire:  # and what comes between the answer and the handshake breaks the handshake
        wire.answer()
        wire.say("EHLO client")
        wire.say("STARTTLS")
        wire.send(b"EHLO x\r\nAUTH PLAIN " + PLAIN.encode() + b"\r\n")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            wire.secure(gateway.trusting())


def test_starttls_works_once_and_forgets_what_was_before(gateway: Running) -> None:
    """RFC 3207, 4.2: EHLO and AUTH are needed again."""
    with Wire(gateway.port) as wire:
        wire.answer()
        assert wire.say("STARTTLS now").startswith("501 ")
        wire.say("EHLO client")
        wire.say("STARTTLS")
        wire.secure(gateway.trusting())
        assert wire.say("MAIL FROM:<ada@example.org>").startswith("503 ")
        assert "STARTTLS" not in wire.say("EHLO client")
        assert wire.say("STARTTLS").startswith("503 5.5.1")
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith("235 ")


@pytest.mark.parametrize("how", ["gone", "nonsense"])
def test_a_handshake_that_fails_frees_its_place(tmp_path: Path, how: str) -> None:
    """However it ends; aiosmtpd would wait for ever when the other side goes away in the middle."""
    with running(tmp_path) as gateway:
        loop = gateway.gateway._loop
        assert loop is not None
        before = len(asyncio.all_tasks(loop))  # each connection is one more
        for _ in range(3):
            with Wire(gateway.port) as wire:
                assert wire.answer().startswith("220 ")
                wire.say("EHLO client")
                wire.say("STARTTLS")
                if how == "nonsense":
                    wire.send(b"\x16\x03\x01\x00\x05hello")
                    assert wire.socket.recv(100) is not None
        assert until(lambda: len(asyncio.all_tasks(loop)) == before)
        assert gateway.events("bug") == []


def test_the_private_key_and_its_folder_are_nobody_elses(gateway: Running) -> None:
    """0600, from the moment it is there."""
    key = gateway.folder / "gateway-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" in key.read_bytes()
    assert b"PRIVATE KEY" not in gateway.certificate.read_bytes()


# --- guessing -----------------------------------------------------------------------------------------------------
def _guess(port: int, user: str = USER, password: str = "wrong") -> str:
    with Wire(port) as wire:
        wire.answer()
        wire.say("EHLO client")
        return wire.say(b"AUTH PLAIN " + b64encode(f"\0{user}\0{password}".encode()))


def test_a_wrong_password_is_refused_after_a_delay_that_grows(gateway: Running) -> None:
    """0.5 s, 1 s; three in one connection end it. User and password are not told apart."""
    with Wire(gateway.port) as wire:
        wire.answer()
        wire.say("EHLO client")
        took = []
        for user, password in ((USER, "wrong"), ("eve", PASSWORD), ("", "")):
            start = time.monotonic()
            answer = wire.say(b"AUTH PLAIN " + b64encode(f"\0{user}\0{password}".encode()))
            took.append(time.monotonic() - start)
            assert answer == "535 5.7.8 User or password is wrong; see [gateway] in config.toml"
        assert wire.answer().startswith("421 4.7.0")
        assert wire.ended()
    for least, seconds in zip((0.5, 1.0, 2.0), took, strict=True):
        assert least <= seconds < least + 1.5
    assert gateway.events("gateway_login_refused") == [{"count": 1}, {"count": 2}, {"count": 3}]


def _guess_together(wires: list[Wire]) -> list[Wire]:
    """All at the same time; gives those that were locked out, which is told without delay."""
    for wire in wires:
        wire.answer()
        wire.say("EHLO client")
    for wire in wires:
        wire.send(b"AUTH PLAIN " + b64encode(b"\0ada\0guess") + b"\r\n")
    locked: list[Wire] = []
    waiting = {wire.socket: wire for wire in wires}

    def heard() -> bool:
        for ready in select(list(waiting), [], [], 0)[0]:
            wire = waiting.pop(ready)
            if wire.answer().startswith("454 4.7.0"):
                locked.append(wire)
        return len(locked) == len(wires) - 10

    assert until(heard)
    return locked


def test_many_guesses_at_once_are_locked_out_and_sessions_go_on(gateway: Running) -> None:
    """However many connections guess together, ten passwords are checked; then 454, also for the right one.

    Who has logged in before is not touched.
    """
    with ExitStack() as stack, Wire(gateway.port) as inside:
        inside.log_in()
        wires = [stack.enter_context(Wire(gateway.port)) for _ in range(30)]
        assert len(_guess_together(wires)) == 20
        locked = _guess(gateway.port, password=PASSWORD)
        assert locked.startswith("454 4.7.0 Too many wrong passwords; try again in ")
        assert inside.address().data(MAIL + b".\r\n").startswith("250 ")
    assert [event["count"] for event in gateway.events("gateway_login_refused")] == list(range(1, 11))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_of_this_machine_locks_out_only_himself(gateway: Running) -> None:
    """Who guesses is told by the owner of the socket: on loopback all addresses are alike."""
    hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
    with ExitStack() as stack:
        os.seteuid(65534)
        try:
            wires = [stack.enter_context(Wire(gateway.port, host)) for host in (hosts * 12)[:12]]
        finally:
            os.seteuid(0)
        _guess_together(wires)
        assert _guess(gateway.port, password=PASSWORD).startswith("235 ")


def test_who_goes_away_in_the_middle_of_a_login_has_not_guessed(gateway: Running) -> None:
    """And an answer without end to a challenge is the end."""
    for mechanism in ("PLAIN", "LOGIN"):
        with Wire(gateway.port) as wire:
            wire.answer()
            wire.say("EHLO client")
            wire.say(f"AUTH {mechanism}")
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.ended()
        with Wire(gateway.port) as wire:
            wire.answer()
            wire.say("EHLO client")
            wire.say(f"AUTH {mechanism}")
            wire.send(b"A" * 300_000)
            assert wire.answer() == "500 5.5.2 The command line is too long"
            assert wire.ended()
    assert gateway.events("gateway_login_refused") == []


# --- nothing is told ----------------------------------------------------------------------------------------------
def test_nothing_of_a_mail_or_a_password_is_logged(
    gateway: Running, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """aiosmtpd logs every command and every line of the text; here only ids and counts are told."""
    caplog.set_level(0)
    with Wire(gateway.port) as wire:
        wire.log_in().address("secret-recipient@example.net")
        wire.data(MAIL + b"secret-body\r\n.\r\n")
        wire.say("secret-command")
        wire.say("MAIL FROM:<secret-sender@example.net>")
        assert wire.address().data(b"From: secret-from@example.net\r\n\r\n.\r\n").startswith("550 ")
    assert _guess(gateway.port, user="secret-user", password="secret-password").startswith("535 ")
    told = "".join([*capfd.readouterr(), caplog.text, repr(gateway.told)])
    assert "secret" not in told
    assert "example" not in told
    assert b64encode(b"secret")[:6].decode() not in told


def test_random_octets_break_nothing(gateway: Running) -> None:
    """Whatever comes, the answer is SMTP or the end, and the next mail client is served."""
    chance = Random(4)
    words = b"MAIL FROM:<|RCPT TO:<|DATA\r\n|\r\n.\r\n|\r\n|AUTH PLAIN |\x00|<|>|=|(|ada@example.org|STARTTLS".split(
        b"|"
    )
    words += b'RSET\r\n|\xff|\n|SIZE=9| |"|EHLO x\r\n|QUIT|.|AUTH=<>'.split(b"|")
    for _ in range(60):
        with Wire(gateway.port) as wire:
            if chance.random() < 0.7:
                wire.log_in()
            try:
                wire.send(b"".join(chance.choices(words, k=chance.randint(1, 40))))
                wire.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            while answer := wire.answer():
                assert answer[:3].isdigit()
    with Wire(gateway.port) as wire:
        assert wire.log_in().address().data(MAIL + b".\r\n").startswith("250 ")
