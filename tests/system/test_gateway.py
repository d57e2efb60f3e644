"""What a mail client meets at the gateway: offers, login, limits, answers, and bytes that stay as they were."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from assistant.adapters.certificate import PemFiles, own_certificate
from assistant.core.delivery import Answer, Envelope
from assistant.errors import Gone, PermanentFailure, Refused, StoreError, TemporaryFailure
from assistant.gateway import Gateway
from assistant.services.submission import Fate, Receipt
from tests.servers import free_port, until
from tests.servers.gateway import MAIL, PASSWORD, PLAIN, USER, Kept, Running, Wire, has_ipv6, running

pytestmark = pytest.mark.system


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    """A gateway with the limits that users have."""
    with running(tmp_path) as found:
        yield found


# --- where it listens ---------------------------------------------------------------------------------------------
def test_it_listens_on_loopback_only(gateway: Running) -> None:
    """127.0.0.1 and ::1 answer; the machine's other addresses refuse."""
    hosts = ["127.0.0.1", *(["::1"] if has_ipv6() else [])]
    for host in hosts:
        with Wire(gateway.port, host) as wire:
            assert wire.answer() == "220 localhost ESMTP Gelassen"
    elsewhere = _another_address()
    with pytest.raises(OSError, match=r".+"):
        socket.create_connection((elsewhere, gateway.port), timeout=5)


def _another_address() -> str:
    """An address of this machine that is not loopback, or one of nobody's where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells which address would be used (RFC 5737)
        except OSError:
            return "127.0.0.2"
        found: str = probe.getsockname()[0]
    return found


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    """On 127.0.0.1 or on ::1 alike: nobody else may sit where mail clients send the password."""
    families = [(socket.AF_INET, "127.0.0.1"), *([(socket.AF_INET6, "::1")] if has_ipv6() else [])]
    for family, host in families:
        with socket.socket(family) as other:
            other.bind((host, 0))
            other.listen()
            port = other.getsockname()[1]
            with (
                pytest.raises(PermanentFailure, match=rf"cannot listen on port {port}: .*\[gateway\] port"),
                running(tmp_path, port=port),
            ):
                pass


def test_it_can_be_started_again_on_the_same_port_at_once(tmp_path: Path) -> None:
    """A daemon that is restarted does not wait for old connections to be forgotten."""
    with running(tmp_path) as first, Wire(first.port) as wire:
        wire.log_in()
        port = first.port
    with running(tmp_path, port=port) as second, Wire(second.port) as wire:
        wire.log_in()
        second.gateway.stop()
        assert isinstance(second.gateway, Gateway)
        second.gateway.start()
        with Wire(port) as again:
            again.log_in()


# --- what it offers -----------------------------------------------------------------------------------------------
def test_it_offers_what_a_submission_server_should(gateway: Running) -> None:
    """RFC 6409: AUTH, SIZE, 8BITMIME, SMTPUTF8, PIPELINING, STARTTLS; over TLS no second STARTTLS."""
    with smtplib.SMTP("localhost", gateway.port) as client:
        client.ehlo()
        clear = dict(client.esmtp_features)
        client.starttls(context=gateway.trusting())
        client.ehlo()
        assert clear.pop("starttls") == ""
        assert client.esmtp_features == clear
    offers = {"size": str(50 * 2**20), "8bitmime": "", "smtputf8": "", "auth": " LOGIN PLAIN", "pipelining": ""}
    assert clear == offers


def test_tls_is_12_or_newer_and_the_certificate_is_that_of_localhost(gateway: Running) -> None:
    """A client that knows no better than TLS 1.1 is refused; a good one verifies name and certificate."""
    with smtplib.SMTP("localhost", gateway.port) as client:
        client.starttls(context=gateway.trusting())
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.version() in {"TLSv1.2", "TLSv1.3"}
        client.login(USER, PASSWORD)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with smtplib.SMTP("localhost", gateway.port) as client, pytest.raises((ssl.SSLError, ConnectionError)):
        client.starttls(context=old)


def test_vrfy_and_expn_are_off(gateway: Running) -> None:
    """Nobody learns which addresses there are, and nothing of the question is repeated."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        for command in ("VRFY ada@example.org", "EXPN staff", "VRFY"):
            assert wire.say(command) == "502 5.5.1 Not offered here"
        assert wire.say("HELP").startswith("214 ")
        assert wire.say("NOOP").startswith("250 ")


