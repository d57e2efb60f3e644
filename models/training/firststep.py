"""A first training step on public sets by their own labels: emotion, offence, sarcasm, incivility.

The base has learnt what texts are about, not how they sound. One pass over some 45,000 short real texts, each set a
task with a head of its own, teaches it before it sees the first mail. The heads are thrown away afterwards.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from models.training import network, public
from models.training.batching import padded, shuffled_by_length
from models.training.optimiser import Optimiser, Rates
from models.training.public import TaskText
from models.training.train import load_tokenizer, precision

BATCH: Final = 128
RATES: Final = Rates(top=1.2e-4, head=1e-3, decay=0.92, warmup=0.06)
NEW: Final = ("classifier", "heat")
REPORT_EVERY: Final = 20  # steps


def run(base: Path, target: Path, folder: Path, *, max_steps: int = 0) -> Path:
    """Trains the base on the public sets in ``folder`` and writes it to ``target`` with untouched heads."""
    if not (target / "model.safetensors").exists():
        FirstStep(base, public.task_texts(folder, random.Random(0))).train(max_steps).save(target)
    return target


class FirstStep:
    """The network with one head for each task."""

    def __init__(self, base: Path, texts: Sequence[TaskText]) -> None:
        torch.manual_seed(0)
        self._base, self._texts = base, texts
        self._network = network.load(base, {text.task: len(text.wanted) for text in texts})
        self._fresh = {n: p.detach().clone() for n, p in self._network.named_parameters() if n.startswith(NEW)}
        self._optimiser = Optimiser(self._network, len(self._network.layers), RATES)

    def train(self, max_steps: int = 0) -> FirstStep:
        """One pass over the texts, or ``max_steps`` of it."""
        encoded = load_tokenizer(self._base).encode_batch([text.text for text in self._texts])
        rng = random.Random(0)
        order = shuffled_by_length([len(item.ids) for item in encoded], BATCH, rng)
        starts = list(range(0, len(order), BATCH))
        rng.shuffle(starts)
        self._network.to(precision()).train()
        began, total = time.monotonic(), 0.0
        for step, start in enumerate(starts[: max_steps or None]):
            chosen = order[start : start + BATCH]
            total += self._backward([encoded[i].ids for i in chosen], [self._texts[i] for i in chosen])
            self._optimiser.step(step, len(starts))
            if step % REPORT_EVERY == 0:
                spent = time.monotonic() - began
                print(f"first step {step}/{len(starts)} loss {total / (step + 1):.3f} {spent:.0f} s", flush=True)
        return self

    def _backward(self, tokens: Sequence[Sequence[int]], texts: Sequence[TaskText]) -> float:
        ids, mask = padded(tokens)
        _, mails = self._network.states(ids, mask)
        value = loss(self._network, mails, texts)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    def save(self, target: Path) -> None:
        """Writes the network with the untouched heads for the real task."""
        network.save(self._optimiser.masters | self._fresh, target, self._base)


def loss(model: network.Network, mails: Tensor, texts: Sequence[TaskText]) -> Tensor:
    """The mean over the texts of the sum over the labels of each text's own task; ``mails`` are the texts' states."""
    total = torch.zeros(())
    for task in dict.fromkeys(text.task for text in texts):
        rows = [row for row, text in enumerate(texts) if text.task == task]
        wanted = torch.tensor([texts[row].wanted for row in rows])
        outputs = model.tasks[task](mails[rows]).float()
        total = total + nn.functional.binary_cross_entropy_with_logits(outputs, wanted, reduction="none").sum()
    return total / len(texts)
