"""The connection cut at every byte, in both directions: the outcome never says more than what happened."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

import pytest

from assistant.adapters.relay import SubmissionRelay
from assistant.core.delivery import Attempt
from tests.contract.relays import Post, envelope, settings_for
from tests.servers import until
from tests.servers.smtp import Sink

BOB, EVE = "bob@example.org", "eve@example.org"


class Cutter:
    """Leads one connection at a time to a server, and cuts it behind so many bytes to it, or from it."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.up, self.down = 10**9, 10**9
        self.counted = [0, 0]
        self._thread = threading.Thread(target=self._serve, name="cutter")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                with client, server, suppress(OSError):
                    self._lead(client, server)

    def _lead(self, client: socket.socket, server: socket.socket) -> None:
        self.counted = [0, 0]
        ways = {client: (server, 0, self.up), server: (client, 1, self.down)}
        while True:
            for source in select.select([client, server], [], [])[0]:
                target, way, limit = ways[source]
                chunk = source.recv(65536)
                self.counted[way] += len(chunk)
                over = self.counted[way] - limit
                target.sendall(chunk[:-over] if over > 0 else chunk)
                if over >= 0 or not chunk:
                    return


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """One server for all cuts."""
    with Sink() as found:
        yield found


@pytest.fixture(scope="module")
def cutter(sink: Sink) -> Iterator[Cutter]:
    """In front of it."""
    with Cutter(sink.port) as found:
        yield found


def attempt(sink: Sink, cutter: Cutter, name: str) -> tuple[str, Attempt, int]:
    """One mail through the cutter: its Message-ID, the outcome, how often it was committed."""
    message_id = f"<{name}@studio.example>"
    raw = f"Message-ID: {message_id}\r\nSubject: x\r\n\r\nGuten Tag\r\n.\r\nbis bald\r\n".encode()
    relay = SubmissionRelay(settings_for(sink, port=cutter.port))
    post = Post()
    return message_id, relay.deliver(envelope(BOB, EVE), raw, committing=post), post.commits


def never_too_much_said(sink: Sink, message_id: str, outcome: Attempt, commits: int) -> None:
    """Accepted is there once, refused is not there, unknown is there once at most; each recipient is in one place."""
    assert sorted([*outcome.accepted, *outcome.refused, *outcome.unknown]) == [BOB, EVE]
    assert len({bool(outcome.accepted), bool(outcome.refused), bool(outcome.unknown)} - {False}) == 1
    copies = sink.copies(message_id)
    if outcome.accepted:
        assert copies == 1
    elif outcome.unknown:
        assert (commits, copies <= 1) == (1, True)
    else:
        assert copies == 0
        assert {answer.code for answer in outcome.refused.values()} == {0}


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_cut_at_every_byte(sink: Sink, cutter: Cutter, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All places, enumerated; looked at when the server has done with all of them."""
    whole = attempt(sink, cutter, f"{way}-whole")
    assert whole[1].accepted
    length = cutter.counted[0 if way == "up" else 1]
    outcomes = []
    for place in range(length):
        monkeypatch.setattr(cutter, way, place)
        outcomes.append(attempt(sink, cutter, f"{way}-{place}"))
    assert until(lambda: not any(one.open for one in sink.connections))
    for message_id, outcome, commits in outcomes:
        never_too_much_said(sink, message_id, outcome, commits)
    kinds = _kinds([outcome for _, outcome, _ in outcomes])
    assert kinds["refused"] > length // 2
    assert kinds["unknown"] > 0


def _kinds(outcomes: list[Attempt]) -> dict[str, int]:
    tests: dict[str, Callable[[Attempt], object]] = {
        "accepted": lambda one: one.accepted,
        "refused": lambda one: one.refused,
        "unknown": lambda one: one.unknown,
    }
    return {name: sum(bool(test(one)) for one in outcomes) for name, test in tests.items()}
