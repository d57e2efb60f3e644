"""The evidence that a trained folder finds in mails, through the program's own code: same format, same windows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.adapters import _ngrams, _own
from assistant.adapters._evidence import Evidence, Finder
from assistant.core.escalation import JudgeInput
from models.training.labels import OUTPUTS
from models.training.metrics import Floats

CHUNK = 200  # mails between two signs of life
PARTS = ("network", "ngrams", "heat")  # what is mixed into one raw output


@dataclass(frozen=True, kw_only=True)
class Found:
    """Evidence in n mails.

    Attributes:
        parts: n x 17 x 3, by ``PARTS``; the heat is that of the hottest sentence.
        heat: for every sentence of every mail the logit of its carrying any.
    """

    parts: Floats
    heat: list[list[float]]

    def mixed(self, weights: Floats) -> Floats:
        """One raw output each (n x 17), by the weight of each part (17 x 3)."""
        total: Floats = (self.parts * weights).sum(axis=2)
        return total


def found(folder: Path, inputs: Sequence[JudgeInput], cache: Path) -> Found:
    """The evidence in ``inputs``, kept in ``cache`` for the next call with as many inputs and a folder no younger."""
    weights = folder / "model.safetensors"
    if cache.exists() and cache.stat().st_mtime > weights.stat().st_mtime:
        kept = json.loads(cache.read_text())
        if len(kept) == len(inputs):
            return _together([Evidence(*row) for row in kept])
    finder = Finder(_own.load(folder, threads=0), _ngrams.load(folder, len(OUTPUTS)))
    rows: list[Evidence] = []
    for start in range(0, len(inputs), CHUNK):
        rows += finder.find(inputs[start : start + CHUNK])
        print(f"{cache.stem}: {len(rows)}/{len(inputs)}", flush=True)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps(rows))
    return _together(rows)


def _together(rows: Sequence[Evidence]) -> Found:
    parts = [np.column_stack([row.network, row.ngrams, row.hottest()]) for row in rows]
    return Found(parts=np.array(parts), heat=[[sentence[0] for sentence in row.heat] for row in rows])
