"""Mails on their way out: what was accepted goes once, and the user is told what is not known."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal
from typing import Any

import pytest

from assistant.core.delivery import Answer, Envelope, Standing
from assistant.core.draft import Effect, State
from assistant.errors import Refused
from assistant.services.ledger import HeldDraft
from assistant.services.review import Hindered
from assistant.services.submission import Fate
from tests.fakes import Crash
from tests.fakes_relay import Plan
from tests.studio import OWN, At
from tests.unit.services.conftest import SETTLE, Studio, draft, mail

GREYLISTED = Answer(code=450, text="4.2.0 Greylisted, try again")
NO_SUCH_USER = Answer(code=550, text="5.1.1 No such user")
HOT = "Das ist Ihre Schuld (3)."


def only(studio: Studio) -> HeldDraft:
    """The one row there is."""
    (row,) = studio.store.drafts(tuple(State))
    return row


def standings(studio: Studio, row: HeldDraft) -> dict[str, Standing]:
    """How it stands with each recipient."""
    sending = studio.store.sending(row.id)
    assert sending is not None
    return {one.address: one.standing for one in sending.recipients}


def held(studio: Studio, *recipients: str) -> HeldDraft:
    """A hot mail that came by the gateway and is held."""
    assert studio.hand_over(draft(1, HOT), *recipients).fate is Fate.HELD
    return only(studio)


def released(studio: Studio, *recipients: str) -> HeldDraft:
    """The same, cooled, approved and released; with what came of the first attempt."""
    row = held(studio, *recipients)
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(row.id, row.digest)
    return studio.desk.release(row.id)


# --- by the gateway ---------------------------------------------------------------------------------------------------


def test_a_calm_mail_is_relayed_at_once(studio: Studio) -> None:
    """The relay has it before the mail client is told so; the bytes are the mail client's own, and so is the copy."""
    receipt = studio.hand_over(draft(1, "Danke, ich melde mich (0)."))
    assert receipt.fate is Fate.RELAYED
    assert receipt.answer == Answer(code=250, text="2.0.0 Ok: queued as 1 (sent as 1)")
    (sent,) = studio.relay.delivered
    assert sent.content == draft(1, "Danke, ich melde mich (0).")
    assert only(studio).state is State.SENT
    studio.guard.run()
    assert studio.server.raws("Sent") == []  # the mail client puts it there


def test_a_hot_mail_is_held_and_shown_with_its_number(studio: Studio) -> None:
    """250 names the number; nothing is relayed; a marked copy lies in the cooling-off folder after the guard's pass."""
    row = held(studio)
    studio.guard.run()
    assert studio.relay.attempts == []
    (copy,) = studio.server.raws("Cooling off")
    assert f"Subject: [Gelassen {row.id}] Re: Katalog 1".encode() in copy
    assert only(studio).effect is None


def test_a_released_mail_goes_out_as_it_was_and_is_filed_once(studio: Studio) -> None:
    """Exactly the submitted bytes; the copy in the cooling-off folder goes, one in Sent comes."""
    row = released(studio)
    assert row.state is State.SENT
    studio.guard.run()
    (sent,) = studio.relay.delivered
    assert sent.content == draft(1, HOT)
    assert studio.server.raws("Cooling off") == []
    assert studio.server.raws("Sent") == [draft(1, HOT)]
    assert only(studio).effect is None


def test_what_the_mail_client_filed_is_not_filed_again(studio: Studio) -> None:
    """Thunderbird puts its own copy into Sent the moment the gateway has answered; that is no sign that it went out."""
    row = held(studio)
    studio.server.add("Sent", draft(1, HOT), ["\\Seen"])
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    assert only(studio).state is State.HELD
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(row.id, row.digest)
    studio.desk.release(row.id)
    studio.guard.run()
    assert len(studio.server.raws("Sent")) == 1


def test_a_provider_that_files_itself_is_left_to_it(studio: Studio) -> None:
    """Nothing is appended to Sent where the relay does that."""
    studio.relay._files_sent = True
    studio.restart()
    released(studio)
    studio.guard.run()
    assert studio.server.raws("Sent") == []
    assert only(studio).effect is None


