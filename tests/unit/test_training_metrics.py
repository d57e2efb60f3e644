"""Figures by hand and beside scikit-learn, and their bootstrap beside drawing the mails themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, roc_auc_score

from models.training import bootstrap, metrics
from models.training.bootstrap import Resamples
from models.training.metrics import Floats

LEVELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)


@given(LEVELS)
def test_level_figures_equal_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Macro-F1 over all four levels and quadratic weighted kappa, wherever the latter is defined."""
    gold, found = np.array(pairs).T
    wanted = f1_score(gold, found, labels=range(4), average="macro", zero_division=0)
    assert metrics.macro_f1(gold, found) == pytest.approx(wanted)
    kappa = metrics.kappa(gold, found)
    if kappa is None:
        assert len(set(gold.tolist()) | set(found.tolist())) == 1
    else:
        assert kappa == pytest.approx(cohen_kappa_score(gold, found, labels=range(4), weights="quadratic"))


def test_kappa_by_hand() -> None:
    """Labels 0 0 3 3, judged 0 3 3 3: observed 9, by chance (2*3 + 2*1)/4 pairs at distance 3, so 18: half."""
    assert metrics.kappa(np.array([0, 0, 3, 3]), np.array([0, 3, 3, 3])) == pytest.approx(0.5)


def test_a_perfect_and_an_opposite_judge() -> None:
    """Kappa is 1 when all agree and -1 when everything is turned round."""
    gold = np.array([0, 0, 3, 3])
    assert metrics.kappa(gold, gold) == pytest.approx(1.0)
    assert metrics.kappa(gold, 3 - gold) == pytest.approx(-1.0)


def test_calibration_error_by_hand() -> None:
    """Two mails of 0.30 and 0.32 in one bin, one of them heated: 0.19 off; one of 0.9 heated: 0.1 off, by mails."""
    gold, p = np.array([True, False, True]), np.array([0.30, 0.32, 0.9])
    assert metrics.ece(gold, p) == pytest.approx((2 * 0.19 + 0.1) / 3)


def test_a_probability_of_one_belongs_to_the_last_bin() -> None:
    """Certainty that is right costs nothing, certainty that is wrong costs everything."""
    assert metrics.ece(np.array([True]), np.array([1.0])) == 0
    assert metrics.ece(np.array([False]), np.array([1.0])) == 1


def test_area_without_both_answers_is_unknown() -> None:
    """There is nothing to rank among calm mails alone."""
    assert metrics.area(np.array([False, False]), np.array([0.1, 0.2])) is None


def test_hot_passages_are_compared_by_characters() -> None:
    """Text "abcdefghij": labelled "cdef", found "efgh": two of four and four, so a half."""
    counts = metrics.overlap("abcdefghij", ["cdef"], ["efgh"])
    assert counts == (2, 4, 4)
    assert metrics.overlap_f1([counts]) == 0.5


def test_hot_passages_are_summed_over_mails() -> None:
    """A mail with nothing labelled counts by what was wrongly found: 2*4 of (4 + 4 + 4)."""
    found = [metrics.overlap("abcdefghij", ["cdef"], ["cdef"]), metrics.overlap("abcd", [], ["abcd"])]
    assert metrics.overlap_f1(found) == pytest.approx(8 / 12)
    assert metrics.overlap_f1([]) == 0


def test_overlapping_passages_count_once_and_repeated_ones_at_their_next_place() -> None:
    """Characters are marked or not, however often; a passage named twice is meant at two places."""
    assert metrics.marked("abcabc", ["abc", "bc"]).tolist() == [True, True, True, False, False, False]
    assert metrics.marked("abcabc", ["abc", "abc"]).all()
    assert not metrics.marked("abc", ["x", ""]).any()