def test_a_renewed_certificate_is_shown_to_new_connections(tmp_path: Path) -> None:
    """Without a restart; one that cannot be renewed is told, and the old one goes on."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    current = [folders[0]]

    def certificate() -> PemFiles:
        if not current[0].is_dir():
            raise PermanentFailure("the folder is gone")
        return own_certificate(current[0], datetime.now(UTC))

    with running(tmp_path, certificate=certificate, renewal=0.02) as gateway:

        def trusted(folder: Path) -> bool:
            context = ssl.create_default_context(cafile=str(folder / "gateway-cert.pem"))
            with Wire(gateway.port) as wire:
                wire.answer()
                wire.say("EHLO client")
                wire.say("STARTTLS")
                try:
                    wire.secure(context)
                except ssl.SSLCertVerificationError:
                    return False
            return True

        assert trusted(folders[0])
        own_certificate(folders[1], datetime.now(UTC))
        current[0] = folders[1]
        assert until(lambda: trusted(folders[1]))
        current[0] = tmp_path / "gone"
        assert until(lambda: gateway.events("gateway_certificate_failed"))
        assert trusted(folders[1])


@pytest.mark.parametrize("broken", ["gateway-cert.pem", "gateway-key.pem"])
def test_a_certificate_that_cannot_be_used_stops_the_start(tmp_path: Path, broken: str) -> None:
    """And the port is free again."""
    files = own_certificate(tmp_path, datetime.now(UTC))
    (tmp_path / broken).write_text("nonsense", encoding="ascii")
    port = free_port()
    with (
        pytest.raises(PermanentFailure, match=r"certificate .* cannot be used"),
        running(tmp_path, certificate=lambda: files, port=port),
    ):
        pass
    with running(tmp_path, port=port):
        pass


# --- login --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("secured", ["clear", "tls"])
def test_plain_and_login_work_in_clear_and_over_tls(gateway: Running, mechanism: str, secured: str) -> None:
    """With an initial response and with a challenge (RFC 4954, 4)."""
    for at_once in (True, False):
        with smtplib.SMTP("localhost", gateway.port) as client:
            if secured == "tls":
                client.starttls(context=gateway.trusting())
            client.ehlo()
            client.user, client.password = USER, PASSWORD
            way = client.auth_plain if mechanism == "PLAIN" else client.auth_login
            code, _ = client.auth(mechanism, way, initial_response_ok=at_once)
            assert code == 235
            client.sendmail("ada@example.org", ["bob@example.net"], MAIL)
    assert [raw for _, raw in gateway.kept.mails] == [MAIL, MAIL]


def test_a_password_of_any_signs_works_in_any_case_of_the_command(tmp_path: Path) -> None:
    """The challenges are those that every mail client knows; the octets are UTF-8."""
    with running(tmp_path, secret=lambda: "gänse füßchen") as gateway, Wire(gateway.port) as wire:
        wire.answer()
        wire.say("ehlo client")
        assert wire.say("auth login") == "334 " + b64encode(b"Username:").decode()
        assert wire.say(b64encode(USER.encode())) == "334 " + b64encode(b"Password:").decode()
        assert wire.say(b64encode("gänse füßchen".encode())).startswith("235 ")


def test_a_long_password_fits_into_auth(tmp_path: Path) -> None:
    """RFC 4954, 4: the command may be longer than others; app passwords and tokens are."""
    long = "x" * 4000
    with running(tmp_path, secret=lambda: long) as gateway, Wire(gateway.port) as wire:
        wire.answer()
        wire.say("EHLO client")
        assert wire.say(b"AUTH PLAIN " + b64encode(f"\0{USER}\0{long}".encode())).startswith("235 ")


def test_a_password_that_was_changed_is_known_at_the_next_login(tmp_path: Path) -> None:
    """The source is asked again when the remembered one does not fit, and not before."""
    asked: list[str] = []
    current = ["old"]

    def secret() -> str:
        asked.append(current[0])
        return current[0]

    with running(tmp_path, secret=secret) as gateway:
        for password in ("old", "old", "new"):
            current[0] = password
            with smtplib.SMTP("localhost", gateway.port) as client:
                client.login(USER, password)
    assert asked == ["old", "new"]


def test_a_password_source_that_fails_is_temporary(tmp_path: Path) -> None:
    """454: the keyring may be unlocked a moment later; the mail client keeps the mail."""

    def locked() -> str:
        raise TemporaryFailure("gateway: keyring: the keyring is locked; unlock it")

    with running(tmp_path, secret=locked) as gateway, Wire(gateway.port) as wire:
        wire.answer()
        wire.say("EHLO client")
        assert wire.say(f"AUTH PLAIN {PLAIN}") == "454 4.7.0 gateway: keyring: the keyring is locked; unlock it"


def test_broken_logins_are_answered_and_another_try_is_allowed(gateway: Running) -> None:
    """Cancelled, not base64, without its parts, unknown mechanism, twice."""
    with Wire(gateway.port) as wire:
        wire.answer()
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith("503 ")
        wire.say("EHLO client")
        assert wire.say("AUTH").startswith("501 ")
        assert wire.say("AUTH CRAM-MD5").startswith("504 5.5.4")
        assert wire.say("AUTH PLAIN ***").startswith("501 5.5.2")
        assert wire.say("AUTH PLAIN eA==").startswith("501 5.5.2")
        assert wire.say("AUTH PLAIN") == "334 "
        assert wire.say("*").startswith("501 5.7.0")
        assert wire.say(f"auth plain {PLAIN}").startswith("235 ")
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith("503 ")
    assert gateway.events("gateway_login_refused") == []


# --- mails --------------------------------------------------------------------------------------------------------
def test_the_text_comes_byte_for_byte(gateway: Running) -> None:
    """Dots at line starts, trailing blanks, 8-bit signs, Bcc and odd spelling included; nothing is added."""
    head = b"from : Ada <ADA@example.org>\r\nBCC: eve@example.net\r\nX-Odd:\t a \r\n\tb\r\n\r\n"
    body = b".\r\n..\r\n...dots\r\n .\r\nGr\xc3\xbc\xdfe \r\n\r\n\r\n.end"
    with Wire(gateway.port) as wire:
        wire.log_in().address("bob@example.net", "eve@example.net", "bob@example.net")
        stuffed = (head + body).replace(b"\r\n.", b"\r\n..")
        assert wire.data(stuffed + b"\r\n.\r\n") == "250 2.0.0 held as 1"
    envelope = Envelope(
        sender="ada@example.org", recipients=("bob@example.net", "eve@example.net"), smtputf8=False, eight_bit=True
    )
    assert gateway.kept.mails == [(envelope, head + body + b"\r\n")]


def test_one_connection_sends_several_mails(gateway: Running) -> None:
    """Each has its own envelope, also after RSET and after one that was refused."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        for number in (1, 2):
            wire.address(f"{number}@example.net")
            assert wire.data(MAIL + b".\r\n") == f"250 2.0.0 held as {number}"
        wire.address("never@example.net")
        assert wire.say("RSET").startswith("250 ")
        assert wire.say("DATA").startswith("503 ")
        assert wire.address("3@example.net").data(b"Subject: whose?\r\n\r\n.\r\n").startswith("550 5.6.0")
        assert wire.address("4@example.net").data(MAIL + b".\r\n") == "250 2.0.0 held as 3"
        assert wire.say("QUIT").startswith("221 ")
        assert wire.ended()
    assert [envelope.recipients for envelope, _ in gateway.kept.mails] == [
        ("1@example.net",),
        ("2@example.net",),
        ("4@example.net",),
    ]


