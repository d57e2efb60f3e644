"""Examples to tensors: random batches of similar length, cut so that they fit into memory."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.training.corpus import Example

PAD = 1
GROUP = 20  # batches within which examples are sorted by length
MEMORY = 32 * 120 * 520  # rows x length x (length + 400) that are computed at once: about 2 GB


@dataclass(frozen=True)
class Batch:
    """Token ids and mask (batch x length), wanted outputs and weights (batch x 17)."""

    ids: Tensor
    mask: Tensor
    wanted: Tensor
    weights: Tensor

    def parts(self) -> Iterator[Batch]:
        """Slices small enough for memory: attention grows with the square of the length."""
        rows, length = self.ids.shape
        size = max(1, min(rows, MEMORY // (length * (length + 400))))
        for i in range(0, rows, size):
            end = i + size
            yield Batch(self.ids[i:end], self.mask[i:end], self.wanted[i:end], self.weights[i:end])


def padded(tokens: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
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
    tokens = [encoding.ids for encoding in tokenizer.encode_batch([example.text for example in examples])]
    order = shuffled_by_length([len(ids) for ids in tokens], size, rng)
    starts = list(range(0, len(order), size))
    rng.shuffle(starts)
    for start in starts:
        chosen = order[start : start + size]
        ids, mask = padded([tokens[i] for i in chosen])
        wanted = torch.tensor([examples[i].wanted for i in chosen])
        yield Batch(ids, mask, wanted, torch.tensor([examples[i].weights for i in chosen]))


def shuffled_by_length(lengths: Sequence[int], size: int, rng: random.Random) -> list[int]:
    """A random order, sorted by length within each group of batches."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    group = size * GROUP
    for start in range(0, len(order), group):
        order[start : start + group] = sorted(order[start : start + group], key=lambda i: lengths[i])
    return order
