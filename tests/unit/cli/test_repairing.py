"""``gelassen doctor --repair``: a damaged database is named by every command, and told what was saved and what not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from assistant.adapters.database.backup import back_up
from assistant.adapters.lock import InstanceLock
from assistant.daemon.parts import Parts
from assistant.errors import Disconnected
from tests.fakes import MemoryMailbox
from tests.unit.cli.conftest import CONFIG, Answer, World


@pytest.fixture(autouse=True)
def keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mailbox in memory takes keywords."""
    monkeypatch.setattr(MemoryMailbox, "allows_keywords", lambda self, folder: True, raising=False)


@pytest.fixture
def damaged(gelassen: World) -> World:
    """A draft is held, and then the first page of the database is overwritten."""
    gelassen.held()
    break_first_page(gelassen)
    return gelassen


def break_first_page(gelassen: World) -> None:
    """As after a power cut: zeros."""
    database = gelassen.folder / "gelassen.db"
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as file:
        file.write(bytes(4096))


def said(answer: Answer) -> dict[str, list[str]]:
    """What was found, by result."""
    found: dict[str, list[str]] = {}
    for finding in answer.json:
        found.setdefault(finding["result"], []).append(finding["text"])
    return found


@pytest.mark.parametrize(
    "command",
    [("queue",), ("mails",), ("status",), ("show", "1"), ("release", "1"), ("discard", "1"), ("run", "--once")],
)
def test_every_command_says_what_where_and_what_next(damaged: World, command: tuple[str, ...]) -> None:
    """Exit 1, one line, no traceback, in both languages."""
    for lang, told in (("en", "mend it with: gelassen doctor --repair"), ("de", "reparieren")):
        answer = damaged(*command, "--lang", lang)
        assert (answer.code, answer.out) == (1, "")
        assert str(damaged.folder / "gelassen.db") in answer.err
        assert told in answer.err
        assert "gelassen doctor --repair" in answer.err
        assert answer.err.count("\n") == 1


def test_a_command_names_damage_that_it_meets_inside(gelassen: World) -> None:
    """A page in the middle, or a word that was overwritten: the same line."""
    gelassen.held()
    with closing(sqlite3.connect(gelassen.folder / "gelassen.db")) as db, db:
        db.execute("UPDATE draft SET reasons = '[{\"co'")
    for command in (("queue",), ("show", "1"), ("review", "1", "--approve", "x")):
        answer = gelassen(*command)
        assert answer.code == 1
        assert "gelassen.db: is damaged" in answer.err
        assert "gelassen doctor --repair" in answer.err


def test_without_a_backup_the_folder_gives_back_what_is_held(damaged: World) -> None:
    """What lies in the cooling-off folder is held again, the damaged file kept; the daemon reads INBOX again."""
    raw = damaged.server.raws("Cooling off")
    answer = damaged("doctor", "--repair", "--json")
    assert answer.code == 0, answer
    found = said(answer)
    assert any("gelassen.db.damaged-" in text for text in found["ok"])
    assert any("there is no backup" in text for text in found["warning"])
    assert any(text.endswith("are held again: 1") for text in found["warning"])
    assert damaged.server.raws("Cooling off") == raw
    (row,) = damaged("queue", "--json").json
    assert (row["state"], row["level_own"], row["reviewed"]) == ("held", 2, False)
    assert "found in the cooling-off folder" in damaged("show", "1").out
    (aside,) = damaged.folder.glob("gelassen.db.damaged-*")
    assert (aside / "gelassen.db").stat().st_size >= 4096
    assert damaged("run", "--once").code == 0
    assert len(damaged("mails", "--json").json) == 1
    assert len(damaged("queue", "--json").json) == 1


