"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much is measured.

    Attributes:
        rounds: repetitions of each measurement.
        mails: how many are judged a round.
        share: the pipelines get one mail in so many, evenly picked; they are slow.
        alone: how many mails are judged one by one.
        long: how many mails the daemon-like process judges.
        threads: of the classifier, 0: as it thinks best.
        held: drafts in a large ledger.
        known: mails in it.
        mailbox: mails of the first pass.
        pushes: mails that come, or are sent, one by one.
        accounts: in one daemon.
        rest: seconds for which a daemon at rest is watched.
        outages: of each kind.
        away: seconds that an outage lasts at most.
    """

    rounds: int = 5
    mails: int = 1000
    share: int = 5
    alone: int = 50
    long: int = 10_000
    threads: int = 0
    held: int = 10_000
    known: int = 20_000
    mailbox: int = 20_000
    pushes: int = 100
    accounts: int = 50
    rest: float = 60.0
    outages: int = 10
    away: float = 60.0


QUICK = Options(
    rounds=2,
    mails=100,
    share=5,
    alone=10,
    long=1000,
    held=500,
    known=1000,
    mailbox=300,
    pushes=10,
    accounts=5,
    rest=10,
    outages=2,
    away=5,
)
