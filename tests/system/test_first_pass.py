"""The first pass over an INBOX of years on a real Dovecot, the second one, and many accounts: thrifty, and all served.

The classifier is the one that reads its verdict from a mark in the text; everything else is what runs in a daemon.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient

from assistant.config import load
from assistant.core.escalation import JudgeInput, Scores
from assistant.core.message import SetAside
from assistant.daemon.parts import Parts, silent
from assistant.daemon.run import run
from assistant.daemon.watch import inbox_pass
from assistant.services.intake import BATCH, Journal
from tests.contract import mails
from tests.fakes import MarkedClassifier
from tests.servers import until
from tests.servers.correspondence import fill, letters
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.system

_UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
_MAILS = 300
_ACCOUNTS = 12
_COMMAND = re.compile(rb"^[A-Z]{4}\d+ (?:UID )?(\w+)", re.MULTILINE)


@contextmanager
def _parts(program: Gelassen, classifier: MarkedClassifier, journal: Journal = silent) -> Iterator[Parts]:
    parts = Parts(load(program.config), "en", journal)
    parts.__dict__["classifier"] = classifier  # where ``cached_property`` keeps what it has made
    yield parts
    parts.store.close()


def _pass(program: Gelassen, classifier: MarkedClassifier | None = None) -> list[str]:
    """One pass over INBOX on a connection of its own; the Message-IDs in the ledger, the first stored one first."""
    with _parts(program, classifier or MarkedClassifier()) as parts:
        (account,) = parts.config.accounts
        mailbox = parts.mailbox(account)
        inbox_pass(parts, account, mailbox, lambda: False)()
        mailbox.close()
        found = parts.store.list_incoming(limit=10_000)
    return [mail.message_id or "" for mail in sorted(found, key=lambda mail: mail.id)]


@pytest.fixture
def program(tmp_path: Path, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> Gelassen:
    """Settings for one account on the session's server."""
    monkeypatch.setenv("GELASSEN_TEST_PASSWORD", "pw")
    return Gelassen(tmp_path, port=dovecot.port, user=user)


def test_first_and_second_pass_are_thrifty(tmp_path: Path, dovecot: Dovecot, program: Gelassen) -> None:
    """Less than a thirtieth of the mailbox is fetched, with one look at all of it; then only a handful of commands.

    Everything is in the ledger afterwards, newsletters with their reason.
    """
    size = fill(dovecot, program.user, letters(_MAILS, until=_UNTIL))
    with Proxy(dovecot.port) as proxy:
        frugal = Gelassen(tmp_path, port=proxy.port, user=program.user)
        assert len(_pass(frugal)) == _MAILS
        commands = _COMMAND.findall(proxy.asked)
        assert proxy.received < size / 30  # the bar is a twentieth
        assert commands.count(b"SEARCH") == 1
        assert commands.count(b"FETCH") < _MAILS / 2  # batches, not messages
        before, received = len(proxy.asked), proxy.received
        assert len(_pass(frugal)) == _MAILS
        again = _COMMAND.findall(proxy.asked, before)
        assert b"FETCH" not in again
        assert len(again) < 20
        assert proxy.received - received < 20_000
    with _parts(program, MarkedClassifier()) as parts:
        aside = [mail.set_aside for mail in parts.store.list_incoming(limit=_MAILS)]
    assert {*aside} == {None, SetAside.BULK}


class _Eventful(MarkedClassifier):
    """During whose first batch a mail arrives."""

    def __init__(self, client: IMAPClient, raw: bytes) -> None:
        self._client, self._raw = client, raw
        self.batches = 0

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """As ever."""
        self.batches += 1
        if self.batches == 1:
            self._client.append("INBOX", self._raw)
        return super().score(inputs)


def test_what_comes_during_a_first_pass_is_judged_in_the_next_batch(
    dovecot: Dovecot, program: Gelassen, other: IMAPClient
) -> None:
    """The newest mail first, also when it came after the pass had begun."""
    fill(dovecot, program.user, letters(3 * BATCH, until=_UNTIL))
    ids = _pass(program, _Eventful(other, mails.plain(message_id="<just.now@client.example>")))
    assert len(ids) == 3 * BATCH + 1
    assert ids.index("<just.now@client.example>") == BATCH


def test_many_accounts_in_one_daemon_are_all_served(dovecot: Dovecot, program: Gelassen) -> None:
    """Each has its INBOX judged, is told as connected, and gets what comes later; in the end no thread is left."""
    program.look_after(_ACCOUNTS, relay=9)
    names = {f"account{number}" for number in range(_ACCOUNTS)}
    for number in range(_ACCOUNTS):
        fill(dovecot, f"{program.user}{number}", letters(2, until=_UNTIL, seed=number))
    told: list[tuple[str, object]] = []
    stop = threading.Event()

    def journal(event: str, /, **fields: object) -> None:
        told.append((event, fields.get("account")))

    def accounts(*events: str, times: int = 1) -> set[object]:
        found = [account for event, account in list(told) if event in events]
        return {account for account in found if found.count(account) >= times}

    with _parts(program, MarkedClassifier(), journal) as parts:
        daemon = threading.Thread(target=lambda: run(parts, stop=stop), name="daemon")
        before = threading.active_count()
        daemon.start()
        try:
            judged = "mail_judged", "mail_set_aside"
            assert until(lambda: accounts(*judged, times=2) == names, seconds=120), told
            assert until(lambda: accounts("connected", times=2) == names, seconds=120), told
            for number in range(_ACCOUNTS):
                with IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=60) as client:
                    client.login(f"{program.user}{number}", "pw")
                    client.append("INBOX", mails.plain(message_id=f"<later.{number}@client.example>"))
            assert until(lambda: accounts(*judged, times=3) == names, seconds=120), told
            assert {status.name for status in parts.store.statuses() if status.connected} == names
        finally:
            stop.set()
            daemon.join(120)
        assert not daemon.is_alive()
        assert threading.active_count() <= before
    assert not accounts("bug"), told
