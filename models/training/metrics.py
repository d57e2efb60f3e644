"""Figures for levels and signals, and their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from models.training.labels import SIGNALS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BINS: Final = 15  # of the calibration error


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


def signal_f1(mails: Sequence[Judged]) -> dict[str, float]:
    """F1 of each signal."""
    return {name: binary_f1([name in m.signals for m in mails], [name in m.flagged for m in mails]) for name in SIGNALS}


def binary_f1(gold: Sequence[bool], found: Sequence[bool]) -> float:
    """F1 of yes/no answers."""
    return f1(np.array(gold, dtype=int), np.array(found, dtype=int))


def auroc(mails: Sequence[Judged]) -> float | None:
    """How well P(level >= 2) ranks heated mail above the rest; None when only one kind is there."""
    return area(np.array([m.level >= 2 for m in mails], dtype=bool), np.array([m.p2 for m in mails]))


def report(mails: Sequence[Judged]) -> dict[str, Any]:
    """All figures of a set of mails, in per cent."""
    gold, judged = (np.array([getattr(m, name) for m in mails], dtype=np.int64) for name in ("level", "judged"))
    heated = [m for m in mails if m.level >= 2]
    agreement, order = kappa(gold, judged), auroc(mails)
    return {
        "mails": len(mails),
        "level_macro_f1": rounded(macro_f1(gold, judged)),
        "level_exact": rounded((gold == judged).mean()),
        "level_within_one": rounded((abs(gold - judged) <= 1).mean()),
        "qwk": None if agreement is None else rounded(agreement),
        "auroc_level_2": None if order is None else rounded(order),
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


def confusion(gold: Ints, found: Ints, size: int = 4) -> Ints:
    """Counts (size x size): rows are the labels, columns the judgements."""
    table: Ints = np.bincount(gold * size + found, minlength=size * size).reshape(size, size)
    return table


def kappa(gold: Ints, found: Ints) -> float | None:
    """Quadratic weighted kappa of levels 0 to 3; None where chance alone explains everything (a single level)."""
    table = confusion(gold, found).astype(float)
    weights = kappa_weights()
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    expected = float((weights * by_chance).sum())
    return 1 - float((weights * table).sum()) / expected if expected else None


def kappa_weights(size: int = 4) -> Floats:
    """How much a confusion of two levels counts: the square of their distance, 1 at most."""
    steps = np.arange(size)
    weights: Floats = (steps[:, None] - steps[None, :]) ** 2 / (size - 1) ** 2
    return weights


def area(gold: npt.NDArray[np.bool_], p: Floats) -> float | None:
    """Area under the ROC curve; None when only one answer occurs."""
    return float(roc_auc_score(gold, p)) if len(set(gold.tolist())) == 2 else None


def bin_of(p: Floats, bins: int = BINS) -> Ints:
    """The bin of each probability; bins are equally wide, a probability of 1 is in the last one."""
    numbers: Ints = np.minimum((p * bins).astype(np.int64), bins - 1)
    return numbers


def ece(gold: npt.NDArray[np.bool_], p: Floats, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of probability and truth over equally wide bins, by their mails.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    number = bin_of(p, bins)
    distance = np.bincount(number, weights=p - gold, minlength=bins)
    return float(np.abs(distance).sum() / len(p))


def marked(text: str, passages: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which characters of ``text`` the passages cover, each at its first place; one named twice, at its next place.

    A passage that does not occur covers nothing.
    """
    mask = np.zeros(len(text), dtype=bool)
    ends: dict[str, int] = {}
    for passage in passages:
        start = text.find(passage, ends.get(passage, 0))
        if passage and start >= 0:
            ends[passage] = start + len(passage)
            mask[start : ends[passage]] = True
    return mask


def overlap(text: str, gold: Sequence[str], found: Sequence[str]) -> tuple[int, int, int]:
    """Characters of a mail in both markings, in the labelled one, and in the found one."""
    labelled, judged = marked(text, gold), marked(text, found)
    return int((labelled & judged).sum()), int(labelled.sum()), int(judged.sum())


def overlap_f1(counts: Iterable[tuple[int, int, int]]) -> float:
    """F1 of hot passages from ``overlap`` of each mail of level >= 1, summed over the characters of all of them.

    Summed, not averaged by mail: a long mail with one hot sentence then counts as much as that sentence is long, and
    a mail without any marked passage (level 1 may have none) counts only by what was wrongly found in it.
    """
    both, labelled, judged = np.array([(0, 0, 0), *counts]).sum(axis=0).tolist()
    return 2 * both / (labelled + judged) if labelled + judged else 0.0
