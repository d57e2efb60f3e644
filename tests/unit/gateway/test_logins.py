"""Wrong passwords: how long they wait, when nobody is let in, and that it ends."""

from __future__ import annotations

import pytest

from assistant.errors import TemporaryFailure
from assistant.gateway.logins import Credentials, Throttle


def test_delays_grow_and_the_tenth_locks_out_for_a_minute() -> None:
    """And then the count starts at nothing."""
    throttle = Throttle()
    answers = [throttle.wrong("uid 1", float(second)) for second in range(10)]
    assert [delay for _, delay in answers] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0]
    assert [count for count, _ in answers] == list(range(1, 11))
    assert throttle.locked("uid 1", 9.0) == 60.0
    assert throttle.locked("uid 1", 68.9) == pytest.approx(0.1)
    assert throttle.locked("uid 1", 69.0) == 0.0
    assert throttle.wrong("uid 1", 70.0) == (1, 0.5)


def test_peers_do_not_share_their_faults() -> None:
    """One who guesses locks out only himself."""
    throttle = Throttle()
    for _ in range(10):
        throttle.wrong("uid 1", 0.0)
    assert throttle.locked("uid 1", 1.0)
    assert not throttle.locked("uid 2", 1.0)


def test_a_program_with_an_old_password_never_locks_anybody_out_for_ever() -> None:
    """One that tries every five minutes does not at all; one that never rests leaves room between two lock-outs."""
    throttle = Throttle()
    for minute in range(0, 1000, 5):
        throttle.wrong("uid 1", 60.0 * minute)
        assert not throttle.locked("uid 1", 60.0 * minute)
    hammered = Throttle()
    free = 0
    for second in range(3600):
        if not hammered.locked("uid 1", float(second)):
            free += 1
            hammered.wrong("uid 1", float(second))
    assert free >= 3600 // 70 * 10


def test_faults_are_forgotten_after_ten_minutes() -> None:
    """Nine yesterday and one today are one."""
    throttle = Throttle()
    for _ in range(9):
        throttle.wrong("uid 1", 0.0)
    assert throttle.wrong("uid 1", 600.0) == (1, 0.5)


@pytest.mark.parametrize(
    ("user", "password", "right"),
    [
        (b"ada", b"secret", True),
        (b"ada", b"Secret", False),
        (b"Ada", b"secret", False),
        (b"ada", b"", False),
        (b"", b"", False),
        (b"ada", b"secret\x00", False),
        ("ada".encode("utf-16"), b"secret", False),
    ],
)
def test_user_and_password_must_both_fit(user: bytes, password: bytes, right: bool) -> None:
    """Octet for octet."""
    assert Credentials("ada", lambda: "secret").fit(user, password) is right


def test_the_source_is_asked_once_and_again_when_the_password_does_not_fit() -> None:
    """So a changed password works at once, and the keyring is not asked for every mail."""
    passwords = iter(["old", "old", "new"])
    credentials = Credentials("ada", lambda: next(passwords))
    assert credentials.fit(b"ada", b"old")
    assert credentials.fit(b"ada", b"old")
    assert not credentials.fit(b"ada", b"new")
    assert credentials.fit(b"ada", b"new")
    assert not list(passwords)


def test_a_source_that_fails_is_not_a_wrong_password() -> None:
    """The error passes through, and the next login asks again."""

    def locked() -> str:
        raise TemporaryFailure("the keyring is locked")

    with pytest.raises(TemporaryFailure):
        Credentials("ada", locked).fit(b"ada", b"secret")
