"""How promptly: from the server's word to the stored verdict, and what the gateway adds to a sending."""

from __future__ import annotations

import smtplib
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from imapclient import IMAPClient

from tests.bench import corpus
from tests.bench.figures import MOST, Figure
from tests.bench.judging import SPENT, as_bytes
from tests.bench.options import Options
from tests.bench.proc import processor
from tests.servers import until
from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.smtp import Sink

_APART = 0.3  # seconds between two mails, so that everybody waits again
_PATIENCE = 60.0  # seconds for one mail


def push(options: Options) -> Iterator[Figure]:
    """A mailbox with hardly any mail."""
    with tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder, Dovecot(any_user_password="pw") as server:
        yield from pushes(Gelassen(Path(folder), port=server.port, user="mara"), options, part="push")


def pushes(program: Gelassen, options: Options, *, part: str) -> Iterator[Figure]:
    """From APPEND to what a bare IDLE is told, and from there to the row in the ledger (looked for every 10 ms)."""
    program.start()
    try:
        before = processor(program.pid)
        told, stored = _pushed(program, options.pushes)
        spent = processor(program.pid) - before
    finally:
        program.stop()
    beyond = [late - early for early, late in zip(told, stored, strict=True)]
    yield from _spread(part, "the server's own delay (bare IDLE)", told, bars=(None, None))
    yield from _spread(part, "from there to the stored verdict", beyond, bars=(None, 150))
    yield Figure(part=part, name="the daemon, one mail after the other", unit=SPENT, values=(1000 * spent / len(told),))


def _pushed(program: Gelassen, count: int) -> tuple[list[float], list[float]]:
    told, stored = [], []
    with IMAPClient("127.0.0.1", program.port, ssl=False, timeout=60) as mail, _Bare(program) as bare:
        mail.login(program.user, "pw")
        ledger = sqlite3.connect(f"file:{program.store}?mode=ro", uri=True, isolation_level=None)
        for number, raw in enumerate(_mails("client", count)):
            time.sleep(_APART)
            bare.heard.clear()
            began = time.perf_counter()
            mail.append("INBOX", raw)
            known = partial(_known, ledger, _message_id("client", number))
            assert until(known, seconds=_PATIENCE)
            stored.append(time.perf_counter() - began)
            assert bare.heard.wait(_PATIENCE)
            told.append(bare.at - began)
        ledger.close()
    return told, stored


def _known(ledger: sqlite3.Connection, message_id: str) -> bool:
    query = "SELECT 1 FROM incoming WHERE account = 'studio' AND message_id = ?"
    return ledger.execute(query, (message_id,)).fetchone() is not None


class _Bare:
    """A client that does nothing but IDLE, and notes when it is told."""

    def __init__(self, program: Gelassen) -> None:
        self.heard = threading.Event()
        self.at = 0.0
        self._over = False
        self._client = IMAPClient("127.0.0.1", program.port, ssl=False, timeout=60)
        self._client.login(program.user, "pw")
        self._client.select_folder("INBOX", readonly=True)
        self._client.idle()
        self._thread = threading.Thread(target=self._listen, name="bare")

    def __enter__(self) -> _Bare:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over = True
        self._thread.join(_PATIENCE)
        self._client.shutdown()

    def _listen(self) -> None:
        while not self._over:
            if any(word[1] == b"EXISTS" for word in self._client.idle_check(timeout=0.5) if len(word) > 1):
                self.at = time.perf_counter()
                self.heard.set()


def gateway(options: Options) -> Iterator[Figure]:
    """The same calm mails straight to the provider, and through the whole daemon."""
    with (
        tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder,
        Dovecot(any_user_password="pw") as server,
        Sink() as sink,
    ):
        chain = Chain(Path(folder), server, "mara", sink)
        chain.program.start()
        try:
            before = processor(chain.program.pid)
            pairs = list(_pairs(chain, sink, options.pushes))
            spent = processor(chain.program.pid) - before
        finally:
            chain.program.stop()
    straight, through = zip(*pairs, strict=True)
    added = [late - early for early, late in pairs]
    yield from _spread("gateway", "straight to the provider", straight, bars=(None, None))
    yield from _spread("gateway", "through the gateway", through, bars=(None, None))
    yield from _spread("gateway", "what the gateway adds", added, bars=(None, 150))
    mails = len(sink.mails) - len(
        pairs
    )  # each came straight, the calm ones by the gateway, too; held ones are judged as well
    yield Figure(part="gateway", name="the daemon", unit=SPENT, values=(1000 * spent / mails,))


def _pairs(chain: Chain, sink: Sink, count: int) -> Iterator[tuple[float, float]]:
    """Seconds of each way, connection included; mails that are held are no calm ones and are left out."""
    found = 0
    for raw in _mails("own", 4 * count):
        start = time.perf_counter()
        _straight(sink.port, raw)
        between = time.perf_counter()
        _, words = chain.send(raw)
        if "sent as" in words:
            yield between - start, time.perf_counter() - between
            found += 1
            if found == count:
                return


def _straight(port: int, raw: bytes) -> None:
    client = smtplib.SMTP(timeout=60)
    try:
        client.connect("127.0.0.1", port)
        client.ehlo()
        client.mail("mara@studio.example")
        client.rcpt("kunde@firma.example")
        client.data(raw)
    finally:
        client.close()


def _mails(side: str, count: int) -> Iterator[bytes]:
    """Written mails of one side, each with a Message-ID of its own, own ones from the user."""
    wanted = [mail for mail in corpus.written(8 * count) if mail.side == side][:count]
    for number, mail in enumerate(wanted):
        raw = as_bytes(mail).replace(b"<bench@example.org>", _message_id(side, number).encode())
        if side == "own":
            raw = raw.replace(b"Kim Kunde <kim@example.org>", b"mara@studio.example")
            raw = raw.replace(b"studio@example.net", b"kunde@firma.example")
        yield raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _message_id(side: str, number: int) -> str:
    return f"<{side}.{number}@bench.example>"


def _spread(
    part: str, name: str, values: Sequence[float], *, bars: tuple[float | None, float | None]
) -> Iterator[Figure]:
    """Middle and 95th of 100, in milliseconds, each with its bar."""
    steps = statistics.quantiles(values, n=20)
    for share, at, bar in (("p50", 9, bars[0]), ("p95", 18, bars[1])):
        title = f"{name}, {share} of {len(values)}"
        yield Figure(part=part, name=title, unit="ms", values=(1000 * steps[at],), sense=MOST, bar=bar)
