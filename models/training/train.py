"""Fine-tunes the base: masked binary cross-entropy over 17 outputs, a checkpoint after every epoch.

With AMX the model computes in bfloat16 throughout (2.2 times faster than autocast on two cores), elsewhere in float32.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertForSequenceClassification

from models.training import harmless
from models.training.batching import Batch, batches
from models.training.corpus import Example, Record, epoch
from models.training.labels import LEVELS, OUTPUTS
from models.training.optimiser import Optimiser, Rates

MAX_LENGTH = 384  # tokens; the longest written mail has 392
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
REPORT_EVERY = 50  # steps


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train.

    ``max_steps`` per epoch, 0: no limit. ``harmless``: show harmless texts that sound dangerous, and no passages.
    """

    epochs: int = 5
    batch: int = 32
    rates: Rates = field(default_factory=Rates)
    signal_weight: float = 2.0
    positive_cap: float = 4.0
    seed: int = 0
    max_steps: int = 0
    harmless: bool = False


def has_amx() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware."""
    return bool(torch.cpu._is_amx_tile_supported())


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder, cutting at ``MAX_LENGTH``."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_LENGTH)
    return tokenizer


def load_model(folder: Path) -> BertForSequenceClassification:
    """The model of a folder, float32; eager attention, because the fused one's backward pass is slow on processors.

    Without dropout on the attention itself, which would keep two more copies of the largest arrays.
    """
    return BertForSequenceClassification.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32, attention_probs_dropout_prob=0.0
    )


def positive_weights(records: Sequence[Record], cap: float) -> Tensor:
    """How much more a present signal counts than an absent one: root of the odds, at most ``cap``; levels count
    evenly.
    """
    weights = [1.0] * len(LEVELS)
    for name in OUTPUTS[len(LEVELS) :]:
        count = sum(name in record.signals for record in records)
        weights.append(min(cap, math.sqrt((len(records) - count + 1) / (count + 1))))
    return torch.tensor(weights)


def loss(logits: Tensor, batch: Batch, positive: Tensor, signal_weight: float) -> Tensor:
    """Weighted mean over the known outputs: levels, plus ``signal_weight`` times signals."""
    raw = nn.functional.binary_cross_entropy_with_logits(
        logits.float(), batch.wanted, weight=batch.weights, pos_weight=positive, reduction="none"
    )
    cut, known = len(LEVELS), batch.weights
    levels = raw[:, :cut].sum() / known[:, :cut].sum().clamp_min(1)
    signals = raw[:, cut:].sum() / known[:, cut:].sum().clamp_min(1)
    return levels + signal_weight * signals


class Trainer:
    """One training run in the folder ``work``: goes on after its last whole epoch."""

    def __init__(
        self, base: Path, work: Path, records: Sequence[Record], public: Sequence[Example], settings: Settings
    ) -> None:
        self.base, self.work = base, work
        self.records, self.public, self.settings = records, public, settings
        self.tokenizer = load_tokenizer(base)
        self.model = load_model(base)
        self.optimiser = Optimiser(self.model, settings.rates)
        self.positive = positive_weights(records, settings.positive_cap)
        self.done = self._epochs_done()

    def folder(self, number: int) -> Path:
        """Where the model after epoch ``number`` (from 1) lies."""
        return self.work / f"epoch-{number}"

    def _epochs_done(self) -> int:
        done = 0
        while (self.folder(done + 1) / "done.json").exists():
            done += 1
        return done

    def run(self) -> Path:
        """Trains what is missing and returns the folder of the last epoch."""
        if self.done >= self.settings.epochs:
            return self.folder(self.settings.epochs)
        if self.done:
            self.optimiser.restore(torch.load(self.work / "optimiser.pt", weights_only=True))
        model: nn.Module = self.model
        model.to(torch.bfloat16 if has_amx() else torch.float32)
        for number in range(self.done + 1, self.settings.epochs + 1):
            self._epoch(number)
        return self.folder(self.settings.epochs)

    def _epoch(self, number: int) -> None:
        rng = random.Random(f"{self.settings.seed}-{number}")
        torch.manual_seed(self.settings.seed * 1000 + number)
        make = harmless.epoch if self.settings.harmless else epoch
        examples = make(self.records, self.public, rng)
        steps = math.ceil(len(examples) / self.settings.batch)
        steps = min(steps, self.settings.max_steps or steps)
        self.model.train()
        began, total = time.monotonic(), 0.0
        for step, batch in enumerate(batches(self.tokenizer, examples, self.settings.batch, rng)):
            if step == steps:
                break
            total += sum(self._backward(part, len(part.ids) / len(batch.ids)) for part in batch.parts())
            self.optimiser.step((number - 1) * steps + step, steps * self.settings.epochs)
            if step % REPORT_EVERY == 0:
                mean, spent = total / (step + 1), time.monotonic() - began
                print(f"epoch {number} step {step}/{steps} loss {mean:.3f} {spent:.0f} s", flush=True)
        self._save(number, {"loss": total / steps, "seconds": time.monotonic() - began, "examples": len(examples)})

    def _backward(self, part: Batch, share: float) -> float:
        logits = self.model(input_ids=part.ids, attention_mask=part.mask).logits
        value = share * loss(logits, part, self.positive, self.settings.signal_weight)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    def _save(self, number: int, report: dict[str, float]) -> None:
        target = self.folder(number)
        self.model.save_pretrained(target, state_dict=self.optimiser.masters)
        for name in TOKENIZER_FILES:
            shutil.copy(self.base / name, target / name)
        torch.save(self.optimiser.state(), self.work / "optimiser.pt")
        (target / "done.json").write_text(json.dumps(report | {"settings": asdict(self.settings)}, indent=1) + "\n")
        print(f"epoch {number} done: {report}", flush=True)
