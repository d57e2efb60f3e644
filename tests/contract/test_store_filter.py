"""Which mails the ledger lists, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.adapters.database import SqlStore
from assistant.core.escalation import Level
from assistant.core.message import Address, SetAside, Unassessed
from assistant.services.ledger import MailFilter, Treated
from tests.contract.records import NOW, correction, key, mail

#: Number 1 is heated, 2 set aside, 3 unreadable, 4 heated and corrected to calm, 5 unreadable and corrected.
ALL = (5, 4, 3, 2, 1)


@pytest.fixture
def full(store: SqlStore) -> SqlStore:
    """Five mails, two of them received in the same moment."""
    at = [NOW, NOW, *(NOW + timedelta(hours=n) for n in (1, 2, 3))]
    ann = Address(address="ann@other.example", name="Änne 100 %")
    mails = [
        mail(1, received=at[0]),
        mail(2, received=at[1], assessment=None, set_aside=SetAside.LIST, sender=None),
        mail(3, received=at[2], assessment=None, unassessed=Unassessed.UNREADABLE, sender=ann),
        mail(4, received=at[3], key=replace(key(4), account="second")),
        mail(5, received=at[4], assessment=None, unassessed=Unassessed.NO_TEXT, sender=ann),
    ]
    for one in mails:
        store.add_incoming([one], {})
    store.correct(correction(4, level=Level.CALM))
    store.correct(correction(5, level=Level.ESCALATED, p=None))
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (MailFilter(), ALL),
        (MailFilter(account="second"), (4,)),
        (MailFilter(treated=Treated.JUDGED), (5, 4, 1)),
        (MailFilter(treated=Treated.SET_ASIDE), (2,)),
        (MailFilter(treated=Treated.UNASSESSED), (5, 3)),
        (MailFilter(level=Level.CALM), (5, 4, 1)),
        (MailFilter(level=Level.TENSE), (5, 1)),
        (MailFilter(level=Level.ESCALATED), (5,)),
        (MailFilter(client="kunde@k.example"), (4, 1)),
        (MailFilter(sender="OTHER.ex"), (5, 3)),
        (MailFilter(sender="kai"), (4, 1)),
        (MailFilter(sender="100 %"), (5, 3)),
        (MailFilter(sender="_"), ()),
        (MailFilter(beyond=4), (3, 2, 1)),
        (MailFilter(beyond=2), (1,)),
        (MailFilter(beyond=1), ()),
        (MailFilter(beyond=99), ()),
        (MailFilter(beyond=5, level=Level.TENSE, account="studio"), (1,)),
    ],
)
def test_what_is_wanted_is_found(full: SqlStore, wanted: MailFilter, found: tuple[int, ...]) -> None:
    """By the level that counts, the sender, what was done; the newest first, and on from any mail."""
    assert tuple(one.id for one in full.list_incoming(limit=9, wanted=wanted)) == found


def test_only_so_many(full: SqlStore) -> None:
    """The newest ones."""
    assert [one.id for one in full.list_incoming(limit=2)] == [5, 4]
