"""Fixtures of the submission servers; import them where they are used."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import need_dovecot
from tests.servers import postfix as postfix_server
from tests.servers import submission as submission_server
from tests.servers.postfix import Postfix
from tests.servers.submission import Submission

BOB, EVE, JOERG = "bob@example.test", "eve@example.test", "jörg@example.test"


def need_postfix() -> None:
    """Skips the test where Postfix is not installed, or fails it when the servers are required.

    Without root it is skipped in any case: Postfix's master process refuses to run then.
    """
    need_dovecot()
    if os.getuid() != 0:
        pytest.skip("Postfix can only be started by root")
    _need(postfix_server.installed(), "Postfix", "postfix")


def need_submission() -> None:
    """Skips the test where Dovecot's submission server is not installed, or fails it when the servers are required."""
    need_dovecot()
    _need(submission_server.installed(), "Dovecot's submission server", "dovecot-submissiond")


def _need(there: object, name: str, package: str) -> None:
    if there:
        return
    if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{name} is missing (Debian: apt-get install {package}), and GELASSEN_REQUIRE_SERVERS=1")
    pytest.skip(f"{name} is not installed (Debian: apt-get install {package})")


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """One Postfix for the session: user ``mara``, mailboxes of Bob, Eve and Jörg, mails up to 1 MB."""
    need_postfix()
    with Postfix(users={"mara": "pw"}, mailboxes=[BOB, EVE, JOERG], size_limit=2**20) as server:
        yield server


@pytest.fixture
def submission() -> Iterator[Submission]:
    """Dovecot's submission server with a sink behind it, fresh: user ``mara``, mails up to 1 MB."""
    need_submission()
    with Submission(users={"mara": "pw"}) as server:
        yield server
