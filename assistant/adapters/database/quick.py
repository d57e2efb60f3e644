"""The queue, read with the standard library alone: SQLAlchemy's import alone takes longer than a listing may.

Only for an SQLite file whose schema is this program's; everything else, errors included, is left to the store.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote, unquote

from assistant.adapters.database.codec import draft_in
from assistant.adapters.database.version import HEAD
from assistant.services.ledger import ON_THE_WAY, OPEN, HeldDraft

_QUERY: Final = """
    SELECT draft.*, draft_version.digest, draft_version.text, draft_version.gaps
    FROM draft JOIN draft_version ON draft_version.draft_id = draft.id AND draft_version.number = draft.version
    WHERE draft.id IN (
        SELECT id FROM draft
        WHERE :decided OR state IN (SELECT value FROM json_each(:open))
            OR state IN (SELECT value FROM json_each(:on_the_way)) AND (effect IS NOT NULL OR via = 'gateway')
        ORDER BY hold_until, id LIMIT :limit
    )
    ORDER BY draft.hold_until, draft.id
"""
_STATES: Final = {"open": json.dumps(OPEN), "on_the_way": json.dumps(ON_THE_WAY)}


def quick_queue(url: str, *, limit: int | None = None, decided: bool = False) -> tuple[HeldDraft, ...] | None:
    """What ``Store.queue`` gives; None where that must be asked itself."""
    file = Path(unquote(url.removeprefix("sqlite:///")))
    if not url.startswith("sqlite:///") or "?" in url or not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as db:
            return tuple(_read(db, limit, decided=decided)) if _known(db) else None
    except (sqlite3.Error, ValueError):
        return None


def _known(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def _read(db: sqlite3.Connection, limit: int | None, *, decided: bool) -> Iterator[HeldDraft]:
    wanted = {**_STATES, "decided": decided, "limit": -1 if limit is None else limit}
    found = db.execute(_QUERY, wanted)
    names = [column[0] for column in found.description]
    for row in found:
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        for name, read in _READ.items():
            values[name] = read(values[name])
        as_row: Any = SimpleNamespace(**values)
        yield draft_in(as_row)


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


#: Few of many drafts differ in these.
_often_the_same: Final = lru_cache(json.loads)
_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "identity": json.loads,
    "recipients": _often_the_same,
    "reasons": _often_the_same,
    "gaps": _often_the_same,
    "held_at": _time,
    "hold_until": _time,
}
