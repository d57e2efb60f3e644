"""The process dies at every single line of what holds, releases and sends; nothing is lost, nothing goes out twice.

Not sampled: each story is played once to list the lines of the program's own code that it runs through, and every
change that it makes to a server, the relay or the ledger. Then it is played again, dying at these lines, a new process
starts and settles what was cut off, and the mail client and the user do what people do who saw no answer.

A dead process leaves nothing but what it has changed outside. Lines between the same two changes are therefore the same
death, and of each such stretch the first and the last line are tried, on PostgreSQL the last alone.
``GELASSEN_KILL_POINTS=all`` tries every line, ``GELASSEN_KILL_POINTS=200-399`` those of every story with these numbers.

On PostgreSQL the locks of effects and the lock that tells the living from the dead are the database's own: they end
with the session of the process that died.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import pytest
from sqlalchemy import event as happening

import assistant.services
from assistant.adapters import database
from assistant.adapters.database import open_store
from assistant.adapters.database.schema import metadata
from assistant.core.delivery import Answer
from assistant.core.draft import State
from assistant.errors import GelassenError
from assistant.services.submission import Fate
from tests.fakes import Crash
from tests.servers import memory
from tests.servers.postgres import Postgres
from tests.studio import Studio, new_ledger
from tests.unit.services.conftest import draft, mail

#: Where the process is let die: the use cases and the part of the store that writes.
_ROOMS: Final = tuple(str(Path(str(package.__file__)).parent) for package in (assistant.services, database))
_HOT: Final = "Das ist Ihre Schuld (3)."
_CALM: Final = "Danke, ich melde mich (0)."
_COOLED: Final = timedelta(days=3)
_ELSEWHERE: Final = (State.UNCERTAIN, State.SENT, State.DISCARDED)


@dataclass
class World:
    """What a story leaves to be looked at.

    Attributes:
        answered: the mail client was told that its mail is taken.

    """

    studio: Studio
    answered: bool = False


Story = Callable[[World], None]


def hold_and_release(world: World) -> None:
    """A hot draft is held, approved, released back into Drafts."""
    world.studio.settle_drafts()
    _decide(world, world.studio.desk.release)


def hold_and_send(world: World) -> None:
    """A hot draft is held, approved, sent through the relay."""
    world.studio.settle_drafts()
    _decide(world, lambda number: world.studio.desk.release(number, send=True))
    world.studio.guard.run()


def hold_edit_discard(world: World) -> None:
    """A hot draft is held, rewritten, discarded and fetched back."""
    world.studio.settle_drafts()
    (row,) = world.studio.store.drafts((State.HELD,))
    world.studio.desk.edit(row.id, "Guten Tag, danke für den Hinweis (1).")
    world.studio.desk.discard(row.id)
    world.studio.desk.undo_discard(row.id)


def gateway_relays(world: World) -> None:
    """A calm mail goes straight through the gateway."""
    world.answered = world.studio.hand_over(draft(1, _CALM)).fate is not Fate.REFUSED
    world.studio.guard.run()


def gateway_holds(world: World) -> None:
    """A hot mail is held by the gateway, approved, released, and sent at the second attempt."""
    world.studio.relay.refuse(Answer(code=450, text="later"))
    world.answered = world.studio.hand_over(draft(1, _HOT)).fate is not Fate.REFUSED
    world.studio.guard.run()
    _decide(world, world.studio.desk.release)
    world.studio.clock.forward(timedelta(minutes=1))
    world.studio.delivery.run()
    world.studio.guard.run()


def _decide(world: World, decision: Callable[[int], object]) -> None:
    for row in world.studio.store.drafts((State.HELD,)):
        world.studio.clock.forward(_COOLED)
        world.studio.desk.approve(row.id, row.digest)
        decision(row.id)


STORIES: Final[dict[str, tuple[Story, str]]] = {
    "hold and release": (hold_and_release, _HOT),
    "hold and send": (hold_and_send, _HOT),
    "hold, edit, discard, undo": (hold_edit_discard, _HOT),
    "gateway relays": (gateway_relays, _CALM),
    "gateway holds and sends": (gateway_holds, _HOT),
}


def _tracer(reached: Callable[[], None]) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that calls ``reached`` before every line of the functions in the rooms."""

    def line(frame: FrameType, event: str, argument: object) -> Any:
        del frame, argument
        if event == "line":
            reached()
        return line

    def call(frame: FrameType, event: str, argument: object) -> Any:
        del event, argument
        code = frame.f_code
        return line if code.co_filename.startswith(_ROOMS) and code.co_name != "<module>" else None

    return call


class Walk:
    """One way through a story: the points passed, each with the number of changes made outside before it."""

    def __init__(self, studio: Studio, dies_at: int) -> None:
        self.passed: list[int] = []
        self.committed = False
        self._changes = 0
        self._dies_at = dies_at
        studio.server.strike = self._outside
        studio.relay.strike = self._outside
        happening.listen(studio.store.engine, "commit", self._committed)

    def point(self) -> None:
        """The process may die here."""
        self.passed.append(self._changes)
        if len(self.passed) == self._dies_at:
            sys.settrace(None)
            raise Crash(str(self._dies_at))

    def _outside(self, place: str) -> None:
        self.committed |= place == "commit"
        self._changes += 1
        self.point()

    def _committed(self, connection: object) -> None:
        del connection
        self._changes += 1


def _played(story: Story, world: World, dies_at: int) -> Walk:
    """Plays a story until the process dies at a point, 0: never; how far it came."""
    walk = Walk(world.studio, dies_at)
    sys.settrace(_tracer(walk.point))
    try:
        story(world)
    except Crash:
        pass
    finally:
        sys.settrace(None)
    world.studio.server.strike = world.studio.relay.strike = lambda place: None
    return walk


