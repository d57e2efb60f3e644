"""The ledger on SQLite: guarded changes, one row a mail, private file, errors in words."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import assistant.adapters.database as database
from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.schema import metadata
from assistant.adapters.database.version import HEAD
from assistant.core.draft import TRANSITIONS, Effect, Identity, State
from assistant.core.escalation import Assessment, Cue, Level, Scores, Signal
from assistant.core.message import Address, MessageKey
from assistant.core.reason import Reason
from assistant.core.reply import Suggestion
from assistant.errors import StoreError
from assistant.services.ledger import AccountStatus, Conflict, Event, HeldDraft, Incoming, NewHold, SeenDraft

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


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


def key(uid: int = 1, folder: str = "INBOX", uidvalidity: int = 7) -> MessageKey:
    """A place on the server."""
    return MessageKey(account="studio", folder=folder, uidvalidity=uidvalidity, uid=uid)


def mail(uid: int = 1, **changes: object) -> Incoming:
    """A judged mail."""
    scores = Scores(p=(0.9, 0.8, 0.1), signals={Signal.ANGER: 0.9})
    found = Incoming(
        key=key(uid),
        message_id=f"<{uid}@k.example>",
        digest="0" * 64,
        sender=Address(address="Kunde@K.example", name="Kai Kunde"),
        subject="Re: Katalog",
        date=datetime.fromisoformat("2026-11-18T23:40:00+05:30"),
        received=NOW,
        text="Was soll das?",
        language="de",
        assessment=Assessment(
            level=Level.HEATED, scores=scores, signals=(Signal.ANGER,), hot=("Was soll das?",), cues=(Cue.NIGHT,)
        ),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def hold(store: SqlStore, number: int = 1) -> HeldDraft:
    """A held draft whose move is done."""
    draft = store.draft(store.hold(new_hold(number)))
    assert draft is not None
    store.acknowledge(draft, key=key(number, "Cooling off"))
    found = store.draft(draft.id)
    assert found is not None
    return found


def new_hold(number: int = 1, text: str = "Nein.") -> NewHold:
    """What the guard records."""
    identity = Identity(message_id=None, parents=("<1@k.example>",), recipients=frozenset({"k@k.example"}), subject="x")
    return NewHold(
        account="studio",
        key=key(number, "Drafts"),
        effect=Effect.HOLD,
        identity=identity,
        to=("k@k.example",),
        subject="Re: x",
        incoming_id=None,
        level_in=None,
        assessment=None,
        at=NOW,
        hold_until=NOW + timedelta(hours=1),
        reasons=(),
        raw=text.encode(),
        digest=f"{number:064}",
        text=text,
    )


def test_mail_comes_back_as_it_was_stored(store: SqlStore) -> None:
    """Every field survives, the sender's zone included."""
    store.add_incoming([mail()], {})
    (found,) = store.list_incoming(limit=5)
    assert found == replace(mail(), id=found.id, sender=Address(address="kunde@k.example", name="Kai Kunde"))
    assert found.date is not None
    assert found.date.utcoffset() == timedelta(hours=5, minutes=30)


def test_same_key_is_stored_once(store: SqlStore) -> None:
    """A pass that is repeated after a crash changes nothing."""
    assert store.add_incoming([mail()], {}) == 1
    assert store.add_incoming([mail()], {}) == 0
    assert len(store.list_incoming(limit=5)) == 1


def test_mail_keeps_its_row_when_uidvalidity_changes(store: SqlStore) -> None:
    """Message-ID and digest say that it is the same mail: one row, the new key."""
    store.add_incoming([mail()], {})
    moved = key(33, uidvalidity=8)
    assert store.add_incoming([mail(key=moved)], {}) == 0
    (found,) = store.list_incoming(limit=5)
    assert found.key == moved
    assert store.known_uids("studio", "INBOX", 8) == {33}


def test_two_copies_in_one_folder_are_two_rows(store: SqlStore) -> None:
    """The same mail delivered twice is two messages."""
    store.add_incoming([mail(1), mail(2, message_id="<1@k.example>")], {})
    assert len(store.list_incoming(limit=5)) == 2


def test_suggestions_come_back_in_order(store: SqlStore) -> None:
    """With their gaps and reason."""
    made = [
        Suggestion(
            template=name, language="de", register="Sie", subject="Re: x", text="…", gaps=("was",), reason=Reason.ANGER
        )
        for name in ("acknowledge", "our_side")
    ]
    store.add_incoming([mail()], {0: made})
    assert store.suggestions(store.list_incoming(limit=1)[0].id) == tuple(made)


