"""From every older schema, with data in it, to the present one, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.database.engine import alembic, migrate, schema_version
from assistant.adapters.database.schema import metadata
from assistant.adapters.database.version import HEAD
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.errors import StoreError
from tests.contract.records import new_hold
from tests.unit.database import old
from tests.unit.database.old import bare

_ROOT = Path(__file__).parents[3]
#: Opens a database in a process that is killed when the upgrade comes to a statement.
_KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from assistant.adapters.database import open_store

@event.listens_for(Engine, "before_cursor_execute")
def kill(conn, cursor, statement, parameters, context, executemany):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

open_store(sys.argv[1])
"""


def check(store: SqlStore, schema: str) -> None:
    """Everything that an older version stored is read as it was."""
    corrected = schema >= "0002"
    (mail,) = store.list_incoming(limit=9)
    assert mail.level is (Level.CALM if corrected else Level.HEATED)
    assert (mail.judged, mail.text, mail.date, mail.key) == (
        Level.HEATED,
        old.MAIL.text,
        old.MAIL.date,
        old.MAIL.key,
    )
    assert mail.assessment == old.MAIL.assessment
    assert corrected or mail == old.MAIL
    assert store.suggestions(1) == (old.SUGGESTION,)
    assert store.draft(1) == old.DRAFT
    assert store.versions(1) == old.VERSIONS
    assert (store.raw(1, 1), store.raw(1, 2)) == (old.RAW, old.RAW[::-1])
    assert store.seen_drafts("studio") == (old.SEEN,)
    assert store.leftovers("studio") == (old.LEFTOVER,)
    assert store.statuses() == (old.STATUS,)
    assert store.remembered("studio", "cooling_off") == "Abkühlung"
    assert store.events(1) == (old.HELD,)
    assert store.corrections() == ((old.CORRECTION,) if corrected else ())
    assert store.sending(1) == (old.SENDING if schema >= "0003" else None)


@pytest.mark.parametrize("schema", old.OLDER)
def test_an_older_database_is_brought_up_to_date(database_url: str, schema: str) -> None:
    """Opening it is enough; every value is read as before, and the next ids do not collide."""
    old.fill(database_url, schema)
    store = open_store(database_url)
    check(store, schema)
    assert store.hold(new_hold()) == 2
    store.close()


def test_every_older_schema_is_tested(database_url: str) -> None:
    """The list of them is the list of migrations but the last, which is the schema that this program knows."""
    with bare(database_url) as engine, engine.connect() as db:
        script = ScriptDirectory.from_config(alembic(db))
        assert [step.revision for step in script.walk_revisions()][::-1] == [*old.OLDER, HEAD]


def test_migrations_lead_to_the_schema_of_the_code(database_url: str) -> None:
    """What they build is what the tables say."""
    open_store(database_url).close()
    with bare(database_url) as engine, engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


@pytest.mark.parametrize(
    ("schema", "statement"),
    [
        ("0002", "CREATE TABLE sending"),
        ("0002", "CREATE TABLE lease"),
        ("0002", "UPDATE alembic_version"),
        ("0003", "INSERT INTO draft_bytes"),
        ("0003", "UPDATE draft SET"),
        ("0003", "CREATE INDEX draft_topic"),
    ],
)
def test_an_upgrade_that_is_killed_leaves_the_old_schema(database_url: str, schema: str, statement: str) -> None:
    """Whole, with all its rows and nothing of the new one; the next start does it again."""
    old.fill(database_url, schema)
    with bare(database_url) as engine, engine.connect() as db:
        before = inspect(db).get_table_names()
    arguments = [sys.executable, "-c", _KILLED, database_url, statement]
    done = subprocess.run(arguments, check=False, env={**os.environ, "PYTHONPATH": str(_ROOT)}, timeout=60)
    assert done.returncode == -signal.SIGKILL
    with bare(database_url) as engine, engine.connect() as db:
        assert schema_version(db) == schema
        assert inspect(db).get_table_names() == before
    store = open_store(database_url)
    check(store, schema)
    store.close()


def test_two_daemons_that_start_at_once_upgrade_once(database_url: str) -> None:
    """The second one waits and finds it done."""
    old.fill(database_url, "0001")
    with ThreadPoolExecutor(3) as pool:
        stores = list(pool.map(open_store, [database_url] * 3))
    for store in stores:
        check(store, "0001")
        store.close()


@pytest.mark.parametrize("found", ["0005", "9999"])
def test_a_database_of_a_newer_version_is_left_alone(database_url: str, found: str) -> None:
    """It is refused with both versions named, and a password never is."""
    open_store(database_url).close()
    with bare(database_url) as engine, engine.begin() as db:
        db.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{found}'")
    with pytest.raises(StoreError, match=f"newer Gelassen .schema {found}, this program knows {HEAD}."):
        open_store(database_url)
    with bare(database_url) as engine, engine.connect() as db:
        assert schema_version(db) == found


def test_the_way_back_keeps_what_the_older_version_knows(database_url: str) -> None:
    """An older Gelassen finds the schema that it knows, and every mail and draft."""
    old.fill(database_url, "0001")
    open_store(database_url).close()
    with bare(database_url) as engine, engine.begin() as db:
        command.downgrade(alembic(db), "0001")
        assert "correction" not in inspect(db).get_table_names()
        assert schema_version(db) == "0001"
    with bare(database_url) as engine, engine.begin() as db:
        migrate(db)
    store = open_store(database_url)
    check(store, "0001")
    store.close()


def test_drafts_of_an_older_schema_are_found_as_the_same_reply(database_url: str) -> None:
    """What a draft is searched by is worked out for the rows that are there."""
    old.fill(database_url, "0003")
    store = open_store(database_url)
    assert store.same_replies("studio", old.DRAFT.identity, (State.HELD,)) == (old.DRAFT,)
    store.close()
