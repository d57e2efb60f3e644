"""Getting in, and the error for each way in which that fails."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.adapters.imap import ImapMailbox, ImapSettings
from assistant.errors import Disconnected, GelassenError, LoginBarred, LoginRefused, PermanentFailure
from tests.servers import free_port
from tests.servers.certificate import self_signed
from tests.unit.imap.scripted import Peer, ScriptedServer


def _saying(text: str) -> Callable[[Peer, str], None]:
    return lambda peer, _command: peer.send(f"{peer.tag} {text}\r\n")


def _settings(**changes: object) -> ImapSettings:
    values: dict[str, object] = {"account": "studio", "host": "127.0.0.1", "user": "anna", "secret": lambda: "geheim"}
    return ImapSettings(**({"security": "none", "timeout": 2.0} | values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("NO [AUTHENTICATIONFAILED] Invalid credentials", LoginRefused),
        ("NO wrong", LoginRefused),
        ("BAD what", LoginRefused),
        ("NO [UNAVAILABLE] backend is away", Disconnected),
        ("NO [INUSE] locked", Disconnected),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", Disconnected),
        ("NO [LIMIT] rate limit hit", Disconnected),
    ],
)
def test_a_refusal_is_told_apart_from_a_busy_server(answer: str, error: type[GelassenError]) -> None:
    """A wrong password is for good, a server that is busy is worth another try."""
    with (
        ScriptedServer({"LOGIN": _saying(answer)}) as server,
        server.mailbox() as mailbox,
        pytest.raises(error, match=rf"127\.0\.0\.1:{server.port}") as caught,
    ):
        mailbox.connect()
    assert type(caught.value) is error
    assert "pw" not in str(caught.value)


def test_a_refused_password_is_not_tried_again_at_once_and_another_one_is() -> None:
    """Not even a connection is made for it; both connections of an account know of the refusal."""
    secret = "old"

    def login(peer: Peer, command: str) -> None:
        peer.ok() if "new" in command else peer.send(f"{peer.tag} NO wrong\r\n")

    with ScriptedServer({"LOGIN": login}) as server:
        settings = server.settings(secret=lambda: secret)
        one, two = ImapMailbox(settings), ImapMailbox(settings)
        with pytest.raises(LoginRefused):
            one.connect()
        asked = len(server.commands)
        for mailbox in (one, two):
            with pytest.raises(LoginBarred, match=r"wrong.*\(tried again in 1 min\)"):
                mailbox.connect()
        assert len(server.commands) == asked
        secret = "new"
        two.connect()
        assert server.count("LOGIN") == 2
        two.close()


def test_a_server_that_hangs_up_at_the_login_is_away() -> None:
    """No answer is no refusal."""
    with (
        ScriptedServer({"LOGIN": lambda peer, _: peer.hang_up()}) as server,
        server.mailbox() as mailbox,
        pytest.raises(Disconnected),
    ):
        mailbox.connect()


@pytest.mark.parametrize(
    ("greeting", "error", "hint"),
    [
        ("* BYE too busy\r\n", Disconnected, "too busy"),
        ("220 mail.example.org ESMTP\r\n", PermanentFailure, "not an IMAP server"),
        ("\x15\x03\x03\x00\x02\x02\x50", Disconnected, "tls"),
        ("", Disconnected, "within"),
    ],
)
def test_strange_greetings(greeting: str, error: type[GelassenError], hint: str) -> None:
    """Another protocol, a busy server and silence each have their own message."""
    with (
        ScriptedServer(greeting=greeting) as server,
        server.mailbox(timeout=0.3) as mailbox,
        pytest.raises(error, match=hint),
    ):
        mailbox.connect()


def test_a_port_where_nobody_listens() -> None:
    """Refused connections name host and port."""
    port = free_port()
    with pytest.raises(Disconnected, match=rf"127\.0\.0\.1:{port}.*refused"):
        ImapMailbox(_settings(port=port)).connect()


@pytest.mark.parametrize("host", ["no such host", "a..b", "x" * 80])
def test_a_name_that_cannot_be_resolved(host: str) -> None:
    """A mistyped host is named, and no traceback shown."""
    with pytest.raises((Disconnected, PermanentFailure), match=r"imap\.host"):
        ImapMailbox(_settings(host=host, port=143, security="tls")).connect()


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.7", "localhost.example.org"])
def test_no_clear_text_beyond_this_machine(host: str) -> None:
    """``security = "none"`` elsewhere is refused before a connection is made."""
    with pytest.raises(PermanentFailure, match="clear text"):
        ImapMailbox(_settings(host=host, port=143)).connect()


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    """Named, before anything is connected."""
    with pytest.raises(PermanentFailure, match=r"none\.pem"):
        ImapMailbox(_settings(security="tls", ca_file=str(tmp_path / "none.pem"))).connect()


def test_unknown_words_are_refused() -> None:
    """A misspelt security must not end up as none."""
    with pytest.raises(ValueError, match="ssl"):
        _settings(security="ssl")


def test_an_untrusted_certificate_is_refused_before_the_password(tmp_path: Path) -> None:
    """Self-signed by nobody that we know: nothing is sent."""
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    with (
        ScriptedServer(context=context) as server,
        server.mailbox(security="tls") as mailbox,
        pytest.raises(PermanentFailure, match="not trusted"),
    ):
        mailbox.connect()
    assert not server.commands


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """Trusted, but issued to somebody else."""
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    with (
        ScriptedServer(context=context) as server,
        server.mailbox(security="tls", ca_file=str(certificate.cert), host="127.0.0.2") as mailbox,
        pytest.raises(GelassenError) as caught,
    ):
        mailbox.connect()
    # Where the server listens on 127.0.0.1 only, the connection is refused before any certificate is seen.
    assert isinstance(caught.value, Disconnected) or "certificate" in str(caught.value)


def test_tls_to_a_port_without_tls() -> None:
    """The message says which security goes with which port."""
    with (
        ScriptedServer() as server,
        server.mailbox(security="tls") as mailbox,
        pytest.raises(PermanentFailure, match="starttls"),
    ):
        mailbox.connect()


def test_missing_starttls_is_no_reason_to_go_on_in_clear_text() -> None:
    """Somebody between us and the server may have removed it."""
    with (
        ScriptedServer() as server,
        server.mailbox(security="starttls") as mailbox,
        pytest.raises(PermanentFailure, match="STARTTLS"),
    ):
        mailbox.connect()
    assert not server.count("LOGIN")


def test_plain_text_injected_after_starttls_is_refused() -> None:
    """Answers that came before the encryption must not be believed after it (CVE-2011-0411)."""

    def inject(peer: Peer, _command: str) -> None:
        peer.send(f"{peer.tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")

    with (
        ScriptedServer({"STARTTLS": inject}, capabilities="IMAP4rev1 STARTTLS") as server,
        server.mailbox(security="starttls") as mailbox,
        pytest.raises(Disconnected),
    ):
        mailbox.connect()
    assert not server.count("LOGIN")


def test_quotes_and_backslashes_in_a_password() -> None:
    """Quoted as RFC 9051 wants it."""
    with ScriptedServer() as server, server.mailbox(secret=lambda: 'a"b\\c d', user="DOM\\anna b") as mailbox:
        mailbox.connect()
    assert 'LOGIN "DOM\\\\anna b" "a\\"b\\\\c d"' in server.commands


def test_umlauts_in_a_password_go_by_authenticate_plain() -> None:
    """UTF-8, where the server offers PLAIN."""
    seen: list[bytes] = []

    def plain(peer: Peer, _command: str) -> None:
        peer.send("+ \r\n")
        seen.append(base64.b64decode(peer.line()))
        peer.ok()

    answers = {"AUTHENTICATE": plain}
    with (
        ScriptedServer(answers, capabilities="IMAP4rev1 AUTH=PLAIN") as server,
        server.mailbox(secret=lambda: "Grüße€") as mailbox,
    ):
        mailbox.connect()
    assert seen == ["\0anna\0Grüße€".encode()]


@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 LITERAL+"])
def test_umlauts_in_a_password_go_as_a_literal_without_plain(capabilities: str) -> None:
    """The only other way that takes every byte."""
    with ScriptedServer(capabilities=capabilities) as server, server.mailbox(secret=lambda: "Grüße") as mailbox:
        mailbox.connect()
    login = next(command for command in server.commands if command.startswith("LOGIN"))
    assert login.endswith("\r\nGrüße")


def test_xoauth2_sends_the_token_once() -> None:
    """The refusal's JSON is answered with an empty line, so that the server can say NO."""
    seen: list[bytes] = []

    def refuse(peer: Peer, _command: str) -> None:
        peer.send("+ \r\n")
        seen.append(base64.b64decode(peer.line()))
        peer.send("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
        seen.append(peer.line())
        peer.send(f"{peer.tag} NO [AUTHENTICATIONFAILED] token expired\r\n")

    with (
        ScriptedServer({"AUTHENTICATE": refuse}, capabilities="IMAP4rev1 AUTH=XOAUTH2") as server,
        server.mailbox(auth="xoauth2", secret=lambda: "ya29.token") as mailbox,
        pytest.raises(LoginRefused) as caught,
    ):
        mailbox.connect()
    assert seen == [b"user=anna\1auth=Bearer ya29.token\1\1", b"\r\n"]
    assert "ya29" not in str(caught.value)


def test_the_secret_is_asked_at_each_login_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    """A rotated password or token is picked up; neither logs nor the settings' text contain it."""
    caplog.set_level(logging.DEBUG)
    secrets = iter(["erstes", "zweites"])
    with ScriptedServer() as server, server.mailbox(secret=lambda: next(secrets)) as mailbox:
        mailbox.connect()
        mailbox.close()
        mailbox.connect()
        assert server.count('LOGIN "anna" "erstes"') == server.count('LOGIN "anna" "zweites"') == 1
    assert "erstes" not in caplog.text
    assert "secret" not in repr(_settings())


def test_a_secret_that_cannot_be_had_is_the_callers_error() -> None:
    """What the password command raises comes through, and no connection stays open."""

    def broken() -> str:
        raise PermanentFailure("pass: not found")

    with (
        ScriptedServer() as server,
        server.mailbox(secret=broken) as mailbox,
        pytest.raises(PermanentFailure, match="pass: not found"),
    ):
        mailbox.connect()


def test_a_preauthenticated_connection_needs_no_login() -> None:
    """PREAUTH, as tunnels have it."""
    with ScriptedServer(greeting="* PREAUTH welcome\r\n") as server, server.mailbox() as mailbox:
        assert mailbox.folders.drafts == "Drafts"
    assert not server.count("LOGIN")


def test_keep_alive_is_on() -> None:
    """A peer that vanished shows even while nothing is sent."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        mailbox.connect()
        connection = mailbox._connection
        assert connection is not None
        assert connection.wire.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