def test_pipelined_commands_are_answered_in_order(gateway: Running) -> None:
    """RFC 2920: a whole envelope in one segment, and the next one behind the end of the text."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        envelope = b"MAIL FROM:<ada@example.org> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"
        wire.send(envelope)
        assert [wire.answer()[:3] for _ in range(3)] == ["250", "250", "354"]
        wire.send(MAIL + b".\r\n" + envelope)
        assert [wire.answer()[:3] for _ in range(4)] == ["250", "250", "250", "354"]
        wire.send(MAIL + b".\r\nQUIT\r\n")
        assert [wire.answer()[:3] for _ in range(2)] == ["250", "221"]
    assert [raw for _, raw in gateway.kept.mails] == [MAIL, MAIL]


def test_what_smtputf8_is_needed_for_is_passed_on(gateway: Running) -> None:
    """Asked for and needed: yes; asked for and not needed: no; needed and not asked for: the address is refused."""
    german = MAIL.replace(b"Ada <ada@example.org>", "<büro@example.org>".encode())
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.say("MAIL FROM:<ada@example.org> SMTPUTF8").startswith("250 ")
        assert wire.say("RCPT TO:<bob@example.net>").startswith("250 ")
        wire.data(MAIL + b".\r\n")
        assert wire.say("MAIL FROM:<büro@example.org> SMTPUTF8 BODY=8BITMIME").startswith("250 ")
        assert wire.say("RCPT TO:<jürgen@exämple.net>").startswith("250 ")
        wire.data(german + b".\r\n")
        assert wire.say("MAIL FROM:<büro@example.org>").startswith("553 5.6.7")
        wire.address()
        assert wire.say("RCPT TO:<jürgen@example.net>").startswith("553 5.6.7")
    (plain, _), (utf8, raw) = gateway.kept.mails
    assert (plain.smtputf8, plain.eight_bit) == (False, False)
    assert (utf8.smtputf8, utf8.eight_bit) == (True, True)
    assert (utf8.sender, utf8.recipients, raw) == ("büro@example.org", ("jürgen@exämple.net",), german)


def test_the_auth_parameter_of_mail_is_taken(gateway: Running) -> None:
    """RFC 4954, 5: a server that offers AUTH takes it; unknown ones are refused."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.say("MAIL FROM:<ada@example.org> AUTH=<> SIZE=5").startswith("250 ")
        wire.say("RSET")
        assert wire.say("MAIL FROM:<ada@example.org> RET=HDRS").startswith("555 ")
        assert wire.say("MAIL FROM:<ada@example.org> BODY=BINARYMIME").startswith("501 ")


