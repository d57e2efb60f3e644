"""A mailbox of years on a real Dovecot: the first pass, a second one, and imap_tools fetching all of it beside."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figures import LEAST, MOST, Figure
from tests.bench.judging import RATE, SPENT, seconds
from tests.bench.options import Options
from tests.bench.prompt import pushes
from tests.servers.correspondence import fill, letters
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.proxy import Proxy

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
_USER = "mara"
_COMMAND = re.compile(rb"^[A-Z]{4}\d+ ", re.MULTILINE)
_RIVAL = """
import sys, time
from imap_tools import MailBoxUnencrypted
began, count = time.perf_counter(), 0
with MailBoxUnencrypted("127.0.0.1", int(sys.argv[1])).login(sys.argv[2], "pw") as box:
    for mail in box.fetch(mark_seen=False, bulk=50):
        count += bool(mail.text or mail.html)
print(count / (time.perf_counter() - began))
"""


def mailbox(options: Options) -> Iterator[Figure]:
    """INBOX with years of mail, judged once; then again, when nothing is new."""
    with tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder, Dovecot(any_user_password="pw") as server:
        print(f"making {options.mailbox} mails …", file=sys.stderr, flush=True)
        size = fill(server, _USER, letters(options.mailbox, until=UNTIL))
        yield Figure(part="mailbox", name=f"{options.mailbox} mails", unit="MB", values=(size / 1e6,))
        with Proxy(server.port) as proxy:
            program = Gelassen(Path(folder), port=proxy.port, user=_USER)
            yield from _first(program, proxy, options.mailbox, size)
            yield from _second(program, proxy, options)
        yield from _rival(server, options.mailbox)
        direct = Gelassen(Path(folder), port=server.port, user=_USER)
        yield from pushes(direct, options, part="mailbox")


def _first(program: Gelassen, proxy: Proxy, mails: int, size: int) -> Iterator[Figure]:
    wall = seconds(lambda: once(program))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of children that have ended: this one
    name = "first pass, a process from start to end"
    yield Figure(part="mailbox", name=name, unit=RATE, values=(mails / wall,))
    spent = 1000 * (used.ru_utime + used.ru_stime) / mails
    yield Figure(part="mailbox", name=name, unit=SPENT, values=(spent,))
    name = "mailbox : bytes fetched"
    yield Figure(part="mailbox", name=name, unit="times", values=(size / proxy.received,), sense=LEAST, bar=20)
    commands = len(_COMMAND.findall(proxy.asked)) / mails
    yield Figure(part="mailbox", name="commands a mail", unit="", values=(commands,))
    yield Figure(part="mailbox", name="resident memory at most", unit="MB", values=(used.ru_maxrss / 1000,))


def _second(program: Gelassen, proxy: Proxy, options: Options) -> Iterator[Figure]:
    whole, asked, told = [], [], []
    for _ in range(options.rounds):
        before, received = len(proxy.asked), proxy.received
        whole.append(seconds(lambda: once(program)))
        asked.append(float(len(_COMMAND.findall(proxy.asked, before))))
        told.append((proxy.received - received) / 1000)
    alone = _alone(program, options.rounds)
    yield Figure(part="mailbox", name="second pass, a process from start to end", unit="s", values=tuple(whole))
    yield Figure(part="mailbox", name="second pass", unit="s", values=alone, sense=MOST, bar=2)
    yield Figure(part="mailbox", name="second pass, commands", unit="", values=tuple(asked))
    yield Figure(part="mailbox", name="second pass, received", unit="kB", values=tuple(told))


def _alone(program: Gelassen, rounds: int) -> tuple[float, ...]:
    """Connecting, looking and comparing with the ledger, without the start of a process and the model."""
    from assistant.config import load
    from assistant.daemon.parts import Parts
    from assistant.daemon.watch import inbox_pass

    os.environ["GELASSEN_TEST_PASSWORD"] = "pw"
    found = []
    for _ in range(rounds):
        parts = Parts(load(program.config), "en")
        (account,) = parts.config.accounts
        began = time.perf_counter()
        connected = parts.mailbox(account)
        inbox_pass(parts, account, connected, lambda: False)()
        connected.close()
        found.append(time.perf_counter() - began)
        parts.store.close()
    return tuple(found)


def _rival(server: Dovecot, mails: int) -> Iterator[Figure]:
    command = [sys.executable, "-c", _RIVAL, str(server.port), _USER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rate = float(done.stdout)
    yield Figure(part="mailbox", name=f"imap_tools, {mails} mails whole, nothing judged", unit=RATE, values=(rate,))


def once(program: Gelassen) -> None:
    """One pass over everything, however long it takes."""
    command = [sys.executable, "-m", "assistant", "--config", str(program.config), "run", "--once"]
    with program.log.open("ab") as log:
        code = subprocess.run(command, env=program.environment, stdout=log, stderr=log, check=False).returncode
    if code:
        sys.exit(program.log.read_text(encoding="utf-8")[-2000:])
