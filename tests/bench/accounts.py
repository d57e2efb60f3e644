"""Many accounts in one daemon: how long until all are watched, and what they cost at rest."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.mailbox import UNTIL
from tests.bench.options import Options
from tests.bench.proc import open_files, processor, status
from tests.servers import until
from tests.servers.correspondence import fill, letters
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.smtp import Sink

_EACH = 10  # mails in each INBOX
_CALM = 10.0  # seconds after the last event, before the rest is measured
_PATIENCE = 1200.0


def accounts(options: Options) -> Iterator[Figure]:
    """One account, and many, each with an INBOX and a relay."""
    for number in (1, options.accounts):
        yield from _together(number, options.rest)


def _together(count: int, rest: float) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder,
        Dovecot(any_user_password="pw") as server,
        Sink() as sink,
    ):
        for number in range(count):
            fill(server, f"user{number}", letters(_EACH, until=UNTIL, seed=number))
        program = Gelassen(Path(folder), port=server.port, user="user")
        program.look_after(count, relay=sink.port)
        try:
            yield from _figures(program, count, rest)
        finally:
            program.stop()


def _figures(program: Gelassen, count: int, rest: float) -> Iterator[Figure]:
    began = time.perf_counter()
    program.start()
    assert until(lambda: program.log.read_bytes().count(b'"connected"') >= 2 * count, seconds=_PATIENCE)
    watched = time.perf_counter() - began
    assert until(lambda: _stored(program) == _EACH * count, seconds=_PATIENCE)
    judged = time.perf_counter() - began
    time.sleep(_CALM)
    before = processor(program.pid)
    time.sleep(rest)
    spent = (processor(program.pid) - before) * 60 / rest
    files = open_files(program.pid)
    events = program.log.read_bytes()
    for name, value, unit in (
        ("from start until all are watched", watched, "s"),
        (f"from start until {_EACH} mails each are judged", judged, "s"),
        ("resident memory", status(program.pid, "VmRSS") / 1000, "MB"),
        ("threads", status(program.pid, "Threads"), ""),
        ("open files", float(len(files)), ""),
        ("of these, connections", float(sum(file.startswith("socket:") for file in files)), ""),
        ("processor at rest", spent, "s a minute"),
        ("failures told", float(events.count(b'"failed"') + events.count(b'"bug"')), ""),
    ):
        yield Figure(part="accounts", name=f"{count} accounts, {name}", unit=unit, values=(value,))


def _stored(program: Gelassen) -> int:
    with sqlite3.connect(f"file:{program.store}?mode=ro", uri=True) as ledger:
        count: int = ledger.execute("SELECT count(*) FROM incoming").fetchone()[0]
    return count
