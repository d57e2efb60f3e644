"""Mails on their way out, in the ledger on SQLite and on PostgreSQL: each attempt is fenced."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.adapters.database import SqlStore
from assistant.core.delivery import Answer, Outcome, Recipient, Standing
from assistant.core.draft import Effect, State, Via
from assistant.services.ledger import Conflict, Event, HeldDraft
from tests.contract.records import NOW, hold, letter, new_hold, row_of, sending

ANSWER = Answer(code=450, text="4.2.0 später, bitte")
ENDED = Event(at=NOW, event="sent")
HOUR = timedelta(hours=1)


def queued(store: SqlStore) -> HeldDraft:
    """A held draft that was released to the relay."""
    draft = hold(store)
    store.enqueue(draft, sending(), Event(at=NOW, event="released"))
    return row_of(store, draft.id)


def begun(store: SqlStore, owner: str = "one") -> HeldDraft:
    """The same, with an attempt begun."""
    draft = queued(store)
    store.begin(draft, owner)
    return row_of(store, draft.id)


def test_a_submitted_mail_comes_back_with_its_envelope(store: SqlStore) -> None:
    """Recipients in their order, flags and times; and it is found by its bytes."""
    draft_id = store.submit(new_hold(key=None, effect=Effect.SEND), sending("b@k.example", "a@k.example", again=None))
    row = row_of(store, draft_id)
    assert (row.state, row.via, row.effect) == (State.SENDING, Via.GATEWAY, Effect.SEND)
    assert store.sending(draft_id) == sending("b@k.example", "a@k.example", again=None)
    assert store.submitted("studio", row.digest, NOW) == (row,)
    assert store.submitted("studio", row.digest, NOW + timedelta(seconds=1)) == ()
    assert store.in_transit("studio") == (row,)


def test_a_submitted_mail_is_found_by_the_bytes_that_came(store: SqlStore) -> None:
    """Also when the user has rewritten it since; never by what it became."""
    draft_id = store.submit(new_hold(key=None, effect=Effect.SHOW), sending())
    came = row_of(store, draft_id)
    store.add_version(came, new_hold(key=None, effect=None, raw=b"anders", digest="d" * 64), event="edited")
    (found,) = store.submitted("studio", came.digest, NOW)
    assert (found.id, found.version) == (draft_id, 2)
    assert store.submitted("studio", found.digest, NOW) == ()


def test_a_letter_is_written_once(store: SqlStore) -> None:
    """Approved and on its way at once, with its envelope or into Drafts; no second one with its Message-ID."""
    written = Event(at=NOW, event="acknowledged")
    sent = letter("<receipt.1@s.example>", effect=Effect.SEND)
    row = row_of(store, store.write(sent, sending(), written))
    assert (row.state, row.via, row.effect, row.reviewed) == (State.RELEASED, Via.DRAFTS, Effect.SEND, True)
    assert store.due("studio", NOW, within=HOUR) == (row,)
    assert store.events(row.id) == (written,)
    laid = row_of(store, store.write(letter("<receipt.2@s.example>", effect=Effect.RELEASE), None, written))
    assert (laid.state, laid.effect, store.sending(laid.id)) == (State.RELEASED, Effect.RELEASE, None)
    with pytest.raises(Conflict):
        store.write(sent, sending(), written)
    assert len(store.drafts(State)) == 2


def test_a_released_draft_is_due_and_its_copy_left_behind(store: SqlStore) -> None:
    """Due at its time, not before; the copy in the cooling-off folder is to be removed."""
    row = queued(store)
    assert (row.state, row.effect, row.key) == (State.RELEASED, Effect.SEND, None)
    assert store.due("studio", NOW - timedelta(seconds=1), within=HOUR) == ()
    assert store.due("studio", NOW, within=HOUR) == (row,)
    assert store.due("studio", NOW - HOUR, within=HOUR) == ()
    assert store.due("studio", NOW - timedelta(hours=1, seconds=1), within=HOUR) == (row,)  # the clock was set back
    assert len(store.leftovers("studio")) == 1


def test_an_account_is_busy_until_all_its_effects_are_acknowledged(store: SqlStore) -> None:
    """Released, on its way, to be filed in Sent: busy; a draft that is held, or done with: not."""
    hold(store)
    assert store.busy_accounts() == frozenset()
    row = begun(store)
    assert store.busy_accounts() == {"studio"}
    outcome = Outcome(state=State.SENT, recipients=(), again=None)
    store.conclude(row, outcome, ENDED, tried=1, file=True)
    assert store.busy_accounts() == {"studio"}
    store.acknowledge(row_of(store, row.id), key=None)
    assert store.busy_accounts() == frozenset()


def test_an_attempt_goes_through_its_steps(store: SqlStore) -> None:
    """Begin, commit, conclude: state and effect at each; what was said of each recipient is kept."""
    row = begun(store)
    assert (row.state, row.effect) == (State.SENDING, Effect.SEND)
    unknown = tuple(Recipient(address=one, standing=Standing.UNKNOWN) for one in ("k@k.example", "b@k.example"))
    store.commit(row, unknown, tried=1)
    assert row_of(store, row.id).effect is Effect.COMMIT
    committed = store.sending(row.id)
    assert committed is not None
    assert committed.recipients == unknown
    people = (
        Recipient(address="k@k.example", standing=Standing.ACCEPTED),
        Recipient(address="b@k.example", standing=Standing.REFUSED, answer=Answer(code=550, text="5.1.1 nein")),
    )
    store.conclude(row, Outcome(state=State.FAILED, recipients=people), ENDED, tried=1, file=False)
    found = store.sending(row.id)
    assert found is not None
    assert (found.recipients, found.tried, found.owner, found.again) == (people, 1, "one", None)
    assert row_of(store, row.id).effect is None


def test_a_sent_mail_is_still_to_be_filed(store: SqlStore) -> None:
    """The effect says so until it is done."""
    row = begun(store)
    store.conclude(row, Outcome(state=State.SENT, recipients=sending().recipients), ENDED, tried=1, file=True)
    assert [(one.state, one.effect) for one in store.pending_effects("studio")] == [(State.SENT, Effect.FILE)]


def postponed(store: SqlStore, row: HeldDraft) -> None:
    """Another process took the mail for abandoned, and begins anew."""
    store.conclude(
        row,
        Outcome(state=State.RELEASED, recipients=sending().recipients, again=NOW),
        Event(at=NOW, event="send_postponed"),
        tried=1,
        file=False,
    )
    store.begin(row_of(store, row.id), "two")


def test_who_was_taken_for_dead_does_not_send_beside_the_other(store: SqlStore) -> None:
    """State, version and effect are as the sleeper left them; the number of the attempt is not."""
    row = begun(store)
    postponed(store, row)
    now = row_of(store, row.id)
    assert (now.state, now.version, now.effect) == (row.state, row.version, row.effect)
    with pytest.raises(Conflict):
        store.commit(row, sending().recipients, tried=1)
    assert row_of(store, row.id).effect is Effect.SEND
    store.commit(now, sending().recipients, tried=2)


def test_who_was_taken_for_dead_does_not_end_the_attempt_of_the_other(store: SqlStore) -> None:
    """Its end is no longer the end; nothing of it is written."""
    row = begun(store)
    postponed(store, row)
    before = store.sending(row.id), store.events(row.id)
    refused = tuple(Recipient(address=one.address, answer=ANSWER) for one in sending().recipients)
    with pytest.raises(Conflict):
        store.conclude(row, Outcome(state=State.RELEASED, recipients=refused, again=NOW), ENDED, tried=1, file=False)
    assert (store.sending(row.id), store.events(row.id)) == before
    assert row_of(store, row.id).state is State.SENDING


def test_two_processes_begin_once(store: SqlStore) -> None:
    """The second finds it begun."""
    row = queued(store)
    store.begin(row, "one")
    with pytest.raises(Conflict):
        store.begin(row, "two")
    found = store.sending(row.id)
    assert found is not None
    assert (found.owner, found.tried) == ("one", 1)