def test_the_answered_mail_is_marked(studio: Studio) -> None:
    """The client's mail gets ``\\Answered`` and stays unread."""
    uid = studio.server.add("INBOX", mail(1, "So geht das nicht (2)."))
    studio.take_all()
    released(studio)
    studio.guard.run()
    assert studio.server.folders["INBOX"].messages[uid].flags == {"\\Answered"}


def test_blind_copies_are_in_the_envelope_only(studio: Studio) -> None:
    """The recipient of a Bcc gets the mail, and nobody reads of it."""
    raw = draft(1, "Danke (0).").replace(b"MIME-Version", b"Bcc: Chef <chef@studio.example>\r\nMIME-Version")
    studio.hand_over(raw, "kai@kunde.example", "chef@studio.example")
    (sent,) = studio.relay.delivered
    assert sent.recipients == ("kai@kunde.example", "chef@studio.example")
    assert b"chef@studio.example" not in sent.content


def test_a_refusal_is_handed_back_while_the_mail_client_waits(studio: Studio) -> None:
    """The relay's words are the answer, temporary or final, and the mail is the mail client's alone."""
    for answer in (GREYLISTED, NO_SUCH_USER):
        studio.relay.refuse(answer)
        receipt = studio.hand_over(draft(1, "Danke (0)."))
        assert (receipt.fate, receipt.answer) == (Fate.REFUSED, answer)
    assert {row.state for row in studio.store.drafts(tuple(State))} == {State.WITHDRAWN}
    studio.clock.forward(timedelta(days=1))
    studio.delivery.run()
    assert studio.relay.delivered == []


def test_a_slow_relay_does_not_keep_the_mail_client_waiting(studio: Studio) -> None:
    """It is told that the mail is queued, which is true; a refusal that comes later is tried again by itself."""
    go_on = Signal()
    studio.relay.strike = lambda place: (go_on.wait(30), None)[1] if place == "connect" else None
    studio.relay.refuse(GREYLISTED)
    with ThreadPoolExecutor(1) as pool:
        slow = studio.new_submission(pool=pool, patience=timedelta(0))
        receipt = slow.submit(Envelope(sender=OWN, recipients=("kai@kunde.example",)), draft(1, "Danke (0)."))
        go_on.set()
    assert (receipt.fate, receipt.answer.code) == (Fate.QUEUED, 250)
    assert only(studio).state is State.RELEASED
    studio.clock.forward(timedelta(minutes=1))
    studio.delivery.run()
    assert only(studio).state is State.SENT
    assert len(studio.relay.delivered) == 1


def test_the_same_bytes_again_are_not_a_second_mail(studio: Studio) -> None:
    """A mail client that missed the answer hands the mail over again, whatever became of it."""
    first = studio.hand_over(draft(1, "Danke (0)."))
    again = studio.hand_over(draft(1, "Danke (0)."))
    assert (again.fate, again.draft, again.answer.code) == (Fate.QUEUED, first.draft, 250)
    assert len(studio.relay.delivered) == 1


def test_the_same_mail_after_the_holidays_is_still_the_same(studio: Studio) -> None:
    """A mail client whose machine slept for weeks tries again; without a Message-ID the same bytes are a new mail."""
    studio.hand_over(draft(1, "Danke (0)."))
    nameless = draft(2, "Bericht (0).").replace(b"Message-ID: <d2.1@s.example>\r\n", b"")
    studio.hand_over(nameless)
    studio.clock.forward(timedelta(days=20))
    assert studio.hand_over(draft(1, "Danke (0).")).fate is Fate.QUEUED
    assert studio.hand_over(nameless).fate is Fate.RELAYED
    assert studio.relay.copies("<d1.1@s.example>") == 1


