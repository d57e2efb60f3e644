"""The real daemon on a real Dovecot: one draft the whole way, and what may happen to it on the way."""

from __future__ import annotations

import itertools
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen, messages

pytestmark = pytest.mark.system

HOT = "Das ist eine Frechheit! Sie haben mir nie zugehört, und jetzt ist es natürlich meine Schuld? Lächerlich."
CALM = "Vielen Dank für Ihre Mail. Den Entwurf schicke ich Ihnen morgen bis 12 Uhr. Passt das für Sie?"
ANGRY_CLIENT = (
    "Ich habe jetzt endgültig genug von Ihrer Schlamperei. Wenn bis morgen nichts da ist, gehe ich zum Anwalt "
    "und schreibe überall, was für ein unfähiger Laden das ist."
)
COOLING = "Cooling off"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def gelassen(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gelassen]:
    """One daemon for the module: loading the model takes seconds."""
    program = Gelassen(tmp_path_factory.mktemp("g"), port=dovecot.port, user="daemon-user")
    program.start()
    yield program
    if program.running():
        program.stop()


@pytest.fixture
def client(gelassen: Gelassen) -> Iterator[IMAPClient]:
    """The user's mail client."""
    found = gelassen.client()
    yield found
    found.logout()


@pytest.fixture
def case() -> int:
    """A number of the test's own, for subject and Message-IDs."""
    return next(_numbers)


def incoming(case: int, text: str = ANGRY_CLIENT) -> bytes:
    """A client's mail."""
    return _mail(
        "kunde@firma.example", "mara@studio.example", f"Katalog {case}", text, message_id=f"<c{case}@firma.example>"
    )


def reply(case: int, text: str, version: int = 1) -> bytes:
    """The user's draft in answer to it."""
    more = f"In-Reply-To: <c{case}@firma.example>\r\n"
    message_id = f"<d{case}.{version}@studio.example>"
    return _mail(
        "mara@studio.example", "kunde@firma.example", f"Re: Katalog {case}", text, message_id=message_id, more=more
    )


def _mail(sender: str, to: str, subject: str, text: str, *, message_id: str, more: str = "") -> bytes:
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n{more}"
        "Date: Wed, 18 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    ).encode()


def row(gelassen: Gelassen, case: int, *arguments: str) -> dict[str, object] | None:
    """The queue's row of a case."""
    rows = [r for r in gelassen.json("queue", *arguments) if r["subject"].endswith(f"Katalog {case}")]
    assert len(rows) <= 1
    return rows[0] if rows else None


def held(gelassen: Gelassen, client: IMAPClient, case: int, text: str = HOT) -> tuple[dict[str, object], bytes]:
    """Let a client write and the user draft an answer; the row once it is held, and the draft's bytes."""
    client.append("INBOX", incoming(case))
    raw = reply(case, text)
    client.append("Drafts", raw, flags=["\\Draft"])
    gelassen.until(lambda: raw in messages(client, COOLING).values())
    found = gelassen.until(lambda: row(gelassen, case))
    return found, raw


