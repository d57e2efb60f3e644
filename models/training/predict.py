"""Raw outputs of a trained folder, through the program's own encoder: same format, same windows, same maximum."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.adapters import _encoder
from assistant.adapters._text import own_format
from assistant.core.escalation import JudgeInput, sentences
from models.training.calibrate import Scored, as_input
from models.training.corpus import Record
from models.training.metrics import Floats

CHUNK = 200  # mails between two signs of life


def logits(folder: Path, inputs: Sequence[JudgeInput], cache: Path) -> Floats:
    """Raw outputs (n x 17), kept in ``cache`` for the next call with as many inputs and a folder no younger."""
    weights = folder / "model.safetensors"
    if cache.exists() and cache.stat().st_mtime > weights.stat().st_mtime:
        kept: Floats = np.array(json.loads(cache.read_text()))
        if len(kept) == len(inputs):
            return kept
    encoder = _encoder.load(folder, threads=0)
    rows: list[list[float]] = []
    for start in range(0, len(inputs), CHUNK):
        rows += encoder.judge(inputs[start : start + CHUNK], own_format)
        print(f"{cache.stem}: {len(rows)}/{len(inputs)}", flush=True)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps([[round(x, 4) for x in row] for row in rows]))
    return np.array(rows)


def scored(folder: Path, records: Sequence[Record], cache: Path) -> Scored:
    """Records with the raw outputs of the model in ``folder``."""
    return Scored(records=records, logits=logits(folder, [as_input(record) for record in records], cache))


def sentence_truth(records: Sequence[Record]) -> tuple[list[JudgeInput], list[bool]]:
    """The sentences of mails that have hot passages, each by itself, and whether it touches one of them."""
    inputs: list[JudgeInput] = []
    hot: list[bool] = []
    for record in records:
        side = as_input(record).side
        for sentence in sentences(record.text) if record.hot else ():
            inputs.append(JudgeInput(text=sentence, side=side))
            hot.append(any(passage in sentence or sentence in passage for passage in record.hot))
    return inputs, hot
