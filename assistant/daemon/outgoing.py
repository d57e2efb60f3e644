"""What is put together for mails on their way out: relay, delivery, decisions about submissions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from assistant.config import Account, Config
from assistant.daemon.credentials import secret_of
from assistant.errors import Refused

if TYPE_CHECKING:
    from assistant.adapters.relay import SubmissionRelay
    from assistant.adapters.secrets import Secret
    from assistant.daemon.parts import Parts
    from assistant.services.delivery import Delivery
    from assistant.services.dispatch import Dispatch
    from assistant.services.ledger import Incoming
    from assistant.services.submission import Submission


def relay(config: Config, account: Account) -> SubmissionRelay:
    """The account's relay. Raises ``Refused`` where none is set."""
    return trial_relay(account, secret_of(config, account))


def trial_relay(account: Account, secret: Secret) -> SubmissionRelay:
    """The same with a secret that need not be stored yet."""
    from assistant.adapters.relay import RelaySettings, SubmissionRelay

    server = account.relay
    if server is None:
        raise Refused(f'account "{account.name}" has no relay to send through; add relay = {{ host = "…" }} to it.')
    settings = RelaySettings(
        host=server.host,
        port=server.port,
        security=server.security.value,
        user=server.user,
        auth=server.auth.value,
        secret=secret,
    )
    return SubmissionRelay(settings)


@dataclass(kw_only=True)
class Nudge:
    """Something is to be done for an account before its server would tell: wakes the guard."""

    _events: dict[str, threading.Event] = field(default_factory=dict)

    def of(self, account: str) -> threading.Event:
        """The event of an account."""
        return self._events.setdefault(account, threading.Event())


#: How old a look at what all accounts have to send may be, in seconds.
_FRESH: Final = 1.0


class Outgoing:
    """The parts for sending, one ``Delivery`` an account: its threads must know of each other."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._deliveries: dict[str, Delivery] = {}
        self._turn = threading.Lock()
        self._busy: frozenset[str] = frozenset()
        self._look_again = 0.0
        self._looking = threading.Lock()
        self.nudge = Nudge()

    def busy(self, account: str) -> bool:
        """Whether a mail is to be sent or a copy to be moved for an account; one look at the ledger serves them all."""
        with self._looking:
            if time.monotonic() >= self._look_again:
                self._busy = self._parts.store.busy_accounts()
                self._look_again = time.monotonic() + _FRESH
            return account in self._busy

    def can_send(self, account: str) -> bool:
        """Whether an account has a relay."""
        return self._parts.account(account).relay is not None

    def files_sent(self, account: Account) -> bool:
        """Whether the provider fills Sent by itself."""
        return account.relay is not None and relay(self._parts.config, account).files_sent

    def delivery(self, account: Account) -> Delivery:
        """The way out of an account. Raises ``Refused`` where it has no relay."""
        from assistant.services.delivery import Delivery

        with self._turn:
            if account.name not in self._deliveries:
                self._deliveries[account.name] = Delivery(
                    account=account.name,
                    relay=relay(self._parts.config, account),
                    store=self._parts.store,
                    clock=self._parts.clock,
                    presence=self._parts.sharing.presence,
                    journal=self._parts.journal,
                    pauses=self._parts.config.cooling.retry,
                )
            return self._deliveries[account.name]

    def dispatch(self) -> Dispatch:
        """The user's decisions about what leaves through a relay."""
        from assistant.daemon.parts import read_draft
        from assistant.services.dispatch import Dispatch

        return Dispatch(
            store=self._parts.store,
            clock=self._parts.clock,
            delivery_for=lambda name: self.delivery(self._parts.account(name)),
            own=lambda name: self._parts.account(name).own,
            read_draft=read_draft,
        )

    def submission(self, account: Account, pool: Executor) -> Submission:
        """What the gateway does with a mail of this account."""
        from assistant.daemon.parts import read_draft
        from assistant.services.lookup import Lookup
        from assistant.services.submission import Submission

        lookup = Lookup(
            account=account.name, store=self._parts.store, ask=lambda thread: self._ask(account, thread), pool=pool
        )
        return Submission(
            account=account.name,
            store=self._parts.store,
            deciding=self._parts.deciding(account, lookup.find),
            delivery=self.delivery(account),
            read=read_draft,
            presence=self._parts.sharing.presence,
            clock=self._parts.clock,
            journal=self._parts.journal,
            pool=pool,
            stored=self._waker(account),
        )

    def _ask(self, account: Account, thread: Sequence[str]) -> Incoming | None:
        """Looks into INBOX for the mail that is answered, by a connection of its own: those of the watches are busy."""
        with closing(self._parts.mailbox(account)) as mailbox:
            mailbox.connect()
            return self._parts.intake(account, mailbox).find(thread)

    def _waker(self, account: Account) -> Callable[[], None]:
        event = self.nudge.of(account.name)
        return event.set
