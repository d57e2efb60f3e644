"""The ledger on SQLite and on PostgreSQL: what notices are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from assistant.adapters.database import SqlStore
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.core.notice import HeatedMail, OpenDraft
from assistant.services.ledger import Event
from tests.contract.records import NOW, correction, hold, mail, new_hold, row_of


def test_heated_mails_of_late(store: SqlStore) -> None:
    """By the level that counts; set aside, calm, older and called calm by the user are none."""
    heated = mail(1)
    assert heated.assessment is not None
    escalated, calm = (replace(heated.assessment, level=level) for level in (Level.ESCALATED, Level.TENSE))
    mails = [
        heated,
        mail(2, received=NOW - timedelta(seconds=1)),
        mail(3, assessment=calm),
        mail(4, assessment=escalated),
        mail(5),
        mail(6, assessment=None),
    ]
    store.add_incoming(mails, {})
    store.correct(correction(5))
    store.correct(correction(4, level=Level.HEATED, judged=Level.ESCALATED))
    assert sorted(store.heated_mails(NOW), key=lambda one: one.id) == [
        HeatedMail(id=number, account="studio", level=Level.HEATED, received=NOW) for number in (1, 4)
    ]


def test_drafts_that_wait_for_the_user(store: SqlStore) -> None:
    """Held, failed and uncertain ones, with the mail that they answer."""
    store.add_incoming([mail(1)], {})
    held = row_of(store, store.hold(new_hold(1, incoming_id=1)))
    unclear, gone = hold(store, 2), hold(store, 3)
    store.change(unclear, State.UNCERTAIN, Event(at=NOW, event="test"))
    store.change(gone, State.WITHDRAWN, Event(at=NOW, event="test"))
    found = OpenDraft(id=held.id, account="studio", state=State.HELD, hold_until=held.hold_until, incoming_id=1)
    assert store.open_drafts() == (found, replace(found, id=unclear.id, state=State.UNCERTAIN, incoming_id=None))
