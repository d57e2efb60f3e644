"""``gelassen replay imap:ACCOUNT/FOLDER`` on a real Dovecot: it reads, and leaves no trace."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_dovecot
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen

pytestmark = pytest.mark.system

#: IMAP commands that change something, or that set \\Seen.
CHANGING = re.compile(
    rb"\b(?:SELECT|STORE|COPY|MOVE|APPEND|EXPUNGE|CREATE|DELETE|RENAME|SUBSCRIBE|CLOSE)\b|BODY\[|\bRFC822\b(?!\.SIZE)"
)
ANGRY = "das ist eine Frechheit! Sie haben uns zum dritten Mal angelogen, wir schalten jetzt unseren Anwalt ein."
CALM = "vielen Dank für den schönen Entwurf. Wir freuen uns auf die nächste Runde."


def letter(number: int, text: str, *, own: bool = False) -> bytes:
    """A client's mail, or the answer to it."""
    client, me = "Klara <kunde@firma.example>", "mara@studio.example"
    head = (
        f"From: {me if own else client}\r\nTo: {client if own else me}\r\nSubject: Katalog {number}\r\n"
        f"Message-ID: <{'o' if own else 'c'}{number}@x.example>\r\n"
        + (f"In-Reply-To: <c{number}@x.example>\r\n" if own else "")
        + "Date: Wed, 18 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return f"{head}Guten Tag, {text} Es geht um Nummer {number}.\r\n".encode()


def state(client: Any, folder: str) -> dict[int, tuple[set[bytes], bytes]]:
    """Flags and bytes of a folder by UID; \\Recent included, since a SELECT would take it away."""
    client.select_folder(folder, readonly=True)
    uids = client.search("ALL")
    found = client.fetch(uids, ["FLAGS", "BODY.PEEK[]"])
    client.unselect_folder()
    return {uid: (set(data[b"FLAGS"]), data[b"BODY[]"]) for uid, data in found.items()}


def test_a_folder_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    """Flags (\\Seen, \\Recent, keywords) and bytes are the same; no folder is created; nothing but reading was sent."""
    need_dovecot()
    with Dovecot(any_user_password="pw", rawlog=True) as server:
        user = "archive"
        server.watch(user)
        gelassen = Gelassen(tmp_path, port=server.port, user=user)
        client = gelassen.client()
        client.create_folder("Kunden/Alte Fälle")
        for number in range(6):
            flags = [[], ["\\Seen"], ["\\Flagged", "Wichtig"]][number % 3]
            client.append("Kunden/Alte Fälle", letter(number, ANGRY if number % 2 else CALM), flags)
        client.append("Sent", letter(1, ANGRY, own=True), ["\\Seen"])
        before = {folder: state(client, folder) for folder in ("Kunden/Alte Fälle", "Sent")}
        folders = sorted(str(name) for _, _, name in client.list_folders())
        client.logout()
        sent_before = len(server.traffic(user)[0])

        places = ("imap:studio/Kunden/Alte Fälle", "imap:studio/Sent")
        form = gelassen.json("replay", *places, "--picture", str(tmp_path / "a.svg"))
        assert (form["mails"], form["set_aside"], form["unassessed"]) == (7, 1, 0)
        assert sum(form["levels"].values()) == 6
        assert form["settings"][0]["answered"] == 1
        again = gelassen.json("replay", *places)
        assert (again["mails"], again["known"], again["levels"]) == (7, 7, form["levels"])
        assert not gelassen.store.exists()  # replay needs no ledger

        sent = server.traffic(user)[0][sent_before:]
        assert sent.count(b"EXAMINE") >= 2
        assert CHANGING.findall(sent.replace(b"BODY.PEEK[", b"")) == []
        client = gelassen.client()
        assert {folder: state(client, folder) for folder in before} == before
        assert sorted(str(name) for _, _, name in client.list_folders()) == folders
        client.logout()
        assert gelassen.json("replay", "imap:studio/kunden/alte fälle")["known"] == 6
        done = gelassen.command("--lang", "de", "replay", "imap:studio/Nirgends", check=1)
        assert "Konto studio: Nirgends gibt es auf dem Server nicht; es gibt: " in done.stderr
        assert "Kunden/Alte Fälle" in done.stderr
        assert "Traceback" not in done.stderr


def test_ctrl_c_keeps_what_was_done(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """A real SIGINT in the middle: exit 130, how to go on is said, and the next run judges only the rest."""
    gelassen = Gelassen(tmp_path, port=dovecot.port, user=user)
    place = tmp_path / "archive.mbox"
    number = 500  # enough that the first batch is not the last
    with place.open("wb") as file:
        for one in range(number):
            file.write(b"From x Wed Nov 18 10:00:00 2026\n" + letter(one, CALM).replace(b"\r\n", b"\n") + b"\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "--config", str(gelassen.config), "replay", str(place)],
        env=gelassen.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A job that a shell put in the background ignores Ctrl-C, and so would this process.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    database = tmp_path / "replay.db"
    deadline = time.monotonic() + 120
    while _kept(database) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "what was found is kept" in err
    assert f"gelassen replay {place}" in err
    assert "Traceback" not in err
    kept = _kept(database)
    assert 0 < kept < number
    form = gelassen.json("replay", str(place))
    assert (form["mails"], form["known"], sum(form["levels"].values())) == (number, kept, number)


def _kept(database: Path) -> int:
    """How many results are in the file by now."""
    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    try:
        count: int = connection.execute("SELECT count(*) FROM note").fetchone()[0]
    except sqlite3.OperationalError:  # its tables come in a moment
        return 0
    finally:
        connection.close()
    return count
