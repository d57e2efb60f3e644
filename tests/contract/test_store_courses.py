"""What the ledger tells for counting, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from assistant.adapters.database import SqlStore
from assistant.core.draft import Effect, State
from assistant.core.escalation import Assessment, Level, Scores
from assistant.core.message import Address
from assistant.services.ledger import Event
from tests.contract.records import NOW, correction, hold, mail, new_hold, row_of, sending

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def judged(level: int) -> Assessment:
    """A judgement of that level."""
    return Assessment(level=Level(level), scores=Scores(p=(0.5, 0.5, 0.5)))


def test_a_reply_from_its_first_version_to_the_next_mail(store: SqlStore) -> None:
    """Levels at first and at last, that its words changed, why it went early, and what the client wrote then."""
    late = mail(2, received=NOW + 2 * DAY, assessment=judged(1))
    other = mail(3, received=NOW + DAY, sender=Address(address="other@k.example"), assessment=judged(3))
    store.add_incoming([mail(1, assessment=judged(2)), late, other], {})
    first = store.hold(new_hold(1, "So nicht!", incoming_id=1, level_in=Level.HEATED, assessment=judged(3)))
    store.acknowledge(row_of(store, first), key=None)
    store.add_version(
        row_of(store, first),
        new_hold(2, "Gern.", incoming_id=1, assessment=judged(0), key=None, at=NOW + timedelta(hours=1)),
        event="edited",
    )
    store.acknowledge(row_of(store, first), key=None)
    gone = Event(at=NOW + timedelta(hours=2), event="sent_now", detail={"hash": "0", "reason": "Frist"})
    store.change(row_of(store, first), State.RELEASED, gone, effect=Effect.RELEASE)
    (found,) = store.courses((NOW - DAY).astimezone(BERLIN))
    assert found.at.tzinfo is BERLIN
    assert (found.mail, found.at, found.state) == (1, NOW, State.RELEASED)
    assert (found.incoming, found.first, found.last, found.after) == (2, 3, 0, 1)
    assert (found.held, found.changed, found.early, found.reason) == (True, True, True, "Frist")


def test_what_is_not_known_is_not_told(store: SqlStore) -> None:
    """No mail, no level, no other words, not gone; blanks are no words."""
    held = hold(store)
    store.add_version(held, replace(new_hold(2, " Nein.\n"), key=None), event="saved_again")
    (found,) = store.courses(NOW)
    assert (found.mail, found.incoming, found.first, found.last, found.after) == (None,) * 5
    assert (found.held, found.changed, found.early, found.reason) == (True, False, False, "")


def test_since_when(store: SqlStore) -> None:
    """By the first version, however often the reply was changed since; the oldest first."""
    for number, days in ((1, 3), (2, 1), (3, 2)):
        store.hold(new_hold(number, at=NOW - days * DAY, assessment=judged(number)))
    store.acknowledge(row_of(store, 1), key=None)
    store.add_version(row_of(store, 1), new_hold(4, "Anders", key=None), event="edited")
    assert [course.first for course in store.courses(NOW - 2 * DAY)] == [3, 2]


def test_by_the_gateway_and_letters(store: SqlStore) -> None:
    """A mail that was relayed at once is known and was not held; what the program wrote itself does not count."""
    store.write(new_hold(3, effect=Effect.SEND), None, Event(at=NOW, event="acknowledged"))
    store.submit(new_hold(1, effect=Effect.SEND, assessment=judged(0)), sending())
    store.submit(new_hold(2, effect=Effect.SHOW, assessment=judged(2)), sending())
    assert [(course.held, course.first) for course in store.courses(NOW)] == [(False, 0), (True, 2)]


def test_the_level_that_counts(store: SqlStore) -> None:
    """The user's word goes before the judgement, for the mail and for the next one."""
    store.add_incoming([mail(1), mail(2, received=NOW + DAY)], {})
    store.correct(correction(1, level=Level.ESCALATED))
    store.correct(correction(2, level=Level.CALM))
    held = row_of(store, store.hold(new_hold(1, incoming_id=1)))
    store.acknowledge(held, key=None)
    store.change(row_of(store, held.id), State.RELEASED, Event(at=NOW, event="released"), effect=Effect.RELEASE)
    (found,) = store.courses(NOW)
    assert (found.incoming, found.after) == (Level.ESCALATED, Level.CALM)
    assert store.levels_since(NOW) == {1: Level.ESCALATED, 2: Level.CALM}


def test_levels_of_mails(store: SqlStore) -> None:
    """Only of those that have one, and only since then."""
    store.add_incoming([mail(1, received=NOW - DAY), mail(2, assessment=None), mail(3)], {})
    assert store.levels_since(NOW) == {3: Level.HEATED}
