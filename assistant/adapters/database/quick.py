"""The queue, read with the standard library alone: SQLAlchemy's import alone takes longer than a listing may.

Only for an SQLite file whose schema is this program's; everything else, errors included, is left to the store.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote, unquote

from assistant.adapters.database.codec import draft_in
from assistant.adapters.database.version import HEAD
from assistant.core.draft import State
from assistant.services.ledger import HeldDraft

_QUERY: Final = """
    SELECT draft.*, draft_version.digest, draft_version.text, draft_version.gaps
    FROM draft JOIN draft_version ON draft_version.draft_id = draft.id AND draft_version.number = draft.version
    WHERE draft.state IN (SELECT value FROM json_each(?))
    ORDER BY draft.hold_until, draft.id
"""
_JSON: Final = frozenset({"identity", "recipients", "reasons", "gaps"})
_TIMES: Final = frozenset({"held_at", "hold_until"})


def quick_drafts(url: str, states: Iterable[State]) -> tuple[HeldDraft, ...] | None:
    """What ``Store.drafts`` gives; None where that must be asked itself."""
    file = Path(unquote(url.removeprefix("sqlite:///")))
    if not url.startswith("sqlite:///") or "?" in url or not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as db:
            return tuple(_read(db, states)) if _known(db) else None
    except sqlite3.Error:
        return None


def _known(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def _read(db: sqlite3.Connection, states: Iterable[State]) -> Iterator[HeldDraft]:
    db.row_factory = sqlite3.Row
    for row in db.execute(_QUERY, [json.dumps([str(state) for state in states])]):
        values: Mapping[str, Any] = {name: _value(name, row[name]) for name in row.keys()}  # noqa: SIM118 - a Row is no dict
        as_row: Any = SimpleNamespace(**values)
        yield draft_in(as_row)


def _value(name: str, value: object) -> object:
    if name in _JSON:
        return json.loads(str(value))
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC) if name in _TIMES else value