def test_what_the_user_has_rewritten_since_is_still_the_same_mail(studio: Studio) -> None:
    """The mail client missed the answer; held, edited and sent meanwhile, its mail is not taken a second time."""
    row = held(studio)
    studio.guard.run()
    studio.desk.edit(row.id, "Danke für den Hinweis (0).")
    assert studio.hand_over(draft(1, HOT)).draft == row.id
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(row.id, only(studio).digest)
    studio.desk.release(row.id)
    again = studio.hand_over(draft(1, HOT))
    assert (again.fate, again.draft) == (Fate.QUEUED, row.id)
    assert len(studio.relay.delivered) == 1


def test_a_mail_that_is_on_its_way_is_not_taken_a_second_time(studio: Studio) -> None:
    """The mail client hung up and comes again while the relay still works on the first attempt."""
    again: list[int] = []

    def strike(place: str) -> None:
        if place == "taken":
            again.append(studio.hand_over(draft(1, "Danke (0).")).answer.code)

    studio.relay.strike = strike
    assert studio.hand_over(draft(1, "Danke (0).")).fate is Fate.RELAYED
    assert again == [451]
    assert len(studio.relay.delivered) == 1


def test_an_attempt_that_has_not_started_yet_is_not_abandoned(studio: Studio) -> None:
    """Between the ledger's write and the thread that sends, others settle: the mail is left alone, and goes out."""

    class Late(At):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            studio.delivery.settle()
            return super().submit(fn, *args, **kwargs)

    late = studio.new_submission(pool=Late())
    receipt = late.submit(Envelope(sender=OWN, recipients=("kai@kunde.example",)), draft(1, "Danke (0)."))
    assert receipt.fate is Fate.RELAYED
    assert only(studio).state is State.SENT
    assert len(studio.relay.delivered) == 1


@pytest.mark.parametrize(("level", "fate"), [(0, Fate.RELAYED), (2, Fate.HELD)])
def test_an_encrypted_mail_goes_by_what_it_answers(studio: Studio, level: int, fate: Fate) -> None:
    """It cannot be judged, has no level, and its bytes stay as they are."""
    studio.server.add("INBOX", mail(1, f"So geht das nicht ({level})."))
    studio.take_all()
    raw = draft(1, "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----").replace(
        b"Content-Type: text/plain; charset=utf-8",
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"',
    )
    assert studio.hand_over(raw).fate is fate
    row = only(studio)
    assert row.level_own is None
    assert studio.store.raw(row.id, 1) == raw


def test_a_crash_is_settled_before_the_same_mail_is_taken_again(studio: Studio) -> None:
    """The relay had the mail when the process died: the mail client that comes again is told that nobody knows."""

    def strike(place: str) -> None:
        if place == "taken":
            raise Crash(place)

    studio.relay.strike = strike
    with pytest.raises(Crash):
        studio.hand_over(draft(1, "Danke (0)."))
    studio.relay.strike = lambda place: None
    studio.restart()
    assert studio.hand_over(draft(1, "Danke (0).")).answer.code == 554
    assert len(studio.relay.delivered) == 1


def test_a_mail_of_which_nobody_knows_is_refused_when_it_comes_again(studio: Studio) -> None:
    """The user is told to look first; a save with another Message-ID is no new mail."""
    studio.relay.break_off(behind_the_text=True, taken=True)
    first = studio.hand_over(draft(1, "Danke (0)."))
    assert (first.fate, first.answer.code) == (Fate.REFUSED, 554)
    again = studio.hand_over(draft(1, "Danke (0).", version=2))
    assert (again.fate, again.answer.code) == (Fate.REFUSED, 554)
    assert len(studio.relay.delivered) == 1


def test_a_released_draft_sent_by_the_mail_client_is_not_held_again(studio: Studio) -> None:
    """Held in Drafts, approved, released: the same text then passes the gateway."""
    number = studio.hold()
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(number, studio.desk.case(number).draft.digest)
    studio.desk.release(number)
    (raw,) = studio.server.raws("Drafts")
    assert studio.hand_over(raw.replace(b"<d1.1@", b"<other@")).fate is Fate.RELAYED


