"""The kinds of models the classifier understands: from mails to scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from assistant.adapters import _calibration
from assistant.adapters._calibration import Calibration
from assistant.adapters._evidence import Finder
from assistant.adapters._reader import Reader
from assistant.adapters._text import own_format
from assistant.core.escalation import JudgeInput, Scores
from assistant.errors import ModelError


class Kind(Protocol):
    """A loaded model of some kind. Not thread-safe by itself."""

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """Probabilities for each input, in order; of a long text's windows the hottest counts, output by output."""


class Own:
    """Gelassen's own model: network, n-grams and token heat, mixed and calibrated."""

    def __init__(self, finder: Finder, calibration: Calibration) -> None:
        self._finder, self._calibration = finder, calibration

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """As ``Kind``, with the heat of every sentence."""
        return [self._calibration.judged(evidence) for evidence in self._finder.find(inputs)]


class Likewise:
    """A model with Gelassen's own outputs and a calibration, on another architecture."""

    def __init__(self, reader: Reader, calibration: Calibration) -> None:
        self._reader, self._calibration = reader, calibration

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """As ``Kind``."""
        return [self._calibration.scores(logits) for logits in self._reader.judge(inputs, own_format)]


class Mapped:
    """Another model whose labels are mapped to levels; its probabilities are taken as they are."""

    def __init__(self, reader: Reader, levels: Mapping[str, int]) -> None:
        self._reader = reader
        self._levels = mapped_levels(reader.labels, levels)

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """As ``Kind``, without signals."""
        return [self._scores(logits) for logits in self._reader.judge(inputs, _plain_format)]

    def _scores(self, logits: Sequence[float]) -> Scores:
        p = [_calibration.sigmoid(x) for x in logits] if self._reader.several else softmax(logits)
        return Scores(p=_calibration.falling([self._at_least(step, p) for step in (1, 2, 3)]))

    def _at_least(self, step: int, p: Sequence[float]) -> float:
        reached = [x for x, level in zip(p, self._levels, strict=True) if level >= step]
        # Labels that exclude each other add up; of independent ones the surest counts.
        return min(1.0, max(reached, default=0.0) if self._reader.several else sum(reached))


def _plain_format(item: JudgeInput, part: str) -> str:
    return f"{item.subject}\n{part}" if item.subject else part


def softmax(logits: Sequence[float]) -> list[float]:
    """Probabilities of labels that exclude each other."""
    top = max(logits)
    weights = [math.exp(x - top) for x in logits]
    return [weight / sum(weights) for weight in weights]


def mapped_levels(labels: Sequence[str], levels: Mapping[str, int]) -> list[int]:
    """The level of each label of a model.

    Raises ``ModelError`` for labels that the model does not have, and for those of its labels without a level: a label
    that was forgotten would count as calm.
    """
    unknown = sorted(set(levels) - set(labels))
    if unknown:
        raise ModelError(f"[judge] labels names {', '.join(unknown)}, but the model's labels are {', '.join(labels)}")
    without = [label for label in labels if label not in levels]
    if without:
        raise ModelError(f"[judge] labels gives no level to {', '.join(without)}; 0 stands for calm")
    return [levels[label] for label in labels]
