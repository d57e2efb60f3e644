"""The ways to run: as a daemon until told to stop, or one full pass."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.adapters.lock import InstanceLock
from assistant.adapters.supervisor import NotifySocket
from assistant.config import Account
from assistant.core.escalation import JudgeInput
from assistant.daemon.crew import Crew
from assistant.daemon.noticing import notices
from assistant.daemon.pages import pages
from assistant.daemon.parts import Parts
from assistant.daemon.repairing import DailyCopy
from assistant.daemon.serving import gateway
from assistant.daemon.watch import inbox_pass
from assistant.errors import ConfigError, GelassenError
from assistant.services.leases import BEAT
from assistant.services.ledger import AccountStatus
from assistant.services.ports import Supervisor

_WARM_UP = JudgeInput(text="Guten Morgen, anbei der Entwurf.")


def run(parts: Parts, *, stop: threading.Event | None = None) -> None:
    """Watch all accounts until SIGTERM, SIGINT or ``stop``.

    Raises ``Refused`` when a daemon runs already, ``ModelError``, ``StoreError``, ``ConfigError``.
    """
    stop = stop or threading.Event()
    supervisor: Supervisor = NotifySocket(os.environ)
    with _ready(parts), stopped_by_signal(stop), gateway(parts), pages(parts), notices(parts):
        crew, share, copy = Crew(parts), parts.sharing.share(), DailyCopy(parts)
        parts.journal("started", accounts=len(parts.config.accounts))
        try:
            share.stopped(crew.follow(share.beat()))
            supervisor.ready()
            while not stop.wait(BEAT.total_seconds()):
                share.stopped(crew.follow(share.beat()))
                copy.beat()
                if crew.lively:
                    supervisor.alive()
        finally:
            supervisor.stopping()
            _offline(parts, crew.dismiss())
            share.leave()
        parts.journal("stopped")


def _offline(parts: Parts, watched: frozenset[str]) -> None:
    for name in watched:
        try:
            parts.store.record_status(AccountStatus(name=name, connected=False, last_pass=None, error=None))
        except GelassenError as error:  # a full disk must not make an orderly end a failure
            parts.journal("failed", account=name, role="end", error=str(error), pause=0)


def run_once(parts: Parts) -> bool:
    """One full pass over all accounts; whether all of them went well."""
    with _ready(parts):
        results = [_pass(parts, account) for account in parts.config.accounts]
    return all(results)


def _pass(parts: Parts, account: Account) -> bool:
    mailbox = parts.mailbox(account)
    error: str | None = None
    try:
        mailbox.connect()
        parts.store.remember(account.name, "cooling_off", mailbox.folders.cooling_off)
        inbox_pass(parts, account, mailbox, lambda: False)()
        if account.relay is not None:
            parts.outgoing.delivery(account).run()
        parts.guard(account, mailbox).run()
    except GelassenError as failure:
        error = str(failure)
        parts.journal("failed", account=account.name, role="once", error=error, pause=0)
    finally:
        mailbox.close()
    now = None if error else parts.clock.now()
    parts.store.record_status(AccountStatus(name=account.name, connected=False, last_pass=now, error=error))
    return error is None


@contextmanager
def _ready(parts: Parts) -> Iterator[None]:
    """Everything checked that would stop the daemon anyway: accounts, the only instance, database, calendar, model."""
    if not parts.config.accounts:
        raise ConfigError([f"{parts.config.path}: no [[account]]; add one with: gelassen init"])
    with InstanceLock(parts.lock_path):
        _ = parts.store
        parts.calendar.check()
        for problem in parts.templates.problems():
            parts.journal("template_failed", error=problem)
        parts.classifier.score([_WARM_UP])
        if renewed := parts.learning.renew():
            parts.journal("corrections_renewed", count=renewed)
        try:
            yield
        finally:
            parts.sharing.leave()


@contextmanager
def stopped_by_signal(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``; only possible in the main thread, elsewhere the caller sets it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, _setter(stop)) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _setter(stop: threading.Event) -> Callable[[int, object], None]:
    def handler(number: int, frame: object) -> None:
        del number, frame
        stop.set()

    return handler
