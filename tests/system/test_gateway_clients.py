"""Real mail clients send through the gateway: swaks, msmtp, neomutt."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from assistant.errors import TemporaryFailure
from tests.servers.gateway import MAIL, PASSWORD, USER, Kept, Running, running
from tests.servers.mailclients import Login, msmtp, need, neomutt, swaks

pytestmark = pytest.mark.system

_ADA, _BOB = "ada@example.org", "bob@example.net"
_SECURED = pytest.mark.parametrize("secured", [True, False], ids=["starttls", "clear"])


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    """A gateway; no mail client makes it meet a bug."""
    with running(tmp_path) as found:
        yield found
        assert found.events("bug") == []


def _login(gateway: Running, *, secured: bool, password: str = PASSWORD) -> Login:
    trusted = gateway.certificate if secured else None
    return Login(port=gateway.port, user=USER, password=password, trusted=trusted)


@_SECURED
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_sends(gateway: Running, mechanism: str, secured: bool) -> None:
    """Byte for byte, with the certificate verified."""
    need("swaks")
    login = _login(gateway, secured=secured)
    done = swaks(login, sender=_ADA, to=[_BOB, "eve@example.net"], mail=MAIL, mechanism=mechanism)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "250 2.0.0 held as 1" in done.stdout
    [(envelope, raw)] = gateway.kept.mails
    assert (envelope.sender, envelope.recipients) == (_ADA, (_BOB, "eve@example.net"))
    assert raw.rstrip() == MAIL.rstrip()


def test_swaks_pipelines(gateway: Running) -> None:
    """It reads the answers only after it has sent the whole envelope."""
    need("swaks")
    login = _login(gateway, secured=True)
    done = swaks(login, sender=_ADA, to=[_BOB, "eve@example.net"], mail=MAIL, options=["--pipeline"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(gateway.kept.mails) == 1


def test_swaks_cannot_relay(gateway: Running) -> None:
    """Wrong password, no password, a sender or an author that is not the user."""
    need("swaks")
    login, wrong = _login(gateway, secured=True), _login(gateway, secured=True, password="wrong")
    foreign = MAIL.replace(b"ada@", b"eve@")
    attempts = [
        (swaks(wrong, sender=_ADA, to=[_BOB], mail=MAIL), "535 5.7.8"),
        (swaks(login, sender=_ADA, to=[_BOB], mail=MAIL, mechanism=""), "530 5.7.0"),
        (swaks(login, sender="eve@example.net", to=[_BOB], mail=MAIL), "550 5.7.1"),
        (swaks(login, sender="<>", to=[_BOB], mail=MAIL), "550 5.7.1"),
        (swaks(login, sender=_ADA, to=[_BOB], mail=foreign), "550 5.7.1"),
    ]
    for done, answer in attempts:
        assert done.returncode != 0
        assert answer in done.stdout, done.stdout
    assert gateway.kept.mails == []


@_SECURED
@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_msmtp_sends(gateway: Running, tmp_path: Path, mechanism: str, secured: bool) -> None:
    """LF line ends become CRLF on the wire, dots come through, Bcc stays as the mail client leaves it."""
    need("msmtp")
    mail = MAIL.replace(b"\r\n", b"\n") + b".\n..\nGr\xc3\xbc\xc3\x9fe\n"
    login = _login(gateway, secured=secured)
    done = msmtp(tmp_path, login, sender=_ADA, to=[_BOB, "eve@example.net"], mail=mail, mechanism=mechanism)
    assert (done.returncode, done.stderr) == (0, "")
    [(envelope, raw)] = gateway.kept.mails
    assert (envelope.recipients, envelope.eight_bit) == ((_BOB, "eve@example.net"), True)
    assert raw == mail.replace(b"\n", b"\r\n")


def test_msmtp_keeps_a_mail_that_is_not_taken_and_says_why(tmp_path: Path) -> None:
    """With the gateway's words, so that the user knows what to do."""
    need("msmtp")

    def locked(envelope: object, raw: bytes) -> None:
        raise TemporaryFailure("the database is locked")

    with running(tmp_path, Kept(before=locked)) as gateway:
        login = _login(gateway, secured=True)
        later = msmtp(tmp_path, login, sender=_ADA, to=[_BOB], mail=MAIL)
        never = msmtp(tmp_path, login, sender="eve@example.net", to=[_BOB], mail=MAIL)
    assert later.returncode != 0
    assert "451 4.3.0 the database is locked" in later.stderr
    assert never.returncode != 0
    assert "550 5.7.1 eve@example.net is not one of your addresses" in never.stderr


@_SECURED
def test_neomutt_sends(gateway: Running, tmp_path: Path, secured: bool) -> None:
    """With umlauts in name, subject and text, and with a hidden recipient."""
    need("neomutt")
    done = neomutt(
        tmp_path,
        _login(gateway, secured=secured),
        sender=_ADA,
        to=[_BOB],
        bcc="eve@example.net",
        subject="Grüße",
        body="Guten Tag,\n.\ndas Büro schließt früher.\n",
        settings=['set realname="Adä"'],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [(envelope, raw)] = gateway.kept.mails
    assert (envelope.sender, sorted(envelope.recipients)) == (_ADA, [_BOB, "eve@example.net"])
    message = message_from_bytes(raw)
    assert str(make_header(decode_header(message["Subject"]))) == "Grüße"
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode(message.get_content_charset() or "") == "Guten Tag,\r\n.\r\ndas Büro schließt früher.\r\n"


def test_neomutt_tells_a_refusal(gateway: Running, tmp_path: Path) -> None:
    """And fails, so that the mail is not thought to be sent."""
    need("neomutt")
    login = _login(gateway, secured=False)
    done = neomutt(tmp_path, login, sender="eve@example.net", to=[_BOB], subject="x", body="x")
    assert done.returncode != 0
    assert "550 5.7.1" in done.stdout + done.stderr
    assert gateway.kept.mails == []
