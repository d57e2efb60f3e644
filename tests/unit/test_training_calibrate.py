"""Calibration and decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters import _calibration
from assistant.core.escalation import Level
from assistant.errors import ModelError
from models.training import calibrate
from models.training.calibrate import Scored
from models.training.corpus import Record
from models.training.labels import OUTPUTS, SIGNALS


def scored(count: int = 400) -> Scored:
    """Mails of both sides whose outputs follow their labels with some noise."""
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 4, count)
    records = [
        Record(
            id=str(n), writer="w", lang="de", side="own" if n % 5 == 0 else "client", subject="", text="", level=level
        )
        for n, level in enumerate(levels.tolist())
    ]
    clean = 2 * calibrate.gold_matrix(records) - 1
    return Scored(records=records, logits=clean * 2 + rng.normal(0, 1.0, clean.shape))


CALIBRATION = _calibration.parse(calibrate.fit(scored(80)))


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    """A calibration fitted on made-up outputs."""
    return calibrate.fit(scored())


@given(st.lists(st.floats(-30, 30), min_size=17, max_size=17))
def test_level_probabilities_never_rise(logits: list[float]) -> None:
    """P(level >= 1) >= P(level >= 2) >= P(level >= 3) for any raw outputs, and every probability is one."""
    scores = CALIBRATION.scores(logits)
    p1, p2, p3 = scores.p
    assert 1 >= p1 >= p2 >= p3 >= 0
    assert all(0 <= p <= 1 for p in scores.signals.values())


def test_a_larger_budget_never_raises_the_threshold(content: dict[str, Any]) -> None:
    """More false alarms allowed means a threshold as high or lower, between table rows and outside of them."""
    calibration = _calibration.parse(content)
    thresholds = [calibration.policy(budget).levels[1] for budget in (0.0, 0.1, 0.5, 0.7, 1.0, 3.0, 50.0)]
    assert thresholds == sorted(thresholds, reverse=True)


def test_budget_is_kept_on_calm_mail() -> None:
    """At most one in a hundred calm mails reaches the threshold for a budget of one."""
    calm = np.random.default_rng(1).beta(1, 8, 1000)
    threshold = calibrate.budget_threshold(calm, 1.0)
    assert (calm >= threshold).mean() <= 0.01


def test_floor_from_real_mail_is_respected() -> None:
    """Where real ordinary mail set the thresholds, they are used."""
    content = calibrate.fit(scored(), floor={str(budget): (0.9, 0.97) for budget in calibrate.BUDGETS})
    assert _calibration.parse(content).policy(1.0).levels[:2] == (0.9, 0.97)


def test_decisions_follow_clear_outputs(content: dict[str, Any]) -> None:
    """Outputs far from doubt give the level that they say."""
    judged = calibrate.judge(scored(), content)
    assert np.mean([mail.judged == mail.level for mail in judged]) > 0.8
    policy = _calibration.parse(content).policy(1.0)
    assert policy.level(_calibration.parse(content).scores([9.0] * 17)) == Level.ESCALATED
    assert policy.level(_calibration.parse(content).scores([-9.0] * 17)) == Level.CALM


def test_platt_recovers_the_curve() -> None:
    """Scaling finds the logistic curve that truth was drawn from."""
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 3, 20_000)
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(float)
    assert calibrate.platt(logits, truth) == pytest.approx((0.5, -1.0), abs=0.06)
    assert calibrate.platt(logits, np.zeros(20_000)) == (1.0, 0.0)


def test_missing_calibration_is_named(tmp_path: Path) -> None:
    """The error says which file is missing and what to do."""
    with pytest.raises(ModelError, match=r"calibration\.json is missing.*make model"):
        _calibration.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": ["positive", "negative"]},
        {"scale": {}},
        {"scale": None},
        {"sentence": "high"},
        {"sentence": float("nan")},
        {"levels": {"client": {"t1": {}, "t2": {}, "t3": 0.5}, "own": {}}},
        {"signals": dict.fromkeys(SIGNALS[:-1], 0.5)},
    ],
)
def test_broken_calibration_is_one_model_error(tmp_path: Path, content: dict[str, Any], change: dict[str, Any]) -> None:
    """Whatever is wrong inside, it is a ModelError of one line that names the file."""
    (tmp_path / "calibration.json").write_text(json.dumps(content | change))
    with pytest.raises(ModelError, match=r"calibration\.json cannot be used") as caught:
        _calibration.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_outputs_are_the_models_labels(content: dict[str, Any]) -> None:
    """calibration.json names the seventeen outputs in the model's order."""
    assert tuple(content["outputs"]) == OUTPUTS
