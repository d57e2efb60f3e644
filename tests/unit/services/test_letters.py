"""Letters: what is let go now goes once, whatever happens, and stays apart from the reply that cools."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from assistant.core.draft import State
from assistant.core.letter import is_letter
from assistant.core.message import Message
from assistant.daemon.parts import read_draft
from assistant.errors import Refused
from assistant.services.acknowledging import NoSuchMail
from assistant.services.ledger import Conflict, HeldDraft
from tests.fakes_relay import LOST
from tests.unit.services.conftest import SETTLE, Studio, draft, mail

HEATED = "So geht das nicht (2)."


def the_mail(studio: Studio, **changes: str) -> int:
    """A heated mail that was judged; its number."""
    studio.server.add("INBOX", mail(1, HEATED, **changes))
    studio.take_all()
    (found,) = studio.store.list_incoming(limit=2)
    return found.id


def acknowledge(studio: Studio, mail_id: int) -> HeldDraft:
    """As the user does: look, then let it go."""
    shown = studio.acknowledging.offer(mail_id).letter.fingerprint
    return studio.acknowledging.send(mail_id, shown)


def letters(studio: Studio) -> list[HeldDraft]:
    """Every letter in the ledger."""
    return [row for row in studio.store.drafts(State) if is_letter(row.identity.message_id)]


def gone_out(studio: Studio) -> Message:
    """The one mail that the relay took."""
    (sent,) = studio.relay.delivered
    return read_draft(sent.content)


def test_the_acknowledgement_is_a_proper_reply(studio: Studio) -> None:
    """From the address written to, to Reply-To, in the thread, with the client's mail quoted; filed in Sent."""
    more = "Reply-To: Büro <buero@kunde.example>\r\nReferences: <a@kunde.example> <b@kunde.example>\r\n"
    row = acknowledge(studio, the_mail(studio, more=more))
    assert row.state is State.SENT
    sent = gone_out(studio)
    assert str(sent.sender) == "mara@studio.example"
    assert [str(one) for one in sent.to] == ["Büro <buero@kunde.example>"]
    assert sent.subject == "Re: Katalog 1"
    assert sent.in_reply_to == ("<c1@kunde.example>",)
    assert sent.references == ("<a@kunde.example>", "<b@kunde.example>", "<c1@kunde.example>")
    assert sent.date == studio.clock.now()
    assert "Donnerstag, 19. November" in sent.newest_text
    assert HEATED not in sent.newest_text
    assert HEATED in sent.quoted_text
    assert "Am 18.11.26 um 09:00 schrieb Kai Kunde:" in sent.quoted_text
    assert len(studio.server.raws("Sent")) == 1
    (stored,) = studio.server.folders["INBOX"].messages.values()
    assert stored.flags == set()  # neither read nor answered: the matter still waits


def test_without_a_relay_it_lies_in_drafts_and_stays_there(studio: Studio) -> None:
    """The guard lets it be, also beside a reply to the same mail that is held, and after that is released."""
    studio.has_relay = False
    number = studio.hold()
    mail_id = studio.desk.case(number).draft.incoming_id
    assert mail_id is not None
    row = acknowledge(studio, mail_id)
    assert (row.state, row.effect) == (State.RELEASED, None)
    (copy,) = studio.server.folders["Drafts"].messages.values()
    assert copy.flags == {"\\Draft"}
    studio.settle_drafts()
    studio.settle_drafts()
    assert studio.server.raws("Drafts") == [copy.raw]
    assert studio.desk.case(number).draft.state is State.HELD
    studio.desk.release(number, reason="eilig")
    assert len(studio.server.raws("Drafts")) == 2
    assert studio.relay.attempts == []


def test_a_reply_written_after_it_is_held_as_a_draft_of_its_own(studio: Studio) -> None:
    """The letter answers the same mail, but the reply is no newer version of it."""
    studio.has_relay = False
    row = acknowledge(studio, the_mail(studio))
    studio.server.add("Drafts", draft(1, "Das ist Ihre Schuld (3)."), ["\\Draft"])
    studio.settle_drafts()
    (held,) = studio.store.drafts([State.HELD])
    assert held.id != row.id
    assert len(studio.server.raws("Drafts")) == 1
    assert studio.desk.case(row.id).draft.version == 1


def test_its_copy_in_sent_settles_nothing(studio: Studio) -> None:
    """The held reply waits on when the acknowledgement turns up in Sent."""
    number = studio.hold()
    mail_id = studio.desk.case(number).draft.incoming_id
    assert mail_id is not None
    studio.guard.run()
    acknowledge(studio, mail_id)
    assert len(studio.server.raws("Sent")) == 1
    studio.guard.run()
    assert studio.desk.case(number).draft.state is State.HELD