# --- limits -------------------------------------------------------------------------------------------------------
def test_a_mail_that_is_too_large_is_refused_as_early_as_can_be(tmp_path: Path) -> None:
    """By its announced size before the text, else at its end; exactly the limit is taken, and the next one too."""
    with running(tmp_path, size=10_000) as gateway, Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.say("MAIL FROM:<ada@example.org> SIZE=10001").startswith("552 ")
        wire.address()
        exact = MAIL + b"x" * 70 + b"\r\n"
        exact += (b"y" * 98 + b"\r\n") * ((10_000 - len(exact)) // 100)
        exact += b"z" * (10_000 - len(exact) - 2) + b"\r\n"
        assert wire.data(exact + b".\r\n").startswith("250 ")
        refusal = wire.address().data(exact[:-2] + b"!\r\n.\r\n")
        assert refusal == "552 5.3.4 The mail is larger than 0.009537 MiB ([gateway] size in config.toml)"
        assert wire.address().data((b"w" * 500 + b"\r\n") * 1000 + b".\r\n").startswith("552 ")
        assert wire.address().data(MAIL + b".\r\n").startswith("250 ")
    assert [len(raw) for _, raw in gateway.kept.mails] == [10_000, len(MAIL)]


def test_lines_up_to_998_octets_are_taken_and_longer_ones_refused(gateway: Running) -> None:
    """RFC 5322, 2.1.1: other servers would break them, and with them a signature."""
    with Wire(gateway.port) as wire:
        wire.log_in()
        assert wire.address().data(MAIL + b"x" * 998 + b"\r\n.\r\n").startswith("250 ")
        refusal = wire.address().data(MAIL + b"x" * 999 + b"\r\n.\r\n")
        assert refusal.startswith("550 5.6.0 A line is longer than 998 octets")
        assert wire.address().data(MAIL + b"x" * 300_000 + b"\r\n.\r\n").startswith("550 5.6.0")
        assert wire.say("NOOP").startswith("250 ")
    assert len(gateway.kept.mails) == 1


def test_too_many_recipients_are_refused_one_by_one(tmp_path: Path) -> None:
    """452 4.5.3 (RFC 5321, 4.5.3.1.10): those accepted stay, and the mail client sends to the others afterwards."""
    with running(tmp_path, recipients=3) as gateway, Wire(gateway.port) as wire:
        wire.log_in().address("1@example.net", "2@example.net", "3@example.net")
        assert wire.say("RCPT TO:<4@example.net>").startswith("452 4.5.3")
        assert wire.data(MAIL + b".\r\n").startswith("250 ")
    assert gateway.kept.mails[0][0].recipients == ("1@example.net", "2@example.net", "3@example.net")


def test_too_many_connections_are_turned_away_and_a_place_becomes_free(tmp_path: Path) -> None:
    """421 4.3.2; whoever goes makes room."""
    with running(tmp_path, connections=2) as gateway, Wire(gateway.port) as first, Wire(gateway.port) as second:
        first.log_in()
        second.log_in()
        with Wire(gateway.port) as third:
            assert third.answer().startswith("421 4.3.2")
            assert third.ended()
        second.say("QUIT")
        assert until(lambda: _greeted(gateway.port))


def test_who_never_logs_in_keeps_nobody_out(gateway: Running) -> None:
    """However many connections only sit there, greeted, after EHLO or over TLS: the longest there make room."""
    with ExitStack() as stack, Wire(gateway.port) as inside:
        inside.log_in()
        idle = [stack.enter_context(Wire(gateway.port)) for _ in range(150)]
        for number, wire in enumerate(idle[-40:]):
            assert wire.answer().startswith("220 ")
            assert wire.say("EHLO client").startswith("250-")
            if number < 10:
                wire.say("STARTTLS")
                wire.secure(gateway.trusting())
        with Wire(gateway.port) as client:
            assert client.log_in().address().data(MAIL + b".\r\n").startswith("250 ")
        assert inside.address().data(MAIL + b".\r\n").startswith("250 ")
        assert idle[0].answer().startswith("220 ")
        assert idle[0].answer().startswith("421 4.3.2 Too many connections")
        assert idle[0].ended()


def test_who_does_not_log_in_is_turned_away_soon(tmp_path: Path) -> None:
    """Long before a mail client that has logged in; a password that takes its time is no silence."""

    def slow() -> str:
        Event().wait(1.3)
        return PASSWORD

    with running(tmp_path, strangers=1.0, secret=slow) as gateway, Wire(gateway.port) as wire:
        wire.send(b"EHLO client\r\nAUTH PLAIN " + PLAIN.encode() + b"\r\n")
        assert [wire.answer()[:3] for _ in range(3)] == ["220", "250", "235"]
        for greeting in ("", "EHLO client"):
            with Wire(gateway.port) as stranger:
                assert stranger.answer().startswith("220 ")
                if greeting:
                    stranger.say(greeting)
                assert stranger.answer().startswith("421 4.4.2")
                assert stranger.ended()
        assert wire.address().data(MAIL + b".\r\n").startswith("250 ")


def _greeted(port: int) -> bool:
    with Wire(port) as wire:
        return wire.answer().startswith("220 ")


def test_a_mail_client_that_falls_silent_is_turned_away(tmp_path: Path) -> None:
    """Between commands, in the middle of a text, and in the middle of the TLS handshake."""
    with running(tmp_path, idle=0.3) as gateway:
        with Wire(gateway.port) as wire:
            wire.log_in()
            assert wire.answer().startswith("421 4.4.2")
            assert wire.ended()
        with Wire(gateway.port) as wire:
            wire.log_in().address()
            assert wire.data(b"From: ada@example.org\r\n").startswith("421 4.4.2")
            assert wire.ended()
        with Wire(gateway.port) as wire:
            wire.answer()
            wire.say("EHLO client")
            assert wire.say("STARTTLS").startswith("220 ")
            assert wire.ended()
        assert gateway.kept.mails == []
        assert gateway.events("bug") == []


def test_a_mail_client_that_does_not_listen_is_cut_off(tmp_path: Path) -> None:
    """It asks and asks, and reads no answer: others get theirs meanwhile, and its place becomes free."""
    with running(tmp_path, idle=0.5, connections=1) as gateway, Wire(gateway.port) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.log_in()
        wire.send(b"HELP\r\n" * 20_000)
        with Wire(gateway.port) as other:
            assert other.answer().startswith("421 4.3.2 Too many connections")
        assert until(lambda: _greeted(gateway.port), seconds=30)
        assert gateway.events("bug") == []


def test_slow_work_on_a_mail_is_no_silence(tmp_path: Path) -> None:
    """The time runs only while the mail client is to say something."""
    kept = Kept(before=lambda envelope, raw: Event().wait(0.8))
    with running(tmp_path, kept, idle=0.3) as gateway, Wire(gateway.port) as wire:
        assert wire.log_in().address().data(MAIL + b".\r\n") == "250 2.0.0 held as 1"


# --- answers ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (TemporaryFailure("the database is locked"), "451 4.3.0 the database is locked"),
        (Refused("Erst abkühlen lassen"), "550 5.7.1 Erst abkuehlen lassen"),
        (StoreError("the database is read-only"), "451 4.3.0 the database is read-only"),
        (Gone("no longer there\nsecond line"), "451 4.3.0 no longer there"),
    ],
)
def test_an_error_becomes_an_answer_and_the_mail_client_keeps_the_mail(
    tmp_path: Path, error: Exception, answer: str
) -> None:
    """Only a rule is final; a mail client with a queue tries again after everything else."""
    with running(tmp_path, Kept(before=lambda envelope, raw: _raise(error))) as gateway, Wire(gateway.port) as wire:
        assert wire.log_in().address().data(MAIL + b".\r\n") == answer
        wire.say("QUIT")
    failed = {"code": int(answer[:3]), "error": str(error), "size": len(MAIL), "recipients": 1}
    assert gateway.events("submission_failed") == [failed]


