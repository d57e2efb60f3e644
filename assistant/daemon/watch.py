"""Watching one account with two connections: one on INBOX, one on Drafts, Sent and the cooling-off folder.

Each runs in a thread of its own, so that a long first pass over INBOX never delays the guard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from assistant.adapters.clock import elapsed
from assistant.adapters.imap import ImapMailbox
from assistant.config import Account
from assistant.daemon.parts import Parts
from assistant.daemon.repairing import tell_strays
from assistant.errors import Denied, GelassenError, Gone, LoginBarred, LoginRefused, PermanentFailure
from assistant.services.effects import on_folders
from assistant.services.intake import BATCH
from assistant.services.ledger import AccountStatus

#: A full look even if the server was silent, in seconds.
_LOOK_AGAIN: Final = 5 * 60
#: Pauses after a failure, in seconds; the last one repeats.  Together with one attempt that hangs (30 seconds) they let
#: everything work again within a minute of the server's return.
_PAUSES: Final = (1, 2, 5, 10, 20)
#: After a refused login, in seconds: the password may have been set right meanwhile.  Whether the server is asked again
#: is up to ``Logins``.
_PASSWORD_AGAIN: Final = 30
#: How often the ledger is asked for mails to be sent, in seconds.
_LOOK_FOR_MAIL: Final = 2
#: How long bytes of decided drafts stay in the store (DESIGN section 11).
_KEEP_BYTES: Final = timedelta(days=30)


class Faring:
    """How an account fares by all its watches together: well when the last pass of each was."""

    def __init__(self, parts: Parts, account: str) -> None:
        self._parts = parts
        self._account = account
        self._errors: dict[str, GelassenError] = {}
        self._turn = threading.Lock()

    def well(self, role: str) -> None:
        """A pass of this watch is complete."""
        self._tell(role, None, at=self._parts.clock.now())

    def failed(self, role: str, error: GelassenError) -> None:
        """It could not be completed."""
        self._tell(role, error, at=None)

    def _tell(self, role: str, error: GelassenError | None, *, at: datetime | None) -> None:
        with self._turn:
            self._errors.pop(role, None)
            if error is not None:
                self._errors[role] = error
            errors = sorted(self._errors.values(), key=lambda one: isinstance(one, Denied))
            connected = all(isinstance(one, Denied) for one in errors)
            worst = str(errors[0]) if errors else None
            self._parts.store.record_status(
                AccountStatus(name=self._account, connected=connected, last_pass=at, error=worst)
            )


class Loop:
    """What every watch does: work until told to stop; after a failure pause, then start over.

    Attributes:
        heard: the last sign of life, by ``elapsed``.
    """

    role = ""

    def __init__(self, parts: Parts, account: Account, stop: threading.Event) -> None:
        self._parts = parts
        self._account = account
        self._stop = stop
        self._failures = 0
        self.heard = elapsed()

    def _stopped(self) -> bool:
        """Whether to stop; asked at every step and twice a second while waiting, which is the sign of life."""
        self.heard = elapsed()
        return self._stop.is_set()

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self._stopped():
            try:
                self._work()
            except GelassenError as error:
                self._failed(error)
            except Exception as error:  # noqa: BLE001 - the loop's top: one bug must not end the watch for good
                self._parts.journal("bug", account=self._account.name, error=error)
                self._failed(PermanentFailure(f"internal error: {type(error).__name__}"))

    def _work(self) -> None:
        """Works until ``stop`` is set; each time that a turn is complete, ``_failures`` is 0."""
        raise NotImplementedError

    def _failed(self, error: GelassenError) -> None:
        pause = self._pause(error)
        if not isinstance(error, LoginBarred):  # told when it was refused
            self._tell(error, pause)
        self._stop.wait(pause)

    def _pause(self, error: GelassenError) -> int:
        if isinstance(error, LoginRefused):
            return _PASSWORD_AGAIN
        self._failures += 1
        return _PAUSES[min(self._failures, len(_PAUSES)) - 1]

    def _tell(self, error: GelassenError, pause: int) -> None:
        self._parts.journal("failed", account=self._account.name, role=self.role, error=str(error), pause=pause)


class Watch(Loop):
    """A loop with a connection to the mailbox: connect, look, wait.

    A subclass looks and waits in ``_watch``.
    """

    def __init__(self, parts: Parts, account: Account, stop: threading.Event, faring: Faring) -> None:
        super().__init__(parts, account, stop)
        self._faring = faring

    def _work(self) -> None:
        mailbox = self._parts.mailbox(self._account)
        try:
            mailbox.connect()
            self._parts.store.remember(self._account.name, "cooling_off", mailbox.folders.cooling_off)
            self._parts.journal("connected", account=self._account.name, role=self.role)
            self._watch(mailbox)
        finally:
            mailbox.close()

    def _watch(self, mailbox: ImapMailbox) -> None:
        raise NotImplementedError

    def _done(self, denied: Denied | None = None) -> None:
        """A pass is complete, but for what the server would not do."""
        self._failures = 0
        if denied is None:
            self._faring.well(self.role)
        else:
            self._tell(denied, _LOOK_AGAIN)
            self._faring.failed(self.role, denied)

    def _failed(self, error: GelassenError) -> None:
        try:
            self._faring.failed(self.role, error)
        except GelassenError as also:
            self._tell(also, 0)
        super()._failed(error)


class InboxWatch(Watch):
    """Judges what comes in; the whole INBOX first, newest mail first."""

    role = "inbox"

    def _watch(self, mailbox: ImapMailbox) -> None:
        take_all = inbox_pass(self._parts, self._account, mailbox, self._stopped)
        while not self._stopped():
            take_all()
            if not self._stopped():
                self._done()
                mailbox.wait(mailbox.folders.inbox, _LOOK_AGAIN, self._stopped)


class DraftsWatch(Watch):
    """The Drafts guard."""

    role = "drafts"

    def _watch(self, mailbox: ImapMailbox) -> None:
        guard = self._parts.guard(self._account, mailbox)
        folders = mailbox.folders
        self._parts.store.purge(self._parts.clock.now() - _KEEP_BYTES)
        tell_strays(self._parts, self._account, mailbox)
        nudge = self._parts.outgoing.nudge.of(self._account.name)
        while not self._stopped():
            nudge.clear()
            due = guard.run()
            self._done(guard.denied)
            mailbox.wait_any(
                (folders.drafts, folders.sent, folders.cooling_off),
                self._seconds_until(due),
                lambda: self._stopped() or nudge.is_set(),
            )

    def _seconds_until(self, due: datetime | None) -> float:
        if due is None:
            return _LOOK_AGAIN
        left = (due - self._parts.clock.now()).total_seconds()
        return min(max(left, 0.05), _LOOK_AGAIN)


class DeliveryWatch(Loop):
    """Sends what was released, when it is due.

    Commands and other processes write into the same ledger, so it is looked at every few seconds.
    """

    role = "delivery"

    def _work(self) -> None:
        while not self._stopped():
            if self._parts.outgoing.busy(self._account.name):
                self._send()
            self._failures = 0
            self._stop.wait(_LOOK_FOR_MAIL)

    def _send(self) -> None:
        delivery = self._parts.outgoing.delivery(self._account)
        delivery.run(self._stopped)
        if on_folders(self._parts.store, self._account.name):
            self._parts.outgoing.nudge.of(self._account.name).set()  # copies in Sent and in the cooling-off folder


def inbox_pass(
    parts: Parts, account: Account, mailbox: ImapMailbox, interrupted: Callable[[], bool]
) -> Callable[[], None]:
    """A function that takes everything in INBOX that is not in the ledger, in batches, newest first.

    After each batch it asks whether something has changed, so that mail that comes during a long first pass is judged
    at once.  A UID that the server lists but does not give is tried once a connection.
    """
    intake = parts.intake(account, mailbox)
    tried: set[tuple[int, int]] = set()

    def take(uidvalidity: int, uids: Sequence[int]) -> bool:
        """Whether INBOX is afterwards as it was when these were found missing."""
        try:
            intake.take_batch(uidvalidity, uids)
        except Gone:
            return False  # UIDVALIDITY has changed between the two commands
        tried.update((uidvalidity, uid) for uid in uids)
        return not interrupted() and not mailbox.wait(mailbox.folders.inbox, 0, interrupted)

    def take_all() -> None:
        while not interrupted():
            uidvalidity, missing = intake.missing()
            due = [uid for uid in missing if (uidvalidity, uid) not in tried]
            if all(take(uidvalidity, due[at : at + BATCH]) for at in range(0, len(due), BATCH)):
                intake.look_back()
                return

    return take_all
