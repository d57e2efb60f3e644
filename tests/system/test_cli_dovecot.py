"""The commands as a user calls them: real processes, a real Dovecot, the real model."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.servers import free_port
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen, messages

pytestmark = pytest.mark.system

ANGRY = (
    "Ich habe jetzt endgültig genug von Ihrer Schlamperei. Wenn bis Freitag nichts da ist, gehe ich zum Anwalt und "
    "fordere die 1.200 € zurück. Was soll das?"
)
HOT = "Das ist eine Frechheit! Sie haben mir nie zugehört, und jetzt ist es natürlich meine Schuld? Lächerlich."
COOLING = "Cooling off"


def mail(sender: str, to: str, subject: str, text: str, more: str) -> bytes:
    """A plain mail of this morning."""
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n{more}Date: Wed, 18 Nov 2026 10:00:00 +0100\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{text}\r\n"
    ).encode()


def write(client: IMAPClient, number: int) -> bytes:
    """An angry mail in INBOX and a heated answer in Drafts; the answer's bytes."""
    incoming = mail(
        "Klara Kunde <kunde@firma.example>",
        "mara@studio.example",
        f"Katalog {number}",
        ANGRY,
        f"Message-ID: <c{number}@firma.example>\r\n",
    )
    client.append("INBOX", incoming)
    more = f"Message-ID: <d{number}@studio.example>\r\nIn-Reply-To: <c{number}@firma.example>\r\n"
    draft = mail("mara@studio.example", "kunde@firma.example", f"Re: Katalog {number}", HOT, more)
    client.append("Drafts", draft, ["\\Draft"])
    return draft


def program(folder: Path, server: Dovecot, user: str, **settings: str) -> Gelassen:
    """A configuration on that server in a folder of its own."""
    return Gelassen(folder, port=server.port, user=user, settle="0s", **settings)