def _raise(error: Exception) -> None:
    raise error


def test_a_bug_is_told_without_the_mail_and_answered_with_451(tmp_path: Path) -> None:
    """The exception goes to the log, where only its frames are written; the mail client learns nothing of it."""
    bug = KeyError("Guten Tag")
    with running(tmp_path, Kept(before=lambda envelope, raw: _raise(bug))) as gateway, Wire(gateway.port) as wire:
        answer = wire.log_in().address().data(MAIL + b".\r\n")
        assert answer.startswith("451 4.3.0 ")
        assert "Guten" not in answer
        assert wire.address().data(MAIL + b".\r\n") == answer
    assert gateway.events("bug") == [{"account": "gateway", "error": bug}] * 2


@pytest.mark.parametrize(
    ("fate", "given", "answer"),
    [
        (Fate.RELAYED, Answer(code=250, text="2.0.0 Ok: queued as 4XyZ"), "250 2.0.0 Ok: queued as 4XyZ"),
        (Fate.QUEUED, Answer(code=0, text="queued as 7"), "250 queued as 7"),
        (Fate.REFUSED, Answer(code=550, text="5.1.1 Nobody: Müller\r\n250 OK"), "550 5.1.1 Nobody: Mueller  250 OK"),
        (Fate.REFUSED, Answer(code=452, text="4.2.2 Full"), "452 4.2.2 Full"),
        (Fate.REFUSED, Answer(code=0, text="no connection"), "451 no connection"),
        (Fate.REFUSED, Answer(code=250, text="2.0.0 Fine"), "451 2.0.0 Fine"),
        (Fate.REFUSED, Answer(code=421, text="4.3.2 Closing"), "451 4.3.2 Closing"),
        (Fate.REFUSED, Answer(code=535, text="5.7.8 Bad password"), "554 5.7.8 Bad password"),
    ],
)
def test_the_receipt_is_the_answer(tmp_path: Path, fate: Fate, given: Answer, answer: str) -> None:
    """In one line; success and failure never change places, and no code is passed on that means something else here."""

    class Says(Kept):
        def __call__(self, envelope: Envelope, raw: bytes) -> Receipt:
            return Receipt(fate=fate, answer=given, draft=7)

    with running(tmp_path, Says()) as gateway, Wire(gateway.port) as wire:
        assert wire.log_in().address().data(MAIL + b".\r\n") == answer
        assert wire.say("NOOP").startswith("250 ")
    [told] = gateway.events("submission")
    assert {key: told[key] for key in ("fate", "draft", "size", "recipients")} == {
        "fate": str(fate),
        "draft": 7,
        "size": len(MAIL),
        "recipients": 1,
    }


