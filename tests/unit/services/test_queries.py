"""What the daemon asks the ledger again and again takes no longer when thousands of drafts and mails are in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, event

from assistant.adapters.database import codec
from assistant.core.draft import Identity, State
from assistant.core.notice import RECENT
from assistant.services.ledger import Event, HeldDraft
from tests.contract.records import key, new_hold, row_of
from tests.unit.services.conftest import Studio, draft, mail

#: Tables that grow with use; whoever reads one of them from end to end is slow one day.
LARGE = ("incoming", "draft", "draft_version", "draft_bytes", "event", "suggestion", "sending", "recipient")


Act = Callable[[Studio], None]


@contextmanager
def asked(studio: Studio) -> Iterator[list[str]]:
    """How SQLite goes about everything that the block asks of it, one line a step."""
    statements: list[tuple[str, Any]] = []

    def note(conn: object, cursor: object, statement: str, parameters: object, *more: object) -> None:
        statements.append((statement, parameters))

    event.listen(studio.store.engine, "before_cursor_execute", note)
    steps: list[str] = []
    try:
        yield steps
    finally:
        event.remove(studio.store.engine, "before_cursor_execute", note)
    with studio.store.engine.connect() as db:
        for statement, parameters in statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [f"{row.detail}  <-  {' '.join(statement.split())}" for row in plan]


def scans(steps: list[str]) -> list[str]:
    """The steps that read a large table from end to end."""
    return [step for step in steps if re.match(rf"SCAN ({'|'.join(LARGE)})\b(?! USING COVERING INDEX)", step)]


def _looks(studio: Studio) -> None:
    studio.guard.run()
    studio.delivery.run()


def _holds_a_draft(studio: Studio) -> None:
    studio.server.add("Drafts", draft(2, "Das ist Ihre Schuld (3)."), ["\\Draft"])
    studio.settle_drafts()


def _leaves_a_draft(studio: Studio) -> None:
    studio.server.add("Drafts", draft(3, "Gern, bis morgen."), ["\\Draft"])
    studio.settle_drafts()


def _finds_in_sent(studio: Studio) -> None:
    studio.server.add("Sent", draft(1, "Das ist Ihre Schuld (3)."), ["\\Seen"])
    studio.guard.run()


def _takes_from_the_gateway(studio: Studio) -> None:
    studio.hand_over(draft(4, "Das ist Ihre Schuld (3)."))
    studio.hand_over(draft(5, "Gern, bis morgen."))
    studio.guard.run()


def _takes_mail(studio: Studio) -> None:
    studio.server.add("INBOX", mail(6, "Wo bleibt der Katalog? (1)"))
    studio.take_all()


def _decides(studio: Studio) -> None:
    studio.desk.case(1)
    studio.desk.extend(1, timedelta(hours=1))
    studio.desk.release(1, reason="eilt", send=True)


def _notifies(studio: Studio) -> None:
    studio.store.heated_mails(studio.clock.now() - RECENT)
    studio.store.open_drafts()


ACTS = [
    _looks,
    _notifies,
    _holds_a_draft,
    _leaves_a_draft,
    _finds_in_sent,
    _takes_from_the_gateway,
    _takes_mail,
    _decides,
]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_reads_a_large_table_from_end_to_end(studio: Studio, act: Act) -> None:
    """Every step of every query finds its rows by an index."""
    studio.hold()
    studio.guard.run()
    with asked(studio) as steps:
        act(studio)
    assert any(step.startswith("SEARCH draft") for step in steps) or act is _takes_mail
    assert scans(steps) == []


@pytest.mark.parametrize("act", ACTS)
def test_other_drafts_are_not_looked_at(studio: Studio, monkeypatch: pytest.MonkeyPatch, act: Act) -> None:
    """With twenty more that are held, let go and withdrawn no more rows are read whole."""
    read: list[int] = []
    whole = codec.draft_in

    def noted(row: Row[Any]) -> HeldDraft:
        read.append(row.id)
        return whole(row)

    monkeypatch.setattr(codec, "draft_in", noted)
    mine = studio.hold()
    for number in range(10, 30):
        _other(studio, number)
    studio.guard.run()
    read.clear()
    act(studio)
    assert not [number for number in read if mine < number <= mine + 20]


def _other(studio: Studio, number: int) -> None:
    """Another client's, as it lies in the cooling-off folder or has been decided."""
    people = frozenset({f"k{number}@k.example"})
    identity = Identity(message_id=f"<o{number}@s>", parents=(f"<o{number}@k>",), recipients=people, subject="x")
    raw = draft(number, "Nein (3).")
    uid = studio.server.add("Cooling off", raw)
    new = new_hold(number, identity=identity, raw=raw, key=replace(key(uid, "Cooling off"), uidvalidity=1))
    row = row_of(studio.store, studio.store.hold(new))
    studio.store.acknowledge(row, key=new.key)
    if number % 3:
        goal = State.RELEASED if number % 3 == 1 else State.WITHDRAWN
        studio.store.change(row_of(studio.store, row.id), goal, Event(at=studio.clock.now(), event="test"))


def test_counting_reads_indices_only(studio: Studio) -> None:
    """``gelassen status`` does not look into the mails."""
    with asked(studio) as steps:
        studio.store.counts(studio.clock.now())
    assert scans(steps) == []
