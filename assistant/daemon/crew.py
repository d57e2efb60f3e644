"""Who watches what: threads for the accounts that this daemon looks after at the moment."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from assistant.adapters.clock import elapsed
from assistant.config import Account
from assistant.daemon.parts import Parts
from assistant.daemon.watch import DeliveryWatch, DraftsWatch, Faring, InboxWatch, Loop

#: Seconds without a sign of life after which a thread counts as hung: longer than the ten minutes that a relay may take
#: for its answer (RFC 5321, 4.5.3.2.6).
_HUNG: Final = 15 * 60.0
_TURN: Final = 0.5  # seconds: in short turns, so that signals reach the main thread


@dataclass(frozen=True, kw_only=True)
class _Post:
    """The threads on one account."""

    stop: threading.Event
    watches: tuple[Loop, ...]
    threads: tuple[threading.Thread, ...]

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)

    @property
    def lively(self) -> bool:
        """Whether every thread lives and was heard of lately."""
        least = elapsed() - _HUNG
        return all(thread.is_alive() for thread in self.threads) and all(one.heard > least for one in self.watches)


class Crew:
    """Starts and stops watches; used by one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._posts: dict[str, _Post] = {}

    def follow(self, wanted: Collection[str]) -> frozenset[str]:
        """Watches these accounts from now on; those of the others that nothing works on any more.

        Does not wait: an account that is not wanted is told as stopped once its threads have come to their end.
        """
        for name, post in self._posts.items():
            if name not in wanted:
                post.stop.set()
        ended = {name for name, post in self._posts.items() if post.stop.is_set() and not post.alive}
        for name in ended:
            del self._posts[name]
        for account in self._parts.config.accounts:
            if account.name in wanted and account.name not in self._posts:
                self._posts[account.name] = self._started(account)
        return frozenset(ended - set(wanted))

    @property
    def lively(self) -> bool:
        """Whether everything moves that should; an account that is being left may take its time."""
        return all(post.lively for post in self._posts.values() if not post.stop.is_set())

    def dismiss(self) -> frozenset[str]:
        """Stops everything and waits for it; the accounts that were watched."""
        for post in self._posts.values():
            post.stop.set()
        for post in self._posts.values():
            for thread in post.threads:
                while thread.is_alive():
                    thread.join(_TURN)
        watched = frozenset(self._posts)
        self._posts.clear()
        return watched

    def _started(self, account: Account) -> _Post:
        stop = threading.Event()
        faring = Faring(self._parts, account.name)
        watches: list[Loop] = [
            InboxWatch(self._parts, account, stop, faring),
            DraftsWatch(self._parts, account, stop, faring),
        ]
        if account.relay is not None:
            watches.append(DeliveryWatch(self._parts, account, stop))
        threads = tuple(threading.Thread(target=watch.run, name=watch.role) for watch in watches)
        for thread in threads:
            thread.start()
        return _Post(stop=stop, watches=tuple(watches), threads=threads)
