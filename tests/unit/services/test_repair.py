"""A ledger that was lost or put back: what the folder holds is held again, and nothing goes out twice by itself."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.core.delivery import Standing
from assistant.core.draft import Effect, State, Via
from assistant.core.wire import marked, unmarked
from assistant.daemon.parts import read_draft
from assistant.services.repair import Strays, TakenUp, doubt
from tests.unit.services.conftest import Studio, draft

PEOPLE = ("kai@kunde.example", "blind@kunde.example")


def strays(studio: Studio) -> Strays:
    """The service on the present process."""
    return Strays(
        account="studio",
        mailbox=studio.mailbox,
        store=studio.store,
        deciding=studio.deciding(),
        effects=studio.effects,
        read=read_draft,
        clock=studio.clock,
    )


def take_up(studio: Studio) -> TakenUp:
    """What ``doctor --repair`` does in a folder."""
    return strays(studio).take_up()


def lose_ledger(studio: Studio) -> None:
    """The database is gone; a new, empty one begins."""
    studio.stop()
    for file in Path(studio.url.removeprefix("sqlite:///")).parent.glob("ledger.db*"):
        file.unlink()
    studio.start()


def held_by_gateway(studio: Studio, case: int = 1) -> int:
    """A hot mail that came by the gateway, and its copy in the cooling-off folder."""
    number = studio.hand_over(draft(case, "Das ist Ihre Schuld (3)."), *PEOPLE).draft
    studio.guard.run()
    return number


def test_drafts_in_the_folder_are_held_again(studio: Studio) -> None:
    """Same bytes, same place; judged with the mail that they answer; their hold starts anew; a second time: nothing."""
    studio.hold(3, client_level=2, case=1)
    studio.hold(1, client_level=0, case=2)
    before = studio.server.raws("Cooling off")
    lose_ledger(studio)
    assert strays(studio).count() == 2
    assert take_up(studio) == TakenUp(drafts=(1, 2))
    rows = studio.store.drafts((State.HELD,))
    assert studio.server.raws("Cooling off") == before
    assert {studio.store.raw(row.id, row.version) for row in rows} == set(before)
    assert {row.level_own: row.level_in for row in rows} == {3: 2, 1: 0}
    assert all(row.hold_until > studio.clock.now() and row.effect is None and not row.reviewed for row in rows)
    assert "taken_up" in [event.event for event in studio.store.events(1)]
    assert (strays(studio).count(), take_up(studio)) == (0, TakenUp())
    studio.guard.run()
    assert len(studio.store.drafts((State.HELD,))) == 2


def test_a_calm_draft_in_the_folder_is_held_for_the_user_to_look_at(studio: Studio) -> None:
    """Somebody put it there: it has cooled, and leaves after a review."""
    studio.server.add("Cooling off", draft(7, "Gern, bis morgen (0)."))
    (number,) = take_up(studio).drafts
    row = studio.store.draft(number)
    assert row is not None
    assert row.hold_until == studio.clock.now()
    studio.desk.approve(number, row.digest)
    assert studio.desk.release(number).state is State.RELEASED


def test_a_copy_of_a_gateway_mail_becomes_a_draft(studio: Studio) -> None:
    """Its envelope is lost: without our mark, held, and never sent by itself; released, it goes to Drafts."""
    number = held_by_gateway(studio)
    raw = studio.store.raw(number, 1)
    lose_ledger(studio)
    assert take_up(studio) == TakenUp(gateway=(1,))
    assert studio.server.raws("Cooling off") == [raw]
    row = studio.store.draft(1)
    assert row is not None
    assert (row.via, row.state) == (Via.DRAFTS, State.HELD)
    studio.clock.forward(timedelta(days=9))
    studio.delivery.run()
    studio.guard.run()
    assert studio.relay.deliveries(str(row.identity.message_id)) == {}
    studio.desk.approve(1, row.digest)
    studio.desk.release(1)
    assert studio.server.raws("Drafts") == [raw]


def test_a_copy_whose_mail_the_ledger_knows_is_no_stray(studio: Studio) -> None:
    """Held, discarded, uncertain, or numbered anew by the server: nothing is taken up a second time."""
    studio.hold(case=1)
    held_by_gateway(studio, 2)
    number = studio.hold(case=3)
    studio.desk.discard(number)
    raw = studio.store.raw(number, 1)
    assert raw is not None
    studio.server.add("Cooling off", raw)  # where an account has no Trash, it stays there
    studio.server.folders["Cooling off"].uidvalidity += 1
    assert strays(studio).count() == 0


@pytest.mark.parametrize("point", range(1, 8))
def test_a_repair_that_dies_is_done_again(studio: Studio, point: int) -> None:
    """Killed at any change of the folder: every mail ends up held once."""
    studio.hold(case=1)
    held_by_gateway(studio, 2)
    lose_ledger(studio)
    studio.dying_at(point, lambda: take_up(studio))
    take_up(studio)
    studio.guard.run()
    rows = studio.store.drafts((State.HELD,))
    assert len(rows) == 2
    assert sorted(studio.store.raw(row.id, row.version) or b"" for row in rows) == sorted(
        studio.server.raws("Cooling off")
    )


def test_what_was_on_its_way_out_is_asked_of_the_user(studio: Studio) -> None:
    """A backup says "to be sent" of a mail that has gone out since: it does not go out a second time."""
    number = held_by_gateway(studio)
    row = studio.store.draft(number)
    assert row is not None
    studio.clock.forward(timedelta(days=5))
    studio.desk.approve(number, row.digest)
    dispatch, path = studio.desk, Path(studio.url.removeprefix("sqlite:///"))
    studio.relay.strike = lambda place: (_ for _ in ()).throw(KeyboardInterrupt)  # dies before anything goes out
    with pytest.raises(KeyboardInterrupt):
        dispatch.release(number)
    studio.relay.strike = lambda place: None
    studio.stop()
    shutil.copy(path, path.with_name("backup"))
    studio.start()
    studio.delivery.run()
    assert set(studio.relay.deliveries(str(row.identity.message_id)).values()) == {1}
    studio.stop()
    shutil.copy(path.with_name("backup"), path)
    studio.start()
    assert doubt(studio.clock, studio.store, set()) == (number,)
    studio.clock.forward(timedelta(days=1))
    studio.delivery.run()
    studio.guard.run()
    row = studio.store.draft(number)
    assert row is not None
    assert (row.state, row.effect) == (State.UNCERTAIN, None)
    sending = studio.store.sending(number)
    assert sending is not None
    assert {one.standing for one in sending.recipients} == {Standing.UNKNOWN}
    assert set(studio.relay.deliveries(str(row.identity.message_id)).values()) == {1}
    studio.desk.resolve(number, went_out=True)
    studio.delivery.run()
    assert set(studio.relay.deliveries(str(row.identity.message_id)).values()) == {1}


def test_doubt_spares_what_is_known(studio: Studio) -> None:
    """Held drafts stay held; a held mail of the gateway only when the file itself, not a backup, says so."""
    studio.hold(case=1)
    fresh, stale = held_by_gateway(studio, 2), held_by_gateway(studio, 3)
    assert doubt(studio.clock, studio.store, {1, stale}) == (stale,)
    states = {row.id: row.state for row in studio.store.drafts(tuple(State))}
    assert states == {1: State.HELD, fresh: State.HELD, stale: State.UNCERTAIN}
    studio.desk.resolve(stale, went_out=False)
    row = studio.store.draft(stale)
    assert row is not None
    assert (row.state, row.effect) == (State.HELD, Effect.SHOW)


@pytest.mark.parametrize(
    "raw",
    [
        draft(1, "Nein."),
        b"From: a@b.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n folded\r\n\r\nText\r\n",
        b"From: a@b.example\r\n\r\nwithout a subject\r\n",
        b"From: a@b.example\r\nSubject: [Gelassen 12] quoted\r\n\r\nX-Gelassen-Held: 3\r\n",
    ],
    ids=["plain", "folded", "no subject", "a mark of its own"],
)
def test_the_mark_comes_off_as_it_went_on(raw: bytes) -> None:
    """The mail is as it was, byte for byte; what bears no mark is none of ours."""
    assert unmarked(marked(raw, 12)) == raw
    assert unmarked(raw) is None


def test_a_mail_with_a_mark_that_the_server_munged(studio: Studio) -> None:
    """Cyrus keeps no eight-bit header: its form of a held draft is known, too."""
    number = studio.hold(case=1)
    raw = studio.store.raw(number, 1)
    assert raw is not None
    eight_bit = raw.replace(b"Subject: Re:", "Subject: Öfter".encode())
    studio.server.add("Cooling off", eight_bit)
    (taken,) = take_up(studio).drafts
    (uid,) = [uid for uid, one in studio.server.folders["Cooling off"].messages.items() if one.raw == eight_bit]
    studio.server.delete("Cooling off", uid)
    studio.server.add("Cooling off", eight_bit.replace("Ö".encode(), b"XX"))
    assert strays(studio).count() == 0
    assert taken
