"""A damaged SQLite file made whole: what can be read is kept, holes come from the backup, nothing is thrown away."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.backup import back_up
from assistant.adapters.database.quick import quick_queue
from assistant.adapters.database.rebuilding import Rebuilt, intact, rebuild
from assistant.adapters.database.sqlite import backup_of
from assistant.core.draft import Effect, State
from assistant.errors import StoreError, TemporaryFailure
from assistant.services.ledger import Event
from tests.contract.records import correction, key, mail, new_hold, row_of, sending
from tests.unit.database import old

NOW = datetime(2026, 11, 22, 5, 3, 11, tzinfo=UTC)
PAGE = 4096
LAST = 90


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "gelassen.db"


def text(number: int) -> str:
    """What draft ``number`` says; long enough that some rows spill over to pages of their own."""
    return f"Nein, Fassung {number}. " + "Wirklich nicht. " * (number % 5 * 120)


def drafted(store: SqlStore, number: int, **changes: object) -> int:
    """A draft that lies in the cooling-off folder."""
    raw = text(number).encode()
    new = new_hold(number, text=text(number), raw=raw, digest=hashlib.sha256(raw).hexdigest(), **changes)
    row = row_of(store, store.hold(new))
    store.acknowledge(row, key=key(number, "Cooling off"))
    return row.id


def submitted(store: SqlStore, number: int) -> int:
    """A mail of the gateway."""
    raw = text(number).encode()
    new = new_hold(number, text=text(number), raw=raw, digest=hashlib.sha256(raw).hexdigest(), key=None)
    return store.submit(new, sending())


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mails, a correction, drafts; every tenth came by the gateway.  One file, without a log, to be copied."""
    path = tmp_path_factory.mktemp("ready") / "gelassen.db"
    store = open_store(f"sqlite:///{path}")
    store.add_incoming([mail(uid, text=text(uid)) for uid in range(1, LAST + 1)], {})
    store.correct(correction(1))
    for number in range(1, LAST + 1):
        if number % 10:
            drafted(store, number, incoming_id=number)
        else:
            submitted(store, number)
    store.close()
    return path


@pytest.fixture
def filled(path: Path, ready: Path) -> Path:
    """A ledger with everything in it."""
    shutil.copy(ready, path)
    return path


@pytest.fixture
def saved(filled: Path) -> Path:
    """The same with a backup three hours old."""
    copy = backup_of(filled)
    shutil.copy(filled, copy)
    made = (NOW - timedelta(hours=3)).timestamp()
    os.utime(copy, (made, made))
    return filled


def everything(last: int = 0) -> dict[int, bytes]:
    """All drafts and their bytes."""
    return {number: text(number).encode() for number in range(1, (last or LAST) + 1)}


def overwrite(path: Path, page: int, junk: bytes = b"\xff" * PAGE, at: int = 0) -> None:
    """Other bytes in a page, counted from 1."""
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + at)
        file.write(junk[: PAGE - at])


def leaves(path: Path, table: str) -> list[int]:
    """The pages with the rows of a table, in order; its root only points to them."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:  # a log beside it stays as it is
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    data = path.read_bytes()
    start = (root - 1) * PAGE
    assert data[start] == 5, "the table is too small: its root must point to other pages"
    count = int.from_bytes(data[start + 3 : start + 5], "big")
    cells = [int.from_bytes(data[start + 12 + 2 * n : start + 14 + 2 * n], "big") for n in range(count)]
    last = start + 8  # where the header tells the right-most page
    return [int.from_bytes(data[at : at + 4], "big") for at in (*(start + cell for cell in cells), last)]


def drafts_of(path: Path) -> dict[int, bytes | None]:
    """The drafts and their bytes, as the program reads them."""
    store = open_store(f"sqlite:///{path}")
    found = {row.id: store.raw(row.id, row.version) for row in store.drafts(tuple(State))}
    store.close()
    return found


def no_doubt(store: SqlStore, stale: frozenset[int]) -> tuple[int, ...]:
    """What may have gone out is for the service."""
    del store, stale
    return ()


def sound(path: Path) -> Rebuilt:
    """Rebuild; afterwards everything is sound, private and alone."""
    found = rebuild(path, NOW, doubt=no_doubt)
    assert intact(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(path.parent.glob("*.repair-*"))
    return found


def test_every_row_behind_a_damaged_page_is_read(filled: Path) -> None:
    """One page of drafts is gone: only its rows are missing, their texts lie beside, and the file is kept as it was."""
    pages = leaves(filled, "draft")
    page = pages[len(pages) // 2]
    on_it = int.from_bytes(filled.read_bytes()[(page - 1) * PAGE + 3 :][:2], "big")  # cells of the page
    overwrite(filled, page)
    damaged = filled.read_bytes()
    assert not intact(filled)
    found = sound(filled)
    assert found.aside == filled.with_name("gelassen.db.damaged-2026-11-22-050311")
    assert (found.aside / filled.name).read_bytes() == damaged
    kept = drafts_of(filled)
    assert len(kept) == LAST - on_it
    assert kept == {number: text(number).encode() for number in kept}
    assert "draft" in found.holes
    beside = {file.name: file.read_bytes() for file in found.aside.glob("*.eml")}
    assert beside == {f"{number}-1.eml": raw for number, raw in everything().items() if number not in kept}


def test_holes_are_filled_from_the_backup(saved: Path) -> None:
    """And it is told which drafts are as they were then."""
    store = open_store(f"sqlite:///{saved}")
    assert drafted(store, LAST + 1) == LAST + 1
    store.close()
    overwrite(saved, leaves(saved, "draft")[1])
    found = sound(saved)
    assert drafts_of(saved) == everything(LAST + 1)
    assert found.backup_at == NOW - timedelta(hours=3)
    assert 0 < len(found.from_backup) < 20
    assert found.loose == 0


def test_what_was_deleted_since_the_backup_stays_deleted(saved: Path) -> None:
    """A table that is read whole needs no backup: the correction that was taken back does not come again."""
    store = open_store(f"sqlite:///{saved}")
    assert store.take_back(1, NOW)
    store.close()
    overwrite(saved, leaves(saved, "draft")[1])
    assert sound(saved).rows["correction"] == 0


def test_a_repair_that_was_killed_leaves_nothing_behind(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies before the new file is in place: the damaged one is there, and the next repair does it all."""
    overwrite(filled, leaves(filled, "incoming")[0])
    damaged = filled.read_bytes()
    (filled.parent / "gelassen.db.repair-killed").mkdir()
    (filled.parent / "gelassen.db.repair-killed" / "new.db").write_bytes(b"half")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            rebuild(filled, NOW, doubt=no_doubt)
    assert filled.read_bytes() == damaged
    (first,) = filled.parent.glob("*.damaged-*")
    first.rename(first.with_name("first"))
    sound(filled)
    assert drafts_of(filled) == everything()


