"""``gelassen doctor --repair``, the database's part: a whole ledger in the place of a damaged or missing one.

The damaged file is copied aside first, its log with it, and never written to.  A new one is made beside it from what
can be read, then from the daily backup where there are holes; only when it is whole does it take the other's place.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import URL, make_url

from assistant.adapters.database import sqlite
from assistant.adapters.database.backup import made_at
from assistant.adapters.database.engine import migrate, open_engine
from assistant.adapters.database.mending import Loose, is_whole, mend, take_out, unreadable
from assistant.adapters.database.salvage import TABLES, connect, pour, version_of
from assistant.adapters.database.store import SqlStore
from assistant.adapters.database.version import HEAD
from assistant.errors import StoreError, TemporaryFailure

_ALL: Final = frozenset(TABLES)
Doubt = Callable[[SqlStore, frozenset[int]], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What came of it.

    Attributes:
        aside: the folder with the damaged file as it was, and bytes whose row is lost; None where there was no file.
        rows: how many rows are there now, by table.
        holes: tables of which the damaged file did not give everything.
        backup_at: when the backup was made that filled the holes; None where there is none, or it was not needed.
        from_backup: numbers of the drafts that came out of the backup: newer news of them are lost.
        loose: how many texts of drafts lie in ``aside`` because the row that they belong to is lost.
        doubtful: numbers of mails that may have gone out without this ledger knowing.
    """

    aside: Path | None
    rows: Mapping[str, int]
    holes: frozenset[str]
    backup_at: datetime | None
    from_backup: frozenset[int]
    loose: int
    doubtful: tuple[int, ...]


def ledger_file(url: str) -> Path | None:
    """The SQLite file that a URL names; None for a database server."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def intact(path: Path) -> bool:
    """Whether the file is there, is a database, whole by SQLite's check, and everything in it can be understood.

    Raises ``TemporaryFailure`` when it is in use, ``StoreError`` when a newer version wrote it.
    """
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(connect(str(path))) as db:
            if db.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                return False
        with _opened(path) as store:
            if any(unreadable(store).values()):
                return False
        with closing(connect(str(path))) as db:
            return is_whole(db)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise TemporaryFailure(f"{path}: is locked by another program; try again in a moment.") from error
        return False
    except sqlite3.DatabaseError:
        return False


def rebuild(path: Path, now: datetime, *, doubt: Doubt) -> Rebuilt:
    """Put a whole ledger in the place of the file.  Nobody may have it open.

    Args:
        doubt: looks through the new ledger before anybody can act on it; is told the drafts that a backup gave, and
            gives those that may have gone out.

    Raises:
        TemporaryFailure: there is no room for it, or files cannot be written; nothing was changed then.
        StoreError: a newer version of Gelassen wrote the file.
    """
    prefix = f"{path.name}.repair-"
    try:
        for left in path.parent.glob(f"{prefix}*"):  # by a repair that was killed
            shutil.rmtree(left)
        with TemporaryDirectory(dir=path.parent, prefix=prefix) as folder:
            return _rebuild(path, Path(folder), now, doubt)
    except (OSError, sqlite3.Error) as error:
        raise TemporaryFailure(f"{path}: the repair broke off ({error}); nothing was changed.") from error


def _rebuild(path: Path, work: Path, now: datetime, doubt: Doubt) -> Rebuilt:
    aside = _set_aside(path, now)
    fresh = work / "new.db"
    holes = _salvaged(aside / path.name if aside else None, fresh, work)
    poured = _counts(fresh)
    loose = _mended(fresh)
    holes |= {table for table, count in _counts(fresh).items() if count != poured[table]}
    before = _drafts(fresh)
    made = made_at(sqlite.backup_of(path)) if holes else None
    if made is not None:
        _fill(sqlite.backup_of(path), fresh, holes, work)
        loose += _mended(fresh)
    loose = _missing(loose, fresh)
    if aside is not None:
        _keep(loose, aside)
    stale = _drafts(fresh) - before
    with _opened(fresh) as store:
        doubtful = doubt(store, stale)
    found = Rebuilt(
        aside=aside,
        rows=_counts(fresh),
        holes=holes,
        backup_at=None if made is None else datetime.fromtimestamp(made, UTC),
        from_backup=stale,
        loose=len(loose) if aside else 0,
        doubtful=doubtful,
    )
    _install(fresh, path)
    return found


def _set_aside(path: Path, now: datetime) -> Path | None:
    """A copy of the file with its log, which belongs to it by its name."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.damaged-{now:%Y-%m-%d-%H%M%S}")
    aside.mkdir(mode=0o700)
    try:
        for part in (path, _log(path)):
            if part.exists():
                _copy(part, aside / part.name)
    except OSError:
        shutil.rmtree(aside)  # half a copy helps nobody, and the disk may be full
        raise
    return aside


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as old, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())


