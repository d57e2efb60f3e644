"""How soon everything works again: Dovecot stopped, or the way to it dead, for random spans under the real daemon."""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from imapclient import IMAPClient

from tests.bench.figures import MOST, Figure
from tests.bench.options import Options
from tests.servers import until
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.proxy import Proxy
from tests.system.test_daemon import incoming

#: DESIGN: recovery within a minute of the server's return.
_BAR = 60
_PATIENCE = 300.0  # seconds after which a mail counts as missed
_USER = "mara"


def recovery(options: Options) -> Iterator[Figure]:
    """From the return of server or way until a mail that comes then, and those that came meanwhile, are judged."""
    chance = random.Random(2026)
    spans = [chance.uniform(0.5, options.away) for _ in range(options.outages)]
    with (
        tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder,
        Dovecot(any_user_password="pw") as server,
        Proxy(server.port) as proxy,
    ):
        program = Gelassen(Path(folder), port=proxy.port, user=_USER)
        program.start()
        scene = _Scene(program, server, proxy)
        try:
            yield from scene.measured("the server was stopped", spans, lambda: server.stop(keep=True), server.start)
            yield from scene.measured("the way was half-open", spans, proxy.fall_silent, proxy.speak)
        finally:
            program.stop()


class _Scene:
    """A daemon at rest, and what is done to it."""

    def __init__(self, program: Gelassen, server: Dovecot, proxy: Proxy) -> None:
        self._program, self._server, self._proxy = program, server, proxy
        self._number = 0

    def measured(
        self, name: str, spans: list[float], away: Callable[[], object], back: Callable[[], object]
    ) -> Iterator[Figure]:
        """Each span once; the middle of the times, and the longest, which counts."""
        times = []
        for place, span in enumerate(spans, 1):
            assert until(lambda: self._proxy.idling >= 2, seconds=_PATIENCE), "the daemon does not come to rest"
            times.append(self._one(span, away, back))
            print(f"{name}: {place} of {len(spans)}, {span:.0f} s, back after {times[-1]:.1f} s", file=sys.stderr)
        whole = f"{name} {len(times)} times for up to {max(spans):.0f} s: until new mail is judged"
        yield Figure(part="recovery", name=whole, unit="s", values=tuple(times))
        yield Figure(part="recovery", name="… at worst", unit="s", values=(max(times),), sense=MOST, bar=_BAR)

    def _one(self, span: float, away: Callable[[], object], back: Callable[[], object]) -> float:
        """Seconds from the return until everything is judged; infinite when something was missed."""
        away()
        time.sleep(span)  # the outage itself
        back()
        began = time.perf_counter()
        case = self._put()
        done = until(lambda: self._judged(case), seconds=_PATIENCE)
        return time.perf_counter() - began if done else float("inf")

    def _put(self) -> int:
        self._number += 1
        with IMAPClient("127.0.0.1", self._server.port, ssl=False, timeout=30) as client:
            client.login(_USER, "pw")
            client.append("INBOX", incoming(self._number))
        return self._number

    def _judged(self, case: int) -> bool:
        """Asked of the ledger itself, for it is asked often."""
        with closing(sqlite3.connect(f"file:{self._program.store}?mode=ro", uri=True)) as db:
            query = "select 1 from incoming where message_id = ? and level is not null"
            return db.execute(query, (f"<c{case}@firma.example>",)).fetchone() is not None
