"""How the parts of the model are mixed: for each output the weights of network, n-grams and hottest sentence.

They catch different things: the network what a mail means, the n-grams turns of phrase, the head over the tokens one
hot sentence in a calm page. Only three numbers are fitted for each output, on mails that neither part was trained on.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.training.labels import LEVELS, OUTPUTS
from models.training.metrics import Floats
from models.training.predict import PARTS

HEAT: Final = PARTS.index("heat")


def fit(parts: Floats, gold: Floats) -> Floats:
    """Weights (17 x 3) from the parts (n x 17 x 3) and the labels (n x 17); none is negative.

    How hot the hottest sentence is helps to tell levels only; a part that says the same of every mail has no weight.
    """
    found = np.zeros((len(OUTPUTS), len(PARTS)))
    for output in range(len(OUTPUTS)):
        used = [part for part in range(len(PARTS)) if part != HEAT or output < len(LEVELS)]
        found[output] = _weights(parts[:, output], gold[:, output], used)
    return found


def _weights(values: Floats, truth: Floats, used: list[int]) -> Floats:
    weights = np.zeros(len(PARTS))
    spread = values.std(axis=0)
    used = [part for part in used if spread[part] > 0]
    if truth.min() == truth.max():
        used = []
    while used:
        fitted = LogisticRegression(C=100.0).fit(values[:, used] / spread[used], truth).coef_[0]
        if (fitted >= 0).all():
            weights[used] = fitted / spread[used]
            return weights
        used.pop(int(np.argmin(fitted)))
    weights[0] = 1.0
    return weights
