"""A clock that is set, and clocks that go back and forward: nothing waits for a lost hour, nothing goes early by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.core.delivery import Answer
from assistant.core.draft import Obstacle, State
from assistant.services.review import Hindered
from tests.studio import BERLIN
from tests.unit.services.conftest import SETTLE, Studio, draft

DAY = timedelta(days=1)


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=1), 400 * DAY])
def test_a_draft_settles_in_its_time_when_the_clock_is_set_back(studio: Studio, back: timedelta) -> None:
    """It is looked at again as if it had just been saved; it does not wait until the clock is there again."""
    studio.server.add("Drafts", draft(1, "Das ist Ihre Schuld (3)."))
    studio.guard.run()
    studio.clock.forward(-back)
    assert studio.guard.run() == studio.clock.now() + SETTLE
    studio.clock.forward(SETTLE)
    studio.guard.run()
    assert len(studio.store.drafts((State.HELD,))) == 1


def test_a_draft_that_may_stay_is_not_judged_again_when_the_clock_is_set_back(studio: Studio) -> None:
    """What was decided stays decided."""
    studio.server.add("Drafts", draft(1, "Gern (0)."))
    studio.settle_drafts()
    studio.clock.forward(-DAY)
    assert studio.guard.run() is None


def test_a_mail_to_be_sent_does_not_wait_for_a_lost_day(studio: Studio) -> None:
    """The next attempt was planned by a clock that was ahead: it is made now; one that is planned rightly waits."""
    number = studio.hand_over(draft(1, "Das ist Ihre Schuld (3).")).draft
    studio.clock.forward(5 * DAY)
    row = studio.store.draft(number)
    assert row is not None
    studio.relay.refuse(Answer(code=450, text="later"))
    studio.desk.approve(number, row.digest)
    assert studio.desk.release(number).state is State.RELEASED
    studio.delivery.run()
    assert len(studio.relay.delivered) == 0
    studio.clock.forward(-DAY)
    studio.delivery.run()
    row = studio.store.draft(number)
    assert row is not None
    assert row.state is State.SENT


def test_a_hold_ends_by_the_clock_and_never_by_itself(studio: Studio) -> None:
    """A clock that was ahead for a while leaves nothing behind: the draft is still there and not cooled again."""
    number = studio.hold(3, client_level=1)
    row = studio.desk.case(number).draft
    studio.clock.forward(400 * DAY)
    studio.guard.run()
    studio.delivery.run()
    studio.clock.forward(-400 * DAY)
    studio.guard.run()
    assert studio.desk.case(number).draft == row
    studio.desk.approve(number, row.digest)
    with pytest.raises(Hindered) as refusal:
        studio.desk.release(number)
    assert refusal.value.obstacles == (Obstacle.NOT_COOLED,)


@pytest.mark.parametrize(
    ("saved", "morning", "hours"),
    [
        (datetime(2026, 10, 24, 23, 30, tzinfo=BERLIN), datetime(2026, 10, 26, 9, 0, tzinfo=BERLIN), 34.5),
        (datetime(2027, 3, 27, 23, 30, tzinfo=BERLIN), datetime(2027, 3, 29, 9, 0, tzinfo=BERLIN), 32.5),
    ],
    ids=["back", "forward"],
)
def test_morning_is_nine_by_the_wall_whatever_the_night_did(
    studio: Studio, saved: datetime, morning: datetime, hours: float
) -> None:
    """Saved on the evening before the clocks change: 9:00 of the next working day in the new time."""
    studio.clock.set(saved - SETTLE)
    row = studio.store.draft(studio.hold(3, client_level=2))
    assert row is not None
    assert row.hold_until == morning
    assert row.hold_until.astimezone(UTC) - row.held_at.astimezone(UTC) == timedelta(hours=hours)


def test_an_hour_is_an_hour_that_passes(studio: Studio) -> None:
    """From half past two on, when the clocks go back: until half past two, the second time."""
    studio.clock.set(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN))
    studio.clock.forward(-SETTLE)
    row = studio.store.draft(studio.hold(2, client_level=0))
    assert row is not None
    assert row.hold_until.astimezone(BERLIN) == datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)
    assert row.hold_until - row.held_at == timedelta(hours=1)
