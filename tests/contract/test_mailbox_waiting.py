"""Waiting for what other programs do, on every server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from assistant.adapters.imap import ImapMailbox
from tests.contract import mails
from tests.contract.places import Place, never, put

pytestmark = pytest.mark.system


@contextmanager
def _soon(place: Place, action: Any) -> Iterator[list[float]]:
    """Has another program do something a little later; the time of it is in the list."""
    done: list[float] = []

    def work() -> None:
        with place.other() as client:
            started.wait(5)
            action(client)
            done.append(time.monotonic())

    started = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    timer = threading.Timer(0.4, started.set)
    timer.start()
    yield done
    timer.join()
    thread.join(10)


def test_new_mail_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """Promptly, and it can be fetched then."""
    mailbox.state("INBOX")
    with _soon(place, lambda client: client.append("INBOX", mails.plain())) as done:
        assert mailbox.wait("INBOX", 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt
    assert len(mailbox.state("INBOX").uids) == 1


def test_a_message_taken_away_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """A draft that the user deleted or sent."""
    key = put(mailbox, mails.plain(), mailbox.folders.drafts)
    mailbox.state(key.folder)

    def take(client: Any) -> None:
        client.select_folder(key.folder)
        client.delete_messages([key.uid])
        client.expunge()

    with _soon(place, take) as done:
        assert mailbox.wait(key.folder, 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt


@pytest.mark.parametrize("role", ["drafts", "sent", "cooling_off"])
def test_several_folders_are_watched_at_once(place: Place, mailbox: ImapMailbox, role: str) -> None:
    """A change in any of them ends the wait."""
    folders = mailbox.folders
    watched = (folders.drafts, folders.sent, folders.cooling_off)
    for folder in watched:
        mailbox.state(folder)
    assert not mailbox.wait_any(watched, 0.5, never)
    with _soon(place, lambda client: client.append(getattr(folders, role), mails.plain())) as done:
        assert mailbox.wait_any(watched, 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt
    assert not mailbox.wait_any(watched, 0.5, never)


def test_what_came_between_looking_and_waiting_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """In the folder itself and in the others."""
    folders = mailbox.folders
    for change, waited in ((folders.drafts, (folders.drafts,)), (folders.sent, (folders.drafts, folders.sent))):
        for folder in waited:
            mailbox.state(folder)
        with place.other() as client:
            client.append(change, mails.plain())
        start = time.monotonic()
        assert mailbox.wait_any(waited, 10, never)
        assert time.monotonic() - start < 5


def test_a_quiet_folder_lets_the_time_pass(mailbox: ImapMailbox) -> None:
    """False after the time, and the connection is good for the next command."""
    mailbox.state("INBOX")
    start = time.monotonic()
    assert not mailbox.wait("INBOX", 0.6, never)
    assert time.monotonic() - start > 0.5
    assert mailbox.state("INBOX").uids == ()


def test_waiting_can_be_interrupted(mailbox: ImapMailbox) -> None:
    """Soon, long before the time is over."""
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    start = time.monotonic()
    assert not mailbox.wait("INBOX", 30, stop.is_set)
    assert time.monotonic() - start < 15
    timer.join()
