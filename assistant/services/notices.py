"""Telling the user on the desktop: what is new in the ledger, once each, in bundles.

The ledger is looked at every few seconds, so it does not matter who wrote into it: the daemon, a command, the pages, or
another machine.  A notice that cannot be shown undoes nothing; what it was about is tried again later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Final, Protocol

from assistant.core.escalation import within
from assistant.core.notice import RECENT, Course, HeatedMail, Kind, Matter, OpenDraft, matters, still_known
from assistant.errors import TemporaryFailure
from assistant.services.intake import Journal
from assistant.services.ports import Clock, Notice, Notifier

#: The fact that keeps what was told of an account.
_TOLD: Final = "told"
#: After a failure: a desktop may come later than the daemon, at the login.
_AGAIN: Final = timedelta(minutes=1)


class NoticeStore(Protocol):
    """What notices need of the ledger; errors as in ``Store``."""

    def heated_mails(self, since: datetime) -> tuple[HeatedMail, ...]:
        """Mails received since then that were judged heated or escalated, unless the user said that they are not."""

    def open_drafts(self) -> tuple[OpenDraft, ...]:
        """Drafts that are held, failed or uncertain."""

    def remember(self, account: str, name: str, value: str) -> None:
        """Keep a small fact about an account."""

    def remembered(self, account: str, name: str) -> str | None:
        """Such a fact, or None."""


class Notices:
    """What was told, and what is to be told next.  Used by one thread.

    Args:
        accounts: the names of those that the user is told about.
        quiet: local times between which nobody is disturbed; may cross midnight.
        acknowledged: whether the sender of a mail was told that it has come.
        words: the notice for some matters of one kind.
    """

    def __init__(
        self,
        *,
        store: NoticeStore,
        clock: Clock,
        accounts: Collection[str],
        quiet: tuple[time, time],
        acknowledged: Callable[[int], bool],
        words: Callable[[Sequence[Matter]], Notice],
        notifier: Notifier,
        journal: Journal,
    ) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._quiet = quiet
        self._acknowledged = acknowledged
        self._words = words
        self._notifier = notifier
        self._journal = journal
        self._told: dict[str, frozenset[str]] = {}
        self._courses = {kind: Course() for kind in Kind}
        self._again: datetime | None = None

    def look(self) -> None:
        """Tell what is ripe.  Raises what the store raises."""
        now = self._clock.now()
        if self._again is not None and now < self._again:
            return
        current = self._current(now)
        untold = [one for one in current if one.key not in self._told_of(one.account)]
        try:
            for kind in Kind:
                self._consider(kind, [one for one in untold if one.kind is kind], current, now)
        except TemporaryFailure as error:
            if self._again is None:
                self._journal("not_notified", error=str(error))
            self._again = now + _AGAIN
        else:
            self._again = None

    def _current(self, now: datetime) -> tuple[Matter, ...]:
        found = matters(self._store.heated_mails(now - RECENT), self._store.open_drafts(), now)
        return tuple(one for one in found if one.account in self._accounts)

    def _consider(self, kind: Kind, untold: Sequence[Matter], current: Sequence[Matter], now: datetime) -> None:
        if kind is Kind.WAITING:
            untold = [one for one in untold if not self._acknowledged(one.number)]
        former = self._courses[kind]
        course = former.looked(frozenset(one.key for one in untold), now)
        self._courses[kind] = course
        if not course.ripe(kind, former, now, quiet=within(self._quiet, now.time())):
            return
        self._notifier.show(self._words(untold))
        self._courses[kind] = course.told(now)
        self._journal("notified", notice=str(kind), count=len(untold))
        for account in sorted({one.account for one in untold}):
            self._remember(account, [one for one in untold if one.account == account], current)

    def _told_of(self, account: str) -> frozenset[str]:
        if account not in self._told:
            self._told[account] = frozenset(json.loads(self._store.remembered(account, _TOLD) or "[]"))
        return self._told[account]

    def _remember(self, account: str, now_told: Sequence[Matter], current: Sequence[Matter]) -> None:
        told = still_known(self._told_of(account), current) | {one.key for one in now_told}
        self._told[account] = told
        self._store.remember(account, _TOLD, json.dumps(sorted(told)))
