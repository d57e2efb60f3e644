"""How long judging takes, through the program's own classifier."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch

from assistant.adapters.classifier import EscalationClassifier
from assistant.core.escalation import JudgeInput

ALONE = 15  # mails that are judged one by one


def measure(folder: Path, inputs: Sequence[JudgeInput], *, threads: int = 1) -> dict[str, Any]:
    """Processor time in milliseconds, on one thread unless told otherwise; wall time says more about the neighbours."""
    classifier = EscalationClassifier(str(folder), threads=threads)
    first = _spent(partial(classifier.score, inputs[:1]))
    alone = [_spent(partial(classifier.score, [item])) for item in inputs[:ALONE]]
    together = _spent(partial(classifier.score, inputs))
    return {
        "mails": len(inputs),
        "mean_characters": round(sum(len(item.text) for item in inputs) / len(inputs)),
        "first_mail_with_loading_ms": round(first),
        "one_mail_ms": round(median(alone)),
        "per_mail_in_a_batch_ms": round(together / len(inputs)),
        "threads": threads,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)
