"""The Drafts guard and the desk, case by case; generated histories are in tests/property."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.core.draft import Obstacle, State
from assistant.services.review import Hindered, NoSuchDraft, WrongHash
from tests.unit.services.conftest import SETTLE, Studio, draft, mail


def test_draft_is_left_alone_until_it_has_settled(studio: Studio) -> None:
    """A save that follows within the time starts it anew."""
    studio.server.add("INBOX", mail(1, "Frech (2)."))
    studio.server.add("Drafts", draft(1, "Ihre Schuld (3)."))
    studio.guard.run()
    studio.clock.forward(SETTLE - timedelta(seconds=1))
    studio.server.add("Drafts", draft(1, "Ihre Schuld, wirklich (3).", version=2))
    due = studio.guard.run()
    assert due == studio.clock.now() + SETTLE
    studio.clock.forward(timedelta(seconds=2))
    studio.guard.run()
    assert studio.store.drafts([State.HELD]) == ()


def test_calm_draft_to_calm_mail_stays(studio: Studio) -> None:
    """Nothing is held, and it is not looked at again."""
    studio.server.add("INBOX", mail(1, "Danke."))
    studio.server.add("Drafts", draft(1, "Gern."))
    studio.guard.run()
    studio.clock.forward(SETTLE)
    assert studio.guard.run() is None
    assert len(studio.server.raws("Drafts")) == 1
    assert studio.store.drafts(list(State)) == ()


def test_draft_scheduled_by_the_mail_client_is_left_alone(studio: Studio) -> None:
    """Send Later keeps its mails in Drafts with a header of its own."""
    raw = draft(1, "Ihre Schuld (3).").replace(b"MIME-Version", b"X-Send-Later-At: Mon, 23 Nov 2026\r\nMIME-Version")
    studio.server.add("Drafts", raw)
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    assert studio.server.raws("Drafts") == [raw]


def test_hold_knows_the_mail_that_is_answered(studio: Studio) -> None:
    """Level, reasons and the link to the mail are in the row."""
    row = studio.store.draft(studio.hold(level=2, client_level=3))
    assert row is not None
    assert (row.level_in, row.level_own) == (3, 2)
    assert [str(reason.code) for reason in row.reasons] == ["answer_to", "draft_level"]
    assert row.incoming_id is not None


def test_calm_rewriting_in_the_mail_client_ends_the_hold(studio: Studio) -> None:
    """The new draft stays in Drafts, the heated copy goes to Trash, the row is superseded."""
    number = studio.hold(level=3, client_level=0)
    calm = draft(1, "Gern, ich schaue morgen.", version=2)
    studio.server.add("Drafts", calm)
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    row = studio.store.draft(number)
    assert row is not None
    assert row.state is State.SUPERSEDED
    assert studio.server.raws("Drafts") == [calm]
    assert studio.server.raws("Cooling off") == []
    assert len(studio.server.raws("Trash")) == 1


def test_same_text_saved_again_keeps_the_hold(studio: Studio) -> None:
    """An autosave must not extend it for ever."""
    number = studio.hold()
    before = studio.store.draft(number)
    studio.clock.forward(timedelta(minutes=30))
    studio.server.add("Drafts", draft(1, "Das ist Ihre Schuld (3).", version=2))
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    after = studio.store.draft(number)
    assert before is not None
    assert after is not None
    assert (after.version, after.hold_until) == (2, before.hold_until)
    assert len(studio.server.raws("Cooling off")) == 1


def test_neutral_acknowledgement_is_never_held(studio: Studio) -> None:
    """It may go at once in answer to the angriest mail, and a held draft to that mail stays held."""
    number = studio.hold(client_level=3)
    row = studio.store.draft(number)
    assert row is not None
    assert row.incoming_id is not None
    text = next(s.text for s in studio.store.suggestions(row.incoming_id) if s.template == "acknowledge")
    head, _, _ = draft(1, "", version=9).partition(b"\r\n\r\n")
    receipt = head + b"\r\n\r\n" + text.replace("\n", "\r\n").encode() + b"\r\n"
    studio.server.add("Sent", receipt)
    studio.guard.run()
    kept = studio.store.draft(number)
    assert kept is not None
    assert kept.state is State.HELD


def test_edit_to_a_suggestion_with_gaps_cannot_be_released(studio: Studio) -> None:
    """Not even now: what only the user can fill must be filled."""
    number = studio.hold()
    studio.desk.edit(number, "Guten Tag, [… was wir bis wann tun …]. Viele Grüße")
    studio.clock.forward(timedelta(days=4))
    studio.desk.approve(number, studio.desk.case(number).draft.digest)
    with pytest.raises(Hindered) as refused:
        studio.desk.release(number, reason="eilt")
    assert refused.value.obstacles == (Obstacle.GAPS,)


def test_edit_keeps_recipients_thread_and_attachment(studio: Studio) -> None:
    """Only the text is new."""
    studio.server.add("INBOX", mail(1, "Frech (2)."))
    raw = (
        b"From: mara@studio.example\r\nTo: kai@kunde.example\r\nCc: ina@kunde.example\r\nSubject: Re: Katalog 1\r\n"
        b"Message-ID: <d1@s.example>\r\nIn-Reply-To: <c1@kunde.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        b'Das ist doch wohl Ihre Schuld (3).\r\n--x\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
        b'Content-Disposition: attachment; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        b"JVBERi0=\r\n--x--\r\n"
    )
    studio.server.add("Drafts", raw)
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    (row,) = studio.store.drafts([State.HELD])
    studio.desk.edit(row.id, "Gern schaue ich mir das an. Grüße")
    (copy,) = studio.server.raws("Cooling off")
    for line in (b"Cc: ina@kunde.example", b"In-Reply-To: <c1@kunde.example>", b'filename="a.pdf"', b"JVBERi0="):
        assert line in copy
    assert b"Schuld" not in copy
    assert studio.desk.case(row.id).draft.text == "Gern schaue ich mir das an. Grüße"


def test_review_needs_the_hash_of_what_is_held_now(studio: Studio) -> None:
    """A wrong or short hash approves nothing."""
    number = studio.hold()
    digest = studio.desk.case(number).draft.digest
    for wrong in ("", digest[:8], "0" * 64):
        with pytest.raises(WrongHash):
            studio.desk.approve(number, wrong)
    assert studio.desk.approve(number, digest).reviewed


def test_send_now_needs_no_cooling_and_is_written_down(studio: Studio) -> None:
    """The event holds the reason, so that it can be counted."""
    number = studio.hold()
    studio.desk.release(number, reason="der Kunde wartet vor der Tür")
    names = [event.event for event in studio.store.events(number)]
    assert names == ["held", "sent_now"]
    assert len(studio.server.raws("Drafts")) == 1


def test_released_draft_is_not_held_again_unless_its_text_changes(studio: Studio) -> None:
    """Saved once more by the mail client it stays; rewritten in anger it is held as the next version."""
    number = studio.hold()
    studio.desk.release(number, reason="eilt")
    studio.server.folders["Drafts"].messages.clear()
    studio.server.add("Drafts", draft(1, "Das ist Ihre Schuld (3).", version=5))
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    assert len(studio.server.raws("Drafts")) == 1
    studio.server.folders["Drafts"].messages.clear()
    studio.server.add("Drafts", draft(1, "Das ist allein Ihre Schuld (3).", version=6))
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    row = studio.store.draft(number)
    assert row is not None
    assert (row.state, row.version) == (State.HELD, 2)


def test_release_waits_for_a_newer_save_in_drafts(studio: Studio) -> None:
    """Two copies side by side would be sent twice."""
    number = studio.hold()
    studio.server.add("Drafts", draft(1, "Noch eine Fassung (3).", version=2))
    with pytest.raises(Hindered) as refused:
        studio.desk.release(number, reason="eilt")
    assert refused.value.obstacles == (Obstacle.NEWER_VERSION,)


def test_discarded_draft_can_be_brought_back(studio: Studio) -> None:
    """From Trash, or from the ledger when Trash was emptied."""
    number = studio.hold()
    (raw,) = studio.server.raws("Cooling off")
    studio.desk.discard(number)
    studio.server.folders["Trash"].messages.clear()
    studio.desk.undo_discard(number)
    assert studio.server.raws("Cooling off") == [raw]


def test_held_copies_are_found_again_after_uidvalidity_changes(studio: Studio) -> None:
    """By their bytes; no row is withdrawn."""
    number = studio.hold()
    box = studio.server.folders["Cooling off"]
    box.uidvalidity += 1
    box.messages = {uid + 40: stored for uid, stored in box.messages.items()}
    studio.guard.run()
    row = studio.store.draft(number)
    assert row is not None
    assert row.state is State.HELD
    assert row.key is not None
    assert row.key.uidvalidity == box.uidvalidity


def test_renumbered_sent_folder_settles_nothing_by_old_mail(studio: Studio) -> None:
    """Only mail sent after the hold counts when UIDVALIDITY has changed."""
    studio.server.add("INBOX", mail(1, "Frech (2)."))
    studio.server.add("Sent", draft(1, "Danke, bekommen.", version=7))
    studio.clock.forward(timedelta(hours=2))
    number = studio.hold(case=1)
    studio.server.folders["Sent"].uidvalidity += 1
    studio.guard.run()
    row = studio.store.draft(number)
    assert row is not None
    assert row.state is State.HELD


def test_unknown_draft_is_named(studio: Studio) -> None:
    """A number that is nobody's."""
    with pytest.raises(NoSuchDraft):
        studio.desk.case(99)
