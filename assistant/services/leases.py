"""Which daemon looks after which account, when several on several machines share one database.

A daemon says every ``BEAT`` that it is alive, and takes leases of ``TTL``; what a dead one held is taken over after
``TTL + BEAT`` at the latest.  Expiry is judged by the database server's clock alone: the daemons' clocks may differ.

**What a lease is worth.**  A lease says who *should* act.  It cannot stop a daemon that was suspended for minutes (a
laptop's lid, SIGSTOP, a paused virtual machine) in the middle of a step and finishes that step when it wakes up, before
it has looked at its lease again; IMAP and SMTP know no token that would let the mail server refuse it.  So nothing is
safe because of a lease; leases spare work, and these keep what is right:

1. Every write that changes a state names the state, version and effect that it expects (``Store``), and for sending the
   number of the attempt (``OutboxStore.commit``, ``conclude``).  After somebody else acted, the sleeper's write changes
   nothing and raises ``Conflict``.  The rest of its writes (what lies in a folder, how an account fares) are true
   whoever writes them, and may be repeated.
2. Outside effects are carried out under ``exclusive(account)``, a lock held by a session of the database.  While the
   sleeper's session lives (a stopped process on a running machine), the new owner waits for the lock and does not act
   beside it.  When the session has died (the machine sleeps: the server misses the answers to its keepalives within 11
   seconds), the new owner looks up in the folders what the sleeper had done, as after a crash.
3. What the sleeper can then still do is one IMAP command.  MOVE names a UID that is no longer there: nothing happens.
   APPEND can leave a second copy of a draft in the cooling-off folder, or of a sent mail in Sent; no mail goes out by
   that.  SMTP: ``commit`` is written before the end of the text goes out, and fails for the sleeper when the mail was
   taken over; if it slept between ``commit`` and the end of the text, the new owner calls the mail ``uncertain`` and
   asks.  Nothing goes out twice.
4. Waking up, it learns at its next beat which accounts are no longer its own; and without an answer of the database
   for ``TTL``, measured by a clock that goes on while the machine sleeps, it looks after none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from assistant.errors import GelassenError
from assistant.services.intake import Journal

#: How often a daemon says that it is alive, and how long that counts.
BEAT: Final = timedelta(seconds=5)
TTL: Final = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Who is there at one moment.

    Attributes:
        daemons: those that are alive, each with the accounts in its settings.
        holders: account to the daemon that holds its lease; expired ones are left out.
    """

    daemons: Mapping[str, frozenset[str]]
    holders: Mapping[str, str]


def assigned(shift: Shift) -> dict[str, str]:
    """Which daemon each account should go to: to everybody the same number, give or take one, with few changes.

    Every daemon comes to the same result from the same shift.  Nobody has more than ceil(accounts / daemons), unless
    the settings of the others leave no choice: an account that only one daemon knows goes to that one.
    """
    able = {
        account: sorted(name for name, known in shift.daemons.items() if account in known)
        for account in frozenset().union(*shift.daemons.values())
    }
    in_turn = sorted(able, key=lambda account: (len(able[account]), account))  # those with the least choice first
    fair = len(able) // max(len(shift.daemons), 1)
    load: Counter[str] = Counter()
    found: dict[str, str] = {}
    for account in in_turn:
        holder = shift.holders.get(account, "")
        if holder in able[account] and load[holder] < fair:
            found[account] = holder
            load[holder] += 1
    for account in in_turn:
        if account not in found:
            holder = shift.holders.get(account, "")
            found[account] = min(able[account], key=lambda name: (load[name], name != holder, name))
            load[found[account]] += 1
    return found


class Leases(Protocol):
    """Leases of accounts, kept in the database.  Errors as for ``Store``.

    ``owner`` names a daemon, at most 200 characters; no other one has or had the same name.
    """

    def take(self, owner: str, accounts: Collection[str], ttl: timedelta) -> frozenset[str]:
        """The daemon is alive, and takes what is free or expired of its fair share; all that it holds then.

        Args:
            accounts: all that the daemon could look after, by its settings.
            ttl: how long it counts as alive, and holds what it takes, from now on by the database's clock.
        """

    def renew(self, owner: str, ttl: timedelta) -> frozenset[str]:
        """The daemon is alive, and holds what it holds for longer; those still its own."""

    def surplus(self, owner: str) -> frozenset[str]:
        """What the daemon holds and another one should have: to be given back."""

    def give_back(self, owner: str, accounts: Collection[str] | None = None) -> None:
        """Others may take these accounts at once; without ``accounts`` all, and the daemon is gone."""


class Share:
    """A daemon's part of the accounts, from beat to beat.

    Args:
        elapsed: seconds that have passed, by a clock that goes on while the machine sleeps (CLOCK_BOOTTIME).
    """

    def __init__(
        self,
        *,
        leases: Leases,
        owner: str,
        accounts: Collection[str],
        journal: Journal,
        elapsed: Callable[[], float],
        ttl: timedelta = TTL,
    ) -> None:
        self._leases = leases
        self._owner = owner
        self._accounts = frozenset(accounts)
        self._journal = journal
        self._elapsed = elapsed
        self._ttl = ttl
        self._held: frozenset[str] = frozenset()
        self._surplus: frozenset[str] = frozenset()
        self._until = elapsed()

    def beat(self) -> frozenset[str]:
        """What to look after until the next beat, in ``BEAT`` at the latest; never raises what the database raises.

        What was in the last answer and is not in this one is to be stopped, and then ``stopped``.
        """
        asked = self._elapsed()
        try:
            self._ask()
            self._until = asked + self._ttl.total_seconds()
        except GelassenError as error:
            self._journal("leases_failed", error=str(error))
        if self._elapsed() >= self._until:
            self._held = frozenset()
        return self._held - self._surplus

    def _ask(self) -> None:
        self._leases.renew(self._owner, self._ttl)
        self._held = self._leases.take(self._owner, self._accounts, self._ttl)
        self._surplus = self._leases.surplus(self._owner)

    def stopped(self, accounts: Collection[str]) -> None:
        """Nothing of this daemon works on these accounts any more: others may have them."""
        self._held -= frozenset(accounts)
        if accounts:
            self._give_back(accounts)

    def leave(self) -> None:
        """The daemon ends; others take over at once."""
        self._held = self._surplus = frozenset()
        self._give_back(None)

    def _give_back(self, accounts: Collection[str] | None) -> None:
        try:
            self._leases.give_back(self._owner, accounts)
        except GelassenError as error:  # then they expire
            self._journal("leases_failed", error=str(error))
