"""A ledger of 10,000 held drafts and 20,000 judged mails: each command in a cold process, and what the daemon does."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from imapclient import IMAPClient

from assistant.adapters.database import SqlStore, open_store
from assistant.config import load
from assistant.core.delivery import Envelope
from assistant.daemon.parts import Parts
from assistant.services.effects import on_folders
from tests.bench import filling
from tests.bench.figures import MOST, Figure
from tests.bench.judging import seconds, timed
from tests.bench.options import Options
from tests.fakes import MarkedClassifier
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.postgres import Postgres
from tests.servers.smtp import Sink

#: A command, seconds; a look of the daemon at what is not due, and one draft that comes, milliseconds.
_COMMAND, _LOOK, _ONE = 0.5, 100.0, 300.0
_RELAY = 'relay = {{ host = "127.0.0.1", port = {port}, security = "none", user = "mara" }}'
_PART = "drafts"


@dataclass(frozen=True, kw_only=True)
class _World:
    """A user whose ledger and cooling-off folder are full; ``numbers`` gives a draft that was not taken yet."""

    gelassen: Gelassen
    parts: Parts
    store: SqlStore
    client: IMAPClient
    numbers: Iterator[int]


def drafts(options: Options) -> Iterator[Figure]:
    """On SQLite; Dovecot holds the copies."""
    with _world("", options) as world:
        yield from _all("drafts", world, options)


def drafts_on_postgresql(options: Options) -> Iterator[Figure]:
    """The same on PostgreSQL."""
    with Postgres(durable=True) as server, _world(server.database(), options) as world:
        yield from _all("drafts-pg", world, options)


def _all(part: str, world: _World, options: Options) -> Iterator[Figure]:
    for figure in (*_commands(world, options), *_daemon(world, options), *_intake(world, options)):
        yield replace(figure, part=part)


@contextmanager
def _world(url: str, options: Options) -> Iterator[_World]:
    with (
        tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder,
        Dovecot(any_user_password="pw") as imap,
        Sink(users={"mara": "pw"}) as sink,
    ):
        gelassen = Gelassen(
            Path(folder), port=imap.port, user="mara", settle="0m", account=_RELAY.format(port=sink.port)
        )
        if url:
            _use(gelassen, url)
        os.environ |= {"GELASSEN_TEST_PASSWORD": "pw", "XDG_STATE_HOME": folder}
        parts = Parts(load(gelassen.config), "en")
        vars(parts)["classifier"] = MarkedClassifier()  # what judging costs is measured elsewhere
        client = gelassen.client()
        with client:
            client.create_folder("Cooling off")
            filling.fill(parts.store, client, held=options.held, mails=options.known)
            yield _World(
                gelassen=gelassen, parts=parts, store=parts.store, client=client, numbers=count(options.held // 2)
            )
        parts.store.close()


def _use(gelassen: Gelassen, url: str) -> None:
    text = gelassen.config.read_text(encoding="utf-8")
    gelassen.config.write_text(text.replace(f"sqlite:///{gelassen.store}", url), encoding="utf-8")
    open_store(url).close()


def _commands(world: _World, options: Options) -> Iterator[Figure]:
    """Whole processes, from the start to the exit."""

    def one(way: str) -> Callable[[], list[str]]:
        number = filling.by_gateway if way == "gateway" else filling.from_drafts
        return lambda: [str(next(n for n in world.numbers if number(n)))]

    commands: dict[str, Callable[[], list[str]]] = {
        "queue": lambda: ["queue"],
        "queue --json": lambda: ["queue", "--json"],
        "queue --all": lambda: ["queue", "--all"],
        "status": lambda: ["status"],
        "show ID": lambda: ["show", *one("drafts")()],
        "show ID --json": lambda: ["show", *one("drafts")(), "--json"],
        "extend ID 2h": lambda: ["extend", *one("drafts")(), "2h"],
        "discard ID, a draft": lambda: ["discard", *one("drafts")()],
        "discard ID, of the gateway": lambda: ["discard", *one("gateway")()],
        "release ID, into Drafts": lambda: ["release", *one("drafts")(), "--now", "--reason", "bench"],
        "release ID, by the relay": lambda: ["release", *one("gateway")(), "--now", "--reason", "bench"],
        "mails": lambda: ["mails"],
    }
    for name, words in commands.items():
        world.gelassen.command(*words())
        walls, processors = zip(*(_cold(world.gelassen, words()) for _ in range(options.rounds)), strict=True)
        yield Figure(part=_PART, name=f"gelassen {name}", unit="s", values=walls, sense=MOST, bar=_COMMAND)
        yield Figure(part=_PART, name=f"gelassen {name}", unit="s of processor", values=processors)


def _cold(gelassen: Gelassen, words: list[str]) -> tuple[float, float]:
    """How many seconds by the clock, and of the processor, which neighbours disturb less."""
    before = _spent()
    wall = seconds(lambda: gelassen.command(*words))
    return wall, _spent() - before


def _spent() -> float:
    """Seconds of the processor in all commands so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _daemon(world: _World, options: Options) -> Iterator[Figure]:
    """What the daemon does with nothing due, and with one draft."""
    parts = world.parts
    account = parts.config.accounts[0]
    mailbox = parts.mailbox(account)
    guard, delivery = parts.guard(account, mailbox), parts.outgoing.delivery(account)
    guard.run()  # what the commands left

    def look() -> None:
        delivery.run()
        on_folders(world.store, account.name)

    yield from _figures("a look of the guard, nothing due", guard.run, options, bar=_LOOK)
    yield from _figures("a look for mail to be sent, nothing due", look, options, bar=_LOOK / 5)
    yield from _figures("a draft is held", guard.run, options, before=lambda: _drafted(world), bar=_ONE)
    yield from _figures("a calm draft is left", guard.run, options, before=lambda: _drafted(world, calm=True), bar=_ONE)
    yield from _figures("a mail appears in Sent", guard.run, options, before=lambda: _sent(world), bar=_ONE)
    yield from _gateway(world, guard.run, options)
    mailbox.close()