@pytest.fixture(scope="module")
def gelassen(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Gelassen:
    """One account for the module."""
    return program(tmp_path_factory.mktemp("cli"), dovecot, "cli-user")


@pytest.fixture
def client(gelassen: Gelassen) -> Iterator[IMAPClient]:
    """The user's mail client."""
    found = gelassen.client()
    yield found
    found.logout()


@pytest.fixture(scope="module")
def drafts(gelassen: Gelassen) -> dict[int, bytes]:
    """Three heated answers, held after one pass: their bytes by their number in the queue."""
    client = gelassen.client()
    raws = [write(client, number) for number in (1, 2, 3)]
    client.logout()
    gelassen.command("run", "--once")
    rows = {row["subject"]: row["id"] for row in gelassen.json("queue")}
    return {rows[f"Re: Katalog {number}"]: raw for number, raw in enumerate(raws, 1)}


def number_of(gelassen: Gelassen, subject: str) -> str:
    """A draft's number in the queue."""
    return next(str(row["id"]) for row in gelassen.json("queue", "--all") if row["subject"] == subject)


def test_one_pass_judges_and_holds(gelassen: Gelassen, drafts: dict[int, bytes], client: IMAPClient) -> None:
    """Mails judged, drafts out of Drafts and in the cooling-off folder, byte for byte; INBOX as it was."""
    assert sorted(messages(client, COOLING).values()) == sorted(drafts.values())
    assert messages(client, "Drafts") == {}
    rows = gelassen.json("mails")
    assert len(rows) == 3
    assert all(row["level"] >= 1 and row["client"] == "kunde@firma.example" for row in rows)
    client.select_folder("INBOX", readonly=True)
    assert all(b"\\Seen" not in flags for flags in client.get_flags(client.search()).values())
    status = gelassen.json("status")
    assert (status["daemon"], status["assessed"], status["held"]) == (None, 3, 3)
    assert stat.S_IMODE(gelassen.store.stat().st_mode) == 0o600


def test_review_wait_release(gelassen: Gelassen, drafts: dict[int, bytes], client: IMAPClient) -> None:
    """Refused while warm and not reviewed; after review and hold it goes back byte for byte."""
    number = number_of(gelassen, "Re: Katalog 1")
    assert "not cooled" in gelassen.command("release", number, check=1).stderr
    form = gelassen.json("show", number)
    assert form["incoming"]["message_id"] == "<c1@firma.example>"
    assert "1.200 €" in gelassen.command("review", number, check=1).stdout
    approved = gelassen.json("review", number, "--approve", form["hash"])
    assert approved["reviewed"] is True
    assert datetime.fromisoformat(approved["hold_until"]) > datetime.now().astimezone()
    gelassen.command("release", number, check=1)
    released = gelassen.json("release", number, "--now", "--reason", "Messe")
    assert (released["state"], released["hash"]) == ("released", form["hash"])
    assert drafts[int(number)] in messages(client, "Drafts").values()
    gelassen.command("run", "--once")
    assert gelassen.json("show", number)["state"] == "released"
    assert drafts[int(number)] in messages(client, "Drafts").values()


def test_edit(gelassen: Gelassen, drafts: dict[int, bytes], client: IMAPClient) -> None:
    """The suggestion replaces the copy in the folder; the old bytes can still be had."""
    number = number_of(gelassen, "Re: Katalog 2")
    old = gelassen.json("show", number)
    text = gelassen.folder / "neu.txt"
    text.write_text("Guten Tag,\n\nden Entwurf schicke ich Ihnen morgen bis 12 Uhr.\n", encoding="utf-8")
    assert gelassen.json("edit", number, "--file", str(text))["version"] == 2
    copies = [raw for raw in messages(client, COOLING).values() if b"<d2@studio.example>" in raw]
    assert len(copies) == 1
    assert drafts[int(number)] not in copies
    assert gelassen.json("show", number, "--version", "1")["hash"] == old["hash"]
    assert gelassen.command("show", number, "--raw", "--version", "1").stdout.splitlines() == (
        drafts[int(number)].decode().splitlines()
    )


def test_discard_and_undo(gelassen: Gelassen, drafts: dict[int, bytes], client: IMAPClient) -> None:
    """To Trash and back into the cooling-off folder."""
    number = number_of(gelassen, "Re: Katalog 3")
    gelassen.command("discard", number)
    assert drafts[int(number)] in messages(client, "Trash").values()
    assert int(number) not in {row["id"] for row in gelassen.json("queue")}
    gelassen.command("discard", "--undo", number)
    assert drafts[int(number)] in messages(client, COOLING).values()
    before = gelassen.json("show", number)["hold_until"]
    assert gelassen.json("extend", number, "2h")["hold_until"] > before


def test_queue_is_fast(gelassen: Gelassen, drafts: dict[int, bytes]) -> None:
    """Under 0.3 s on a quiet machine; the best of several, with room for a busy one."""
    del drafts

    def once() -> float:
        began = time.monotonic()
        gelassen.command("queue")
        return time.monotonic() - began

    assert min(once() for _ in range(5)) < 0.6


def test_doctor(gelassen: Gelassen) -> None:
    """Login, folders, abilities, model, templates, calendar: all well on Dovecot."""
    findings = json.loads(gelassen.command("doctor", "--json").stdout)
    assert {finding["result"] for finding in findings} <= {"ok", "warning"}
    texts = " | ".join(finding["text"] for finding in findings)
    for words in ("logged in", "Cooling off", "IDLE", "MOVE", "UIDPLUS", "NOTIFY", "SPECIAL-USE", "keywords"):
        assert words in texts


def test_doctor_on_a_poor_server(tmp_path: Path) -> None:
    """Without IDLE, MOVE, UIDPLUS and SPECIAL-USE: warnings that say what happens instead, and a full pass works."""
    with Dovecot(any_user_password="pw", capability="IMAP4rev1 LITERAL+") as server:
        gelassen = program(tmp_path, server, "poor")
        client = gelassen.client()
        write(client, 1)
        words = gelassen.command("--lang", "de", "doctor").stdout
        for ability in ("IDLE", "MOVE", "UIDPLUS", "NOTIFY", "SPECIAL-USE"):
            assert f"der Server kann nicht: {ability}" in words
        gelassen.command("run", "--once")
        assert len(gelassen.json("queue")) == 1
        client.logout()


def test_wrong_password_and_server_away(dovecot: Dovecot, tmp_path: Path) -> None:
    """One line each, exit 1, also from the doctor, which checks the rest; nothing is a traceback."""
    (tmp_path / "a").mkdir()
    gelassen = program(tmp_path / "a", dovecot, "wrong")
    gelassen.config.write_text(
        gelassen.config.read_text().replace('password_env = "GELASSEN_TEST_PASSWORD"', 'password_command = "echo no"')
    )
    done = gelassen.command("run", "--once", check=1)
    assert "the login was refused" in done.stderr
    findings = json.loads(gelassen.command("doctor", "--json", check=1).stdout)
    assert [f["result"] for f in findings if f["check"] == "studio"] == ["failure"]
    assert {f["result"] for f in findings if f["check"] == "model"} == {"ok"}
    (tmp_path / "b").mkdir()
    away = Gelassen(tmp_path / "b", port=free_port(), user="x")
    done = away.command("run", "--once", check=1)
    assert "cannot connect" in done.stderr
    assert "Traceback" not in done.stderr
    assert away.json("status")["accounts"][0]["error"]


def test_model_missing_or_broken(dovecot: Dovecot, tmp_path: Path) -> None:
    """The folder that is not there, or holds no model, is named; exit 1."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{")
    for name in ("./nowhere", "./model"):
        gelassen = program(tmp_path, dovecot, "no-model", more=f'[judge]\nmodel = "{name}"')
        mail_file = tmp_path / "a.txt"
        mail_file.write_text(HOT)
        for arguments in (["run", "--once"], ["judge", str(mail_file)]):
            done = gelassen.command(*arguments, check=1)
            assert name[2:] in done.stderr
            assert "Traceback" not in done.stderr


def test_read_only_database(gelassen: Gelassen, drafts: dict[int, bytes]) -> None:
    """Said in words, exit 1, and nothing is changed."""
    before = gelassen.store.read_bytes()
    gelassen.store.chmod(0o400)
    try:
        for arguments in (["queue"], ["extend", str(next(iter(drafts))), "1h"]):
            done = without_privileges(gelassen, *arguments)
            assert done.returncode == (0 if arguments == ["queue"] else 1)
            assert "Traceback" not in done.stderr
        assert f"{gelassen.store}: cannot be written; check the owner and mode" in done.stderr
    finally:
        gelassen.store.chmod(0o600)
    assert gelassen.store.read_bytes() == before


def without_privileges(gelassen: Gelassen, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that must obey file modes, also when root runs the tests."""
    if not os.getuid() and not shutil.which("setpriv"):
        pytest.skip("setpriv is missing (Debian: util-linux)")
    prefix = [] if os.getuid() else ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    return subprocess.run(
        [*prefix, sys.executable, "-m", "assistant", "--config", str(gelassen.config), *arguments],
        env=gelassen.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_second_daemon_is_refused(dovecot: Dovecot, tmp_path: Path) -> None:
    """The one that runs is named; SIGTERM ends it with exit 0."""
    gelassen = program(tmp_path, dovecot, "twice")
    gelassen.start()
    try:
        status = gelassen.json("status")
        assert status["daemon"] > 0
        assert gelassen.until(lambda: gelassen.json("status")["accounts"][0]["connected"])
        done = gelassen.command("run", "--once", check=1)
        assert f"process {status['daemon']}" in done.stderr
    finally:
        assert gelassen.stop() == 0
    assert gelassen.json("status")["daemon"] is None
