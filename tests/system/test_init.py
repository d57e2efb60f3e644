"""``gelassen init`` in a pseudo-terminal, with real servers: mistakes are explained and asked again, and it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from tests.conftest import need_dovecot
from tests.servers.certificate import self_signed
from tests.servers.dovecot import Dovecot
from tests.servers.signin import CLIENT, SignIn
from tests.servers.smtp import Sink
from tests.servers.terminal import Terminal
from tests.servers.tokens import Tokens

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
ANGRY = (
    "From: Klara Kunde <kunde@firma.example>\r\nTo: mara@studio.invalid\r\nSubject: Katalog\r\n"
    "Message-ID: <c1@firma.example>\r\nDate: Wed, 18 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Ich habe jetzt endgültig genug von Ihrer Schlamperei. Wenn bis Freitag nichts da ist, gehe ich zum Anwalt!\r\n"
)


class Beginner:
    """Somebody with an empty home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.config = home / "config" / "gelassen" / "config.toml"
        self.keyring = home / "keyring.json"
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "LC_ALL": "de_DE.UTF-8",
            "PYTHON_KEYRING_BACKEND": "tests.servers.keyring_file.FileKeyring",
            "TEST_KEYRING": str(self.keyring),
            "OMP_WAIT_POLICY": "PASSIVE",
        }

    def init(self, *options: str) -> Terminal:
        """``gelassen init``."""
        return Terminal([sys.executable, "-m", "assistant", "init", *options], self.environment)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Any other command."""
        return subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What config.toml says."""
        return tomllib.loads(self.config.read_text(encoding="utf-8"))

    @property
    def kept(self) -> dict[str, str]:
        """What lies in the keyring."""
        found: dict[str, str] = json.loads(self.keyring.read_text()) if self.keyring.exists() else {}
        return found


@pytest.fixture
def beginner(tmp_path: Path) -> Beginner:
    """Nothing is there yet."""
    (tmp_path / "beginner").mkdir()
    return Beginner(tmp_path / "beginner")


@pytest.fixture
def bare() -> Iterator[Dovecot]:
    """A server whose mailboxes have Drafts and nothing else."""
    need_dovecot()
    with Dovecot(users={"mara": "geheim-17"}, folders={"Drafts": "\\Drafts"}) as server:
        yield server


def test_from_nothing_to_a_judged_mail(beginner: Beginner, bare: Dovecot) -> None:
    """No address, a wrong host, certificate, password, region, a missing folder: each is explained and asked again."""
    with beginner.init() as terminal:
        terminal.answer("Ihre Mailadresse:", "mara")
        assert "keine Mailadresse" in terminal.expect("Ihre Mailadresse:")
        terminal.type("mara@studio.invalid\n")
        terminal.answer("(IMAP) [imap.studio.invalid]:", "gibt-es-nicht.invalid")
        terminal.answer("Nummer [1]:")
        terminal.answer("Port [993]:")
        terminal.answer("Benutzername [mara@studio.invalid]:", "mara")
        terminal.answer("senden können?", "n")
        terminal.expect("[J/n]:")
        terminal.answer("[studio]:")
        terminal.answer("Nummer [1]:")
        terminal.answer("unsichtbar):", "falsch")
        assert "den Namen kennt niemand" in terminal.expect("Was möchten Sie tun?")
        terminal.answer("Nummer [1]:")
        terminal.answer("(IMAP) [gibt-es-nicht.invalid]:", "127.0.0.1")
        terminal.answer("Nummer [1]:")
        terminal.answer("Port [993]:", str(bare.tls_port))
        terminal.answer("Benutzername [mara]:")
        terminal.answer("[j/N]:")
        assert "dem Zertifikat des Servers ist nicht zu trauen" in terminal.expect("Was möchten Sie tun?")
        terminal.answer("Nummer [1]:")
        terminal.answer("(IMAP) [127.0.0.1]:")
        terminal.answer("Nummer [1]:", "3")
        terminal.answer("Port [143]:", str(bare.port))
        terminal.answer("Benutzername [mara]:")
        terminal.answer("[j/N]:")
        assert "Anmeldung wurde abgelehnt" in terminal.expect("Was möchten Sie tun?")
        terminal.answer("Nummer [1]:")
        terminal.answer("unsichtbar):", "geheim-17")
        assert "angemeldet als mara" in terminal.expect("Einen Ordner für „Gesendet“ hat Gelassen nicht gefunden.")
        terminal.answer("Ordner für „Gesendet“:", "Gesendet")
        assert "„Gesendet“ gibt es nicht. Es gibt: Drafts, INBOX" in terminal.expect("„Gesendet“ anlegen?")
        terminal.type("j\n")
        terminal.answer("Stimmen die Ordner? [J/n]:")
        terminal.answer("Zeitzone [Europe/Berlin]:")
        terminal.answer("[DE-BE]:", "DE-XX")
        assert "„DE-XX“ ist nicht bekannt" in terminal.expect("[DE-BE]:")
        terminal.type("DE-BY\n")
        terminal.answer("[09:00]:", "8:30")
        terminal.answer("[22:00]:")
        terminal.answer("[06:00]:")
        terminal.expect("Fertig.")
        assert terminal.end() == 0
    assert "geheim-17" not in terminal.shown + beginner.config.read_text(encoding="utf-8")
    assert beginner.kept == {"gelassen/studio": "geheim-17"}
    assert beginner.config.stat().st_mode & 0o777 == 0o600
    assert beginner.settings["general"]["region"] == "DE-BY"
    assert beginner.settings["cooling"]["morning"] == "08:30"
    assert beginner.settings["account"][0]["folders"] == {"sent": "Gesendet"}

    with IMAPClient("127.0.0.1", bare.port, ssl=False, timeout=20) as client:
        client.login("mara", "geheim-17")
        client.append("INBOX", ANGRY.encode())
    done = beginner.command("run", "--once")
    assert done.returncode == 0, done.stderr
    (mail,) = json.loads(beginner.command("mails", "--json").stdout)
    assert mail["message_id"] == "<c1@firma.example>"
    assert mail["level"] >= 2


