"""The ledger on SQLite and on PostgreSQL: finding one draft among thousands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.adapters.database import SqlStore
from assistant.core.draft import Effect, Identity, State, Via, same_reply
from assistant.services.ledger import Copy, Event, HeldDraft
from tests.contract.records import NOW, hold, key, mail, new_hold, row_of, sending

#: Every rule of ``same_reply`` and every reason why it does not hold; the last ones have what no index has room for.
_PEOPLE, _OTHERS = frozenset({"k@k.example"}), frozenset({"b@k.example"})
IDENTITIES = [
    Identity(message_id=message_id, parents=parents, recipients=recipients, subject=subject)
    for message_id in (None, "<1@s>", "<2@s>")
    for parents in ((), ("<a@k>",), ("<b@k>",))
    for recipients in (frozenset[str](), _PEOPLE, _OTHERS, _PEOPLE | _OTHERS)
    for subject in ("", "katalog")
] + [
    Identity(
        message_id=f"<{'x' * 9000}@s>", parents=(f"<{'y' * 9000}\x00\ud83d@k>",), recipients=_PEOPLE, subject="ä" * 9000
    )
]


def test_the_same_reply_is_found_as_core_says(store: SqlStore) -> None:
    """Exactly the rows that a look at all of them would find, by id."""
    rows = [row_of(store, store.hold(new_hold(n, identity=one))) for n, one in enumerate(IDENTITIES, 1)]
    for identity in IDENTITIES[::5] + IDENTITIES[-1:]:
        expected = tuple(row for row in rows if same_reply(row.identity, identity))
        assert store.same_replies("studio", identity, (State.HELD,)) == expected


def test_the_same_reply_is_looked_for_in_its_states_and_account(store: SqlStore) -> None:
    """And by what its newest version says."""
    draft, identity = hold(store), new_hold().identity
    assert store.same_replies("studio", identity, (State.RELEASED, State.WITHDRAWN)) == ()
    assert store.same_replies("other", identity, (State.HELD,)) == ()
    renamed = Identity(message_id="<new@s>", parents=(), recipients=frozenset(), subject="")
    store.add_version(draft, new_hold(2, "Doch.", identity=renamed), event="new_version")
    assert store.same_replies("studio", identity, (State.HELD,)) == ()
    assert [row.version for row in store.same_replies("studio", renamed, (State.HELD,))] == [2]


@pytest.fixture
def each(store: SqlStore) -> dict[str, HeldDraft]:
    """A draft at every place where the queue draws a line."""
    rows = {name: hold(store, number) for number, name in enumerate(("held", "arriving", "arrived", "withdrawn"), 1)}
    event = Event(at=NOW, event="test")
    store.change(rows["arriving"], State.RELEASED, event, effect=Effect.RELEASE)
    store.change(rows["arrived"], State.RELEASED, event)
    store.change(rows["withdrawn"], State.WITHDRAWN, event, effect=Effect.DISCARD)
    sent = new_hold(key=None, effect=Effect.SEND, hold_until=NOW)
    rows["sending"] = row_of(store, store.submit(sent, sending()))
    return {name: row_of(store, row.id) for name, row in rows.items()}


def test_the_queue_is_what_the_user_has_to_know_of(store: SqlStore, each: dict[str, HeldDraft]) -> None:
    """Held and on the way, the first to cool first; what is decided only when asked for."""
    assert store.queue() == (each["sending"], each["held"], each["arriving"])
    assert store.queue(limit=2) == (each["sending"], each["held"])
    assert store.queue(limit=0) == ()
    assert set(store.queue(decided=True)) == set(each.values())


def test_drafts_that_answer_a_mail(store: SqlStore) -> None:
    """Those that are held."""
    store.add_incoming([mail(1), mail(2)], {})
    one, other = (row_of(store, store.hold(new_hold(number, incoming_id=number))) for number in (1, 2))
    assert store.answering(1) == (one,)
    store.change(other, State.DISCARDED, Event(at=NOW, event="discarded"), effect=other.effect)
    assert store.answering(2) == ()


def test_copies_are_places_of_held_drafts(store: SqlStore) -> None:
    """With what is pending; a copy whose place nobody knows has none, and other accounts have their own."""
    first, moving = hold(store, 1), row_of(store, store.hold(new_hold(2)))
    shown = store.submit(new_hold(key=None, effect=Effect.SHOW), sending())
    store.hold(new_hold(3, account="other", key=None))
    gone = hold(store, 4)
    store.change(gone, State.DISCARDED, Event(at=NOW + timedelta(1), event="discarded"))
    assert store.copies("studio") == (
        Copy(draft_id=first.id, via=Via.DRAFTS, effect=None, key=key(1, "Cooling off")),
        Copy(draft_id=moving.id, via=Via.DRAFTS, effect=Effect.HOLD, key=key(2, "Drafts")),
        Copy(draft_id=shown, via=Via.GATEWAY, effect=Effect.SHOW, key=None),
    )


def test_what_has_gone_lately(store: SqlStore, each: dict[str, HeldDraft]) -> None:
    """What was sent, lies in Drafts again or was taken, the latest first; nothing that is held or on its way."""
    assert store.lately(NOW, limit=10) == (each["withdrawn"], each["arrived"])
    assert store.lately(NOW, limit=1) == (each["withdrawn"],)
    assert store.lately(NOW + timedelta(days=1), limit=10) == ()