def test_with_a_backup_what_was_known_is_known_again(gelassen: World) -> None:
    """The correction and the hold's end come from the copy of yesterday; what came since from the folder."""
    gelassen.held()
    row = gelassen("queue", "--json").json[0]
    assert gelassen("correct", "1", "--level", "1").code == 0
    store = gelassen.store
    assert back_up(store.engine, datetime.now(UTC))
    store.close()
    gelassen.held(2)
    break_first_page(gelassen)
    answer = gelassen("doctor", "--repair")
    assert answer.code == 0, answer.err
    assert "drafts 1, mails 1, corrections 1" in answer.out
    assert "filled up from the backup of" in answer.out
    assert "held again: 2" in answer.out
    rows = {one["id"]: one for one in gelassen("queue", "--json").json}
    assert rows.keys() == {1, 2}
    assert rows[1]["hold_until"] == row["hold_until"]
    german = gelassen("doctor", "--repair", "--lang", "de")
    assert "ist heil, es gibt nichts zu reparieren" in german.out


def test_it_refuses_while_a_daemon_runs(damaged: World) -> None:
    """Nothing is touched."""
    before = (damaged.folder / "gelassen.db").read_bytes()
    with InstanceLock(damaged.folder / "gelassen.db.lock"):
        answer = damaged("doctor", "--repair")
    assert (answer.code, "Gelassen runs already" in answer.err) == (1, True)
    assert (damaged.folder / "gelassen.db").read_bytes() == before


def test_a_server_that_is_away_is_told_and_the_ledger_mended(damaged: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1; the next repair looks into the folder."""

    def away(self: MemoryMailbox) -> None:
        raise Disconnected("127.0.0.1: cannot connect (Connection refused)")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryMailbox, "connect", away)
        answer = damaged("doctor", "--repair", "--json")
    assert answer.code == 1
    assert "cannot connect" in said(answer)["failure"][0]
    assert damaged("queue", "--json").json == []
    doctor = damaged("doctor", "--json")
    assert "mails in Cooling off that are not in the queue: 1" in said(doctor)["warning"]
    again = damaged("doctor", "--repair", "--json")
    assert (again.code, len(damaged("queue", "--json").json)) == (0, 1)


def test_a_database_server_has_its_own_tools(gelassen: World) -> None:
    """It is said so, in the user's language, and nothing is done."""
    gelassen.config.write_text(CONFIG.replace("sqlite:///gelassen.db", "postgresql+psycopg://me@localhost/gelassen"))
    answer = gelassen("doctor", "--repair")
    assert (answer.code, "restore a dump with the server's own tools" in answer.err) == (1, True)
    assert "Werkzeugen des Servers" in gelassen("doctor", "--repair", "--lang", "de").err


def test_a_lost_database_is_not_begun_anew_beside_its_backup(gelassen: World) -> None:
    """Every command says so; the repair puts the copy in its place."""
    gelassen.held()
    store = gelassen.store
    back_up(store.engine, datetime.now(UTC))
    store.close()
    for part in gelassen.folder.glob("gelassen.db*"):
        if "backup" not in part.name:
            part.unlink()
    answer = gelassen("queue")
    assert (answer.code, "is gone, but its backup is there" in answer.err) == (1, True)
    assert not (gelassen.folder / "gelassen.db").exists()
    assert gelassen("doctor", "--repair").code == 0
    assert len(gelassen("queue", "--json").json) == 1


def test_the_daemon_tells_of_mails_that_no_queue_knows(gelassen: World) -> None:
    """A database that was deleted without a backup: the folder still has the draft."""
    from assistant.config import load
    from assistant.daemon.repairing import tell_strays

    gelassen.held()
    for part in gelassen.folder.glob("gelassen.db*"):
        part.unlink()
    told: list[tuple[str, dict[str, object]]] = []
    parts = Parts(load(gelassen.config), "en", lambda event, /, **fields: told.append((event, fields)))
    (account,) = parts.config.accounts
    tell_strays(parts, account, parts.mailbox(account))
    assert told == [("strays", {"account": "studio", "count": 1})]