def test_every_answer_is_one_line_of_printable_ascii(tmp_path: Path) -> None:
    """At most 512 octets, whatever the words hold."""
    words = "5.0.0 ä\x00\x1b[2J\u202e\r\n" + "x" * 2000
    refusal = Receipt(fate=Fate.REFUSED, answer=Answer(code=550, text=words))

    class Says(Kept):
        def __call__(self, envelope: Envelope, raw: bytes) -> Receipt:
            return refusal

    with running(tmp_path, Says()) as gateway, Wire(gateway.port) as wire:
        answer = wire.log_in().address().data(MAIL + b".\r\n")
        assert re.fullmatch(r"550 [ -~]+", answer)
        assert len(answer) == 510


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyError("event.submission")])
def test_a_log_that_cannot_be_written_changes_no_answer(tmp_path: Path, error: Exception) -> None:
    """The mail is stored: an error now would make the mail client send it again."""

    def full(event: str, /, **fields: object) -> None:
        if event != "gateway_started":
            raise error

    with running(tmp_path, journal=full) as gateway, Wire(gateway.port) as wire:
        assert wire.log_in().address().data(MAIL + b".\r\n") == "250 2.0.0 held as 1"
        assert wire.address().data(b"From: eve@example.net\r\n.\r\n").startswith("550 5.7.1")


