"""The quick reader of the queue gives what the store gives, or leaves it to the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.quick import quick_queue
from assistant.core.cooling import Reason, ReasonCode
from assistant.core.draft import Effect, Identity, State
from assistant.core.escalation import Assessment, Level, Scores
from assistant.core.message import MessageKey
from assistant.services.ledger import Event, NewHold

NOW = datetime(2026, 11, 20, 22, 10, tzinfo=ZoneInfo("Europe/Berlin"))


def hold(number: int, *, until: timedelta) -> NewHold:
    """A draft to be held, with everything that a row may have."""
    return NewHold(
        account="studio",
        key=MessageKey(account="studio", folder="Entwürfe", uidvalidity=7, uid=number) if number % 2 else None,
        effect=Effect.HOLD,
        identity=Identity(
            message_id=f"<d{number}@studio.example>",
            parents=("<c@firma.example>",),
            recipients=frozenset({"kunde@firma.example"}),
            subject="katalog",
        ),
        to=("kunde@firma.example",),
        subject="Re: Katalog für Köln",
        incoming_id=None,
        level_in=None if number % 2 else Level.ESCALATED,
        assessment=Assessment(level=Level.HEATED, scores=Scores(p=(0.9, 0.8, 0.1))),
        at=NOW,
        hold_until=NOW + until,
        reasons=(Reason(code=ReasonCode.NIGHT, params={"time": "22:00"}),),
        raw=b"Subject: x\r\n\r\nx\r\n",
        digest=f"{number:064}",
        text="Größte Frechheit",
        gaps=("bis wann",),
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database whose path needs quoting."""
    return f"sqlite:///{tmp_path / 'a b%20#?.db'}".replace("?", "!")


@pytest.fixture
def store(url: str) -> SqlStore:
    """A store with drafts in several states."""
    store = open_store(url)
    for number in range(1, 5):
        store.hold(hold(number, until=timedelta(hours=5 - number)))
    first = store.draft(1)
    assert first is not None
    store.change(first, State.RELEASED, Event(at=NOW, event="released"), effect=Effect.RELEASE)
    second = store.draft(2)
    assert second is not None
    store.approve(second, NOW)
    return store


def test_same_as_the_store(url: str, store: SqlStore) -> None:
    """Row for row, in the same order, with and without what is decided, however many."""
    for decided in (False, True):
        for limit in (None, 0, 1, 3, 99):
            assert quick_queue(url, limit=limit, decided=decided) == store.queue(limit=limit, decided=decided)
    assert len(store.queue(decided=True)) == 4


def test_sees_what_was_not_yet_written_back(url: str, store: SqlStore) -> None:
    """Rows in the write-ahead log of a running daemon count."""
    store.hold(hold(9, until=timedelta(0)))
    found = quick_queue(url)
    assert found is not None
    assert 5 in {draft.id for draft in found}


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be looked at as one" * 30])
def test_leaves_the_rest_to_the_store(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, empty or no database is nothing for the quick reader; it creates nothing."""
    path = tmp_path / "gelassen.db"
    if content is not None:
        path.write_bytes(content)
    assert quick_queue(f"sqlite:///{path}", decided=True) is None
    assert path.exists() is (content is not None)


def test_leaves_another_schema_and_servers_to_the_store(url: str, store: SqlStore) -> None:
    """Neither a schema that is not ours nor another kind of database."""
    with store._engine.begin() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert quick_queue(url, decided=True) is None
    assert quick_queue("postgresql+psycopg://localhost/gelassen") is None
