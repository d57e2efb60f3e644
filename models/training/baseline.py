"""The plain rival: TF-IDF of character and word n-grams with one logistic regression for each output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.adapters._text import model_input
from models.training.calibrate import gold_matrix
from models.training.corpus import Record
from models.training.labels import LEVELS, OUTPUTS
from models.training.metrics import Floats

STRENGTH = 10.0  # C of the regression


def _vectorisers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3, max_features=150_000, dtype=np.float32
    )
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, dtype=np.float32)
    return characters, words


def input_of(record: Record) -> str:
    """A mail as the rivals that learn read it: side, subject and text in the model's own format."""
    return model_input(record.text, side=record.side, subject=record.subject)


def score(train: Sequence[Record], calm: Sequence[str], test: Sequence[Record]) -> Floats:
    """Raw outputs (n x 17) for ``test`` of regressions trained on ``train`` and texts known to be calm."""
    vectorisers = _vectorisers()
    texts = [input_of(record) for record in train] + list(calm)
    known = hstack([v.fit_transform(texts) for v in vectorisers]).tocsr()
    unknown = hstack([v.transform([input_of(record) for record in test]) for v in vectorisers]).tocsr()
    plain = LogisticRegression(C=STRENGTH, solver="liblinear")
    return regressions(plain, known, gold_matrix(train), unknown, range(len(OUTPUTS)))


def regressions(
    model: BaseEstimator,
    known: csr_matrix | Floats,
    gold: Floats,
    unknown: csr_matrix | Floats,
    outputs: Sequence[int],
) -> Floats:
    """Raw outputs (n x 17) for the rows of ``unknown``; 0 for those not in ``outputs``.

    ``known`` has a row for each row of ``gold``, then rows of calm texts: level 0, but whether they carry a signal
    such as goodwill nobody has said.
    """
    found = np.zeros((unknown.shape[0], len(OUTPUTS)))
    calm = known.shape[0] - len(gold)
    for output in outputs:
        if output < len(LEVELS):
            found[:, output] = _column(model, known, np.append(gold[:, output], np.zeros(calm)), unknown)
        else:
            found[:, output] = _column(model, known[: len(gold)], gold[:, output], unknown)
    return found


def _column(model: BaseEstimator, known: csr_matrix | Floats, gold: Floats, unknown: csr_matrix | Floats) -> Floats:
    if gold.min() == gold.max():  # too few mails to have both answers
        return np.full(unknown.shape[0], 10 * gold[0] - 5)
    return np.asarray(model.fit(known, gold).decision_function(unknown))