# --- mail clients that go away ------------------------------------------------------------------------------------
def test_a_text_without_its_end_is_forgotten(gateway: Running) -> None:
    """Nothing is submitted of a mail whose client vanished in the middle."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        wire.say("DATA")
        wire.send(MAIL + b"half a li")
    with Wire(gateway.port) as wire:
        wire.log_in().address().data(MAIL + b".\r\n")
    assert [raw for _, raw in gateway.kept.mails] == [MAIL]


def test_a_mail_client_that_sends_no_more_still_gets_its_answers(gateway: Running) -> None:
    """Half-closed connections are what a pipe from the shell makes; the mail came whole."""
    with Wire(gateway.port) as wire:
        wire.log_in().address()
        wire.say("DATA")
        wire.send(MAIL + b".\r\nQUIT\r\n")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.answer() == "250 2.0.0 held as 1"
        assert wire.answer().startswith("221 ")
        assert wire.ended()


def test_a_mail_client_that_vanishes_behind_the_text_changes_nothing_for_the_mail(tmp_path: Path) -> None:
    """The work goes on to its end and is told; the place is free again."""
    reached, go = Event(), Event()

    def wait(envelope: Envelope, raw: bytes) -> None:
        reached.set()
        assert go.wait(20)

    with running(tmp_path, Kept(before=wait), connections=1) as gateway:
        with Wire(gateway.port) as wire:
            wire.log_in().address()
            wire.say("DATA")
            wire.send(MAIL + b".\r\n")
            assert reached.wait(20)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST
        assert until(lambda: _greeted(gateway.port))
        go.set()
        assert until(lambda: gateway.events("submission"))
        assert len(gateway.kept.mails) == 1
        assert gateway.events("bug") == []
