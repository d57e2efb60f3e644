"""The ledger on SQLite and on PostgreSQL: what was stored comes back, guarded changes, one row a mail."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event as listening

from assistant.adapters.database import SqlStore
from assistant.core.draft import TRANSITIONS, Effect, State
from assistant.core.message import Address, SetAside, Unassessed
from assistant.core.reason import Reason
from assistant.core.reply import Suggestion
from assistant.services.ledger import AccountStatus, Conflict, Counts, Event, SeenDraft
from tests.contract.records import NOW, hold, key, mail, new_hold, row_of


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


def test_each_copy_keeps_its_row_when_uidvalidity_changes(store: SqlStore) -> None:
    """Two copies, one without a Message-ID, one whose Message-ID no database can keep, and a new mail among them."""
    before = [mail(1), mail(2, message_id="<1@k.example>"), mail(3, message_id=None), mail(4, message_id="<\x00@k>")]
    assert store.add_incoming(before, {}) == 4
    ids = {found.key.uid: found.id for found in store.list_incoming(limit=9)}
    moved = [replace(one, key=key(one.key.uid + 10, uidvalidity=8)) for one in before]
    assert store.add_incoming([mail(99, key=key(9, uidvalidity=8)), *moved], {}) == 1
    after = {found.key.uid: found.id for found in store.list_incoming(limit=9) if found.key.uidvalidity == 8}
    assert {after[11], after[12]} == {ids[1], ids[2]}
    assert (after[13], after[14], len(after)) == (ids[3], ids[4], 5)


def test_what_is_there_does_not_keep_the_rest_out(store: SqlStore) -> None:
    """A batch of which some is stored already, and one mail twice; suggestions stay with their mails."""
    store.add_incoming([mail(2)], {0: [_suggestion("earlier")]})
    batch = [mail(1), mail(2), mail(3), mail(3, subject="again"), mail(1, key=key(1, folder="Else"))]
    assert store.add_incoming(batch, {place: [_suggestion(f"at {place}")] for place in range(5)}) == 3
    found = {(one.key.folder, one.key.uid): one for one in store.list_incoming(limit=9)}
    assert found["INBOX", 3].subject == mail().subject
    told = {place: [one.template for one in store.suggestions(row.id)] for place, row in found.items()}
    assert told == {("INBOX", 1): ["at 0"], ("INBOX", 2): ["earlier"], ("INBOX", 3): ["at 2"], ("Else", 1): ["at 4"]}


def test_mails_are_stored_together(store: SqlStore) -> None:
    """A batch takes as many statements as two mails do: over a network each of them is a journey."""
    sent: list[str] = []
    listener = ("before_cursor_execute", lambda *told: sent.append(told[2]))
    listening.listen(store.engine, *listener)
    taken = []
    for batch in ([mail(1), mail(2)], [mail(number) for number in range(3, 35)]):
        sent.clear()
        store.add_incoming(batch, {place: [_suggestion("x")] for place in range(len(batch))})
        taken.append(len(sent))
    listening.remove(store.engine, *listener)
    assert taken[0] == taken[1]


def _suggestion(name: str) -> Suggestion:
    return Suggestion(
        template=name, language="de", register="Sie", subject="Re: x", text="…", gaps=("was",), reason=Reason.ANGER
    )


def test_suggestions_come_back_in_order(store: SqlStore) -> None:
    """With their gaps and reason."""
    made = [_suggestion("acknowledge"), _suggestion("our_side")]
    store.add_incoming([mail()], {0: made})
    assert store.suggestions(store.list_incoming(limit=1)[0].id) == tuple(made)


def test_only_the_transitions_of_core_are_written(store: SqlStore) -> None:
    """The store and core's table agree on which state may follow which."""
    event = Event(at=NOW, event="test")
    for start, goal in itertools.product((State.HELD, State.RELEASED, State.DISCARDED, State.WITHDRAWN), State):
        draft = hold(store)
        if start is not State.HELD:
            store.change(draft, start, event)
            draft = replace(draft, state=start)
        if goal in TRANSITIONS[start]:
            store.change(draft, goal, event)
            assert row_of(store, draft.id).state is goal
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


def test_every_uid_has_room(store: SqlStore) -> None:
    """UIDs and UIDVALIDITY have 32 bits without a sign (RFC 3501)."""
    last = key(2**32 - 1, uidvalidity=2**32 - 1)
    store.add_incoming([mail(key=last)], {})
    assert store.known_uids("studio", "INBOX", last.uidvalidity) == {last.uid}
    place = replace(last, folder="Drafts")
    store.see_draft(SeenDraft(key=place, identity=new_hold().identity, first_seen=NOW))
    draft_id = store.hold(new_hold(key=place))
    assert row_of(store, draft_id).key == store.seen_drafts("studio")[0].key == place


def test_characters_that_a_database_cannot_keep_are_replaced(store: SqlStore) -> None:
    """NUL and half a surrogate pair: the mail is stored, and looked up by the same words."""
    odd = mail(message_id="<a\x00b@k>", subject="x\x00", text="\ud83d ist halb", sender=Address(address="a\x00@k"))
    assert store.add_incoming([odd], {}) == 1
    found = store.incoming_by_message_id("studio", "<a\x00b@k>")
    assert found is not None
    assert (found.message_id, found.subject, found.text) == ("<a\ufffdb@k>", "x\ufffd", "\ufffd ist halb")
    assert store.latest_incoming_from("studio", ["a\x00@k"], "x\x00") == found