@pytest.mark.parametrize("damage", ["first page", "empty", "missing", "text", "short"])
def test_a_file_that_gives_nothing_is_put_back_from_the_backup(saved: Path, damage: str) -> None:
    """A first page of zeros as after a power cut, a file that is empty, gone, another one's, or cut short."""
    match damage:
        case "first page":
            overwrite(saved, 1, bytes(PAGE))
        case "empty":
            saved.write_bytes(b"")
        case "missing":
            saved.unlink()
        case "text":
            saved.write_text("this is no database" * 1000)
        case "short":
            os.truncate(saved, 2 * PAGE)
    assert not intact(saved)
    found = sound(saved)
    assert drafts_of(saved) == everything()
    assert (found.rows["correction"], len(found.from_backup)) == (1, LAST)
    assert (found.aside is None) == (damage == "missing")


def test_without_a_backup_an_empty_ledger_remains(path: Path) -> None:
    """The folder's truth is for the service."""
    found = sound(path)
    assert (found.backup_at, found.rows["draft"], drafts_of(path)) == (None, 0, {})


def test_a_lost_ledger_is_not_begun_anew_by_itself(saved: Path) -> None:
    """An empty one in its place would forget what is held, and soon overwrite the backup."""
    saved.unlink()
    with pytest.raises(StoreError, match=r"gelassen\.db: is gone, but its backup is there.*doctor --repair"):
        open_store(f"sqlite:///{saved}")
    assert not saved.exists()
    backup_of(saved).unlink()
    open_store(f"sqlite:///{saved}").close()


def test_what_stands_in_the_log_only_is_kept(filled: Path) -> None:
    """A daemon that was killed leaves commits in the log; it is read with the file, and kept with it."""
    store = open_store(f"sqlite:///{filled}")
    last = drafted(store, LAST + 1)
    copy = filled.with_name("killed.db")
    for name in ("", "-wal"):
        copy.with_name(copy.name + name).write_bytes(filled.with_name(filled.name + name).read_bytes())
    store.close()
    overwrite(copy, leaves(copy, "incoming")[0])
    found = sound(copy)
    assert found.aside is not None
    assert (found.aside / "killed.db-wal").exists()
    assert drafts_of(copy)[last] == text(last).encode()


def test_a_word_that_was_overwritten_costs_its_row_only(filled: Path) -> None:
    """SQLite sees no damage in a state or a JSON text; who reads it is told of damage, and a repair takes it out."""
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute("UPDATE draft SET identity = '{\"message' WHERE id = 3")
        db.execute("UPDATE draft SET state = 'hxld' WHERE id = 4")
        db.execute("UPDATE incoming SET received = 'gestern' WHERE id = 5")
        db.execute("UPDATE draft_bytes SET raw = replace(raw, 'Nein', 'Nain') WHERE draft_id = 6")
    store = open_store(f"sqlite:///{filled}")
    for ask in (lambda: store.draft(3), lambda: store.draft(4), lambda: store.list_incoming(limit=LAST)):
        with pytest.raises(StoreError, match=r"is damaged; .*gelassen doctor --repair"):
            ask()
    store.close()
    assert quick_queue(f"sqlite:///{filled}", decided=True) is None
    assert not intact(filled)
    found = sound(filled)
    assert everything().keys() - drafts_of(filled).keys() == {3, 4, 6}
    assert (found.loose, found.rows["incoming"]) == (3, LAST - 1)


