"""Every state of a mail, and every decision that the user can take about it: nothing is stuck for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from assistant.core.delivery import Answer
from assistant.core.draft import TRANSITIONS, State, Via
from assistant.services.ledger import Conflict, HeldDraft
from assistant.services.review import Desk, Hindered
from tests.fakes import Crash
from tests.unit.services.conftest import Studio, draft

GREYLISTED: Final = Answer(code=450, text="4.2.0 Greylisted, try again")
NO_SUCH_USER: Final = Answer(code=550, text="5.1.1 No such user")
HOT: Final = "Das ist Ihre Schuld (3)."

#: What each command of the user does with a draft.
COMMANDS: Final[dict[str, Callable[[Desk, HeldDraft], object]]] = {
    "review": lambda desk, row: desk.approve(row.id, row.digest),
    "edit": lambda desk, row: desk.edit(row.id, "Guten Tag, ich melde mich morgen."),
    "extend": lambda desk, row: desk.extend(row.id, timedelta(hours=1)),
    "release": lambda desk, row: desk.release(row.id, reason="eilig"),
    "discard": lambda desk, row: desk.discard(row.id),
    "discard --undo": lambda desk, row: desk.undo_discard(row.id),
    "resolve --sent": lambda desk, row: desk.resolve(row.id, went_out=True),
    "resolve --not-sent": lambda desk, row: desk.resolve(row.id, went_out=False),
}

_HELD: Final = {
    "review": State.HELD,
    "edit": State.HELD,
    "extend": State.HELD,
    "release": State.SENT,
    "discard": State.DISCARDED,
}
#: What comes of a command, by the state that it finds; every other command is refused and changes nothing.
GOES: Final[dict[State, dict[str, State]]] = {
    State.HELD: _HELD,
    State.RELEASED: {"discard": State.DISCARDED},  # it waits for the next attempt
    State.SENDING: {},  # the daemon settles it, see below
    State.SENT: {},
    State.SUPERSEDED: {},
    State.WITHDRAWN: {},
    State.DISCARDED: {"discard --undo": State.HELD},
    State.FAILED: {"release": State.SENT, "discard": State.DISCARDED},
    State.UNCERTAIN: {"resolve --sent": State.SENT, "resolve --not-sent": State.HELD},
}
#: The same for a draft that came out of Drafts: its release puts it back there, and then it is the mail client's.
DRAFTS_GO: Final = GOES | {
    State.HELD: _HELD | {"release": State.RELEASED},
    State.RELEASED: {},
    State.FAILED: {"release": State.RELEASED, "discard": State.DISCARDED},
}
#: Nothing is left to be done for them; `queue` lists them no longer.
OVER: Final = frozenset({State.SENT, State.SUPERSEDED, State.WITHDRAWN, State.DISCARDED})


class Shop:
    """Makes drafts in any state, each of a thread of its own."""

    def __init__(self, studio: Studio, via: Via) -> None:
        self.studio, self.via = studio, via
        self.case = 0

    def make(self, state: State) -> HeldDraft:
        """A draft that has come into this state as drafts do."""
        self.case += 1
        row = self.row(self._calm() if (self.via, state) == (Via.GATEWAY, State.WITHDRAWN) else self._hot())
        getattr(self, f"_{state}", lambda row: None)(row)
        found = self.row(row.id)
        assert found.state is state
        return found

    def row(self, draft_id: int) -> HeldDraft:
        """As it stands."""
        found = self.studio.store.draft(draft_id)
        assert found is not None
        return found

    def _hot(self) -> int:
        if self.via is Via.DRAFTS:
            return self.studio.hold(case=self.case, client_level=0)
        return self.studio.hand_over(draft(self.case, HOT)).draft

    def _calm(self) -> int:
        self.studio.relay.refuse(NO_SUCH_USER)
        return self.studio.hand_over(draft(self.case, "Danke (0).")).draft

    def _release(self, row: HeldDraft, *, send: bool = True) -> None:
        self.studio.desk.release(row.id, reason="eilig", send=send)

    def _released(self, row: HeldDraft) -> None:
        self.studio.relay.refuse(GREYLISTED)
        self._release(row, send=self.via is Via.GATEWAY)

    def _sending(self, row: HeldDraft) -> None:
        def die(place: str) -> None:
            raise Crash(place)

        self.studio.relay.strike = die
        with pytest.raises(Crash):
            self._release(row)
        self.studio.relay.strike = lambda place: None

    def _sent(self, row: HeldDraft) -> None:
        self._release(row)

    def _failed(self, row: HeldDraft) -> None:
        self.studio.relay.refuse(NO_SUCH_USER)
        self._release(row)

    def _uncertain(self, row: HeldDraft) -> None:
        self.studio.relay.break_off(behind_the_text=True)
        self._release(row)

    def _discarded(self, row: HeldDraft) -> None:
        self.studio.desk.discard(row.id)

    def _superseded(self, row: HeldDraft) -> None:
        if self.via is Via.GATEWAY:
            self.studio.guard.run()  # shows it
            self.studio.hand_over(draft(self.case, "Und noch etwas (3).", version=2))
        else:
            self.studio.server.add("Drafts", draft(self.case, "Danke (0).", version=2), ["\\Draft"])
            self.studio.settle_drafts()

    def _withdrawn(self, row: HeldDraft) -> None:
        if self.via is Via.DRAFTS:
            self.studio.server.folders["Cooling off"].messages.clear()
            self.studio.guard.run()


@pytest.mark.parametrize("via", Via)
@pytest.mark.parametrize("state", State)
def test_every_command_in_every_state(studio: Studio, via: Via, state: State) -> None:
    """It does what the table says, by a way that core allows, or is refused and changes nothing."""
    shop = Shop(studio, via)
    goals = (GOES if via is Via.GATEWAY else DRAFTS_GO)[state]
    for name, command in COMMANDS.items():
        row = shop.make(state)
        if name in goals:
            command(studio.desk, row)
            assert shop.row(row.id).state is goals[name], name
        else:
            with pytest.raises(Hindered):
                command(studio.desk, row)
            assert shop.row(row.id) == row, name


@pytest.mark.parametrize("state", [state for state in State if state not in OVER])
def test_there_is_a_way_out_of_every_state(state: State) -> None:
    """By the user's commands alone, whatever the relay says; only an attempt under way waits for the daemon."""
    reached = {state}
    for _ in State:
        reached |= {goal for one in reached for goal in (GOES[one].values() if GOES[one] else TRANSITIONS[one])}
    assert reached & OVER
    assert GOES[state] or state is State.SENDING


