"""From out-of-fold outputs to calibration.json: Platt scaling of each output, then thresholds.

Every choice is made on mails that the scored model was not trained on. The threshold of P(level >= 2) for a client's
mail follows a budget of false alarms on calm mail; all other thresholds are balanced for the best level or signal F1,
that of P(level >= 1) within a budget of its own, five times as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.adapters import _calibration
from assistant.core.escalation import JudgeInput, Side
from models.training.corpus import Record
from models.training.examples import wanted
from models.training.labels import LEVELS, OUTPUTS, SIGNALS
from models.training.metrics import Floats, Ints, Judged, f1, macro_f1

BUDGETS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)  # false alarms per 100 ordinary mails
DEFAULT_BUDGET = 1.0
TENSE_PER_ALARM = 5.0  # ordinary mails judged tense for each that may raise an alarm: nothing is held for those
Floor = dict[str, tuple[float, float]]
GRID = np.round(np.arange(0.05, 0.96, 0.01), 2)
CEILING = 0.995
LIKELY = 0.5  # no budget is so large that the less likely level is chosen


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Records with a model's raw outputs (n x 17)."""

    records: Sequence[Record]
    logits: Floats

    def where(self, keep: Sequence[bool]) -> Scored:
        """The part for which ``keep`` holds."""
        chosen = [record for record, kept in zip(self.records, keep, strict=True) if kept]
        return Scored(records=chosen, logits=self.logits[np.array(keep, dtype=bool)])

    def side(self, side: str) -> Scored:
        """The mails of one side."""
        return self.where([record.side == side for record in self.records])


def as_input(record: Record) -> JudgeInput:
    """A record as the classifier takes it."""
    side: Side = "own" if record.side == "own" else "client"
    return JudgeInput(text=record.text, subject=record.subject, side=side)


