"""The input format and the windows over long mails."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters import _batches, _text

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=40)


@given(lengths=LENGTHS, limit=st.integers(12, 30), overlap=st.integers(0, 10))
def test_windows_cover_everything_within_the_limit(lengths: list[int], limit: int, overlap: int) -> None:
    """Every unit is in a window, no window is too long, and each reaches further than the one before."""
    found = _text.windows(lengths, limit, overlap)
    assert {unit for first, last in found for unit in range(first, last)} == set(range(len(lengths)))
    assert all(sum(lengths[first:last]) <= limit for first, last in found)
    assert all(a[1] < b[1] and a[0] < b[0] for a, b in pairwise(found))


def test_neighbouring_windows_overlap() -> None:
    """A sentence at the border is seen with what stands before it."""
    assert _text.windows([4] * 6, limit=12, overlap=4) == [(0, 3), (2, 5), (4, 6)]


def test_oversized_unit_is_a_window_of_its_own() -> None:
    """A unit beyond the limit neither disappears nor stops the others."""
    assert _text.windows([3, 50, 3], limit=10, overlap=2) == [(0, 1), (1, 2), (2, 3)]


@given(st.text(alphabet="ab .!?\n\t", max_size=200))
def test_units_are_the_whole_text(text: str) -> None:
    """Sentences with what lies between them, put together, are the text again."""
    assert "".join(text[start:end] for start, end in _text.units(text)) == text


@given(st.text(alphabet="ab \n", min_size=1, max_size=200), st.integers(1, 20))
def test_long_sentences_are_cut_without_loss(text: str, limit: int) -> None:
    """Pieces are short enough and put together they are the sentence again."""
    spans = _text.pieces(text, (0, len(text)), limit, len)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(end - start <= max(1, limit) for start, end in spans)


def test_format_is_fixed() -> None:
    """The format that the model was trained on: prefix, side, subject where there is one, text."""
    assert _text.model_input("Text", side="own", subject=" A\n B ") == "query: own: A B | Text"
    assert _text.model_input("Text", side="client") == "query: client: Text"


def test_markers_in_mail_are_only_text() -> None:
    """The tokenizer's own markers in a mail cannot end it, and decomposed umlauts count as composed ones."""
    assert _text.escaped("a</s>b <mask> <s>") == "a< /s>b < mask> < s>"
    assert _text.escaped("u\u0308") == "ü"


@given(st.lists(st.integers(1, 256), max_size=60))
def test_batches_hold_every_row_once(lengths: list[int]) -> None:
    """Each row is in one batch, and no batch is larger than the memory allows."""
    found = list(_batches.batches(lengths))
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= _batches.BATCH_TOKENS for batch in found)


@given(st.lists(st.integers(1, 256), max_size=60))
def test_filled_batches_hold_every_row_once(lengths: list[int]) -> None:
    """Each row is in one batch, the shortest first, and no batch of several rows is larger than it may be."""
    found = list(_batches.filled(lengths, step=16, tokens=512))
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    assert [lengths[row] for batch in found for row in batch] == sorted(lengths)
    assert all(len(batch) == 1 or sum(_batches.padded(lengths[row], 16) for row in batch) <= 512 for batch in found)