def _deaths(passed: list[int], *, few: bool) -> list[int]:
    """The points to die at, counted from 1."""
    wanted = os.environ.get("GELASSEN_KILL_POINTS", "")
    if wanted:
        first, _, last = wanted.replace("all", "1-").partition("-")
        return list(range(int(first), min(int(last or len(passed)), len(passed)) + 1))
    ends = {changes: number for number, changes in enumerate(passed, 1)}
    starts = {changes: number for number, changes in reversed(list(enumerate(passed, 1)))}
    return sorted({*ends.values(), *(() if few else starts.values())})


def _afterwards(world: World, name: str) -> None:
    """A new process, and people who saw no answer."""
    studio = world.studio
    studio.restart()
    for _ in range(2):
        studio.delivery.run()
        studio.settle_drafts()
        studio.clock.forward(timedelta(minutes=2))
    if name.startswith("gateway") and not world.answered:
        studio.hand_over(draft(1, STORIES[name][1]))  # the mail client shows an error, the user presses Send again
    for row in studio.store.drafts((State.HELD,)):
        studio.clock.forward(_COOLED)
        _tried(partial(studio.desk.approve, row.id, row.digest))
        _tried(partial(studio.desk.release, row.id, send="send" in name))
    for _ in range(2):
        studio.clock.forward(timedelta(minutes=2))
        studio.delivery.run()
        studio.settle_drafts()


def _tried(decision: Callable[[], object]) -> None:
    try:
        decision()
    except GelassenError:
        return


@dataclass(frozen=True)
class Ledgers:
    """Where ledgers come from.

    Attributes:
        fresh: the URL of one with the schema and nothing in it; the one before is gone.
        few: they are slow.
    """

    fresh: Callable[[], str]
    few: bool


def _files(folder: Path) -> Ledgers:
    """A file for each."""
    path = folder / "ledger.db"

    def fresh() -> str:
        for leftover in folder.glob(f"{path.name}-*"):
            leftover.unlink()
        return new_ledger(path)

    return Ledgers(fresh=fresh, few=False)


def _emptied(server: Postgres, url: str) -> Ledgers:
    """Emptying the tables is faster than a database of its own for each death."""
    open_store(url).close()
    tables = ", ".join(table.name for table in metadata.sorted_tables)

    def fresh() -> str:
        server.execute(f"TRUNCATE {tables} RESTART IDENTITY", database=url.rpartition("/")[2])
        return url

    return Ledgers(fresh=fresh, few=True)


@pytest.fixture(params=["sqlite", "postgres"])
def ledgers(request: pytest.FixtureRequest) -> Iterator[Ledgers]:
    """Ledgers of each kind."""
    if request.param == "sqlite":
        with TemporaryDirectory(dir=memory()) as folder:
            yield _files(Path(folder))
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database()
    yield _emptied(server, url)
    server.drop(url)


@pytest.mark.filterwarnings("ignore:<psycopg.Connection:ResourceWarning")  # who dies closes nothing
@pytest.mark.parametrize("name", STORIES)
def test_dying_at_any_line_loses_nothing_and_sends_nothing_twice(name: str, ledgers: Ledgers) -> None:
    """At every line: the text is on the server, in the queue or sent; at most one copy went out; and only a mail whose
    text the relay was given before the answer was written down is uncertain.
    """
    passed = _one(name, ledgers.fresh(), dies_at=0)
    assert passed[-1] > 5
    deaths = _deaths(passed, few=ledgers.few)
    for number in deaths:
        _one(name, ledgers.fresh(), dies_at=number)
    print(f"{name}: {len(deaths)} of {len(passed)}", flush=True)


def _one(name: str, url: str, *, dies_at: int) -> list[int]:
    story, words = STORIES[name]
    world = World(studio=Studio(url))
    studio = world.studio
    studio.server.add("INBOX", mail(1, "So geht das nicht (0)."))
    if not name.startswith("gateway"):
        studio.server.add("Drafts", draft(1, words), ["\\Draft"])
    walk = _played(story, world, dies_at)
    answered_before_death = world.answered
    _afterwards(world, name)
    where = f"{name}, line {dies_at}"
    _nothing_lost(studio, where, in_drafts=not name.startswith("gateway"), answered=answered_before_death)
    _nothing_twice(studio, where)
    uncertain = studio.store.drafts((State.UNCERTAIN,))
    assert walk.committed or not uncertain, where
    studio.stop()
    return walk.passed


def _nothing_lost(studio: Studio, where: str, *, in_drafts: bool, answered: bool) -> None:
    rows = studio.store.drafts(tuple(State))
    kept = [row for row in rows if studio.store.raw(row.id, row.version) and row.state is not State.WITHDRAWN]
    visible = studio.server.raws("Drafts", "Cooling off", "Sent")
    if in_drafts or answered:
        assert kept or visible, where
    if in_drafts:
        assert visible or any(row.state in _ELSEWHERE for row in rows), where
    if not in_drafts:
        unsettled = [row for row in rows if row.state in (State.UNCERTAIN, State.SENT, State.HELD, State.RELEASED)]
        assert studio.relay.delivered or unsettled, where


def _nothing_twice(studio: Studio, where: str) -> None:
    assert len(studio.relay.delivered) <= 1, where
    sent = studio.server.raws("Sent")
    assert len(sent) == len(set(sent)) <= 1, where
    held = studio.server.raws("Cooling off")
    assert len(held) <= 1, where
    drafts = studio.server.raws("Drafts")
    assert len(drafts) + len(held) <= 1, where
    if studio.relay.delivered:
        assert not drafts, where
        states = {row.state for row in studio.store.drafts(tuple(State))} - {State.WITHDRAWN}
        assert states <= {State.SENT, State.UNCERTAIN}, (where, states)