def first_account(beginner: Beginner, dovecot: Dovecot, user: str) -> str:
    """A config.toml of the user's own making, with comments; its text."""
    beginner.config.parent.mkdir(parents=True)
    text = f"""# mine
[cooling]
settle = "5m"   # I write slowly

[[account]]
name = "atelier"
address = "{user}@studio.invalid"   # since 2011
imap = {{ host = "127.0.0.1", port = {dovecot.port}, security = "none", user = "{user}" }}
password_env = "MY_MAIL"
"""
    beginner.config.write_text(text, encoding="utf-8")
    beginner.environment["MY_MAIL"] = "pw"
    return text


def test_a_second_time_keeps_edits_and_adds_the_gateway(
    beginner: Beginner, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Enter changes nothing that is right; a relay that refuses is explained; the gateway is set and told."""
    former = first_account(beginner, dovecot, user)
    with Sink(users={user: "pw"}, folder=tmp_path) as sink, beginner.init("--lang", "en") as terminal:
        terminal.answer(f"address [{user}@studio.invalid]:")
        terminal.expect("already: “atelier”")
        terminal.answer("Are these servers right? [Y/n]:", "n")
        terminal.answer("(IMAP) [127.0.0.1]:")
        terminal.answer("Number [1]:")  # not at all, as before
        terminal.answer(f"Port [{dovecot.port}]:")
        terminal.answer(f"User name [{user}]:")
        terminal.answer("to send, too?", "y")
        terminal.answer("(SMTP) [127.0.0.1]:")
        terminal.answer("Number [1]:", "3")
        terminal.answer("Port [25]:", str(sink.port))
        terminal.answer(f"User name [{user}]:", "somebody")
        terminal.answer("Number [1]:")  # the password as before
        terminal.answer("folders right? [Y/n]:")
        assert "refused" in terminal.expect("What do you want to do?")
        terminal.answer("Number [1]:", "3")
        terminal.answer(f"User name [{user}]:")
        assert "nothing was sent" in terminal.expect("through Gelassen? [y/N]:")
        terminal.type("y\n")
        terminal.answer("Port [1587]:", "1588")
        terminal.answer(f"User name [{user}@studio.invalid]:")
        terminal.answer("[Europe/Berlin]:")
        terminal.answer("[DE-BE]:")
        terminal.answer("[09:00]:")
        terminal.answer("[22:00]:")
        terminal.answer("[06:00]:")
        terminal.expect("localhost, port 1588, STARTTLS")
        password = terminal.expect("Thunderbird:").split("(note it now): ")[1].split("\n")[0]
        assert terminal.end() == 0
        assert sink.mails == []
    text = beginner.config.read_text(encoding="utf-8")
    assert all(line in text for line in former.splitlines())
    assert text.startswith("# mine\n")
    assert beginner.settings["gateway"] == {
        "enabled": True,
        "port": 1588,
        "user": f"{user}@studio.invalid",
        "keyring": True,
    }
    assert beginner.kept == {"gelassen/gateway": password}
    assert beginner.settings["account"][0]["relay"]["port"] == sink.port


def test_stopping_leaves_nothing_behind(beginner: Beginner, dovecot: Dovecot, user: str) -> None:
    """Ctrl-C at the last question: no file, no password in the keyring."""
    with beginner.init() as terminal:
        terminal.answer("Ihre Mailadresse:", f"{user}@studio.invalid")
        terminal.answer("(IMAP)", "localhost")
        terminal.answer("Nummer [1]:", "3")
        terminal.answer("Port [143]:", str(dovecot.port))
        terminal.answer("Benutzername", user)
        terminal.answer("senden können?", "n")
        terminal.answer("Konto heißen?")
        terminal.answer("Nummer [1]:")
        terminal.answer("unsichtbar):", "pw")
        terminal.answer("Stimmen die Ordner?")
        terminal.answer("Zeitzone")
        terminal.expect("Feiertage")
        terminal.expect("]:")
        terminal.interrupt()
        terminal.expect("Abgebrochen. Es wurde nichts geschrieben.")
        assert terminal.end() == 130
    assert not beginner.config.exists()
    assert beginner.kept == {}


def test_without_a_terminal_it_says_so(beginner: Beginner) -> None:
    """In a pipe nobody could answer."""
    done = beginner.command("init")
    assert (done.returncode, done.stdout) == (1, "")
    assert "braucht dafür ein Terminal" in done.stderr


def test_a_sign_in_instead_of_a_password(beginner: Beginner, tmp_path: Path) -> None:
    """Device grant in the dialog; without a keyring the refresh token lies in a file of mode 0600; then it runs."""
    need_dovecot()
    certificate = self_signed(tmp_path)
    tokens = Tokens("none yet", "anna@studio.invalid")

    def issued(token: str) -> None:
        tokens.token = token

    beginner.environment |= {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "REQUESTS_CA_BUNDLE": str(certificate.cert),
    }
    with tokens as url, SignIn(certificate, issued) as server, Dovecot(tokeninfo_url=url) as dovecot:
        with beginner.init() as terminal:
            terminal.answer("Ihre Mailadresse:", "anna@studio.invalid")
            terminal.answer("(IMAP)", "localhost")
            terminal.answer("Nummer [1]:", "3")
            terminal.answer("Port [143]:", str(dovecot.port))
            terminal.answer("Benutzername")
            terminal.answer("senden können?", "n")
            terminal.answer("Konto heißen?")
            assert "Einen Schlüsselbund, der schützt, gibt es hier nicht" in terminal.expect("Nummer [1]:")
            terminal.type("3\n")
            terminal.answer("Nummer [1]:")
            terminal.answer("nur Sie lesen dürfen. Einverstanden? [J/n]:")
            terminal.answer("(Client-ID):", CLIENT)
            terminal.answer("[common]:", server.authority)
            terminal.expect("diesen Code ein: ABCD-1234")
            terminal.answer("Stimmen die Ordner?")
            terminal.answer("Zeitzone")
            terminal.answer("Feiertage")
            terminal.answer("[09:00]:")
            terminal.answer("[22:00]:")
            terminal.answer("[06:00]:")
            terminal.expect("Fertig.")
            assert terminal.end() == 0
        done = beginner.command("run", "--once")
    assert done.returncode == 0, done.stderr
    token = beginner.config.with_name("studio.token")
    assert (token.read_text().strip(), token.stat().st_mode & 0o777) == (server.refresh, 0o600)
    assert server.requests[0] == "device_code"
    assert set(server.requests[1:]) == {"refresh_token"}
    assert "access-" not in beginner.config.read_text(encoding="utf-8") + terminal.shown
