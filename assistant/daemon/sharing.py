"""What processes on one ledger need to know of each other: on one machine by files, on several by the database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.adapters.clock import elapsed
from assistant.services.leases import Share

if TYPE_CHECKING:
    from assistant.adapters.database.locks import AdvisoryLocks, AdvisoryPresence, LockSession
    from assistant.adapters.presence import FilePresence
    from assistant.daemon.parts import Parts


class Sharing:
    """Presence, locks and leases, as the database allows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def _session(self) -> LockSession | None:
        from assistant.adapters.database.locks import open_locks

        return open_locks(self._parts.store)

    @cached_property
    def presence(self) -> AdvisoryPresence | FilePresence:
        """This process among those that send from the same ledger."""
        from assistant.adapters.database.locks import AdvisoryPresence
        from assistant.adapters.presence import FilePresence

        if self._session is None:
            return FilePresence(self._parts.lock_path.with_suffix(".senders"))
        return AdvisoryPresence(self._session)

    @cached_property
    def _locks(self) -> AdvisoryLocks | None:
        from assistant.adapters.database.locks import AdvisoryLocks

        return AdvisoryLocks(self._session) if self._session else None

    def exclusive(self, account: str) -> AbstractContextManager[None]:
        """While the block runs, no other process carries out effects on the account."""
        from assistant.adapters.lock import exclusive

        if self._locks is None:
            return exclusive(self._parts.lock_path.with_suffix(f".{account.encode().hex()}.effects"))
        return self._locks.exclusive(account)

    def leave(self) -> None:
        """This process works on the ledger no longer; what it never took part in stays untouched."""
        if "presence" in self.__dict__:
            self.presence.leave()

    def share(self) -> Share:
        """This daemon's part of the accounts."""
        from assistant.adapters.database.leases import open_leases

        return Share(
            leases=open_leases(self._parts.store),
            owner=self.presence.token,
            accounts=[account.name for account in self._parts.config.accounts],
            journal=self._parts.journal,
            elapsed=elapsed,
        )
