"""Examples to tensors: random batches of similar length, cut so that they fit into memory."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from assistant.adapters._weights import HEATS
from models.training.examples import Example

PAD = 1
GROUP = 20  # batches within which examples are sorted by length
MEMORY = 32 * 130 * 530  # rows x length x (length + 400) that are computed at once: about 2 GB


@dataclass(frozen=True)
class Batch:
    """Token ids and mask (batch x length), wanted outputs and weights (batch x 17), wanted heat of the tokens (batch x
    length x 3) and its weights (batch x length).
    """

    ids: Tensor
    mask: Tensor
    wanted: Tensor
    weights: Tensor
    heat: Tensor
    heat_weights: Tensor

    def parts(self) -> Iterator[Batch]:
        """Slices small enough for memory: attention grows with the square of the length."""
        size = rows_at_once(*self.ids.shape)
        for start in range(0, len(self.ids), size):
            yield Batch(*(getattr(self, column.name)[start : start + size] for column in fields(self)))


def rows_at_once(rows: int, length: int) -> int:
    """How many rows of a length fit into memory, at most ``rows``."""
    return max(1, min(rows, MEMORY // (length * (length + 400))))


def padded(tokens: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids filled up to the longest row, and the mask of what is real."""
    length = max(len(ids) for ids in tokens)
    ids = torch.full((len(tokens), length), PAD)
    mask = torch.zeros((len(tokens), length), dtype=torch.long)
    for row, known in enumerate(tokens):
        ids[row, : len(known)] = torch.tensor(known)
        mask[row, : len(known)] = 1
    return ids, mask


def batches(tokenizer: Tokenizer, examples: Sequence[Example], size: int, rng: random.Random) -> Iterator[Batch]:
    """All examples once, in random batches of similar length."""
    encoded = tokenizer.encode_batch([example.text for example in examples])
    order = shuffled_by_length([len(item.ids) for item in encoded], size, rng)
    starts = list(range(0, len(order), size))
    rng.shuffle(starts)
    for start in starts:
        chosen = order[start : start + size]
        yield batch([examples[i] for i in chosen], [encoded[i] for i in chosen])


def batch(examples: Sequence[Example], encoded: Sequence[Encoding]) -> Batch:
    """The tensors of some examples."""
    ids, mask = padded([item.ids for item in encoded])
    heat, weights = torch.zeros(*ids.shape, HEATS), torch.zeros(ids.shape)
    for row, (example, item) in enumerate(zip(examples, encoded, strict=True)):
        weights[row, : len(item.ids)] = example.token_weight
        for place in hot_tokens(example, item):
            heat[row, place, : example.level] = 1.0
    return Batch(
        ids=ids,
        mask=mask,
        wanted=torch.tensor([example.wanted for example in examples]),
        weights=torch.tensor([example.weights for example in examples]),
        heat=heat,
        heat_weights=weights,
    )


def hot_tokens(example: Example, encoded: Encoding) -> list[int]:
    """Which tokens touch a hot span."""
    if not example.spans:
        return []
    return [
        place
        for place, (start, end) in enumerate(encoded.offsets)
        if start < end and any(start < last and first < end for first, last in example.spans)
    ]


def shuffled_by_length(lengths: Sequence[int], size: int, rng: random.Random) -> list[int]:
    """A random order, sorted by length within each group of batches."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    group = size * GROUP
    for start in range(0, len(order), group):
        order[start : start + group] = sorted(order[start : start + group], key=lambda i: lengths[i])
    return order
