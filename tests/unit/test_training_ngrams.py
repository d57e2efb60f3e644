"""The linear model over n-grams: features, fitting, storing, and how it is read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters import _ngrams
from assistant.errors import ModelError
from models.training import ngrams
from models.training.calibrate import gold_matrix
from models.training.corpus import Record
from models.training.labels import OUTPUTS


def mail(text: str, level: int, side: str = "client") -> Record:
    """A labelled mail."""
    return Record(id="", writer="", lang="en", side=side, subject="Logo", text=text, level=level)


CORPUS = [mail(f"thanks for the draft number {n}", 0) for n in range(8)]
CORPUS += [mail(f"this is a disgrace and draft {n} a joke", 2) for n in range(8)]
CORPUS += [mail(f"as I said, draft {n}", 1, "own") for n in range(4)] + [mail(f"as I said, {n}", 0) for n in range(4)]


@pytest.fixture(scope="module")
def fitted() -> _ngrams.Ngrams:
    """A model of a few mails."""
    return ngrams.fit(CORPUS, ["a calm text about nothing"], gold_matrix(CORPUS))


def test_it_learns_turns_of_phrase(fitted: _ngrams.Ngrams) -> None:
    """What stood in heated mails raises P(level >= 2), what stood in calm ones lowers it."""
    hot = fitted.logits(_ngrams.read_as("", "what a disgrace, a joke"), own=False)
    calm = fitted.logits(_ngrams.read_as("", "many thanks for it"), own=False)
    assert hot[1] > calm[1]
    assert len(hot) == len(OUTPUTS)


def test_the_same_words_weigh_differently_in_ones_own_draft(fitted: _ngrams.Ngrams) -> None:
    """Own drafts have weights of their own on top of the shared ones."""
    text = _ngrams.read_as("", "as I said")
    assert fitted.logits(text, own=True)[0] > fitted.logits(text, own=False)[0]


def test_stored_and_read_is_the_same(fitted: _ngrams.Ngrams, tmp_path: Path) -> None:
    """The file gives the same outputs; a folder without one has no such model."""
    assert _ngrams.load(tmp_path, len(OUTPUTS)) is None
    ngrams.save(fitted, tmp_path)
    again = _ngrams.load(tmp_path, len(OUTPUTS))
    assert again is not None
    assert again.logits("a joke", own=False) == fitted.logits("a joke", own=False)


def test_eight_bits_are_enough() -> None:
    """Rounding costs at most half a step of the largest weight of its column."""
    weights = np.random.default_rng(0).normal(size=(50, 4))
    small, scale = ngrams.eight_bit(weights)
    assert np.abs(small * scale - weights).max() <= np.abs(weights).max() / 127 / 2 + 1e-6


def test_a_broken_file_is_a_model_error(fitted: _ngrams.Ngrams, tmp_path: Path) -> None:
    """Neither half a file nor that of another model is computed with."""
    ngrams.save(fitted, tmp_path)
    with pytest.raises(ModelError, match="does not go with"):
        _ngrams.load(tmp_path, 5)
    (tmp_path / _ngrams.FILE).write_bytes(b"no")
    with pytest.raises(ModelError, match="cannot be read"):
        _ngrams.load(tmp_path, len(OUTPUTS))


@given(st.text(max_size=200))
def test_any_text_has_features_in_range(text: str) -> None:
    """Empty texts, lone surrogates and emoji are counted like any other: rising numbers, each kind in its range."""
    for kind, (numbers, counts) in enumerate(_ngrams.counted(text)):
        assert (np.diff(numbers) > 0).all()
        assert ((numbers >> _ngrams.BITS) == kind).all()
        assert (counts >= 1).all()


def test_runs_over_word_borders_are_left_out() -> None:
    """Words moved about keep their character features but for the ones at the ends."""
    one, other = (set(_ngrams.counted(text)[0][0].tolist()) for text in ("alpha beta", "beta alpha"))
    assert one == other
    assert set(_ngrams.counted("alphabeta")[0][0].tolist()) != one
