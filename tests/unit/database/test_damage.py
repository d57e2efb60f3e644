"""An SQLite file that cannot be used: a clear error each time, nothing half written, and it goes on afterwards."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.quick import quick_queue
from assistant.core.draft import State
from assistant.errors import StoreError, TemporaryFailure
from tests.contract.records import hold, mail, new_hold, row_of
from tests.servers.disk import small_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "gelassen.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    """A ledger with a held draft and some mails."""
    found = open_store(f"sqlite:///{path}")
    hold(found)
    found.add_incoming([mail(uid, text="x" * 2000) for uid in range(1, 40)], {})
    yield found
    found.close()


def pragma(store: SqlStore, setting: str) -> None:
    """Every connection from now on has this setting."""
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {setting}"))


def test_a_read_only_ledger_still_tells_what_is_held(store: SqlStore) -> None:
    """Reading goes on; a write says what to check."""
    pragma(store, "query_only = ON")
    with pytest.raises(StoreError, match=r"gelassen\.db: is read-only; check the owner and mode"):
        store.hold(new_hold(2))
    assert len(store.drafts(tuple(State))) == 1


def test_overwritten_bytes_are_damage(store: SqlStore, path: Path) -> None:
    """At the start or at the first use of the page, in the same words; the quick reader leaves it to the store."""
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        for place in range(4096, size, 4096):
            file.seek(place)
            file.write(b"\xff" * 512)
    with pytest.raises(
        StoreError, match=r"gelassen\.db: is damaged; stop Gelassen if it runs, then .*: gelassen doctor --repair"
    ):
        _use(path)
    assert quick_queue(f"sqlite:///{path}", decided=True) is None


def test_a_file_cut_short_is_damage(store: SqlStore, path: Path) -> None:
    """As after a copy that broke off."""
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(StoreError, match="is damaged"):
        _use(path)


def _use(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    try:
        store.list_incoming(limit=99)
        store.drafts(tuple(State))
        store.add_incoming([mail(99)], {})
    finally:
        store.close()


def test_a_full_disk_writes_nothing_by_halves(store: SqlStore) -> None:
    """Of a batch that does not fit nothing is there; what fits afterwards is written."""
    with store._reading() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
    pragma(store, f"max_page_count = {pages + 5}")
    batch = [mail(uid, text="x" * 5000) for uid in range(100, 120)]
    with pytest.raises(TemporaryFailure, match="the disk is full; free some space"):
        store.add_incoming(batch, {})
    assert len(store.list_incoming(limit=999)) == 39
    assert store.add_incoming([mail(200, text="")], {}) == 1


def test_a_really_full_disk(tmp_path: Path) -> None:
    """On a small file system: the same, for a held draft with its bytes."""
    with small_disk(tmp_path / "small", "1m") as disk:
        store = open_store(f"sqlite:///{disk.folder / 'gelassen.db'}")
        kept = hold(store)
        with pytest.raises(TemporaryFailure, match="the disk"):
            store.hold(new_hold(2, raw=b"x" * 2_000_000))
        assert store.drafts(tuple(State)) == (kept,)
        assert store.raw(kept.id, 1) == b"Nein."
        assert row_of(store, store.hold(new_hold(3))).state is State.HELD
        store.close()


def test_a_read_only_disk(tmp_path: Path) -> None:
    """What it is, in one line, and the ledger is as it was afterwards."""
    with small_disk(tmp_path / "small", "4m") as disk:
        url = f"sqlite:///{disk.folder / 'gelassen.db'}"
        store = open_store(url)
        kept = hold(store)
        store.close()
        disk.read_only(True)
        with pytest.raises(StoreError, match=r"gelassen\.db: is read-only; check the owner and mode"):
            open_store(url)
        disk.read_only(False)
        store = open_store(url)
        assert store.drafts(tuple(State)) == (kept,)
        store.close()


def test_a_writer_that_does_not_end_is_told_of(store: SqlStore, path: Path) -> None:
    """Another program that keeps the file locked: after a while the user is told; reading goes on."""
    pragma(store, "busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporaryFailure, match="is locked by another program; try again"):
            store.hold(new_hold(2))
        assert len(store.drafts(tuple(State))) == 1
    assert store.hold(new_hold(2)) == 2


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    """What it is, and which setting to look at."""
    with pytest.raises(StoreError, match=r"cannot be opened \(Is a directory\); set \[store\] url"):
        open_store(f"sqlite:///{tmp_path}")
