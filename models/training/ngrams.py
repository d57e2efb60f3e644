"""Fits the linear model over n-grams (``assistant.adapters._ngrams``): one logistic regression for each output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression

from assistant.adapters import _ngrams
from assistant.adapters._ngrams import Ngrams
from models.training.corpus import Record
from models.training.labels import LEVELS, OUTPUTS
from models.training.metrics import Floats, Ints

STRENGTH: Final = 30.0  # C of the regressions
RARE: Final = 3  # texts that a feature must occur in
SIZE: Final = _ngrams.KINDS << _ngrams.BITS


def fit(records: Sequence[Record], calm: Sequence[str], gold: Floats) -> Ngrams:
    """The model trained on labelled records (``gold``: n x 17) and on texts that are known to be calm.

    What calm texts say of signals such as goodwill nobody knows, so they teach the levels only.
    """
    counts = matrix([_ngrams.read_as(item.subject, item.text) for item in records] + list(calm))
    keys, idf = rarity(counts)
    known = scaled(counts[:, keys], idf, int(np.searchsorted(keys, 1 << _ngrams.BITS)))
    own = diags(np.array([float(item.side == "own") for item in records] + [0.0] * len(calm)))
    both = hstack([known, own @ known]).tocsr()
    columns, bias = [], []
    for output in range(len(OUTPUTS)):
        levels = output < len(LEVELS)
        rows = both if levels else both[: len(records)]
        truth = np.append(gold[:, output], np.zeros(len(calm))) if levels else gold[:, output]
        weights, constant = regression(rows, truth)
        columns.append(weights)
        bias.append(constant)
        print(f"n-grams: {OUTPUTS[output]}", flush=True)
    halves = np.column_stack(columns).reshape(2, len(keys), len(OUTPUTS))
    small, scale = eight_bit(np.hstack([halves[0], halves[1]]))
    constants = np.array(bias, dtype=np.float32)
    return Ngrams(keys=keys, idf=idf.astype(np.float32), weights=small, scale=scale, bias=constants)


def save(model: Ngrams, folder: Path) -> None:
    """Writes the model beside the network."""
    arrays = {name: np.ascontiguousarray(getattr(model, name)) for name in ("keys", "idf", "weights", "scale", "bias")}
    save_file(arrays, str(folder / _ngrams.FILE))


def matrix(texts: Sequence[str]) -> csr_matrix:
    """Counts (texts x features), characters first, then words."""
    ends, numbers, values = [0], [], []
    for text in texts:
        for found, counts in _ngrams.counted(text):
            numbers.append(found)
            values.append(counts)
        ends.append(ends[-1] + sum(len(part) for part in numbers[-_ngrams.KINDS :]))
    return csr_matrix((np.concatenate(values), np.concatenate(numbers), ends), shape=(len(texts), SIZE))


def rarity(counts: csr_matrix) -> tuple[Ints, Floats]:
    """The features that are not too rare, and their inverse document frequencies."""
    texts = np.bincount(counts.indices, minlength=SIZE)
    keys = np.flatnonzero(texts >= RARE).astype(np.int64)
    return keys, np.log((1 + counts.shape[0]) / (1 + texts[keys])) + 1


def scaled(counts: csr_matrix, idf: Floats, words: int) -> csr_matrix:
    """Counts times rarity, each kind of a text's features of unit length; ``words`` is the first column of words."""
    weighted = (counts @ diags(idf)).tocsr()
    parts = []
    for part in (weighted[:, :words], weighted[:, words:]):
        lengths = np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel())
        parts.append(diags(1 / np.where(lengths > 0, lengths, 1)) @ part)
    return hstack(parts).tocsr()


def regression(rows: csr_matrix, truth: Floats) -> tuple[Floats, float]:
    """Weights and bias; with only one answer to learn from, that answer."""
    if truth.min() == truth.max():
        return np.zeros(rows.shape[1]), 10 * float(truth[0]) - 5
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear").fit(rows, truth)
    return fitted.coef_[0], float(fitted.intercept_[0])


def eight_bit(weights: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights as whole numbers up to 127 and what to multiply each column with."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)