def _gateway(world: _World, shown: Callable[[], object], options: Options) -> Iterator[Figure]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        submission = world.parts.outgoing.submission(world.parts.config.accounts[0], pool)
        envelope = Envelope(sender=filling.OWN, recipients=("neu@kunde.example",))
        raws = iter([filling.raw(10**6 + number, "neu@kunde.example") for number in range(options.rounds + 1)])
        yield from _figures(
            "the gateway holds a mail", lambda: submission.submit(envelope, next(raws)), options, bar=_ONE
        )
        shown()
        raws = iter([filling.raw(2 * 10**6 + number, "neu@kunde.example") for number in range(options.rounds + 1)])
        yield from _figures(
            "the copy of a held mail is shown",
            shown,
            options,
            before=lambda: submission.submit(envelope, next(raws)),
            bar=_ONE,
        )


_fresh = count(3 * 10**6)


def _drafted(world: _World, *, calm: bool = False) -> None:
    world.client.append("Drafts", filling.raw(next(_fresh), "alt@kunde.example", heat=0 if calm else 2), ("\\Draft",))


def _sent(world: _World) -> None:
    world.client.append("Sent", filling.raw(next(_fresh), "alt@kunde.example"), ("\\Seen",))


def _intake(world: _World, options: Options) -> Iterator[Figure]:
    """What storing costs in a first pass, batch by batch."""
    batches = iter(list(filling.batches(10**6, 32 * (options.rounds + 1))))
    times = [seconds(lambda: world.store.add_incoming(*next(batches))) for _ in range(options.rounds)]
    values = tuple(1000 * one / 32 for one in times)
    yield Figure(part=_PART, name="storing mails in batches of 32", unit="ms a mail", values=values)
    known = tuple(1000 * seconds(lambda: world.store.known_uids("studio", "INBOX", 7)) for _ in range(options.rounds))
    yield Figure(part=_PART, name="a second look at INBOX, ledger only", unit="ms", values=known)


def _figures(
    name: str, work: Callable[[], object], options: Options, *, bar: float, before: Callable[[], object] = lambda: None
) -> Iterator[Figure]:
    times = []
    for _ in range(options.rounds):
        before()
        times.append(timed(work))
    walls, processors = zip(*((1000 * wall, 1000 * spent) for wall, spent in times), strict=True)
    yield Figure(part=_PART, name=name, unit="ms", values=walls, sense=MOST, bar=bar)
    yield Figure(part=_PART, name=name, unit="ms of processor", values=processors)