def test_sending_from_the_open_window_replaces_the_held_draft(studio: Studio) -> None:
    """Two copies of one reply are never both held."""
    studio.hold()
    assert studio.hand_over(draft(1, "Das ist und bleibt Ihre Schuld (3).", version=2)).fate is Fate.HELD
    studio.guard.run()
    rows = studio.store.drafts((State.HELD,))
    assert [row.via for row in rows] == ["gateway"]
    assert len(studio.server.raws("Cooling off")) == 1


def test_an_edit_changes_what_goes_out(studio: Studio) -> None:
    """The new text goes to the recipients of the envelope, with the header as it was."""
    row = held(studio, "kai@kunde.example", "chefin@kunde.example")
    studio.guard.run()
    studio.desk.edit(row.id, "Guten Tag Herr Kunde, danke für den Hinweis (0).")
    assert len(studio.server.raws("Cooling off")) == 1
    row = only(studio)
    studio.desk.approve(row.id, row.digest)
    assert studio.desk.release(row.id).state is State.SENT
    (sent,) = studio.relay.delivered
    assert sent.recipients == ("kai@kunde.example", "chefin@kunde.example")
    assert "danke für den Hinweis".encode() in sent.content.replace(b"=C3=BC", "ü".encode())


def test_a_discarded_mail_never_leaves(studio: Studio) -> None:
    """Nor does the release of one that was discarded do anything."""
    row = held(studio)
    studio.guard.run()
    studio.desk.discard(row.id)
    with pytest.raises(Hindered):
        studio.desk.release(row.id, reason="doch")
    assert studio.relay.attempts == []
    assert studio.server.raws("Cooling off") == []
    studio.desk.undo_discard(row.id)
    assert len(studio.server.raws("Cooling off")) == 1


# --- by release --send ------------------------------------------------------------------------------------------------


def test_a_held_draft_can_be_sent_by_the_relay(studio: Studio) -> None:
    """To everybody in To, Cc and Bcc; dated now, without the notes of the mail client; filed in Sent; Drafts stays."""
    raw = draft(1, HOT).replace(b"MIME-Version", b"Cc: chefin@kunde.example\r\nX-Mozilla-Draft-Info: 1\r\nMIME-Version")
    studio.server.add("Drafts", raw, ["\\Draft"])
    studio.settle_drafts()
    row = only(studio)
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(row.id, row.digest)
    assert studio.desk.release(row.id, send=True).state is State.SENT
    (sent,) = studio.relay.delivered
    assert set(sent.recipients) == {"kai@kunde.example", "chefin@kunde.example"}
    assert b"X-Mozilla" not in sent.content
    assert b"Date: Sat, 21 Nov 2026" in sent.content
    assert studio.server.raws("Sent") == [sent.content]
    assert studio.server.raws("Drafts", "Cooling off") == []


def test_a_detail_behind_a_plus_is_still_the_users_address(studio: Studio) -> None:
    """Mail clients answer from the very address that a client wrote to; it goes out as it was written."""
    studio.server.add("Drafts", draft(1, HOT).replace(b"mara@studio", b"mara+katalog@studio"), ["\\Draft"])
    studio.settle_drafts()
    assert studio.desk.release(only(studio).id, reason="eilt", send=True).state is State.SENT
    assert studio.relay.delivered[0].sender == "mara+katalog@studio.example"


def test_a_draft_of_somebody_else_is_not_sent(studio: Studio) -> None:
    """The sender must be an address of the account."""
    studio.server.add("Drafts", draft(1, HOT).replace(b"mara@studio", b"chef@studio"), ["\\Draft"])
    studio.settle_drafts()
    with pytest.raises(Refused):
        studio.desk.release(only(studio).id, reason="eilt", send=True)
    assert only(studio).state is State.HELD


# --- refusals, retries, the unknown -----------------------------------------------------------------------------------


