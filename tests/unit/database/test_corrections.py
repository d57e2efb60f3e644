"""Corrections in the ledger, and the schema that brought them to databases that were there before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import assistant.adapters.database as database
from assistant.adapters.database import SqlStore, open_store
from assistant.core.cues import Past
from assistant.core.escalation import Level
from assistant.core.message import Address, SetAside
from assistant.services.corrections import Correction
from tests.unit.database.test_store import NOW, key, mail

CLIENT = "kunde@k.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An open store with one judged mail."""
    found = open_store(f"sqlite:///{tmp_path / 'ledger.db'}")
    found.add_incoming([mail()], {})
    yield found
    found.close()


def correction(mail_id: int = 1, **changes: object) -> Correction:
    """What the user said of it."""
    found = Correction(
        mail_id=mail_id,
        client=CLIENT,
        level=Level.CALM,
        judged=Level.HEATED,
        p=(0.9, 0.8, 0.1),
        model="0123456789abcdef",
        at=NOW,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_correction_comes_back_as_it_was_stored(store: SqlStore) -> None:
    """Every field, with probabilities and without."""
    store.add_incoming([mail(2, message_id="<2@k.example>")], {})
    never = correction(2, client="", judged=None, p=None, model="", at=NOW + timedelta(minutes=1))
    store.correct(never)
    store.correct(correction())
    assert store.corrections() == (correction(), never)


def test_mail_carries_its_correction(store: SqlStore) -> None:
    """However it is asked for; the judgement itself stays."""
    store.correct(correction())
    asked = (
        store.incoming(1),
        store.list_incoming(limit=1)[0],
        store.incoming_by_message_id("studio", "<1@k.example>"),
        store.latest_incoming_from("studio", [CLIENT], "katalog"),
    )
    for found in asked:
        assert found is not None
        assert (found.level, found.judged, found.corrected_at) == (Level.CALM, Level.HEATED, NOW)


def test_second_correction_takes_the_place_of_the_first(store: SqlStore) -> None:
    """One row a mail, whoever comes last."""
    store.correct(correction())
    store.correct(correction(level=Level.ESCALATED, at=NOW + timedelta(days=1)))
    assert [one.level for one in store.corrections()] == [Level.ESCALATED]


def test_taken_back_it_is_gone(store: SqlStore) -> None:
    """Only events tell that there was one."""
    store.correct(correction())
    assert store.take_back(1, NOW)
    assert not store.take_back(1, NOW)
    assert store.corrections() == ()
    found = store.incoming(1)
    assert found is not None
    assert (found.level, found.corrected) == (Level.HEATED, None)
    with store._engine.connect() as db:
        told = db.exec_driver_sql("SELECT event FROM event WHERE incoming_id = 1 ORDER BY id").scalars().all()
    assert told == ["mail_judged", "mail_corrected", "correction_taken_back"]


def test_another_models_word_takes_the_place_of_the_former(store: SqlStore) -> None:
    """What the user said, and when, stays."""
    store.correct(correction())
    store.renew(1, (0.5, 0.4, 0.3), "new")
    assert store.corrections() == (correction(p=(0.5, 0.4, 0.3), model="new"),)


def test_correction_stays_with_the_mail_when_uidvalidity_changes(store: SqlStore) -> None:
    """The row is the mail, wherever it lies."""
    store.correct(correction())
    assert store.add_incoming([mail(key=key(33, uidvalidity=8))], {}) == 0
    (found,) = store.list_incoming(limit=9)
    assert (found.key.uid, found.corrected) == (33, Level.CALM)


def test_correction_of_no_mail_is_refused(store: SqlStore) -> None:
    """The database itself sees to it."""
    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.correct(correction(99))
    assert store.corrections() == ()


def test_past_is_this_clients_judged_mail_before(store: SqlStore) -> None:
    """The latest ones; not those of others, of another account, set aside, or later."""
    others = [
        mail(2, received=NOW - timedelta(days=1), message_id="<2@k.example>"),
        mail(3, received=NOW - timedelta(days=2), message_id="<3@k.example>"),
        mail(
            4, received=NOW - timedelta(days=1), sender=Address(address="other@k.example"), message_id="<4@k.example>"
        ),
        mail(5, received=NOW - timedelta(days=1), assessment=None, set_aside=SetAside.LIST, message_id="<5@k.example>"),
        mail(6, received=NOW + timedelta(days=1), message_id="<6@k.example>"),
    ]
    store.add_incoming(others, {})
    p = (0.9, 0.8, 0.1)
    found = store.past("studio", CLIENT, before=NOW, limit=9)
    assert found == (Past(at=NOW - timedelta(days=1), p=p), Past(at=NOW - timedelta(days=2), p=p))
    assert store.past("studio", CLIENT, before=NOW, limit=1) == found[:1]
    assert store.past("elsewhere", CLIENT, before=NOW, limit=9) == ()


# --- the way from schema 0001 ----------------------------------------------------------------------------------------

#: A mail as a Gelassen of schema 0001 stored it: its assessment names no model.
_OLD_MAIL = """
    INSERT INTO incoming (account, folder, uidvalidity, uid, message_id, digest, sender_address, sender_name, subject,
                          base_subject, date, date_offset, received, parents, language, text, level, assessment)
    VALUES ('studio', 'INBOX', 7, 1, '<1@k.example>', 'd', 'kunde@k.example', 'Kai', 'Katalog', 'katalog',
            '2026-11-18 09:00:00.000000', 60, '2026-11-18 09:00:05.000000', '[]', 'de', 'Was soll das?', 2,
            '{"level": 2, "p": [0.9, 0.8, 0.1], "scores": {}, "signals": [], "hot": [], "cues": ["night"]}')
"""


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of a database of schema 0001 with a mail, an event and a fact in it."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(_OLD_MAIL)
        connection.exec_driver_sql("INSERT INTO fact VALUES ('studio', 'cooling_off', 'Abkühlung')")
        connection.exec_driver_sql(
            "INSERT INTO event (at, incoming_id, event, detail) VALUES ('2026-11-18 09:00:05', 1, 'mail_judged', '{}')"
        )
    engine.dispose()
    return url


def test_old_database_is_brought_up_to_date(old: str) -> None:
    """Opening it is enough; what was in it is in it, and corrections work."""
    store = open_store(old)
    (found,) = store.list_incoming(limit=9)
    assert (found.level, found.corrected, found.subject) == (Level.HEATED, None, "Katalog")
    assert found.assessment is not None
    assert found.assessment.model == ""
    assert store.remembered("studio", "cooling_off") == "Abkühlung"
    store.correct(correction())
    assert store.list_incoming(limit=1)[0].level is Level.CALM
    assert [past.model for past in store.past("studio", CLIENT, before=NOW, limit=9)] == [""]
    store.close()


def test_way_back_drops_corrections_only(old: str, tmp_path: Path) -> None:
    """An older Gelassen finds the schema that it knows, and every mail."""
    open_store(old).close()
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = create_engine(old)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert "correction" not in tables
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert db.execute("SELECT count(*) FROM incoming").fetchone() == (1,)
