"""Watching one account with two connections: one on INBOX, one on Drafts, Sent and the cooling-off folder.

Each runs in a thread of its own, so that a long first pass over INBOX never delays the guard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from assistant.adapters.imap import ImapMailbox
from assistant.config import Account
from assistant.daemon.parts import Parts
from assistant.errors import GelassenError, Gone, LoginRefused, PermanentFailure
from assistant.services.effects import on_folders
from assistant.services.intake import BATCH
from assistant.services.ledger import AccountStatus

#: A full look even if the server was silent, in seconds.
_LOOK_AGAIN: Final = 5 * 60
#: Pauses after a failure, in seconds; the last one repeats.  Back within a minute of the server's return.
_PAUSES: Final = (1, 2, 5, 10, 20, 30)
#: After a refused login: trying on would get the account locked.
_REFUSED_PAUSES: Final = (60, 300, 900, 1800)
#: How often the ledger is asked for mails to be sent, in seconds.
_LOOK_FOR_MAIL: Final = 2
#: How long bytes of decided drafts stay in the store (DESIGN section 11).
_KEEP_BYTES: Final = timedelta(days=30)


class Watch:
    """The common frame of both loops: connect, work, wait; after a failure pause, then start over.

    A subclass works in ``_pass``, which returns how many seconds to wait at most for something to change.
    """

    role = ""

    def __init__(self, parts: Parts, account: Account, stop: threading.Event) -> None:
        self._parts = parts
        self._account = account
        self._stop = stop
        self._failures = 0
        self._mailbox: ImapMailbox | None = None

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self._stop.is_set():
            try:
                self._connected()
            except LoginRefused as error:
                self._failed(error, _REFUSED_PAUSES)
            except GelassenError as error:
                self._failed(error, _PAUSES)
            except Exception as error:  # noqa: BLE001 - the loop's top: one bug must not end the watch for good
                self._parts.journal("bug", account=self._account.name, error=error)
                self._failed(PermanentFailure(f"internal error: {type(error).__name__}"), _PAUSES)
            finally:
                self._close()

    def _connected(self) -> None:
        self._mailbox = mailbox = self._parts.mailbox(self._account)
        mailbox.connect()
        self._parts.store.remember(self._account.name, "cooling_off", mailbox.folders.cooling_off)
        self._parts.journal("connected", account=self._account.name, role=self.role)
        self._watch(mailbox)

    def _watch(self, mailbox: ImapMailbox) -> None:
        raise NotImplementedError

    def _done(self) -> None:
        """A pass is complete."""
        self._failures = 0
        self._status(connected=True, error=None, at=self._parts.clock.now())

    def _failed(self, error: GelassenError, pauses: tuple[int, ...]) -> None:
        pause = pauses[min(self._failures, len(pauses) - 1)]
        self._failures += 1
        self._parts.journal("failed", account=self._account.name, role=self.role, error=str(error), pause=pause)
        try:
            self._status(connected=False, error=str(error), at=None)
        except GelassenError as also:
            self._parts.journal("failed", account=self._account.name, role=self.role, error=str(also), pause=pause)
        self._stop.wait(pause)

    def _status(self, *, connected: bool, error: str | None, at: datetime | None) -> None:
        status = AccountStatus(name=self._account.name, connected=connected, last_pass=at, error=error)
        self._parts.store.record_status(status)

    def _close(self) -> None:
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None


class InboxWatch(Watch):
    """Judges what comes in; the whole INBOX first, newest mail first."""

    role = "inbox"

    def _watch(self, mailbox: ImapMailbox) -> None:
        take_all = inbox_pass(self._parts, self._account, mailbox, self._stop.is_set)
        while not self._stop.is_set():
            take_all()
            if not self._stop.is_set():
                self._done()
                mailbox.wait(mailbox.folders.inbox, _LOOK_AGAIN, self._stop.is_set)


class DraftsWatch(Watch):
    """The Drafts guard."""

    role = "drafts"

    def _watch(self, mailbox: ImapMailbox) -> None:
        guard = self._parts.guard(self._account, mailbox)
        folders = mailbox.folders
        self._parts.store.purge(self._parts.clock.now() - _KEEP_BYTES)
        nudge = self._parts.outgoing.nudge.of(self._account.name)
        while not self._stop.is_set():
            nudge.clear()
            due = guard.run()
            self._done()
            mailbox.wait_any(
                (folders.drafts, folders.sent, folders.cooling_off),
                self._seconds_until(due),
                lambda: self._stop.is_set() or nudge.is_set(),
            )

    def _seconds_until(self, due: datetime | None) -> float:
        if due is None:
            return _LOOK_AGAIN
        left = (due - self._parts.clock.now()).total_seconds()
        return min(max(left, 0.05), _LOOK_AGAIN)


class DeliveryWatch:
    """Sends what was released, when it is due.

    Commands and other processes write into the same ledger, so it is looked at every few seconds.
    """

    role = "delivery"

    def __init__(self, parts: Parts, account: Account, stop: threading.Event) -> None:
        self._parts = parts
        self._account = account
        self._stop = stop

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self._stop.is_set():
            try:
                self._send()
                pause = _LOOK_FOR_MAIL
            except GelassenError as error:
                pause = _PAUSES[-1]
                self._parts.journal("failed", account=self._account.name, role=self.role, error=str(error), pause=pause)
            except Exception as error:  # noqa: BLE001 - the loop's top: one bug must not end the sending for good
                pause = _PAUSES[-1]
                self._parts.journal("bug", account=self._account.name, error=error)
            self._stop.wait(pause)

    def _send(self) -> None:
        delivery = self._parts.outgoing.delivery(self._account)
        delivery.run(self._stop.is_set)
        if on_folders(self._parts.store, self._account.name):
            self._parts.outgoing.nudge.of(self._account.name).set()  # copies in Sent and in the cooling-off folder


def inbox_pass(
    parts: Parts, account: Account, mailbox: ImapMailbox, interrupted: Callable[[], bool]
) -> Callable[[], None]:
    """A function that takes everything in INBOX that is not in the ledger, in batches, newest first.

    After each batch it looks again, so that mail that comes during a long first pass is judged at once.  A UID that
    the server lists but does not give is tried once a connection.
    """
    intake = parts.intake(account, mailbox)
    tried: set[tuple[int, int]] = set()

    def take_all() -> None:
        while not interrupted():
            uidvalidity, missing = intake.missing()
            uids = [uid for uid in missing if (uidvalidity, uid) not in tried][:BATCH]
            if not uids:
                intake.look_back()
                return
            try:
                intake.take_batch(uidvalidity, uids)
            except Gone:
                continue  # UIDVALIDITY has changed between the two commands
            tried.update((uidvalidity, uid) for uid in uids)

    return take_all