def test_a_temporary_refusal_is_tried_again_until_a_day_is_over(studio: Studio) -> None:
    """After 1, 5, 15 and 60 minutes, then hourly; after a day it has failed, and the text is kept."""
    for _ in range(40):
        studio.relay.refuse(GREYLISTED)
    row = released(studio)
    assert row.state is State.RELEASED
    waits = []
    while only(studio).state is State.RELEASED:
        sending = studio.store.sending(row.id)
        assert sending is not None
        assert sending.again is not None
        waits.append(round((sending.again - studio.clock.now()).total_seconds() / 60))
        studio.clock.forward(sending.again - studio.clock.now())
        studio.delivery.run()
    assert waits[:6] == [1, 5, 15, 60, 60, 60]
    assert sum(waits) <= 24 * 60
    assert only(studio).state is State.FAILED
    assert studio.store.raw(row.id, 1) == draft(1, HOT)


def test_recipients_are_refused_one_by_one(studio: Studio) -> None:
    """One has it, one never will, one is asked for again: nobody gets it twice, and the user sees who did not."""
    studio.relay.refuse(GREYLISTED, "b@kunde.example")
    row = released(studio, "a@kunde.example", "b@kunde.example")
    assert standings(studio, row) == {"a@kunde.example": Standing.ACCEPTED, "b@kunde.example": Standing.PENDING}
    studio.relay.refuse(NO_SUCH_USER, "b@kunde.example")
    studio.clock.forward(timedelta(minutes=1))
    studio.delivery.run()
    assert standings(studio, row) == {"a@kunde.example": Standing.ACCEPTED, "b@kunde.example": Standing.REFUSED}
    assert only(studio).state is State.FAILED
    assert studio.relay.deliveries("<d1.1@s.example>") == {"a@kunde.example": 1}


def test_a_failed_mail_can_be_released_again_to_those_who_lack_it(studio: Studio) -> None:
    """The approval stands, for the text is the same; whoever has it does not get it again."""
    studio.relay.refuse(NO_SUCH_USER, "b@kunde.example")
    row = released(studio, "a@kunde.example", "b@kunde.example")
    assert row.state is State.FAILED
    assert studio.desk.release(row.id).state is State.SENT
    assert studio.relay.deliveries("<d1.1@s.example>") == {"a@kunde.example": 1, "b@kunde.example": 1}


def test_a_lost_connection_before_the_end_of_the_text_is_tried_again(studio: Studio) -> None:
    """Nothing has gone out."""
    studio.relay.break_off(behind_the_text=False)
    assert released(studio).state is State.RELEASED
    studio.clock.forward(timedelta(minutes=1))
    studio.delivery.run()
    assert only(studio).state is State.SENT
    assert len(studio.relay.delivered) == 1


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_connection_behind_the_text_is_never_tried_again(studio: Studio, *, taken: bool) -> None:
    """Whether it went out is asked of the user, who finds out."""
    studio.relay.break_off(behind_the_text=True, taken=taken)
    row = released(studio)
    assert row.state is State.UNCERTAIN
    for _ in range(3):
        studio.clock.forward(timedelta(days=1))
        studio.guard.run()
        studio.delivery.run()
    assert only(studio).state is State.UNCERTAIN
    studio.desk.resolve(row.id, went_out=taken)
    if not taken:
        assert only(studio).state is State.HELD
        studio.desk.release(row.id)
    assert only(studio).state is State.SENT
    assert len(studio.relay.delivered) == 1


def test_a_calm_mail_that_did_not_go_out_is_filed_when_it_does(studio: Studio) -> None:
    """Its mail client was told that nothing is known and has filed nothing: sent later, it is in Sent once."""
    studio.relay.break_off(behind_the_text=True)
    assert studio.hand_over(draft(1, "Danke, ich melde mich (0).")).fate is Fate.REFUSED
    row = only(studio)
    studio.clock.forward(timedelta(minutes=1))
    studio.desk.resolve(row.id, went_out=False)
    studio.guard.run()
    studio.desk.approve(row.id, row.digest)
    studio.desk.release(row.id)
    studio.guard.run()
    assert only(studio).state is State.SENT
    assert studio.server.raws("Sent") == [draft(1, "Danke, ich melde mich (0).")]
    assert studio.server.raws("Cooling off") == []