def platt(logits: Floats, gold: Floats) -> tuple[float, float]:
    """``(a, b)`` of the logistic curve through raw outputs and truth; the identity when only one answer occurs."""
    if gold.min() == gold.max():
        return (1.0, 0.0)
    fitted = LogisticRegression(C=100.0).fit(logits.reshape(-1, 1), gold)
    return (float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def gold_matrix(records: Sequence[Record]) -> Floats:
    """The labels as a 0/1 matrix (n x 17)."""
    return np.array([wanted(record.level, record.signals) for record in records])


def fit(scored: Scored, *, floor: Floor | None = None) -> dict[str, Any]:
    """The content of calibration.json but for the mixture of the parts.

    ``floor``: for each budget the lowest thresholds of P(level >= 1) and P(level >= 2) that real ordinary mail allows
    for a client's mail (``real_floor``); without it the written calm mails have to stand in, which are harder than
    ordinary ones. The threshold for sentences is a neutral 0.5, to be replaced by a measured one.
    """
    gold = gold_matrix(scored.records)
    scale = [platt(scored.logits[:, i], gold[:, i]) for i in range(len(OUTPUTS))]
    content: dict[str, Any] = {
        "outputs": list(OUTPUTS),
        "scale": {name: [round(a, 5), round(b, 5)] for name, (a, b) in zip(OUTPUTS, scale, strict=True)},
        "sentence": 0.5,
    }
    p = probabilities(scored.logits, scale)
    content["signals"] = _signal_thresholds(p[:, len(LEVELS) :], gold[:, len(LEVELS) :])
    content["levels"] = {side: _level_thresholds(scored, p, side, floor or {}) for side in ("client", "own")}
    return content


def real_floor(ordinary: Floats, scale: Sequence[tuple[float, float]]) -> Floor:
    """For each budget the lowest thresholds that keep it on real ordinary mail with these raw outputs (m x 17)."""
    calm = probabilities(ordinary, scale)
    return {
        str(budget): (
            budget_threshold(calm[:, 0], budget * TENSE_PER_ALARM),
            max(LIKELY, budget_threshold(calm[:, 1], budget)),
        )
        for budget in BUDGETS
    }


def decided(p: Floats, thresholds: Sequence[float] | Floats) -> Ints:
    """Levels by three thresholds, or by three for each mail (n x 3), as ``Policy.level`` decides them."""
    levels: Ints = np.cumprod(p[:, : len(LEVELS)] >= np.array(thresholds), axis=1).sum(axis=1)
    return levels


def probabilities(logits: Floats, scale: Sequence[tuple[float, float]]) -> Floats:
    """Calibrated probabilities; the level columns never rise, as in use."""
    a, b = np.array(scale).T
    p: Floats = 1 / (1 + np.exp(-(logits * a + b)))
    p[:, : len(LEVELS)] = np.minimum.accumulate(p[:, : len(LEVELS)], axis=1)
    return p


def _signal_thresholds(p: Floats, gold: Floats) -> dict[str, float]:
    return {name: best_threshold(p[:, i], gold[:, i]) for i, name in enumerate(SIGNALS)}


def best_threshold(p: Floats, gold: Floats) -> float:
    """The threshold with the highest F1."""
    scores = [f1(gold, (p >= threshold).astype(int)) for threshold in GRID]
    return float(GRID[int(np.argmax(scores))])


def _level_thresholds(scored: Scored, p: Floats, side: str, floor: Floor) -> dict[str, Any]:
    mine = np.array([record.side == side for record in scored.records])
    levels = np.array([record.level for record in scored.records])[mine]
    p = p[mine][:, : len(LEVELS)]
    if side == "own":  # one's own draft: a missed heat costs more than a needless pause, so no budget
        t1, t2, t3 = balanced(p, levels, None)
        return _tables({str(DEFAULT_BUDGET): (t1, t2)}, t3)
    lowest = floor or {str(budget): (0.0, budget_threshold(p[levels == 0, 1], budget)) for budget in BUDGETS}
    pairs: Floor = {}
    for budget, (tense, alarm) in lowest.items():
        best = balanced(p, levels, alarm)[0]
        pairs[budget] = (min(alarm, max(best, tense)), alarm)  # an alarm is at least tense
    return _tables(pairs, balanced(p, levels, lowest[str(DEFAULT_BUDGET)][1])[2])


def _tables(pairs: Floor, t3: float) -> dict[str, Any]:
    tense, alarm = ({budget: pair[place] for budget, pair in pairs.items()} for place in (0, 1))
    return {"t1": tense, "t2": alarm, "t3": t3}


def budget_threshold(calm: Floats, budget: float) -> float:
    """The lowest threshold that at most ``budget`` of 100 calm mails reach."""
    allowed = int(len(calm) * budget / 100)
    ordered = np.sort(calm)[::-1]
    if allowed >= len(ordered):
        return float(GRID[0])
    return float(min(CEILING, max(GRID[0], np.ceil(ordered[allowed] * 1000 + 1) / 1000)))


def balanced(p: Floats, levels: Ints, t2: float | None) -> tuple[float, float, float]:
    """Thresholds with the best macro-F1 of the levels, one after the other; ``t2`` is kept where given."""
    thresholds = [0.5, 0.5 if t2 is None else t2, 0.5]
    for _ in range(2):
        for step in (0, 1, 2):
            if step == 1 and t2 is not None:
                continue
            scores = [_score(p, levels, thresholds, step, float(value)) for value in GRID]
            thresholds[step] = float(GRID[int(np.argmax(scores))])
    return (thresholds[0], thresholds[1], thresholds[2])


def _score(p: Floats, levels: Ints, thresholds: Sequence[float], step: int, value: float) -> float:
    tried = [*thresholds[:step], value, *thresholds[step + 1 :]]
    return macro_f1(levels, decided(p, tried))


def judge(scored: Scored, content: dict[str, Any], budget: float = DEFAULT_BUDGET) -> list[Judged]:
    """What the program would decide about each mail, by the program's own code."""
    calibration = _calibration.parse(content)
    policy = calibration.policy(budget)
    found = []
    for record, logits in zip(scored.records, scored.logits, strict=True):
        scores = calibration.scores([float(x) for x in logits])
        level = policy.level(scores, as_input(record).side)
        found.append(
            Judged(
                writer=record.writer,
                lang=record.lang,
                side=record.side,
                level=record.level,
                signals=record.signals,
                p2=scores.p[1],
                judged=int(level),
                flagged=tuple(str(signal) for signal in policy.flagged(scores, level)),
            )
        )
    return found
