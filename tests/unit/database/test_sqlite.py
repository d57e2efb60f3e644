"""The ledger in an SQLite file: private, named in errors, left alone when it is newer."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.errors import StoreError


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of the test's own."""
    return f"sqlite:///{tmp_path / 'g' / 'ledger.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An open store."""
    found = open_store(url)
    yield found
    found.close()


def test_file_is_private(store: SqlStore, url: str) -> None:
    """Nobody else on the machine may read it, nor its write-ahead log."""
    store.remember("studio", "x", "y")
    folder = Path(url.removeprefix("sqlite:///")).parent
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """The message says which file, and what to look at."""
    file = tmp_path / "x.db"
    file.write_bytes(b"this is not a database, really not" * 100)
    with pytest.raises(StoreError, match=r"x\.db.*not a database"):
        open_store(f"sqlite:///{file}")


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://me:geheim@host/x", "sqlite://", "postgresql+psycopg://h"])
def test_other_databases_are_refused_with_what_to_write(url: str) -> None:
    """And a password in the URL is not repeated."""
    with pytest.raises(StoreError, match="use sqlite:///FILE or postgresql") as refusal:
        open_store(url)
    assert "geheim" not in str(refusal.value)