def test_an_attempt_that_was_cut_off_is_settled_by_the_next_daemon(studio: Studio) -> None:
    """Nobody has to do anything about a mail whose process died while it was sent."""
    row = Shop(studio, Via.GATEWAY).make(State.SENDING)
    studio.restart()
    studio.delivery.run()
    assert Shop(studio, Via.GATEWAY).row(row.id).state is State.SENT
    assert len(studio.relay.delivered) == 1


@pytest.mark.parametrize("state", [State.RELEASED, State.FAILED])
def test_what_was_discarded_on_its_way_never_leaves_and_can_be_brought_back(studio: Studio, state: State) -> None:
    """Not by itself, whatever time goes by; its text is kept, and it can still be sent by a release of its own."""
    shop = Shop(studio, Via.GATEWAY)
    row = shop.make(state)
    attempts = len(studio.relay.attempts)
    studio.desk.discard(row.id)
    studio.clock.forward(timedelta(days=2))
    studio.delivery.run()
    studio.guard.run()
    assert len(studio.relay.attempts) == attempts
    assert studio.server.raws("Cooling off", "Sent") == []
    studio.desk.undo_discard(row.id)
    assert len(studio.server.raws("Cooling off")) == 1
    studio.desk.release(row.id, reason="doch")
    studio.guard.run()
    assert (shop.row(row.id).state, len(studio.relay.delivered)) == (State.SENT, 1)
    assert studio.server.raws("Cooling off") == []


def test_a_discard_that_comes_while_the_attempt_begins_is_refused(studio: Studio) -> None:
    """Either it is discarded, or it is being sent; never both."""
    row = Shop(studio, Via.GATEWAY).make(State.RELEASED)
    studio.clock.forward(timedelta(hours=1))
    refused: list[object] = []

    def discard(place: str) -> None:
        with pytest.raises((Hindered, Conflict)) as caught:
            studio.desk.discard(row.id)
        refused.append(caught.value)

    studio.relay.strike = discard
    studio.delivery.run()
    assert len(refused) == 4  # at every step of the attempt
    assert len(studio.relay.delivered) == 1