def test_hostile_lengths_are_stored_and_found(store: SqlStore) -> None:
    """What no index has room for stops no pass: the mail is stored, looked up by the same words, and moves once."""
    odd = "".join(chr(0x4E00 + 7 * number % 20_000) for number in range(3000))  # nothing that could be compressed
    found = mail(message_id=f"<{odd}@k>", sender=Address(address=f"{odd}@k"))
    assert store.add_incoming([found, mail(2, message_id=f"<{odd}!@k>")], {}) == 2
    assert store.add_incoming([replace(found, key=key(9, uidvalidity=8))], {}) == 0
    by_id = store.incoming_by_message_id("studio", f"<{odd}@k>")
    assert by_id is not None
    assert by_id.key.uid == 9
    assert store.latest_incoming_from("studio", [f"{odd}@k"], "katalog") == by_id


def test_bytes_are_kept_exactly(store: SqlStore) -> None:
    """Every octet, and megabytes of them."""
    raw = bytes(range(256)) * 8192
    draft_id = store.hold(new_hold(raw=raw))
    assert store.raw(draft_id, 1) == raw


def test_words_are_sorted_alike(store: SqlStore) -> None:
    """By code point, not by the rules of the server's language."""
    names = ["zwei", "Ä", "eins", "Zwei", "a b", "ab"]
    for name in names:
        store.record_status(AccountStatus(name=name, connected=True, last_pass=NOW, error=None))
    assert [status.name for status in store.statuses()] == sorted(names)


def test_a_fact_has_one_value(store: SqlStore) -> None:
    """The last one; other accounts and names have their own."""
    store.remember("studio", "cooling_off", "Abkühlung")
    store.remember("studio", "cooling_off", "Später 🌱")
    store.remember("other", "cooling_off", "Cooling off")
    assert store.remembered("studio", "cooling_off") == "Später 🌱"
    assert store.remembered("studio", "else") is None


def test_counts_are_by_kind(store: SqlStore) -> None:
    """Judged, set aside and unassessed mails; held drafts, those that have cooled, and the uncertain."""
    aside = mail(2, assessment=None, set_aside=SetAside.LIST)
    unclear = mail(3, assessment=None, unassessed=Unassessed.UNREADABLE)
    store.add_incoming([mail(), aside, unclear], {})
    hold(store, 1)
    draft = hold(store, 2)
    for state in (State.RELEASED, State.SENDING, State.UNCERTAIN):
        store.change(row_of(store, draft.id), state, Event(at=NOW, event="test"))
    counts = store.counts(NOW + timedelta(hours=1))
    assert counts == Counts(assessed=1, set_aside=1, unassessed=1, held=1, cooled=1, uncertain=1)
    assert store.counts(NOW).cooled == 0


def test_a_mail_set_aside_comes_back_so(store: SqlStore) -> None:
    """Without an assessment, a sender or a date."""
    odd = mail(assessment=None, set_aside=SetAside.BOUNCE, sender=None, date=None, message_id=None, language=None)
    store.add_incoming([odd], {})
    assert store.list_incoming(limit=1) == (replace(odd, id=1),)


def test_what_is_taken_back_has_its_bytes(store: SqlStore) -> None:
    """A discarded draft whose bytes were forgotten meanwhile stays discarded, and nothing is written."""
    draft = hold(store)
    store.change(draft, State.DISCARDED, Event(at=NOW, event="discarded"))
    seen = row_of(store, draft.id)
    store.purge(NOW + timedelta(days=31))
    with pytest.raises(Conflict):
        store.change(seen, State.HELD, Event(at=NOW, event="restored"), effect=Effect.RESTORE)
    assert row_of(store, draft.id) == seen
    assert [event.event for event in store.events(draft.id)] == ["held", "discarded"]


def test_effects_are_pending_until_acknowledged(store: SqlStore) -> None:
    """Of this account, the oldest first; a place found elsewhere is noted without an event."""
    first, second = (row_of(store, store.hold(new_hold(number))) for number in (1, 2))
    store.hold(new_hold(3, account="other", key=None))
    assert store.pending_effects("studio") == (first, second)
    store.acknowledge(first, key=None)
    assert row_of(store, first.id).key is None
    store.relocate(second, key(9, "Cooling off", 8))
    assert [row.key for row in store.pending_effects("studio")] == [key(9, "Cooling off", 8)]
    assert [event.event for event in store.events(second.id)] == ["held"]


def test_drafts_are_listed_by_the_end_of_their_hold(store: SqlStore) -> None:
    """For all accounts or one, and a reschedule counts."""
    late, soon, other = (
        row_of(store, store.hold(new_hold(number, account=account, key=None, hold_until=NOW + timedelta(hours=hours))))
        for number, (account, hours) in enumerate([("studio", 9), ("studio", 1), ("other", 5)])
    )
    assert [row.id for row in store.drafts((State.HELD,))] == [soon.id, other.id, late.id]
    store.reschedule(soon, NOW + timedelta(days=1), Event(at=NOW, event="extended", detail={"by": "2h"}))
    assert [row.id for row in store.drafts((State.HELD,), account="studio")] == [late.id, soon.id]
    assert store.events(soon.id)[-1] == Event(at=NOW, event="extended", detail={"by": "2h"})
    assert store.drafts(()) == ()
