"""A process that judges and judges, as the daemon does: ``python -m tests.bench.long FOLDER MAILS THREADS``.

Reads the mails of a folder again and again, with all that the daemon has loaded, and prints its memory on the way.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import assistant.daemon.run  # noqa: F401
from assistant.adapters.classifier import EscalationClassifier
from assistant.adapters.mime import parse, split
from assistant.services.intake import BATCH
from assistant.services.judging import Judge, Writing


def long(folder: Path, mails: int, threads: int) -> dict[int, float]:
    """Resident megabytes after the first batch, after it has settled, and at the end."""
    files = sorted(folder.glob("*.eml"))
    judge = Judge(EscalationClassifier(threads=threads))
    seen: dict[int, float] = {}
    for at in range(0, mails, BATCH):
        raws = [files[number % len(files)].read_bytes() for number in range(at, min(mails, at + BATCH))]
        messages = [parse(split(raw)) for raw in raws]
        judge.assess([Writing(text=message.newest_text, subject=message.subject) for message in messages])
        for point in (BATCH, min(1000, mails // 2), mails):
            if at < point <= at + BATCH:
                seen[point] = resident()
    return seen


def resident() -> float:
    """Megabytes of this process in memory (Linux; else 0)."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1000 if found else 0.0


if __name__ == "__main__":
    print(json.dumps(long(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