def _salvaged(damaged: Path | None, fresh: Path, work: Path) -> frozenset[str]:
    """A new file with everything that the damaged one gives, on the present schema; the tables that have holes."""
    if damaged is None:
        _create(fresh, HEAD)
        return _ALL
    copy = work / damaged.name
    for part in (damaged, _log(damaged)):  # SQLite writes to a file when it reads one with a log
        if part.exists():
            _copy(part, work / part.name)
    with closing(connect(str(copy))) as source:
        version = version_of(source) or HEAD
        if version > HEAD:
            raise StoreError(
                f"{damaged}: written by a newer Gelassen (schema {version}, this program knows {HEAD}); "
                "install the newer version again."
            )
        _create(fresh, version)
        with closing(connect(str(fresh))) as target:
            holes = pour(source, target, _ALL)
    return _brought_up_to_date(fresh, holes)


def _brought_up_to_date(fresh: Path, holes: frozenset[str]) -> frozenset[str]:
    """An older schema may have the bytes of drafts in another table; what stops the upgrade is worth nothing."""
    try:
        open_engine(_url(fresh)).dispose()
    except (ValueError, KeyError, TypeError):
        fresh.unlink()
        _create(fresh, HEAD)
        return _ALL
    return holes | {"draft_bytes"} if "draft_version" in holes else holes


def _create(fresh: Path, version: str) -> None:
    engine = sqlite.create(URL.create("sqlite", database=str(fresh)))
    with engine.connect().execution_options(immediate=True) as db, db.begin():
        migrate(db, to=version)
    engine.dispose()


def _fill(backup: Path, fresh: Path, holes: frozenset[str], work: Path) -> None:
    """What the backup has of these tables and the new file has not."""
    copy = work / "backup.db"
    _copy(backup, copy)
    open_engine(_url(copy)).dispose()
    with closing(connect(str(copy))) as source, closing(connect(str(fresh))) as target:
        pour(source, target, holes)


def _mended(fresh: Path) -> list[Loose]:
    """Until nothing is left that is half a row or cannot be understood."""
    loose: list[Loose] = []
    while True:
        with closing(connect(str(fresh))) as db:
            loose += mend(db)
        with _opened(fresh) as store:
            wrong = unreadable(store)
        if not any(wrong.values()):
            return loose
        with closing(connect(str(fresh))) as db:
            for table, numbers in wrong.items():
                take_out(db, table, numbers)


def _missing(loose: list[Loose], fresh: Path) -> list[Loose]:
    """Those that the backup has not brought back."""
    query = "SELECT raw FROM draft_bytes WHERE draft_id = ? AND number = ?"
    with closing(connect(str(fresh))) as db:
        return [one for one in loose if db.execute(query, [one.draft_id, one.number]).fetchone() != (one.raw,)]


def _keep(loose: list[Loose], aside: Path) -> None:
    for one in loose:
        file = aside / f"{one.draft_id}-{one.number}.eml"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(one.raw)


def _install(fresh: Path, path: Path) -> None:
    """The new file in the place of the old one.

    The old log goes first: it would be taken for the new file's.  Whoever dies in between finds it set aside.
    """
    with closing(connect(str(fresh))) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _drafts(file: Path) -> frozenset[int]:
    with closing(connect(str(file))) as db:
        return frozenset(number for (number,) in db.execute("SELECT id FROM draft"))


def _counts(file: Path) -> dict[str, int]:
    with closing(connect(str(file))) as db:
        return {
            table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of our own
            for table in TABLES
        }


@contextmanager
def _opened(file: Path) -> Iterator[SqlStore]:
    store = SqlStore(open_engine(_url(file)))
    try:
        yield store
    finally:
        store.close()


def _url(file: Path) -> str:
    return URL.create("sqlite", database=str(file)).render_as_string()
