"""What the server will not do, and folders that the user takes away: nothing is lost, nothing else waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.core.draft import State
from assistant.errors import Denied
from tests.fakes import Folder
from tests.unit.services.conftest import SETTLE, Studio, draft, mail

FULL = Denied("h: the mailbox is full (Quota exceeded)")


def refusing(*places: str, times: int = 10**6) -> Callable[[str], None]:
    """A server that says no to some changes, so many times."""
    left = times

    def strike(place: str) -> None:
        nonlocal left
        if place in places and left:
            left -= 1
            raise FULL

    return strike


def denied(studio: Studio) -> Denied | None:
    """What the server would not do in the last pass."""
    return studio.guard.denied


def drafts_of_two(studio: Studio) -> list[bytes]:
    """Two heated drafts that have settled."""
    raws = [draft(case, "Das ist Ihre Schuld (3).") for case in (1, 2)]
    for case, raw in enumerate(raws, 1):
        studio.server.add("INBOX", mail(case, "So geht das nicht (2)."))
        studio.server.add("Drafts", raw, ["\\Draft"])
    studio.guard.run()
    studio.clock.forward(SETTLE)
    return raws


def test_a_draft_that_may_not_be_moved_does_not_keep_the_others_from_being_held(studio: Studio) -> None:
    """It stays in Drafts with its intent, one row; the others are held; once there is room it follows."""
    raws = drafts_of_two(studio)
    studio.server.strike = refusing("move", times=1)
    studio.guard.run()
    assert denied(studio) is FULL
    assert studio.server.raws("Drafts") == [raws[0]]
    assert studio.server.raws("Cooling off") == [raws[1]]
    studio.server.strike = refusing("move")
    studio.guard.run()
    studio.guard.run()
    assert studio.server.raws("Drafts") == [raws[0]]
    rows = studio.store.drafts([State.HELD])
    assert [row.version for row in rows] == [1, 1]
    studio.server.strike = lambda place: None
    studio.guard.run()
    assert denied(studio) is None
    assert studio.server.raws("Drafts") == []
    assert sorted(studio.server.raws("Cooling off")) == sorted(raws)
    assert [row.effect for row in studio.store.drafts([State.HELD])] == [None, None]


def test_a_copy_in_sent_that_finds_no_room_holds_nothing_up(studio: Studio) -> None:
    """The mail has gone out once; its copy waits, drafts are held meanwhile, and the copy is filed in the end."""
    studio.server.strike = refusing("append")
    studio.hand_over(draft(7, "Ihre Schuld (3)."))
    (row,) = studio.store.drafts([State.HELD])
    studio.desk.release(row.id, reason="eilig")
    studio.guard.run()
    assert denied(studio) is FULL
    drafts_of_two(studio)
    studio.guard.run()
    assert denied(studio) is FULL
    assert len(studio.server.raws("Cooling off")) == 2
    assert len(studio.relay.delivered) == 1
    studio.server.strike = lambda place: None
    studio.guard.run()
    assert denied(studio) is None
    assert len(studio.server.raws("Sent")) == 1


@pytest.mark.parametrize("renamed", [True, False])
def test_drafts_come_back_when_their_folder_is_taken_away(studio: Studio, *, renamed: bool) -> None:
    """Deleted or renamed with all that it held: each draft is put into the new one once, held as before."""
    studio.hold(case=1)
    studio.hold(case=2)
    before = studio.store.drafts([State.HELD])
    raws = studio.server.raws("Cooling off")
    old = studio.server.folders.pop("Cooling off")
    if renamed:
        studio.server.folders["Parkplatz"] = old
    studio.server.folders["Cooling off"] = Folder(uidvalidity=2)
    studio.guard.run()
    studio.guard.run()
    assert sorted(studio.server.raws("Cooling off")) == sorted(raws)
    after = studio.store.drafts([State.HELD])
    assert [(row.id, row.hold_until, row.digest) for row in after] == [
        (row.id, row.hold_until, row.digest) for row in before
    ]
    assert [event.event for event in studio.store.events(after[0].id)] == ["held", "put_back"]


def test_a_draft_that_was_taken_out_of_a_folder_of_the_same_numbering_stays_out(studio: Studio) -> None:
    """Deleting one draft is a decision about it."""
    studio.hold()
    (uid,) = studio.server.folders["Cooling off"].messages
    studio.server.delete("Cooling off", uid)
    studio.guard.run()
    assert studio.server.raws("Cooling off", "Drafts") == []
    assert studio.store.drafts([State.HELD]) == ()
