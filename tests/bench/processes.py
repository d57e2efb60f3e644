"""Whole processes: start, load, memory over many mails; the queue command; a first pass over the demo's stories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.adapters.classifier import EscalationClassifier
from assistant.adapters.database import open_store
from assistant.adapters.mime import parse, split
from assistant.demo.render import render
from assistant.demo.stories import Threads
from assistant.demo.stories import load as load_stories
from assistant.services.judging import Judge, Writing
from tests.bench import corpus
from tests.bench.figures import MOST, Figure
from tests.bench.judging import as_bytes, seconds
from tests.bench.options import Options

_READY = """
import time; began = time.perf_counter()
from assistant.adapters.classifier import EscalationClassifier
from assistant.core.escalation import JudgeInput
import torch; imported = time.perf_counter()
EscalationClassifier().score([JudgeInput(text="Guten Tag, anbei die Texte.")])
print(imported - began, time.perf_counter() - imported, flush=True)
"""


def start(options: Options) -> Iterator[Figure]:
    """(f) Fresh processes: until ready, and the memory of one that judges and judges."""
    whole, parts = [], []
    for _ in range(options.rounds):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", _READY], capture_output=True, text=True, check=True)
        whole.append(time.perf_counter() - began)
        parts.append([float(value) for value in done.stdout.split()])
    imports, loads = zip(*parts, strict=True)
    yield Figure(part="f", name="import of torch", unit="s", values=imports)
    yield Figure(part="f", name="load and first mail", unit="s", values=loads)
    yield Figure(
        part="f", name="fresh process, to the first mail judged", unit="s", values=tuple(whole), sense=MOST, bar=4
    )
    yield from _memory(options)


def _memory(options: Options) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder:
        for number, mail in enumerate(corpus.written(1000)):
            (Path(folder) / f"{number}.eml").write_bytes(as_bytes(mail))
        command = [sys.executable, "-m", "tests.bench.long", folder, str(options.long), str(options.threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=corpus.ROOT)
    seen: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    settled = str(min(1000, options.long // 2))
    for mails, resident in seen.items():
        bar = 450.0 if int(mails) >= int(settled) else None
        name = f"resident memory after {mails} mails"
        yield Figure(part="f", name=name, unit="MB", values=(resident,), sense=MOST, bar=bar)
    growth = seen[str(options.long)] - seen[settled]
    yield Figure(part="f", name="growth after that", unit="MB", values=(growth,), sense=MOST, bar=10)


def queue(options: Options) -> Iterator[Figure]:
    """The queue command, cold."""
    with tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder:
        run = _queue(Path(folder))
        times = tuple(seconds(run) for _ in range(options.rounds))
    yield Figure(part="queue", name="gelassen queue, cold", unit="s", values=times, sense=MOST, bar=0.3)


def _queue(folder: Path) -> Callable[[], object]:
    config = folder / "config.toml"
    config.write_text(f'[store]\nurl = "sqlite:///{folder}/g.db"\n', encoding="utf-8")
    open_store(f"sqlite:///{folder}/g.db").close()
    command = [sys.executable, "-m", "assistant", "--config", str(config), "queue"]
    environment = {**os.environ, "HOME": str(folder)}
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment, cwd=corpus.ROOT)


def stories(options: Options) -> Iterator[Figure]:
    """A first pass over the demo's mails: from bytes to words, one by one, and together."""
    mails = load_stories()
    threads = Threads(mails)
    raws = [render(mail, threads) for mail in mails]
    judge = Judge(EscalationClassifier(threads=options.threads))
    words = [Writing(text=mail.newest_text, subject=mail.subject) for mail in mails]
    judge.assess(words)
    works: dict[str, Callable[[], object]] = {
        "bytes to words": lambda: [parse(split(raw)) for raw in raws],
        "judged one by one": lambda: [judge.assess([mail]) for mail in words],
        "judged together": lambda: judge.assess(words),
    }
    for name, work in works.items():
        times = tuple(1000 * seconds(work) / len(raws) for _ in range(options.rounds))
        yield Figure(part="stories", name=f"{len(raws)} demo mails, {name}", unit="ms a mail", values=times)