def mails(seed: int = 0, count: int = 60, files: int = 5) -> tuple[np.ndarray, ...]:
    """Files, labels, judgements and probabilities with ties, at random."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, files, count),
        rng.integers(0, 4, count),
        rng.integers(0, 4, count),
        rng.integers(0, 10, count) / 10,
    )


def drawn_by_hand(draws: Resamples, figure: Callable[[np.ndarray], float | None]) -> list[float]:
    """The figure on each resample, made by repeating the mails of every drawn file."""
    found = []
    for weights in draws.weights.astype(int):
        value = figure(np.repeat(np.arange(len(draws.group)), weights[draws.group]))
        found.append(np.nan if value is None else value)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_resampled_figures_equal_figures_of_the_drawn_mails(seed: int) -> None:
    """All resamples at once give what repeating the mails of each drawn file gives."""
    files, gold, found, p = mails(seed)
    draws = Resamples(files.tolist(), rounds=20, seed=seed)
    heated = gold >= 2
    pairs: list[tuple[Floats, Callable[[np.ndarray], float | None]]] = [
        (bootstrap.macro_f1(draws, gold, found), lambda n: metrics.macro_f1(gold[n], found[n])),
        (bootstrap.kappa(draws, gold, found), lambda n: metrics.kappa(gold[n], found[n])),
        (bootstrap.auroc(draws, heated, p), lambda n: roc_auc_score(heated[n], p[n])),
        (bootstrap.ece(draws, heated, p), lambda n: metrics.ece(heated[n], p[n])),
        (bootstrap.share(draws, found >= 2, heated), lambda n: float((found[n] >= 2)[heated[n]].mean())),
    ]
    for at_once, figure in pairs:
        assert at_once == pytest.approx(drawn_by_hand(draws, figure), nan_ok=True)


def test_resampled_signals_and_passages_equal_those_of_the_drawn_mails() -> None:
    """Mean F1 over signals, and F1 of hot passages."""
    files, *_ = mails()
    rng = np.random.default_rng(1)
    gold, found = rng.random((60, 3)) < 0.3, rng.random((60, 3)) < 0.3
    counts = [(int(a), int(a + b), int(a + c)) for a, b, c in rng.integers(0, 9, (60, 3))]
    draws = Resamples(files.tolist(), rounds=20)
    assert bootstrap.signals_f1(draws, gold, found) == pytest.approx(
        drawn_by_hand(draws, lambda n: f1_score(gold[n], found[n], average="macro", zero_division=0))
    )
    assert bootstrap.overlap_f1(draws, counts) == pytest.approx(
        drawn_by_hand(draws, lambda n: metrics.overlap_f1([counts[i] for i in n]))
    )


def test_every_resample_draws_as_many_files_as_there_are() -> None:
    """Whole files with replacement, a thousand times; the same seed draws the same."""
    draws = Resamples(["w1", "w1", "w2", "w3"])
    assert draws.weights.shape == (1000, 3)
    assert (draws.weights.sum(axis=1) == 3).all()
    assert (draws.weights == Resamples(["w1", "w1", "w2", "w3"]).weights).all()


def test_whole_files_give_wider_intervals_than_single_mails() -> None:
    """Where the mails of a file are alike, drawing mails would pretend to know too much."""
    right = np.repeat([True, False, True, True, False], 40)
    by_file = bootstrap.interval(bootstrap.share(Resamples(np.repeat(range(5), 40).tolist()), right, right | True))
    by_mail = bootstrap.interval(bootstrap.share(Resamples(range(200)), right, right | True))
    assert by_file is not None
    assert by_mail is not None
    assert by_file[1] - by_file[0] > 3 * (by_mail[1] - by_mail[0])


def test_an_interval_holds_95_of_100_values() -> None:
    """Percentiles 2.5 and 97.5 in per cent; undefined resamples are left out, without any there is none."""
    assert bootstrap.interval(np.array([*np.linspace(0, 1, 1001), np.nan])) == (2.5, 97.5)
    assert bootstrap.interval(np.array([np.nan])) is None
