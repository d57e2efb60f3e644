"""Bootstrap intervals of every figure, all resamples at once.

What is drawn with replacement is a *group*: on the written corpus a whole file, because mails of one writer are alike
(drafts answer mails of the same file, contrast sets share their words) and the question is how the figure would come
out with other writers; drawing single mails would give intervals that are too narrow. Real texts come from as many
people as there are texts, so there every text is its own group. Twenty-odd files are few: such an interval is itself
a little too narrow. Scaling and thresholds are kept as they are, only the mails they are measured on are drawn.

A resample is a row of how often each group was drawn. Every figure is computed from sums over groups, so a thousand
resamples cost a matrix product. All functions return one value for each resample, NaN where it is not defined there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.training.metrics import BINS, Floats, Ints, bin_of, kappa_weights, rounded

ROUNDS: Final = 1000
Bools = npt.NDArray[np.bool_]


class Resamples:
    """Resamples of groups; ``names`` tells the group of each mail."""

    def __init__(self, names: Sequence[object], *, rounds: int = ROUNDS, seed: int = 0) -> None:
        known = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self.group: Ints = np.array([known[name] for name in names], dtype=np.int64)
        count = len(known)
        drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=rounds)
        self.weights: Floats = drawn.astype(np.float64)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.weights.shape[1])

    def sums(self, values: Floats) -> Floats:
        """Sums of each column of ``values`` (mails x k) in every resample (rounds x k)."""
        return self.weights @ self.by_group(values)

    def by_group(self, values: Floats) -> Floats:
        """Sums of each column of ``values`` (mails x k) by group (groups x k)."""
        found = np.zeros((self.groups, values.shape[1]))
        np.add.at(found, self.group, values)
        return found


def share(resamples: Resamples, yes: Bools, among: Bools) -> Floats:
    """Share of ``yes`` among the mails for which ``among`` holds."""
    sums = resamples.sums(np.column_stack([yes & among, among]).astype(float))
    return _ratio(sums[:, 0], sums[:, 1])


def macro_f1(resamples: Resamples, gold: Ints, found: Ints) -> Floats:
    """Mean F1 of the four levels; 0 for a level that neither occurs nor is judged, as ``metrics.macro_f1``."""
    tables = _tables(resamples, gold, found)
    hits = np.diagonal(tables, axis1=1, axis2=2)
    return _mean(_f1(hits, tables.sum(axis=2), tables.sum(axis=1)))


def kappa(resamples: Resamples, gold: Ints, found: Ints) -> Floats:
    """Quadratic weighted kappa."""
    tables = _tables(resamples, gold, found)
    chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :] / tables.sum(axis=(1, 2))[:, None, None]
    weights = kappa_weights()
    return 1 - _ratio((weights * tables).sum(axis=(1, 2)), (weights * chance).sum(axis=(1, 2)))


def signals_f1(resamples: Resamples, gold: Bools, found: Bools) -> Floats:
    """Mean F1 over the columns of yes/no answers (mails x k)."""
    parts = [resamples.sums(values.astype(float)) for values in (gold & found, gold, found)]
    return _mean(_f1(*parts))


def auroc(resamples: Resamples, gold: Bools, p: Floats) -> Floats:
    """Area under the ROC curve, ties counted half.

    From the number of well-ordered pairs between each two groups, so that a resample is a quadratic form.
    """
    pairs = np.zeros((resamples.groups, resamples.groups))
    high, rows = p[gold], resamples.group[gold]
    for group in range(resamples.groups):
        low = np.sort(p[~gold & (resamples.group == group)])
        below = (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")) / 2
        np.add.at(pairs[:, group], rows, below)
    counts = resamples.sums(np.column_stack([gold, ~gold]).astype(float))
    ordered = ((resamples.weights @ pairs) * resamples.weights).sum(axis=1)
    return _ratio(ordered, counts[:, 0] * counts[:, 1])


def ece(resamples: Resamples, gold: Bools, p: Floats) -> Floats:
    """Expected calibration error over equally wide bins."""
    distance = np.zeros((len(p), BINS))
    distance[np.arange(len(p)), bin_of(p)] = p - gold
    mails = resamples.sums(np.ones((len(p), 1)))[:, 0]
    return _ratio(np.abs(resamples.sums(distance)).sum(axis=1), mails)


def overlap_f1(resamples: Resamples, counts: Sequence[tuple[int, int, int]]) -> Floats:
    """F1 of hot passages from ``metrics.overlap`` of each mail."""
    both, labelled, judged = resamples.sums(np.array(counts, dtype=float)).T
    return _f1(both, labelled, judged)


def interval(values: Floats) -> tuple[float, float] | None:
    """95 % percentile interval in per cent; None where the figure is never defined."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return rounded(low), rounded(high)


def _tables(resamples: Resamples, gold: Ints, found: Ints) -> Floats:
    cells = np.zeros((len(gold), 16))
    cells[np.arange(len(gold)), gold * 4 + found] = 1
    return resamples.sums(cells).reshape(-1, 4, 4)


def _f1(both: Floats, gold: Floats, found: Floats) -> Floats:
    either = gold + found
    result: Floats = np.divide(2 * both, either, out=np.zeros_like(either), where=either > 0)
    return result


def _mean(columns: Floats) -> Floats:
    result: Floats = columns.mean(axis=1)
    return result


def _ratio(part: Floats, whole: Floats) -> Floats:
    result: Floats = np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
    return result
