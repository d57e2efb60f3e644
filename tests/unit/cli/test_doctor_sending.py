"""``gelassen doctor`` on relay and gateway: real servers on loopback, no mail sent, no password shown."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from assistant.daemon import checking_sending
from tests.servers import free_port
from tests.servers.gateway import PASSWORD, USER, running
from tests.servers.smtp import Act, Sink, Stage
from tests.unit.cli.conftest import CONFIG, World

SECRET = "three hens and a half"


@pytest.fixture
def sink(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """The provider, whose certificate this machine trusts."""
    with Sink(users={"mara": SECRET}, security="tls") as found:
        assert found.cafile is not None
        monkeypatch.setenv("SSL_CERT_FILE", found.cafile)
        monkeypatch.setenv("GELASSEN_TEST_PASSWORD", SECRET)
        monkeypatch.setenv("GELASSEN_TEST_GATEWAY", PASSWORD)
        configure(gelassen, found.port)
        yield found


def configure(gelassen: World, relay: int, *, gateway: int = 0, user: str = USER, more: str = "") -> None:
    """A relay at this port; a gateway where a port is given."""
    text = CONFIG.replace("[cooling]", f'relay = {{ host = "localhost", port = {relay}{more} }}\n[cooling]')
    if gateway:
        text += (
            f'[gateway]\nenabled = true\nport = {gateway}\nuser = "{user}"\npassword_env = "GELASSEN_TEST_GATEWAY"\n'
        )
    gelassen.config.write_text(text, encoding="utf-8")


def sending(gelassen: World) -> list[dict[str, str]]:
    """What is said about sending; never a password."""
    answer = gelassen("doctor", "--json")
    for secret in (SECRET, PASSWORD):
        assert secret not in answer.out + answer.err
    found: list[dict[str, str]] = answer.json
    assert answer.code == any(one["result"] == "failure" for one in found)
    ours = ("sending", "relay", "no relay")
    return [one for one in found if one["check"] == "gateway" or one["text"].startswith(ours)]


def test_a_relay_that_works(gelassen: World, sink: Sink) -> None:
    """Logged in, encrypted, until when the certificate holds; and not a command of a mail was said."""
    login, tls = sending(gelassen)
    assert (login["check"], login["result"]) == ("studio", "ok")
    assert login["text"] == f"sending through mara @ localhost:{sink.port} (tls): logged in, no mail sent"
    assert (tls["result"], tls["text"].startswith("sending: TLSv1.")) == ("ok", True)
    assert sink.logins == [("PLAIN", "mara", True)]
    assert not {"MAIL", "RCPT", "DATA"} & set(sink.verbs())
    german = gelassen("doctor", "--lang", "de").out
    assert "angemeldet, keine Mail gesendet" in german
    assert "das Zertifikat des Servers gilt bis" in german


def test_a_certificate_that_expires_soon_is_a_warning(
    gelassen: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test server's holds for a month."""
    monkeypatch.setattr(checking_sending, "_SOON", timedelta(days=60))
    _, tls = sending(gelassen)
    assert (tls["result"], "ask there" in tls["next"]) == ("warning", True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("password", "the login was refused"),
        ("certificate", "the server's certificate is not trusted"),
        ("away", "cannot connect"),
        ("no login", "no login with a password is offered here"),
        ("source", "the environment variable that it names is not set"),
    ],
)
def test_a_relay_that_does_not(
    gelassen: World, sink: Sink, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    """What, where, what next; in German too, and the other checks go on."""
    match fault:
        case "password":
            sink.users = {"mara": "another"}
        case "certificate":
            monkeypatch.delenv("SSL_CERT_FILE")
        case "away":
            sink.stop()
        case "no login":
            sink.mechanisms = ("CRAM-MD5",)
        case "source":
            monkeypatch.delenv("GELASSEN_TEST_PASSWORD")
    (found,) = sending(gelassen)
    assert (found["check"], found["result"]) == ("studio", "failure")
    assert f"localhost:{sink.port}" in found["text"]
    assert words in found["text"]
    assert "[[account]]" in found["next"]
    assert words not in gelassen("doctor", "--lang", "de").out


def test_no_encryption_where_starttls_is_taken_away(gelassen: World) -> None:
    """The password is not tried then."""
    with Sink(users={"mara": SECRET}, security="none") as plain:
        configure(gelassen, plain.port, more=', security = "starttls"')
        (found,) = sending(gelassen)
        assert (found["result"], "no STARTTLS" in found["text"]) == ("failure", True)
        assert plain.logins == []


def test_a_gateway_that_does_not_run(gelassen: World, sink: Sink) -> None:
    """Its port is free and its password there; how to start it."""
    port = free_port()
    configure(gelassen, sink.port, gateway=port)
    *_, password, gateway = sending(gelassen)
    assert (password["check"], password["result"]) == ("gateway", "ok")
    assert (gateway["result"], gateway["next"]) == ("warning", "start it with: gelassen run")
    assert f"port {port} is free" in gateway["text"]
    socket.create_server(("127.0.0.1", port)).close()  # and it is free still


def test_a_gateway_that_runs(gelassen: World, sink: Sink) -> None:
    """Met as a mail client meets it: by its own certificate, with its own user; nothing is handed in."""
    with running(gelassen.folder) as gateway:
        configure(gelassen, sink.port, gateway=gateway.port)
        *_, found = sending(gelassen)
        assert (found["check"], found["result"]) == ("gateway", "ok")
        assert found["text"].startswith(f"takes mails: localhost, port {gateway.port}, TLSv1.")
        assert gateway.kept.mails == []
        configure(gelassen, sink.port, gateway=gateway.port, user="another")
        *_, found = sending(gelassen)
        assert (found["result"], "restart gelassen run" in found["next"]) == ("failure", True)


@pytest.mark.parametrize("said", ["220 mail.example.org ESMTP", "", "HTTP/1.1 400 Bad Request"])
def test_another_program_at_its_port(gelassen: World, sink: Sink, said: str) -> None:
    """Never taken for the gateway, nor given the password; told how to go on."""
    with Sink(users={USER: PASSWORD}, security="starttls") as other:
        if said != "220 mail.example.org ESMTP":
            other.expect(Stage.CONNECT, Act.say(said, cutting=True), always=True)
        configure(gelassen, sink.port, gateway=other.port)
        *_, found = sending(gelassen)
        assert (found["check"], found["result"]) == ("gateway", "failure")
        assert f"cannot listen on port {other.port}" in found["text"]
        assert "choose another" in found["text"]
        assert other.logins == []


def test_a_gateway_without_its_password_or_a_relay(
    gelassen: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told; an account without a relay too."""
    configure(gelassen, sink.port, gateway=free_port())
    monkeypatch.delenv("GELASSEN_TEST_GATEWAY")
    gelassen.config.write_text(
        "\n".join(line for line in gelassen.config.read_text().splitlines() if not line.startswith("relay"))
    )
    account, nobody, password = sending(gelassen)
    assert (account["check"], account["result"], "refuses" in account["text"]) == ("studio", "warning", True)
    assert (nobody["check"], nobody["result"]) == ("gateway", "failure")
    assert (password["result"], "password_env" in password["text"]) == ("failure", True)


def test_nothing_is_said_of_a_gateway_that_is_off(gelassen: World) -> None:
    """Nor of a relay that nobody needs."""
    assert sending(gelassen) == []
