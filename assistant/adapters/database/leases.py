"""Leases of accounts (port ``Leases``): on PostgreSQL by row locks, on SQLite everything for the one daemon."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Interval, and_, delete, func, literal, or_, select, update

from assistant.adapters.database.engine import Connected, upsert
from assistant.adapters.database.schema import daemon, lease
from assistant.services.leases import Leases, Shift, assigned

#: How long the row of a daemon that is gone may stay.
_FORGOTTEN: Final = timedelta(days=1)
_NOW: Final[ColumnElement[Any]] = func.now()  # the server's clock, at the start of the transaction


def open_leases(store: Connected) -> Leases:
    """The leases that go with a store."""
    return SqlLeases(store.engine) if store.engine.dialect.name == "postgresql" else SoleDaemon()


class SqlLeases(Connected):
    """Rows of ``lease``; a row changes its owner only while it is locked, and only when it is free or expired."""

    def take(self, owner: str, accounts: Collection[str], ttl: timedelta) -> frozenset[str]:
        """Take what is free or expired of the fair share."""
        with self._writing() as db:
            alive = {"owner": owner, "accounts": sorted(accounts), "until": _after(ttl)}
            upsert(db, daemon, alive, replaced=["accounts", "until"])
            db.execute(delete(daemon).where(daemon.c.until < _after(-_FORGOTTEN)))
            _add_missing(db, accounts)
            wanted = [account for account, name in assigned(_shift(db)).items() if name == owner]
            free = select(lease.c.account).where(lease.c.account.in_(wanted), _free())
            taken = db.execute(free.with_for_update(skip_locked=True)).scalars().all()
            _give(db, lease.c.account.in_(taken), owner, _after(ttl))
            return _held(db, owner)

    def renew(self, owner: str, ttl: timedelta) -> frozenset[str]:
        """Hold for longer.  An expired lease that nobody took is still one's own."""
        with self._writing() as db:
            db.execute(update(daemon).where(daemon.c.owner == owner).values(until=_after(ttl)))
            _give(db, lease.c.owner == owner, owner, _after(ttl))
            return _held(db, owner)

    def surplus(self, owner: str) -> frozenset[str]:
        """What another one should have."""
        with self._reading() as db:
            shift = _shift(db)
        goals = assigned(shift)
        return frozenset(
            account for account, name in shift.holders.items() if name == owner and goals.get(account, owner) != owner
        )

    def give_back(self, owner: str, accounts: Collection[str] | None = None) -> None:
        """Others may take them at once."""
        with self._writing() as db:
            mine = lease.c.owner == owner
            _give(db, mine if accounts is None else and_(mine, lease.c.account.in_(sorted(accounts))), None, _NOW)
            if accounts is None:
                db.execute(delete(daemon).where(daemon.c.owner == owner))


class SoleDaemon:
    """The leases of a database that one machine has for itself; the instance lock lets one daemon in."""

    def __init__(self) -> None:
        self._held: dict[str, frozenset[str]] = {}

    def take(self, owner: str, accounts: Collection[str], ttl: timedelta) -> frozenset[str]:
        """Everything."""
        del ttl
        self._held[owner] = frozenset(accounts)
        return self._held[owner]

    def renew(self, owner: str, ttl: timedelta) -> frozenset[str]:
        """Nothing is ever lost."""
        del ttl
        return self._held.get(owner, frozenset())

    def surplus(self, owner: str) -> frozenset[str]:
        """There is nobody else."""
        del owner
        return frozenset()

    def give_back(self, owner: str, accounts: Collection[str] | None = None) -> None:
        """Nobody waits for it."""
        kept = frozenset() if accounts is None else self._held.get(owner, frozenset()) - frozenset(accounts)
        self._held[owner] = kept


def _after(span: timedelta) -> ColumnElement[Any]:
    return _NOW + literal(span, Interval())


def _free() -> ColumnElement[bool]:
    return or_(lease.c.owner.is_(None), lease.c.until <= _NOW)


def _add_missing(db: Connection, accounts: Collection[str]) -> None:
    """Rows for accounts that were never leased, in one order, so that two daemons never wait for each other."""
    known = set(db.execute(select(lease.c.account)).scalars())
    for account in sorted(set(accounts) - known):
        upsert(db, lease, {"account": account, "owner": None, "until": _NOW}, replaced=())


def _shift(db: Connection) -> Shift:
    alive = db.execute(select(daemon.c.owner, daemon.c.accounts).where(daemon.c.until > _NOW))
    held = db.execute(select(lease.c.account, lease.c.owner).where(lease.c.owner.is_not(None), lease.c.until > _NOW))
    return Shift(
        daemons={row.owner: frozenset(row.accounts) for row in alive},
        holders={row.account: row.owner for row in held},
    )


def _held(db: Connection, owner: str) -> frozenset[str]:
    """What is certain: an expired lease may be on its way to somebody else, whose transaction is not seen yet."""
    mine = select(lease.c.account).where(lease.c.owner == owner, lease.c.until > _NOW)
    return frozenset(db.execute(mine).scalars())


def _give(db: Connection, which: ColumnElement[bool], owner: str | None, until: ColumnElement[Any]) -> None:
    db.execute(update(lease).where(which).values(owner=owner, until=until))