def test_whoever_was_put_off_is_not_uncertain_after_a_crash(studio: Studio) -> None:
    """The relay has the text for one of two when the process dies: it is asked about that one, and the other is tried.

    Else the user's "it went out" would leave one without the mail, and "it did not" would give it to the other twice.
    """
    row = held(studio, "a@kunde.example", "b@kunde.example")
    studio.desk.approve(row.id, row.digest)
    studio.clock.forward(timedelta(days=3))
    studio.relay.refuse(GREYLISTED, "b@kunde.example")

    def strike(place: str) -> None:
        if place == "answer":
            raise Crash(place)

    studio.relay.strike = strike
    with pytest.raises(Crash):
        studio.desk.release(row.id)
    studio.relay.strike = lambda place: None
    studio.restart()
    studio.delivery.run()
    assert only(studio).state is State.UNCERTAIN
    assert standings(studio, row) == {"a@kunde.example": Standing.UNKNOWN, "b@kunde.example": Standing.PENDING}
    studio.desk.resolve(row.id, went_out=True)
    assert only(studio).state is State.RELEASED
    studio.delivery.run()
    assert only(studio).state is State.SENT
    assert studio.relay.deliveries("<d1.1@s.example>") == {"a@kunde.example": 1, "b@kunde.example": 1}


def test_who_was_refused_is_not_said_to_have_it(studio: Studio) -> None:
    """The lost answer turns out to have been a yes; one recipient was refused all the same, and the user is told."""
    studio.relay.plan(Plan(refused={"b@kunde.example": NO_SUCH_USER}, lost=True))
    row = released(studio, "a@kunde.example", "b@kunde.example")
    studio.desk.resolve(row.id, went_out=True)
    assert only(studio).state is State.FAILED
    assert standings(studio, row) == {"a@kunde.example": Standing.ACCEPTED, "b@kunde.example": Standing.REFUSED}


def test_what_the_provider_filed_since_has_gone_out(studio: Studio) -> None:
    """With a provider that fills Sent itself, the mail there settles the question; one from before does not."""
    studio.relay._files_sent = True
    studio.restart()
    row = held(studio)
    studio.server.add("Sent", draft(1, HOT), ["\\Seen"])  # the mail client's own copy
    studio.clock.forward(timedelta(days=3))
    studio.desk.approve(row.id, row.digest)
    studio.relay.break_off(behind_the_text=True, taken=True)
    studio.desk.release(row.id)
    studio.guard.run()
    assert only(studio).state is State.UNCERTAIN
    studio.clock.forward(timedelta(seconds=5))
    studio.server.add("Sent", draft(1, HOT), ["\\Seen"])  # the provider's
    studio.guard.run()
    assert only(studio).state is State.SENT


def test_only_what_is_uncertain_can_be_resolved(studio: Studio) -> None:
    """A held mail has not gone out, whatever the user says."""
    row = held(studio)
    with pytest.raises(Hindered):
        studio.desk.resolve(row.id, went_out=True)


def test_two_processes_send_a_mail_once(studio: Studio) -> None:
    """A command and the daemon that find the same mail due: the second one stands back."""
    studio.relay.refuse(GREYLISTED)
    row = released(studio)
    studio.clock.forward(timedelta(minutes=1))
    (due,) = studio.store.due("studio", studio.clock.now(), within=timedelta(hours=1))
    studio.delivery.send(due)
    with pytest.raises(Refused.__mro__[1]):
        studio.delivery.send(due)
    assert len(studio.relay.delivered) == 1
    assert only(studio).id == row.id


def test_an_effect_on_the_relay_is_no_effect_on_folders(studio: Studio) -> None:
    """The guard leaves alone what waits to be sent."""
    studio.relay.refuse(GREYLISTED)
    released(studio)
    studio.guard.run()
    assert only(studio).effect is Effect.SEND
