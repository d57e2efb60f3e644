"""Corrections and history in the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.core.cues import Past
from assistant.core.escalation import Cue, Level
from assistant.core.message import Address, SetAside
from tests.contract.records import CLIENT, NOW, correction, key, mail


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An open store with one judged mail."""
    found = open_store(database_url)
    found.add_incoming([mail()], {})
    yield found
    found.close()


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
    with pytest.raises(Exception, match=r"(?i)foreign key"):
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


def test_cues_are_added_to_the_judgement(store: SqlStore) -> None:
    """Once each, behind those that were seen; nothing else of it changes."""
    store.add_cues(1, [Cue.RUSH, Cue.NIGHT])
    found = store.incoming(1)
    assert found is not None
    assert found.assessment is not None
    assert found.assessment.cues == (Cue.NIGHT, Cue.RUSH)
    assert found.assessment.level is Level.HEATED
