"""Fine-tunes the network on labelled texts, with a checkpoint after every epoch.

Three losses: masked binary cross-entropy over the levels and over the signals of the whole text, and over the heat of
its tokens. With AMX the model computes in bfloat16 throughout, elsewhere in float32.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.training import network
from models.training.batching import Batch, batches
from models.training.corpus import Record
from models.training.examples import Material, Mixture, epoch
from models.training.labels import LEVELS, OUTPUTS
from models.training.optimiser import Optimiser, Rates

MAX_LENGTH = 384  # tokens; the longest written mail has about 400
REPORT_EVERY = 50  # steps


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; ``max_steps`` per epoch, 0: no limit."""

    epochs: int = 4
    batch: int = 64
    rates: Rates = field(default_factory=Rates)
    mixture: Mixture = field(default_factory=Mixture)
    signal_weight: float = 2.0
    heat_weight: float = 0.6
    positive_cap: float = 4.0
    seed: int = 0
    max_steps: int = 0


def has_amx() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware."""
    return bool(torch.cpu._is_amx_tile_supported())


def precision() -> torch.dtype:
    """What the network computes in on this processor."""
    return torch.bfloat16 if has_amx() else torch.float32


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder, cutting at ``MAX_LENGTH``."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_LENGTH)
    return tokenizer


def positive_weights(records: Sequence[Record], cap: float) -> Tensor:
    """How much more a present signal counts than an absent one: root of the odds, at most ``cap``; levels count
    evenly.
    """
    weights = [1.0] * len(LEVELS)
    for name in OUTPUTS[len(LEVELS) :]:
        count = sum(name in record.signals for record in records)
        weights.append(min(cap, math.sqrt((len(records) - count + 1) / (count + 1))))
    return torch.tensor(weights)


def mail_loss(logits: Tensor, batch: Batch, positive: Tensor, signal_weight: float) -> Tensor:
    """Weighted mean over the known outputs: levels, plus ``signal_weight`` times signals."""
    raw = nn.functional.binary_cross_entropy_with_logits(
        logits.float(), batch.wanted, weight=batch.weights, pos_weight=positive, reduction="none"
    )
    cut, known = len(LEVELS), batch.weights
    levels = raw[:, :cut].sum() / known[:, :cut].sum().clamp_min(1)
    signals = raw[:, cut:].sum() / known[:, cut:].sum().clamp_min(1)
    return levels + signal_weight * signals


def heat_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Weighted mean over the tokens of the texts whose hot passages are known."""
    raw = nn.functional.binary_cross_entropy_with_logits(logits.float(), batch.heat, reduction="none").mean(-1)
    return (raw * batch.heat_weights).sum() / batch.heat_weights.sum().clamp_min(1)


class Trainer:
    """One training run in the folder ``work``: goes on after its last whole epoch."""

    def __init__(self, base: Path, work: Path, material: Material, settings: Settings) -> None:
        self.base, self.work = base, work
        self.material, self.settings = material, settings
        self.tokenizer = load_tokenizer(base)
        self.network = network.load(base)
        self.optimiser = Optimiser(self.network, len(self.network.layers), settings.rates)
        self.positive = positive_weights(material.written, settings.positive_cap)

    @property
    def result(self) -> Path:
        """Where the trained model lies in the end."""
        return self.work / "trained"

    def run(self) -> Path:
        """Trains what is missing and returns the folder of the trained model."""
        if (self.result / "done.json").exists():
            return self.result
        self.work.mkdir(parents=True, exist_ok=True)
        done, reports = self._restored()
        self.network.to(precision())
        for number in range(done + 1, self.settings.epochs + 1):
            reports.append(self._epoch(number))
            self._checkpoint(number, reports)
        network.save(self.optimiser.masters, self.result, self.base)
        content = {"epochs": reports, "settings": asdict(self.settings)}
        (self.result / "done.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        (self.work / "state.pt").unlink(missing_ok=True)
        return self.result

    def _restored(self) -> tuple[int, list[dict[str, float]]]:
        state = self.work / "state.pt"
        if not state.exists():
            return 0, []
        kept = torch.load(state, weights_only=True)
        self.optimiser.restore(kept["optimiser"])
        return len(kept["reports"]), kept["reports"]

    def _checkpoint(self, number: int, reports: Sequence[dict[str, float]]) -> None:
        partial = self.work / "state.part"
        torch.save({"optimiser": self.optimiser.state(), "reports": list(reports)}, partial)
        os.replace(partial, self.work / "state.pt")
        print(f"epoch {number} done: {reports[-1]}", flush=True)

    def _epoch(self, number: int) -> dict[str, float]:
        rng = random.Random(f"{self.settings.seed}-{number}")
        torch.manual_seed(self.settings.seed * 1000 + number)
        examples = epoch(self.material, self.settings.mixture, rng)
        steps = math.ceil(len(examples) / self.settings.batch)
        steps = min(steps, self.settings.max_steps or steps)
        self.network.train()
        began, total = time.monotonic(), 0.0
        for step, whole in enumerate(batches(self.tokenizer, examples, self.settings.batch, rng)):
            if step == steps:
                break
            total += sum(self._backward(part, len(part.ids) / len(whole.ids)) for part in whole.parts())
            self.optimiser.step((number - 1) * steps + step, steps * self.settings.epochs)
            if step % REPORT_EVERY == 0:
                mean, spent = total / (step + 1), time.monotonic() - began
                print(f"epoch {number} step {step}/{steps} loss {mean:.3f} {spent:.0f} s", flush=True)
        return {"loss": total / steps, "seconds": time.monotonic() - began, "examples": len(examples)}

    def _backward(self, part: Batch, share: float) -> float:
        mail, tokens = self.network(part.ids, part.mask)
        value = mail_loss(mail, part, self.positive, self.settings.signal_weight)
        value = share * (value + self.settings.heat_weight * heat_loss(tokens, part))
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())