def test_a_mail_of_the_gateway_without_its_envelope_is_taken_out(filled: Path) -> None:
    """To whom it was to go is not known any more; its text is kept beside."""
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute("DELETE FROM recipient WHERE draft_id = 20")
        db.execute("DELETE FROM sending WHERE draft_id = 30")
    assert not intact(filled)
    found = sound(filled)
    assert everything().keys() - drafts_of(filled).keys() == {20, 30}
    assert found.loose == 2


def test_a_number_is_not_given_twice(filled: Path) -> None:
    """``[Gelassen 12]`` may stand in a mail: the next draft gets a number that none had."""
    overwrite(filled, leaves(filled, "draft")[-1])
    sound(filled)
    assert LAST not in drafts_of(filled)
    store = open_store(f"sqlite:///{filled}")
    assert drafted(store, 500) == LAST + 1
    store.close()


@pytest.mark.parametrize("schema", old.OLDER)
def test_an_older_schema_is_read_as_it_is(path: Path, schema: str) -> None:
    """Damage found after an upgrade of the program: the rows go through the migrations like any other's."""
    old.fill(f"sqlite:///{path}", schema)
    with closing(sqlite3.connect(path)) as db, db:
        for number, raw in ((1, old.RAW), (2, old.RAW[::-1])):
            digest = hashlib.sha256(raw).hexdigest()
            db.execute("UPDATE draft_version SET digest = ? WHERE number = ?", [digest, number])
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'seen_draft'").fetchone()
    overwrite(path, page)
    found = sound(path)
    assert found.holes == {"seen_draft"}
    assert drafts_of(path) == {1: old.RAW[::-1]}


def test_a_newer_schema_is_left_alone(filled: Path) -> None:
    """What it means is not known here."""
    with closing(sqlite3.connect(filled)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    before = filled.read_bytes()
    for attempt in (lambda: intact(filled), lambda: rebuild(filled, NOW, doubt=no_doubt)):
        with pytest.raises(StoreError, match="newer Gelassen"):
            attempt()
    assert filled.read_bytes() == before


def test_a_full_disk_changes_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repair needs room for a copy; without it the damaged file stays where it is."""
    overwrite(filled, 1, bytes(PAGE))
    before = filled.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("assistant.adapters.database.rebuilding.shutil.copyfileobj", full)
    with pytest.raises(TemporaryFailure, match=r"No space left on device.*nothing was changed"):
        rebuild(filled, NOW, doubt=no_doubt)
    assert filled.read_bytes() == before
    assert [file.name for file in filled.parent.glob("*.damaged-*")] == []


@pytest.mark.parametrize("seed", range(int(os.environ.get("GELASSEN_DAMAGES", "4"))))
def test_whatever_was_overwritten_the_result_is_sound(saved: Path, seed: int) -> None:
    """Junk at random places: the repair ends, what it leaves is whole, and with a backup no draft is missing."""
    chance = random.Random(seed)
    pages = saved.stat().st_size // PAGE
    for _ in range(chance.randrange(1, 30)):
        junk = chance.randbytes(chance.randrange(1, 600))
        overwrite(saved, chance.randint(1, pages), junk, at=chance.randrange(PAGE - len(junk)))
    if not intact(saved):
        sound(saved)
    assert drafts_of(saved) == everything()


def test_the_backup_is_daily_private_and_never_of_a_damaged_ledger(filled: Path) -> None:
    """A copy that cannot be read would take the place of one that can."""
    store = open_store(f"sqlite:///{filled}")
    copy = backup_of(filled)
    assert back_up(store.engine, NOW)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not back_up(store.engine, NOW + timedelta(hours=23))
    assert back_up(store.engine, NOW + timedelta(hours=24))
    assert back_up(store.engine, NOW)  # the clock was set back: the copy is from the future
    drafted(store, LAST + 1)
    store.close()
    good = copy.read_bytes()
    overwrite(filled, leaves(filled, "incoming")[0])
    store = open_store(f"sqlite:///{filled}")
    with pytest.raises(StoreError, match="is damaged"):
        back_up(store.engine, NOW + timedelta(days=2))
    store.close()
    assert copy.read_bytes() == good
    assert [file.name for file in filled.parent.iterdir() if ".new" in file.name] == []


def test_states_that_need_no_bytes_are_left_alone(path: Path) -> None:
    """Bytes of decided drafts are forgotten after a while: that is no damage."""
    store = open_store(f"sqlite:///{path}")
    number = drafted(store, 1)
    store.change(row_of(store, number), State.DISCARDED, Event(at=NOW, event="discarded"), effect=Effect.DISCARD)
    store.acknowledge(row_of(store, number), key=None)
    assert store.purge(NOW + timedelta(days=99)) == 1
    store.close()
    assert intact(path)
    assert rebuild(path, NOW, doubt=no_doubt).rows["draft"] == 1
