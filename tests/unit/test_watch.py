"""The loops of an account over hours that pass at once: no hammering, and back soon."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.config import Account
from assistant.daemon.parts import Parts
from assistant.daemon.watch import Faring, Watch
from assistant.errors import Denied, Disconnected, GelassenError
from assistant.services.ledger import AccountStatus
from assistant.services.logins import Logins
from tests.fakes import HandClock
from tests.unit.imap.scripted import Peer, ScriptedServer

START = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)


class Passing(threading.Event):
    """A stop that comes after a day; who waits for it lets the time pass."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """The time passes at once."""
        self._clock.forward(timedelta(seconds=timeout or 0))
        if self._clock.now() >= START + timedelta(days=1):
            self.set()
        return self.is_set()


class StandIn:
    """What the loops use of the parts, and of the store."""

    def __init__(self, server: ScriptedServer | None = None) -> None:
        self.clock = HandClock(START)
        self.store = self
        self.statuses: list[AccountStatus] = []
        self.told: list[tuple[str, dict[str, object]]] = []
        self.secret = "wrong"
        self.logins = Logins(lambda: self.clock.now().timestamp())
        self._server = server

    def mailbox(self, _account: Account) -> ImapMailbox:
        """A connection to the scripted server."""
        assert self._server is not None
        return ImapMailbox(self._server.settings(secret=lambda: self.secret, logins=self.logins))

    def record_status(self, status: AccountStatus) -> None:
        """Keeps it."""
        self.statuses.append(status)

    def remember(self, *_: str) -> None:
        """Forgets it."""

    def journal(self, event: str, /, **fields: object) -> None:
        """Keeps it."""
        self.told.append((event, fields))


class Looking(Watch):
    """Looks once and ends the day."""

    role = "looking"

    def _watch(self, mailbox: ImapMailbox) -> None:
        self._done()
        self._stop.set()


class _Account:
    name = "studio"


def looking(parts: StandIn) -> Looking:
    """A watch on the stand-in."""
    plain = cast(Parts, parts)
    return Looking(plain, cast(Account, _Account()), Passing(parts.clock), Faring(plain, "studio"))


def refusing(peer: Peer, command: str) -> None:
    """One password is right."""
    peer.ok() if '"right"' in command else peer.send(f"{peer.tag} NO [AUTHENTICATIONFAILED] no\r\n")


def test_a_wrong_password_is_tried_a_few_times_a_day() -> None:
    """Further and further apart; the server sees no connection in between, and the log one line a try."""
    with ScriptedServer({"LOGIN": refusing}) as server:
        parts = StandIn(server)
        looking(parts).run()
        tries = server.count("LOGIN")
        assert 20 <= tries <= 27
        assert server.count("CAPABILITY") <= 2 * tries
    failures = [fields for event, fields in parts.told if event == "failed"]
    assert len(failures) == tries
    assert "the login was refused" in str(parts.statuses[-1].error)
    assert "tried again in" in str(parts.statuses[-1].error)


def test_a_corrected_password_is_tried_within_a_minute() -> None:
    """However long the old one would still have to wait."""
    with ScriptedServer({"LOGIN": refusing}) as server:
        parts = StandIn(server)
        corrected_at = START + timedelta(hours=5, minutes=10)

        class Correcting(Passing):
            def wait(self, timeout: float | None = None) -> bool:
                done = super().wait(timeout)
                if parts.clock.now() >= corrected_at:
                    parts.secret = "right"
                return done

        watch = looking(parts)
        watch._stop = Correcting(parts.clock)
        watch.run()
    assert parts.statuses[-1] == AccountStatus(name="studio", connected=True, last_pass=parts.clock.now(), error=None)
    assert parts.clock.now() - corrected_at < timedelta(minutes=1)


def test_a_server_that_is_away_is_tried_every_twenty_seconds() -> None:
    """Soon at first."""
    parts = StandIn()
    failures = iter([Disconnected("away")] * 4320)
    waited = []

    def mailbox(_account: Account) -> ImapMailbox:
        waited.append((parts.clock.now() - START).total_seconds())
        raise next(failures)

    parts.mailbox = mailbox  # type: ignore[method-assign]
    looking(parts).run()
    gaps = [later - earlier for earlier, later in itertools.pairwise(waited)]
    assert gaps[:6] == [1, 2, 5, 10, 20, 20]
    assert max(gaps) == 20


@pytest.mark.parametrize(
    ("said", "connected", "error"),
    [
        ([("drafts", None)], True, None),
        ([("drafts", Disconnected("away"))], False, "away"),
        ([("drafts", Disconnected("away")), ("inbox", None)], False, "away"),
        ([("drafts", Disconnected("away")), ("drafts", None)], True, None),
        ([("drafts", Denied("full")), ("inbox", None)], True, "full"),
        ([("drafts", Denied("full")), ("inbox", Disconnected("away"))], False, "away"),
    ],
)
def test_what_one_watch_says_does_not_hide_what_the_other_said(
    said: list[tuple[str, GelassenError | None]], *, connected: bool, error: str | None
) -> None:
    """An account is well when both are; what is away counts for more than what is refused."""
    parts: Any = StandIn()
    faring = Faring(parts, "studio")
    for role, failure in said:
        if failure is None:
            faring.well(role)
        else:
            faring.failed(role, failure)
    assert (parts.statuses[-1].connected, parts.statuses[-1].error) == (connected, error)
