"""What a submitted mail answers: found in INBOX when the ledger does not know it, and never waited for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal

import pytest

from assistant.errors import Disconnected
from assistant.services.ledger import AccountStatus, Incoming
from assistant.services.lookup import Lookup
from tests.unit.services.conftest import Studio, mail

NEW, OLD = "<c2@kunde.example>", "<c1@kunde.example>"


class Server:
    """Counts how often it is asked, and looks into INBOX unless it is told something else."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.asked = 0
        self.error: Exception | None = None
        self.silent: Signal | None = None

    def __call__(self, thread: Sequence[str]) -> Incoming | None:
        """As the daemon asks it."""
        self.asked += 1
        if self.error:
            raise self.error
        if self.silent:
            assert self.silent.wait(30)
        return self._studio.new_intake().find(thread)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Where the server is asked."""
    with ThreadPoolExecutor(1) as found:
        yield found


def lookup(studio: Studio, server: Server, pool: ThreadPoolExecutor, seconds: float = 30) -> Lookup:
    """With all the time in the world, unless a test is about it."""
    patience = timedelta(seconds=seconds)
    return Lookup(account="studio", store=studio.store, ask=server, pool=pool, patience=patience)


def known_and_new(studio: Studio) -> None:
    """An old mail of a thread that was judged, and a new one that has just come."""
    studio.server.add("INBOX", mail(1, "Danke (0)."))
    studio.take_all()
    studio.server.add("INBOX", mail(2, "So geht das nicht (3)."))


def test_a_mail_that_has_just_come_is_found_before_an_older_one_of_its_thread(
    studio: Studio, pool: ThreadPoolExecutor
) -> None:
    """The ledger knows only the calm beginning of the thread; what is answered is the heated end."""
    known_and_new(studio)
    server = Server(studio)
    found = lookup(studio, server, pool).find([NEW, OLD])
    assert found is not None
    assert (found.message_id, found.level) == (NEW, 3)
    assert lookup(studio, server, pool).find([NEW, OLD]) == found
    assert server.asked == 1  # now it is in the ledger


def test_what_the_ledger_knows_is_not_asked_for(studio: Studio, pool: ThreadPoolExecutor) -> None:
    """Nor is anything when a mail answers none: the usual ways cost no connection."""
    known_and_new(studio)
    server = Server(studio)
    found = lookup(studio, server, pool).find([OLD, "<c0@kunde.example>"])
    assert found is not None
    assert found.message_id == OLD
    assert lookup(studio, server, pool).find([]) is None
    assert server.asked == 0


def test_a_server_that_breaks_off_or_is_known_to_be_away_holds_nobody_up(
    studio: Studio, pool: ThreadPoolExecutor
) -> None:
    """What the ledger knows of the thread counts then; who is known to be away is not asked."""
    known_and_new(studio)
    server = Server(studio)
    server.error = Disconnected("127.0.0.1: cannot connect.")
    found = lookup(studio, server, pool).find([NEW, OLD])
    assert found is not None
    assert (found.message_id, server.asked) == (OLD, 1)
    studio.store.record_status(AccountStatus(name="studio", connected=False, last_pass=None, error="away"))
    assert lookup(studio, server, pool).find([NEW, OLD]) == found
    assert server.asked == 1


def test_a_slow_server_is_not_waited_for_and_its_answer_is_not_lost(studio: Studio, pool: ThreadPoolExecutor) -> None:
    """The mail client gets its answer; what is found later is in the ledger for the next one."""
    known_and_new(studio)
    server = Server(studio)
    server.silent = Signal()
    found = lookup(studio, server, pool, seconds=0.1).find([NEW, OLD])
    assert found is not None
    assert found.message_id == OLD
    server.silent.set()
    pool.submit(lambda: None).result(30)  # the one before it is done
    known = studio.store.incoming_by_message_id("studio", NEW)
    assert known is not None
    assert known.level == 3