@pytest.mark.parametrize("start", [State.HELD, State.RELEASED, State.DISCARDED, State.WITHDRAWN])
@pytest.mark.parametrize("goal", list(State))
def test_only_the_transitions_of_core_are_written(store: SqlStore, start: State, goal: State) -> None:
    """The store and core's table agree on which state may follow which."""
    draft = hold(store)
    event = Event(at=NOW, event="test")
    if start is not State.HELD:
        store.change(draft, start, event)
        draft = replace(draft, state=start)
    if goal in TRANSITIONS[start]:
        store.change(draft, goal, event)
        found = store.draft(draft.id)
        assert found is not None
        assert found.state is goal
    else:
        with pytest.raises(Conflict):
            store.change(draft, goal, event)


def test_stale_view_changes_nothing(store: SqlStore) -> None:
    """Whoever decides on what is no longer true gets a Conflict, and no event is written."""
    draft = hold(store)
    store.change(draft, State.DISCARDED, Event(at=NOW, event="discarded"))
    with pytest.raises(Conflict):
        store.change(draft, State.RELEASED, Event(at=NOW, event="released"))
    with pytest.raises(Conflict):
        store.approve(draft, NOW)
    assert [event.event for event in store.events(draft.id)] == ["held", "discarded"]


def test_new_version_voids_the_approval_and_leaves_the_old_copy_to_be_removed(store: SqlStore) -> None:
    """The approval is bound to the digest of the version that was reviewed."""
    draft = hold(store)
    store.approve(draft, NOW)
    approved = store.draft(draft.id)
    assert approved is not None
    assert approved.reviewed
    store.add_version(approved, replace(new_hold(2, "Doch."), digest="f" * 64), event="edited")
    found = store.draft(draft.id)
    assert found is not None
    assert not found.reviewed
    assert (found.version, found.text) == (2, "Doch.")
    assert [left.key for left in store.leftovers("studio")] == [approved.key]
    assert store.raw(draft.id, 1) == b"Nein."


def test_bytes_of_decided_drafts_are_forgotten_after_their_time(store: SqlStore) -> None:
    """A held draft keeps its bytes however old; a discarded one loses them, its row stays."""
    kept, gone = hold(store, 1), hold(store, 2)
    store.change(gone, State.DISCARDED, Event(at=NOW, event="discarded"))
    assert store.purge(NOW + timedelta(days=1)) == 1
    assert store.raw(kept.id, 1) is not None
    assert store.raw(gone.id, 1) is None
    assert store.draft(gone.id) is not None


def test_seen_drafts_are_noticed_once(store: SqlStore) -> None:
    """A second look keeps the time of the first."""
    first = SeenDraft(key=key(1, "Drafts"), identity=new_hold().identity, first_seen=NOW)
    store.see_draft(first)
    store.see_draft(replace(first, first_seen=NOW + timedelta(hours=1)))
    assert store.seen_drafts("studio") == (first,)
    store.forget_drafts([first.key])
    assert store.seen_drafts("studio") == ()


def test_status_keeps_the_last_pass_when_a_later_one_fails(store: SqlStore) -> None:
    """An error says since when nothing was seen."""
    store.record_status(AccountStatus(name="studio", connected=True, last_pass=NOW, error=None))
    store.record_status(AccountStatus(name="studio", connected=False, last_pass=None, error="away"))
    assert store.statuses() == (AccountStatus(name="studio", connected=False, last_pass=NOW, error="away"),)


def test_naive_times_are_refused(store: SqlStore) -> None:
    """A time without a zone is a bug and never reaches the file."""
    with pytest.raises(Exception, match="naive"):
        store.add_incoming([mail(received=datetime(2026, 1, 1))], {})  # noqa: DTZ001


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


def test_other_databases_are_refused_for_now() -> None:
    """The setting is known, and the message says what to use; nothing connects."""
    with pytest.raises(StoreError, match="SQLite only"):
        open_store("postgresql+psycopg://me@db.example/gelassen")


def test_database_of_a_newer_version_is_left_alone(url: str) -> None:
    """It is refused with both versions named."""
    store = open_store(url)
    with store._writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="9999"):
        open_store(url)


def test_migrations_lead_to_the_schema_of_the_code(store: SqlStore, url: str) -> None:
    """What the migrations build is what the tables say, and HEAD is the newest."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
