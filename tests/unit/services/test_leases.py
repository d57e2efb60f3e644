"""Who looks after which account: fair, steady, and never nobody; and what a daemon does without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import TemporaryFailure
from assistant.services.leases import Share, Shift, assigned

NAMES = st.sampled_from(["d1", "d2", "d3", "d4"])
ACCOUNTS = st.integers(0, 12).map(lambda number: f"a{number}")


@st.composite
def shifts(draw: st.DrawFn, *, alike: bool) -> Shift:
    """Daemons, with the same settings or with different ones, and whoever holds what, the dead included."""
    names = draw(st.sets(NAMES, min_size=1))
    if alike:
        known = frozenset(draw(st.sets(ACCOUNTS)))
        daemons = dict.fromkeys(names, known)
    else:
        daemons = {name: frozenset(draw(st.sets(ACCOUNTS))) for name in names}
    return Shift(daemons=daemons, holders=draw(st.dictionaries(ACCOUNTS, NAMES)))


@given(shifts(alike=False))
def test_every_account_goes_to_one_who_knows_it(shift: Shift) -> None:
    """Whatever the settings are, nothing is left alone and nothing goes to the dead."""
    found = assigned(shift)
    assert found.keys() == frozenset().union(*shift.daemons.values())
    assert all(account in shift.daemons[name] for account, name in found.items())


@given(shifts(alike=True))
def test_with_the_same_settings_everybody_has_the_same_number(shift: Shift) -> None:
    """Give or take one: never more than ceil(accounts / daemons)."""
    found = assigned(shift)
    load = Counter(found.values())
    numbers = [load[name] for name in shift.daemons]
    assert max(numbers) - min(numbers) <= 1


@given(shifts(alike=True))
def test_what_is_fair_already_stays(shift: Shift) -> None:
    """No account changes hands twice."""
    found = assigned(shift)
    assert assigned(Shift(daemons=shift.daemons, holders=found)) == found


@given(shifts(alike=True))
def test_nobody_gives_away_more_than_needed(shift: Shift) -> None:
    """A daemon at or below the fair number keeps all that it has."""
    found = assigned(shift)
    known = next(iter(shift.daemons.values()))
    for name in shift.daemons:
        mine = {account for account, holder in shift.holders.items() if holder == name and account in known}
        if len(mine) <= len(known) // len(shift.daemons):
            assert all(found[account] == name for account in mine)


class Table:
    """Leases that a test answers."""

    def __init__(self) -> None:
        self.held: frozenset[str] = frozenset("ab")
        self.more: frozenset[str] = frozenset()
        self.away = False
        self.given: list[Collection[str] | None] = []

    def take(self, owner: str, accounts: Collection[str], ttl: timedelta) -> frozenset[str]:
        """What the test says."""
        return self.renew(owner, ttl)

    def renew(self, owner: str, ttl: timedelta) -> frozenset[str]:
        """What the test says, or no answer."""
        if self.away:
            raise TemporaryFailure("away")
        return self.held

    def surplus(self, owner: str) -> frozenset[str]:
        """What the test says."""
        return self.more

    def give_back(self, owner: str, accounts: Collection[str] | None = None) -> None:
        """Noted, or no answer."""
        self.renew(owner, timedelta(0))
        self.given.append(accounts)


class Hand:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def share_of(table: Table, clock: Hand, said: list[str]) -> Share:
    """A daemon's share with leases of 15 seconds."""
    return Share(
        leases=table,
        owner="d1",
        accounts="ab",
        journal=lambda event, /, **fields: said.append(event),
        elapsed=clock,
        ttl=timedelta(seconds=15),
    )


def test_surplus_is_stopped_before_it_is_given_back() -> None:
    """It is no longer to be looked after, and nobody else may have it until it has stopped."""
    table, said = Table(), list[str]()
    share = share_of(table, Hand(), said)
    assert share.beat() == {"a", "b"}
    table.more = frozenset("b")
    assert share.beat() == {"a"}
    assert table.given == []
    share.stopped(["b"])
    share.stopped([])
    assert table.given == [["b"]]
    share.leave()
    assert table.given[-1] is None
    assert said == []


def test_without_an_answer_the_accounts_are_kept_as_long_as_the_leases_hold() -> None:
    """Counted from before the last question that was answered; afterwards nothing is looked after, and then again."""
    table, clock, said = Table(), Hand(), list[str]()
    share = share_of(table, clock, said)
    assert share.beat() == {"a", "b"}
    table.away = True
    clock.now += 14
    assert share.beat() == {"a", "b"}
    clock.now += 2
    assert share.beat() == frozenset()
    share.stopped("ab")
    share.leave()
    table.away = False
    assert share.beat() == {"a", "b"}
    assert said == ["leases_failed"] * 4


def test_after_a_sleep_nothing_is_certain_until_the_database_has_answered() -> None:
    """What was taken over meanwhile is gone from the next answer."""
    table, clock, said = Table(), Hand(), list[str]()
    share = share_of(table, clock, said)
    share.beat()
    clock.now += 600
    table.held = frozenset("a")
    assert share.beat() == {"a"}
