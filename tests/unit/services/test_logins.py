"""Refused logins: the same password waits longer each time, another one is tried at once."""

from __future__ import annotations

import pytest

from assistant.services.logins import PAUSES, Logins


class Hands:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    """A clock."""
    return Hands()


@pytest.fixture
def logins(hands: Hands) -> Logins:
    """One account's."""
    return Logins(hands)


def never() -> str:
    """A secret that must not be asked for."""
    raise AssertionError


def test_each_refusal_of_a_password_bars_it_for_longer(hands: Hands, logins: Logins) -> None:
    """A minute, five, fifteen, then an hour each time, with what was answered."""
    for pause in (*PAUSES, PAUSES[-1]):
        assert logins.barred(lambda: "old") is None
        logins.refused("old", "no")
        hands.now += pause - 1
        assert logins.barred(lambda: "old") == ("no", 1)
        hands.now += 1
    assert list(PAUSES) == sorted(PAUSES)


def test_another_password_is_tried_at_once(logins: Logins) -> None:
    """Who corrects a password does not wait; if it is wrong, too, counting begins with it."""
    logins.refused("old", "no")
    logins.refused("old", "no")
    assert logins.barred(lambda: "new") is None
    logins.refused("new", "no")
    assert logins.barred(lambda: "new") == ("no", PAUSES[0])


def test_a_login_that_worked_is_the_end_of_it(logins: Logins) -> None:
    """The next refusal of the same password is a first one, and no secret is asked for meanwhile."""
    logins.refused("old", "no")
    logins.accepted()
    assert logins.barred(never) is None
    logins.refused("old", "no")
    assert logins.barred(lambda: "old") == ("no", PAUSES[0])
