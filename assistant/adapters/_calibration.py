"""calibration.json: from the model's raw outputs to probabilities, and from a budget of false alarms to thresholds.

Reading it needs neither torch nor the weights. Keys: ``outputs`` (names, in the model's order), ``mixture`` (for each
output the weights of network, n-grams and hottest sentence, whose sum is its logit), ``scale`` (for each
output ``[a, b]``, probability = sigmoid(a * logit + b)), ``levels`` (per side ``t1``, ``t3`` and ``t2``, the last a
table from false alarms per 100 ordinary mails to a threshold), ``signals`` and ``sentence`` (thresholds).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.core.escalation import Policy, Scores, Signal
from assistant.errors import ModelError

if TYPE_CHECKING:
    from assistant.adapters._evidence import Evidence

FILE = "calibration.json"
OUTPUTS = ("level>=1", "level>=2", "level>=3", *(str(signal) for signal in Signal))


Table = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class LevelThresholds:
    """Thresholds of one side.

    ``tense`` and ``alarm`` pair budgets (false alarms per 100 mails, rising) with thresholds of P(level >= 1) and of
    P(level >= 2); an alarm has to pass both.
    """

    tense: Table
    alarm: Table
    escalated: float

    def within(self, budget: float) -> tuple[float, float, float]:
        """The three thresholds for a budget; between two table rows on the line through them, outside the nearest."""
        return (interpolated(self.tense, budget), interpolated(self.alarm, budget), self.escalated)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The content of calibration.json."""

    mixture: tuple[tuple[float, float, float], ...]
    scale: tuple[tuple[float, float], ...]
    client: LevelThresholds
    own: LevelThresholds
    signals: dict[Signal, float]
    sentence: float

    def probability(self, output: int, logit: float) -> float:
        """The calibrated probability of one output."""
        a, b = self.scale[output]
        return sigmoid(a * logit + b)

    def judged(self, evidence: Evidence) -> Scores:
        """Calibrated scores from what both parts of the model found."""
        parts = zip(self.mixture, evidence.network, evidence.ngrams, evidence.hottest(), strict=True)
        logits = [a * one + b * other + c * heat for (a, b, c), one, other, heat in parts]
        return replace(self.scores(logits), heat=tuple(sigmoid(sentence[0]) for sentence in evidence.heat))

    def scores(self, logits: Sequence[float]) -> Scores:
        """Calibrated scores from the 17 raw outputs; the level probabilities never rise."""
        values = [self.probability(number, logit) for number, logit in enumerate(logits)]
        signals = dict(zip(Signal, values[3:], strict=True))
        return Scores(p=falling(values[:3]), signals=signals)

    def policy(self, budget: float) -> Policy:
        """The thresholds for a budget of false alarms per 100 ordinary mails."""
        return Policy(
            levels=self.client.within(budget),
            own_levels=self.own.within(budget),
            signals=dict(self.signals),
            sentence=self.sentence,
        )


def sigmoid(x: float) -> float:
    """The logistic function, safe for any float."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def falling(p: Sequence[float]) -> tuple[float, float, float]:
    """Three probabilities of ever narrower events, none above the one before."""
    first, second, third = p
    second = min(first, second)
    return (first, second, min(second, third))


def interpolated(table: Sequence[tuple[float, float]], x: float) -> float:
    """The value at ``x`` of a table of (x, value) with rising x."""
    if x <= table[0][0]:
        return table[0][1]
    for (x0, y0), (x1, y1) in pairwise(table):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return table[-1][1]


def load(folder: Path) -> Calibration:
    """Reads ``folder/calibration.json``; raises ``ModelError`` when it is missing, broken or for other outputs."""
    path = folder / FILE
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ModelError(
            f"{path} is missing: the model is incomplete; reinstall gelassen or run 'make model'"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise ModelError(f"{path} cannot be used ({detail}); reinstall gelassen or run 'make model'") from error


def parse(content: Mapping[str, object]) -> Calibration:
    """The calibration from the decoded JSON; raises ``KeyError``, ``TypeError`` or ``ValueError`` when something is
    amiss.
    """
    if content["outputs"] != list(OUTPUTS):
        raise ValueError("it was made for other outputs than this version of gelassen knows")
    scale, levels, signals = (_mapping(content[key]) for key in ("scale", "levels", "signals"))
    mixture = _mapping(content.get("mixture", {name: [1.0, 0.0, 0.0] for name in OUTPUTS}))
    return Calibration(
        mixture=tuple(_triple(mixture[name]) for name in OUTPUTS),
        scale=tuple(_pair(scale[name]) for name in OUTPUTS),
        client=_thresholds(levels["client"]),
        own=_thresholds(levels["own"]),
        signals={signal: _number(signals[signal]) for signal in Signal},
        sentence=_number(content["sentence"]),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {type(value).__name__}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"expected a number, found {value!r}")
    return float(value)


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"expected [a, b], found {value!r}")
    return (_number(value[0]), _number(value[1]))


def _triple(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise TypeError(f"expected [network, ngrams, heat], found {value!r}")
    return (_number(value[0]), _number(value[1]), _number(value[2]))


def _thresholds(value: object) -> LevelThresholds:
    row = _mapping(value)
    return LevelThresholds(tense=_table(row["t1"]), alarm=_table(row["t2"]), escalated=_number(row["t3"]))


def _table(value: object) -> Table:
    rows = sorted((float(budget), _number(threshold)) for budget, threshold in _mapping(value).items())
    if not rows:
        raise ValueError("a table of thresholds is empty")
    return tuple(rows)
