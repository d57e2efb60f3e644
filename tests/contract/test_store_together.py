"""Several processes on one ledger: what each looks up first and then writes comes out as if they took turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, event

from assistant.adapters.database import SqlStore, open_store
from assistant.core.draft import Effect, State
from assistant.core.escalation import Cue, Level
from assistant.services.ledger import AccountStatus, Conflict, Event, HeldDraft, SeenDraft
from tests.contract.records import NOW, correction, hold, key, letter, mail, new_hold, row_of
from tests.servers import until
from tests.servers.postgres import Postgres

ROUNDS = 8


@pytest.fixture
def both(database_url: str) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two processes' views of one database, each with connections of its own."""
    stores = open_store(database_url), open_store(database_url)
    yield stores
    for one in stores:
        one.close()


@pytest.fixture
def two(postgres: Postgres) -> Iterator[tuple[SqlStore, SqlStore]]:
    """The same on PostgreSQL, where writers do not wait for each other at the start."""
    url = postgres.database()
    stores = open_store(url), open_store(url)
    yield stores
    for one in stores:
        one.close()


def at_once(both: tuple[SqlStore, SqlStore], act: Callable[..., object], *values: object) -> list[object]:
    """What each store gives, or the ``Conflict`` that it raises, when both act at the same moment."""
    line = threading.Barrier(2)

    def one(store: SqlStore) -> object:
        line.wait(10)
        try:
            return act(store, *values)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, both))


