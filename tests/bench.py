"""How fast: ``make bench``.  Prints one line a figure; run it on a quiet machine.

python -m tests.bench [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assistant.adapters.classifier import EscalationClassifier
from assistant.adapters.database import open_store
from assistant.adapters.mime import parse, split
from assistant.core.escalation import JudgeInput
from assistant.demo.render import render
from assistant.demo.stories import Threads, load


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast Gelassen is on this machine.")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measurement (median is printed)")
    rounds = parser.parse_args().rounds
    mails = load()
    threads = Threads(mails)
    raws = [render(mail, threads) for mail in mails]
    print(f"stories                    {len(raws)} mails")
    _line("queue, cold", _median(_queue(), rounds), "s")
    _line(
        "bytes to words", _median(lambda: [parse(split(raw)) for raw in raws], rounds) / len(raws) * 1000, "ms a mail"
    )
    classifier = EscalationClassifier()
    _line("model, load and first mail", _time(lambda: classifier.score([JudgeInput(text="Guten Tag")])), "s")
    inputs = [JudgeInput(text=mail.newest_text, subject=mail.subject) for mail in mails]
    _line(
        "judging, one by one",
        _median(lambda: [classifier.score([i]) for i in inputs], rounds) / len(inputs) * 1000,
        "ms",
    )
    _line("judging, in batches of 32", len(inputs) / _median(lambda: classifier.score(inputs), rounds), "mails/s")


def _queue() -> Callable[[], object]:
    folder = Path(tempfile.mkdtemp(prefix="gelassen-bench-"))
    config = folder / "config.toml"
    config.write_text(f'[store]\nurl = "sqlite:///{folder}/g.db"\n', encoding="utf-8")
    open_store(f"sqlite:///{folder}/g.db").close()
    command = [sys.executable, "-m", "assistant", "--config", str(config), "queue"]
    environment = {**os.environ, "HOME": str(folder)}
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment)


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median(work: Callable[[], object], rounds: int) -> float:
    return statistics.median(_time(work) for _ in range(rounds))


def _line(name: str, value: float, unit: str) -> None:
    print(f"{name:<27}{value:8.2f} {unit}", flush=True)


if __name__ == "__main__":
    main()
