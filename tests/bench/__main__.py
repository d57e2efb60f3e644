"""How fast: ``make bench``. Run it on a quiet machine.

python -m tests.bench [--quick] [--only a,e] [--rounds N] [--threads N] [--float32] [--json FILE]

Parts: a judge, b BERT-base by pipeline, c our model by pipeline, d what the machine could do, e one mail end to end,
f start and memory, queue, stories, drafts and drafts-pg (a large ledger); with Dovecot: mailbox (first and second
pass), push, gateway, accounts, recovery (after outages). Each runs in a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import accounts, figures, judging, large, mailbox, processes, prompt, recovery
from tests.bench.figures import LEAST, Figure
from tests.bench.judging import RATE, SPENT
from tests.bench.options import QUICK, Options

PARTS: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "a": judging.ours,
    "b": judging.base,
    "c": judging.plain,
    "d": judging.peak,
    "e": judging.one,
    "f": processes.start,
    "queue": processes.queue,
    "stories": processes.stories,
    "drafts": large.drafts,
    "drafts-pg": large.drafts_on_postgresql,
    "mailbox": mailbox.mailbox,
    "push": prompt.push,
    "gateway": prompt.gateway,
    "accounts": accounts.accounts,
    "recovery": recovery.recovery,
}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    if arguments.part:
        _measure(arguments)
        return
    wanted = arguments.only.split(",") if arguments.only else list(PARTS)
    found: list[Figure] = []
    for part in wanted:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        found += _apart(part)
    found += compared(found, half=not arguments.float32 and _half())
    machine = _machine()
    print("\n".join(f"{key:<10} {value}" for key, value in machine.items()))
    print(figures.table(found))
    if arguments.json:
        content = {"machine": machine, "figures": [figure.record() for figure in found]}
        arguments.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast Gelassen is on this machine.")
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="few mails, two rounds: whether it works, not how fast")
    parser.add_argument("--rounds", type=int, help="repetitions (the median is printed)")
    parser.add_argument("--mailbox", type=int, metavar="MAILS", help="of the first pass")
    parser.add_argument("--accounts", type=int, help="in one daemon")
    parser.add_argument("--threads", type=int, default=0, help="of the judge")
    parser.add_argument("--float32", action="store_true", help="as on a processor without bfloat16")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set((arguments.only or "a").split(",")) - set(PARTS)
    if unknown:
        parser.error(f"--only: no such part: {', '.join(sorted(unknown))}")
    return arguments


def _options(arguments: argparse.Namespace) -> Options:
    options = replace(QUICK if arguments.quick else Options(), threads=arguments.threads)
    given = {name: getattr(arguments, name) for name in ("rounds", "mailbox", "accounts")}
    return replace(options, **{name: value for name, value in given.items() if value})


def _measure(arguments: argparse.Namespace) -> None:
    if arguments.float32:
        from assistant.adapters import _bert

        _bert.has_bfloat16 = lambda: False
    print(figures.dump(list(PARTS[arguments.part](_options(arguments)))))


def _apart(part: str) -> list[Figure]:
    command = [sys.executable, "-m", "tests.bench", *sys.argv[1:], "--part", part]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return figures.load(done.stdout.splitlines()[-1])


def compared(found: Sequence[Figure], *, half: bool) -> Iterator[Figure]:
    """(a) beside (b) and (c), and the share of the machine's peak that (a) reaches, as far as they were measured."""
    judged = next((figure for figure in found if figure.part == "a" and figure.unit == RATE), None)
    if judged is None:
        return
    spent = next(figure for figure in found if figure.part == "a" and figure.unit == SPENT)
    for figure in found:
        if figure.part not in ("b", "c"):
            continue
        bar = {"b": 8.0 if half else 5.0}.get(figure.part)
        name = f"judge : {figure.name.split(', ', 1)[1]}"
        if figure.unit == RATE:
            values = _ratios(judged, figure)
            yield Figure(part=f"a:{figure.part}", name=name, unit="times", values=values, sense=LEAST, bar=bar)
        else:
            yield Figure(part=f"a:{figure.part}", name=name, unit="times, processor", values=_ratios(figure, spent))
    work = next((figure.median for figure in found if figure.unit == "GFLOP"), None)
    for figure in found:
        if work is not None and figure.name == f"torch.mm, {'bfloat16' if half else 'float32'}":
            share = 100 * judged.median * work / figure.median
            yield Figure(part="a:d", name="share of the peak, sentences left out", unit="%", values=(share,))


def _ratios(one: Figure, other: Figure) -> tuple[float, float, float]:
    """The least, the middle and the greatest that the values allow."""
    return (
        min(one.values) / max(other.values),
        one.median / other.median,
        max(one.values) / min(other.values),
    )


def _half() -> bool:
    from assistant.adapters import _bert

    return _bert.has_bfloat16()


def _machine() -> dict[str, Any]:
    import torch

    return {
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": str(torch.cpu.get_capabilities().get("cpu_name") or platform.processor()),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "bfloat16": _half(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    main()
