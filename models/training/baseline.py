"""The plain rival: TF-IDF of character and word n-grams with one logistic regression for each output."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.training.calibrate import Scored, gold_matrix
from models.training.corpus import Example, Record, mail_example
from models.training.folds import split
from models.training.labels import LEVELS, OUTPUTS
from models.training.metrics import Floats

STRENGTH = 10.0  # C of the regression


def _vectorisers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3, max_features=150_000, dtype=np.float32
    )
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, dtype=np.float32)
    return characters, words


def train_and_score(train: Sequence[Record], test: Sequence[Record], public: Sequence[Example]) -> Floats:
    """Raw outputs (n x 17) for ``test`` of regressions trained on ``train`` and the calm ``public`` texts."""
    calm = [example for example in public if not any(example.wanted)]
    texts = [mail_example(record).text for record in train] + [example.text for example in calm]
    gold = np.vstack([gold_matrix(train), np.zeros((len(calm), len(OUTPUTS)))])
    vectorisers = _vectorisers()
    known = hstack([v.fit_transform(texts) for v in vectorisers]).tocsr()
    unknown = hstack([v.transform([mail_example(record).text for record in test]) for v in vectorisers]).tocsr()
    columns = []
    for output in range(len(OUTPUTS)):
        # Public texts are calm; whether they carry a signal such as goodwill nobody has said.
        rows = slice(None) if output < len(LEVELS) else slice(0, len(train))
        columns.append(_column(known[rows], gold[rows, output], unknown))
    return np.column_stack(columns)


def _column(known: csr_matrix, gold: Floats, unknown: csr_matrix) -> Floats:
    if gold.min() == gold.max():  # too few mails to have both answers
        return np.full(unknown.shape[0], 10 * gold[0] - 5)
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear").fit(known, gold)
    return np.asarray(fitted.decision_function(unknown))


def out_of_fold(
    records: Sequence[Record], groups: Sequence[Sequence[str]], public: Sequence[Example], cache: Path
) -> list[Scored]:
    """The held-out mails of each group, scored by regressions trained on all other writers; kept in ``cache``."""
    return [_group(records, held, public, cache / f"{'-'.join(held)}.json") for held in groups]


def _group(records: Sequence[Record], held: Sequence[str], public: Sequence[Example], cache: Path) -> Scored:
    train, test = split(records, held)
    if not cache.exists():
        print(f"baseline: {', '.join(held)} held out", flush=True)
        logits = train_and_score(train, test, public)
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(np.round(logits, 4).tolist()))
    return Scored(records=test, logits=np.array(json.loads(cache.read_text())))