@contextmanager
def held_up(engine: Engine, statement: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Stops the next transaction of an engine before a statement: (it is there, it may go on)."""
    there, go_on, first = threading.Event(), threading.Event(), count()

    def stop(conn: object, cursor: object, text: str, *more: object) -> None:
        if text.startswith(statement) and next(first) == 0:
            there.set()
            go_on.wait(10)

    event.listen(engine, "before_cursor_execute", stop)
    try:
        yield there, go_on
    finally:
        go_on.set()
        event.remove(engine, "before_cursor_execute", stop)


def waits(store: SqlStore) -> bool:
    """Whether a session waits for a lock of another one."""
    with store._reading() as db:
        return bool(db.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted").first())


def test_one_mail_is_stored_once(both: tuple[SqlStore, SqlStore]) -> None:
    """Whoever comes first; the other one finds it there."""
    for number in range(ROUNDS):
        found = at_once(both, SqlStore.add_incoming, [mail(number)], {})
        assert found in ([0, 1], [1, 0])
    assert len(both[0].list_incoming(limit=99)) == ROUNDS


def test_one_mail_under_two_uidvalidities_is_stored_once(both: tuple[SqlStore, SqlStore]) -> None:
    """A process that still works with the former numbers and one that has the new ones: one row."""
    numbers = iter(range(7, 7 + 2 * ROUNDS))
    turn = threading.Lock()

    def add(store: SqlStore, uid: int) -> int:
        with turn:
            validity = next(numbers)
        return store.add_incoming([mail(uid, key=key(uid, uidvalidity=validity))], {})

    for uid in range(1, ROUNDS + 1):
        at_once(both, add, uid)
    assert len(both[0].list_incoming(limit=99)) == ROUNDS


def test_one_letter_is_written_once(both: tuple[SqlStore, SqlStore]) -> None:
    """Two clicks at the same moment, taken by two processes: one row, one refusal."""
    for number in range(ROUNDS):
        new = letter(f"<receipt.{number}@s.example>", effect=Effect.RELEASE)
        found = at_once(both, SqlStore.write, new, None, Event(at=NOW, event="acknowledged"))
        assert sorted(isinstance(one, Conflict) for one in found) == [False, True]
    assert len(both[0].drafts(State)) == ROUNDS


def test_facts_statuses_and_seen_drafts_are_one_row(both: tuple[SqlStore, SqlStore]) -> None:
    """Two first writers do not stumble over each other."""

    def write(store: SqlStore, seen: SeenDraft) -> None:
        name = seen.key.account
        store.remember(name, "cooling_off", "Abkühlung")
        store.record_status(AccountStatus(name=name, connected=True, last_pass=NOW, error=None))
        store.see_draft(seen)

    for number in range(ROUNDS):
        place = replace(key(number, "Drafts"), account=f"studio{number}")
        seen = SeenDraft(key=place, identity=new_hold().identity, first_seen=NOW)
        assert at_once(both, write, seen) == [None, None]
        assert both[0].seen_drafts(place.account) == (seen,)
    assert len(both[0].statuses()) == ROUNDS


def test_a_mail_has_one_correction(both: tuple[SqlStore, SqlStore]) -> None:
    """The last one wins, and both are told in events."""
    both[0].add_incoming([mail(number) for number in range(1, ROUNDS + 1)], {})
    for number in range(1, ROUNDS + 1):
        at_once(both, SqlStore.correct, correction(number))
    assert len(both[0].corrections()) == ROUNDS


def test_cues_of_two_writers_are_both_kept(both: tuple[SqlStore, SqlStore]) -> None:
    """Neither overwrites what the other has just added."""
    both[0].add_incoming([mail(number) for number in range(1, ROUNDS + 1)], {})

    def add(store: SqlStore, number: int) -> None:
        store.add_cues(number, [Cue.RUSH if store is both[0] else Cue.HOTTER])

    for number in range(1, ROUNDS + 1):
        at_once(both, add, number)
        found = both[0].incoming(number)
        assert found is not None
        assert found.assessment is not None
        assert set(found.assessment.cues) == {Cue.NIGHT, Cue.RUSH, Cue.HOTTER}


def test_one_of_two_decisions_counts(both: tuple[SqlStore, SqlStore]) -> None:
    """The other one raises ``Conflict``, and its event is not written."""

    def decide(store: SqlStore, draft: HeldDraft) -> None:
        goal = State.DISCARDED if store is both[0] else State.WITHDRAWN
        store.change(draft, goal, Event(at=NOW, event=goal))

    for number in range(1, ROUNDS + 1):
        draft = hold(both[0], number)
        found = at_once(both, decide, draft)
        assert sorted(type(one).__name__ for one in found) == ["Conflict", "NoneType"]
        state = row_of(both[0], draft.id).state
        assert [one.event for one in both[0].events(draft.id)] == ["held", state]


def test_one_of_two_versions_counts(both: tuple[SqlStore, SqlStore]) -> None:
    """Two saves of one draft noticed by two processes: one becomes version 2, with one set of bytes."""

    def save(store: SqlStore, draft: HeldDraft) -> None:
        store.add_version(draft, new_hold(draft.id + 100, "Doch."), event="new_version")

    for number in range(1, ROUNDS + 1):
        draft = hold(both[0], number)
        found = at_once(both, save, draft)
        assert sorted(type(one).__name__ for one in found) == ["Conflict", "NoneType"]
        assert len(both[0].versions(draft.id)) == 2


def test_bytes_are_not_forgotten_while_a_draft_is_taken_back(two: tuple[SqlStore, SqlStore]) -> None:
    """Whoever comes first: a draft that is held again has its bytes; here ``purge`` waits in the middle."""
    undo, purge = two
    draft = hold(undo)
    undo.change(draft, State.DISCARDED, Event(at=NOW, event="discarded"))
    seen = row_of(undo, draft.id)
    with held_up(purge.engine, "DELETE FROM draft_bytes") as (there, go_on), ThreadPoolExecutor(2) as pool:
        forgetting = pool.submit(purge.purge, NOW + timedelta(days=31))
        assert there.wait(10)
        taking = pool.submit(undo.change, seen, State.HELD, Event(at=NOW, event="restored"))
        assert until(lambda: waits(two[0]))
        go_on.set()
        assert forgetting.result(10) == 1
        with suppress(Conflict):
            taking.result(10)
    assert row_of(undo, draft.id).state is State.DISCARDED


def test_a_reader_sees_one_moment(two: tuple[SqlStore, SqlStore]) -> None:
    """The numbers of ``status`` belong together, although they are asked for one by one."""
    reader, writer = two
    draft = hold(writer)
    counted = "SELECT count(*) AS count_1 \nFROM draft"
    with held_up(reader.engine, counted) as (there, go_on), ThreadPoolExecutor(1) as pool:
        counting = pool.submit(reader.counts, NOW)
        assert there.wait(10)
        for state in (State.RELEASED, State.SENDING, State.UNCERTAIN):
            writer.change(row_of(writer, draft.id), state, Event(at=NOW, event="test"))
        go_on.set()
        counts = counting.result(10)
    assert (counts.held, counts.uncertain) == (1, 0)


def test_many_threads_share_few_connections(postgres: Postgres) -> None:
    """Thirty threads, five connections; nobody is refused."""
    url = postgres.database()
    store = open_store(url)
    name = url.rpartition("/")[2]
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda number: store.remember("studio", f"fact{number}", "x"), range(120)))
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
    assert postgres.execute(query)[0][0] <= 5
    assert store.remembered("studio", "fact119") == "x"
    store.close()


def test_levels_of_one_mail_are_one_of_the_two(both: tuple[SqlStore, SqlStore]) -> None:
    """Correcting and taking back at once: there is a correction or none, and the events tell the same."""
    both[0].add_incoming([mail()], {})
    both[0].correct(correction())

    def act(store: SqlStore) -> None:
        if store is both[0]:
            store.take_back(1, NOW)
        else:
            store.correct(correction(level=Level.TENSE))

    at_once(both, act)
    assert [one.level for one in both[0].corrections()] in ([], [Level.TENSE])