def test_one_mail_is_acknowledged_once(studio: Studio) -> None:
    """A second click, also with the page of before, sends nothing; nor does a letter that reads otherwise by now."""
    mail_id = the_mail(studio)
    shown = studio.acknowledging.offer(mail_id).letter.fingerprint
    studio.clock.forward(timedelta(days=1))
    with pytest.raises(Conflict):
        studio.acknowledging.send(mail_id, shown)
    assert studio.relay.attempts == []
    offer = studio.acknowledging.offer(mail_id)
    studio.acknowledging.send(mail_id, offer.letter.fingerprint)
    with pytest.raises(Conflict):
        studio.acknowledging.send(mail_id, offer.letter.fingerprint)
    with pytest.raises(Conflict):
        studio.letters.post("studio", offer.letter, "acknowledged")
    assert len(studio.relay.delivered) == 1
    assert studio.acknowledging.offer(mail_id).written is not None


@pytest.mark.parametrize("has_relay", [True, False])
def test_it_goes_once_wherever_the_process_dies(studio: Studio, has_relay: bool) -> None:
    """After a crash at any point outside it has gone, or it is known that nobody knows; never twice, never lost."""
    for crash in range(1, 12):
        studio.has_relay = has_relay
        studio.server.add("INBOX", mail(crash, HEATED))
        studio.take_all()
        mail_id = max(found.id for found in studio.store.list_incoming(limit=20))
        before = len(studio.relay.delivered) + len(studio.server.raws("Drafts"))
        studio.dying_at(crash, lambda mail_id=mail_id: acknowledge(studio, mail_id))  # type: ignore[misc]
        studio.has_relay = has_relay
        studio.delivery.run()
        studio.guard.run()
        if studio.acknowledging.offer(mail_id).written is None:
            acknowledge(studio, mail_id)
        row = studio.acknowledging.offer(mail_id).written
        assert row is not None
        gone = len(studio.relay.delivered) + len(studio.server.raws("Drafts")) - before
        if row.state is State.UNCERTAIN:
            assert gone <= 1
        else:
            assert (gone, row.state) == (1, State.SENT if has_relay else State.RELEASED)
        with pytest.raises(Conflict):
            acknowledge(studio, mail_id)


def test_what_the_relay_refuses_can_be_sent_again(studio: Studio) -> None:
    """It is tried again by itself after a while; what has failed for good, by the user's word."""
    mail_id = the_mail(studio)
    studio.relay.refuse(LOST)
    row = acknowledge(studio, mail_id)
    assert row.state is State.RELEASED
    studio.clock.forward(timedelta(hours=2))
    studio.delivery.run()
    assert studio.desk.case(row.id).draft.state is State.SENT


def test_who_cannot_be_answered_is_not_offered(studio: Studio) -> None:
    """No such mail; one that an automaton wrote."""
    with pytest.raises(NoSuchMail):
        studio.acknowledging.offer(7)
    with pytest.raises(Refused):
        studio.acknowledging.offer(the_mail(studio, more="Auto-Submitted: auto-replied\r\n"))


def test_a_mail_that_was_filed_away_is_acknowledged_from_the_ledger(studio: Studio) -> None:
    """The user has moved it out of INBOX: thread and text are known."""
    mail_id = the_mail(studio)
    studio.server.folders["INBOX"].messages.clear()
    acknowledge(studio, mail_id)
    sent = gone_out(studio)
    assert sent.in_reply_to == ("<c1@kunde.example>",)
    assert [one.address for one in sent.to] == ["kai@kunde.example"]
    assert HEATED in sent.quoted_text


def test_after_six_hours_it_is_pressed_upon(studio: Studio) -> None:
    """Only for heated mail whose answer is held, and only until the client was told."""
    studio.hold(client_level=1, case=2)
    number = studio.hold()
    waiting: Callable[[], tuple[str, ...]] = lambda: tuple(  # noqa: E731 - asked four times
        found.subject for found in studio.acknowledging.pressing(studio.store.queue())
    )
    assert waiting() == ()
    studio.clock.forward(timedelta(hours=6) - SETTLE)
    mail_id = studio.desk.case(number).draft.incoming_id
    assert mail_id is not None
    assert waiting() == ("Katalog 1",)
    acknowledge(studio, mail_id)
    assert waiting() == ()