def test_hot_draft_is_held_soon_after_it_has_settled(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """Within settle plus two seconds the draft is out of Drafts, byte for byte in the cooling-off folder."""
    client.append("INBOX", incoming(case))
    raw = reply(case, HOT)
    client.append("Drafts", raw, flags=["\\Draft"])
    saved = time.monotonic()
    gelassen.until(lambda: raw in messages(client, COOLING).values())
    assert time.monotonic() - saved < 2 + 2 + 1  # settle, the promise, and a loaded test machine
    assert raw not in messages(client, "Drafts").values()
    found = gelassen.until(lambda: row(gelassen, case))
    assert found["state"] == "held"
    assert found["via"] == "drafts"
    assert found["level_in"] in {2, 3}
    assert found["cooled"] is False
    assert found["reasons"]


def test_calm_answer_to_a_calm_mail_stays(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """It is judged and left where it is, and there is no row."""
    client.append("INBOX", incoming(case, "Guten Tag, könnten Sie mir bitte die Datei schicken? Vielen Dank."))
    raw = reply(case, CALM)
    client.append("Drafts", raw, flags=["\\Draft"])
    uid = max(messages(client, "Drafts"))
    gelassen.until(lambda: f'"draft_left", "account": "studio", "uid": {uid}' in gelassen.log.read_text())
    assert raw in messages(client, "Drafts").values()
    assert row(gelassen, case) is None


def test_newer_version_supersedes_the_held_one(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """The compose window saves once more: the same row, two versions, one copy."""
    found, first = held(gelassen, client, case)
    second = reply(case, HOT + " Und zwar wirklich.", version=2)
    client.append("Drafts", second, flags=["\\Draft"])
    gelassen.until(lambda: second in messages(client, COOLING).values())
    gelassen.until(lambda: first not in messages(client, COOLING).values())
    shown = gelassen.json("show", str(found["id"]))
    assert len(shown["versions"]) == 2
    assert shown["state"] == "held"


def test_reply_found_in_sent_settles_the_held_one(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """State withdrawn, event sent_elsewhere, and the copy is out of the cooling-off folder."""
    found, raw = held(gelassen, client, case)
    client.append("Sent", reply(case, HOT, version=3), flags=["\\Seen"])
    gelassen.until(lambda: raw not in messages(client, COOLING).values())
    shown = gelassen.until(lambda: (s := gelassen.json("show", str(found["id"])))["state"] == "withdrawn" and s)
    assert "sent_elsewhere" in [event["event"] for event in shown["events"]]


def test_release_is_refused_until_cooled_and_reviewed(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """Exit 1 with the reason; "send now" needs a reason and gives the draft back byte for byte."""
    found, raw = held(gelassen, client, case)
    number = str(found["id"])
    assert gelassen.command("release", number, check=1).stderr
    shown = gelassen.json("show", number)
    gelassen.command("review", number, "--approve", shown["hash"])
    assert gelassen.command("release", number, check=1).stderr
    gelassen.command("release", number, "--now", "--reason", "the client waits at the door")
    assert raw in messages(client, "Drafts").values()
    assert raw not in messages(client, COOLING).values()


def test_edit_voids_the_approval_and_calms_the_draft(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """A new version with the file's text in the folder; the former approval is void; recipients and thread stay."""
    found, raw = held(gelassen, client, case)
    number = str(found["id"])
    gelassen.command("review", number, "--approve", gelassen.json("show", number)["hash"])
    text = gelassen.folder / "calm.txt"
    text.write_text(CALM, encoding="utf-8")
    gelassen.command("edit", number, "--file", str(text))
    shown = gelassen.json("show", number)
    assert shown["reviewed"] is False
    assert shown["text"].strip() == CALM
    assert shown["level_own"] == 0
    copies = [m for m in messages(client, COOLING).values() if f"<c{case}@".encode() in m]
    assert len(copies) == 1
    assert raw not in copies


def test_discard_goes_to_trash_and_can_be_undone(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """The copy is in Trash; undo brings it back into the cooling-off folder, held as before."""
    found, raw = held(gelassen, client, case)
    number = str(found["id"])
    gelassen.command("discard", number)
    assert raw in messages(client, "Trash").values()
    gelassen.command("discard", "--undo", number)
    assert raw in messages(client, COOLING).values()
    assert raw not in messages(client, "Trash").values()
    restored = row(gelassen, case)
    assert restored is not None
    assert restored["state"] == "held"


def test_inbox_is_left_exactly_as_it_was(gelassen: Gelassen, client: IMAPClient, case: int) -> None:
    """No flag, no byte, no UID of INBOX changes when its mail is judged."""
    client.append("INBOX", incoming(case))
    client.select_folder("INBOX", readonly=True)
    before = {uid: data[b"FLAGS"] for uid, data in client.fetch(client.search("ALL"), ["FLAGS"]).items()}
    raws = messages(client, "INBOX")
    gelassen.until(lambda: [m for m in gelassen.json("mails") if m["subject"] == f"Katalog {case}"])
    client.select_folder("INBOX", readonly=True)
    after = {uid: data[b"FLAGS"] for uid, data in client.fetch(client.search("ALL"), ["FLAGS"]).items()}
    assert {uid: set(flags) - {b"\\Recent"} for uid, flags in after.items()} == {
        uid: set(flags) - {b"\\Recent"} for uid, flags in before.items()
    }
    assert messages(client, "INBOX") == raws


def test_log_holds_no_mail_content(gelassen: Gelassen) -> None:
    """Every line is JSON with ids and counts; no subject, address or text of any mail above."""
    text = gelassen.log.read_text(encoding="utf-8")
    for line in text.splitlines():
        json.loads(line)
    for secret in ("Katalog", "kunde@", "mara@", "Frechheit", "Schlamperei", '"pw"'):
        assert secret not in text


def test_second_daemon_is_refused(gelassen: Gelassen) -> None:
    """One instance at a time, said in words."""
    assert "already" in gelassen.command("run", check=1).stderr


def test_crashes_lose_nothing_and_double_nothing(dovecot: Dovecot, tmp_path: Path, user: str) -> None:
    """Kill -9 at random moments while drafts are being held: afterwards every draft is on the server exactly once.

    GELASSEN_CRASH_ROUNDS sets how often; each round loads the model anew, so the suite makes only a few.
    """
    program = Gelassen(tmp_path, port=dovecot.port, user=user, settle="0s")
    mail = program.client()
    chance = random.Random(2026)
    raws = []
    for number in range(int(os.environ.get("GELASSEN_CRASH_ROUNDS", "3"))):
        program.start()
        mail.append("INBOX", incoming(900 + number))
        for version in range(3):
            raw = reply(900 + number * 10 + version, HOT)
            raws.append(raw)
            mail.append("Drafts", raw, flags=["\\Draft"])
        threading.Event().wait(chance.uniform(0, 1.5))  # the moment of death is the point here
        program.kill()
    program.start()
    program.until(lambda: set(raws) <= set(messages(mail, COOLING).values()), seconds=60)
    everywhere = [m for folder in ("Drafts", COOLING, "Trash", "Sent") for m in messages(mail, folder).values()]
    rows = program.json("queue")
    mail.logout()
    assert sorted(everywhere) == sorted(raws)
    assert len(rows) == len(raws)
    assert program.stop() == 0
