"""Figures for levels and signals, and their uncertainty."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from models.training.labels import SIGNALS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One mail with its label and what a model made of it; ``flagged`` are the signals over their thresholds."""

    writer: str
    lang: str
    side: str
    level: int
    signals: tuple[str, ...]
    p2: float
    judged: int
    flagged: tuple[str, ...]


def rounded(value: float | np.floating[Any]) -> float:
    """Per cent with one decimal."""
    return round(100 * float(value), 1)


def f1(gold: Floats | Ints, found: Floats | Ints) -> float:
    """F1 of yes/no answers given as 0/1; 0 when there is neither a yes nor an answer yes."""
    both, either = float((gold * found).sum()), float(gold.sum() + found.sum())
    return 2 * both / either if either else 0.0


def macro_f1(gold: Ints, found: Ints) -> float:
    """Mean F1 of the four levels."""
    return sum(f1((gold == level).astype(int), (found == level).astype(int)) for level in range(4)) / 4


def level_macro_f1(mails: Sequence[Judged]) -> float:
    """Mean F1 of the four levels of judged mails."""
    return macro_f1(np.array([m.level for m in mails]), np.array([m.judged for m in mails]))


def signal_f1(mails: Sequence[Judged]) -> dict[str, float]:
    """F1 of each signal."""
    return {name: binary_f1([name in m.signals for m in mails], [name in m.flagged for m in mails]) for name in SIGNALS}


def binary_f1(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """F1 of yes/no answers."""
    return f1(np.array(gold, dtype=int), np.array(found, dtype=int))


def auroc(mails: Sequence[Judged]) -> float | None:
    """How well P(level >= 2) ranks heated mail above the rest; None when only one kind is there."""
    gold = [m.level >= 2 for m in mails]
    return float(roc_auc_score(gold, [m.p2 for m in mails])) if len(set(gold)) == 2 else None


def report(mails: Sequence[Judged]) -> dict[str, Any]:
    """All figures of a set of mails, in per cent."""
    right = np.array([m.judged == m.level for m in mails])
    near = np.array([abs(m.judged - m.level) <= 1 for m in mails])
    heated = [m for m in mails if m.level >= 2]
    area = auroc(mails)
    return {
        "mails": len(mails),
        "level_macro_f1": rounded(level_macro_f1(mails)),
        "level_exact": rounded(right.mean()),
        "level_within_one": rounded(near.mean()),
        "qwk": rounded(cohen_kappa_score([m.level for m in mails], [m.judged for m in mails], weights="quadratic")),
        "auroc_level_2": None if area is None else rounded(area),
        "recall_level_2": rounded(np.mean([m.judged >= 2 for m in heated])) if heated else None,
        "false_alarms_on_calm": rounded(np.mean([m.judged >= 2 for m in mails if m.level == 0] or [False])),
        "signals_macro_f1": rounded(np.mean(list(signal_f1(mails).values()))),
    }


def sliced(mails: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """The report for all mails, each language and each side."""
    slices: dict[str, Callable[[Judged], bool]] = {
        "all": lambda m: True,
        "de": lambda m: m.lang == "de",
        "en": lambda m: m.lang == "en",
        "client": lambda m: m.side == "client",
        "own": lambda m: m.side == "own",
    }
    chosen = {name: [m for m in mails if keep(m)] for name, keep in slices.items()}
    return {name: report(part) for name, part in chosen.items() if part}


def interval(
    mails: Sequence[Judged], figure: Callable[[Sequence[Judged]], float | None], *, rounds: int = 200, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a figure by drawing whole writers with replacement: mails of one writer are alike."""
    rng = random.Random(seed)
    by_writer: dict[str, list[Judged]] = {}
    for mail in mails:
        by_writer.setdefault(mail.writer, []).append(mail)
    writers = sorted(by_writer)
    values = []
    for _ in range(rounds):
        drawn = [mail for writer in rng.choices(writers, k=len(writers)) for mail in by_writer[writer]]
        value = figure(drawn)
        if value is not None:
            values.append(value)
    low, high = np.percentile(values, [2.5, 97.5])
    return rounded(low), rounded(high)


def with_intervals(mails: Sequence[Judged]) -> dict[str, Any]:
    """Intervals of the main figures."""
    figures: dict[str, Callable[[Sequence[Judged]], float | None]] = {
        "level_macro_f1": level_macro_f1,
        "auroc_level_2": auroc,
        "signals_macro_f1": lambda part: float(np.mean(list(signal_f1(part).values()))),
    }
    return {name: interval(mails, figure) for name, figure in figures.items()}
