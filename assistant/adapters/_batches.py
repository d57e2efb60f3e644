"""In which company rows of tokens are computed. Pure numbers, no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

BATCH_ROWS = 16
BATCH_TOKENS = 4096  # rows x length of one batch: bounds the memory to some hundred megabytes


def batches(lengths: Sequence[int], *, rows: int = BATCH_ROWS, tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, so that little is padded."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and (len(batch) == rows or (len(batch) + 1) * lengths[row] > tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def filled(lengths: Sequence[int], *, step: int, tokens: int) -> Iterator[list[int]]:
    """Row numbers in batches, shortest first, of at most ``tokens`` tokens when each row is padded to a multiple of
    ``step``; a single longer row is a batch of its own.
    """
    batch: list[int] = []
    room = tokens
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        size = padded(lengths[row], step)
        if batch and size > room:
            yield batch
            batch, room = [], tokens
        batch.append(row)
        room -= size
    if batch:
        yield batch


def padded(length: int, step: int) -> int:
    """The next multiple of ``step``."""
    return -(-length // step) * step
