"""The mailboxes that the contract suite runs against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.adapters.database import SqlStore, open_store
from assistant.adapters.imap import ImapMailbox
from assistant.services.ports import Mailbox
from tests.contract.places import KINDS, Place, Places, require
from tests.fakes import MemoryMailbox, MemoryServer


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The servers, each started when it is first needed."""
    found = Places(tmp_path_factory.mktemp("places"))
    yield found
    found.close()


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, places: Places) -> Place:
    """An empty mailbox on each server."""
    require(request.param)
    return places.get(request.param)


@pytest.fixture
def mailbox(place: Place) -> Iterator[ImapMailbox]:
    """The IMAP adapter on that mailbox."""
    with place.mailbox() as found:
        yield found


@pytest.fixture(params=[*KINDS, "memory"])
def every(request: pytest.FixtureRequest, places: Places) -> Iterator[Mailbox]:
    """Every implementation of the port on every server, empty."""
    if request.param == "memory":
        yield MemoryMailbox(MemoryServer())
        return
    require(request.param)
    with places.get(request.param).mailbox() as found:
        yield found


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """The ledger on each kind of database, empty."""
    found = open_store(database_url)
    yield found
    found.close()
