"""AdamW in full precision over a model that computes in bfloat16, with layer-wise learning rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Learning rates: ``top`` for the top layer, each layer below ``decay`` times slower, ``head`` for what is new."""

    top: float = 1.5e-4
    head: float = 5e-4
    decay: float = 0.9
    warmup: float = 0.08
    weight_decay: float = 0.01

    def of(self, name: str, depth: int) -> float:
        """The rate of a parameter by its name in a network of ``depth`` layers."""
        if name.startswith(("classifier", "heat", "tasks")):
            return self.head
        if name.startswith("pooler"):
            return self.top
        layer = int(name.split(".")[1]) if name.startswith("layers.") else -1
        return float(self.top * self.decay ** (depth - 1 - layer))


def schedule(step: int, total: int, warmup: float) -> float:
    """Linear rise over ``warmup`` of all steps, then a half cosine down to zero."""
    rise = max(1, int(warmup * total))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, total - rise))))


class Optimiser:
    """Keeps a float32 master of each weight: updates are smaller than what bfloat16 can tell apart."""

    def __init__(self, model: nn.Module, depth: int, rates: Rates) -> None:
        self._rates = rates
        self._weights = dict(model.named_parameters())
        self.masters = {name: p.detach().float().clone() for name, p in self._weights.items()}
        self._adam = torch.optim.AdamW(self._groups(depth), fused=True)
        self._full = [group["lr"] for group in self._adam.param_groups]

    def _groups(self, depth: int) -> list[dict[str, Any]]:
        found: dict[tuple[float, bool], list[Tensor]] = {}
        for name, master in self.masters.items():
            found.setdefault((self._rates.of(name, depth), master.ndim > 1), []).append(master)
        return [
            {"params": parameters, "lr": rate, "weight_decay": self._rates.weight_decay if matrices else 0.0}
            for (rate, matrices), parameters in found.items()
        ]

    def step(self, number: int, total: int) -> None:
        """One update from the model's gradients, which are cleared."""
        factor = schedule(number, total, self._rates.warmup)
        for group, rate in zip(self._adam.param_groups, self._full, strict=True):
            group["lr"] = rate * factor
        for name, weight in self._weights.items():
            self.masters[name].grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        nn.utils.clip_grad_norm_(self.masters.values(), 1.0)
        self._adam.step()
        self._copy()

    def state(self) -> dict[str, Any]:
        """What a later run needs to go on."""
        return {"adam": self._adam.state_dict(), "masters": self.masters}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        self._adam.load_state_dict(state["adam"])
        with torch.no_grad():
            for name, master in self.masters.items():
                master.copy_(state["masters"][name])
        self._copy()

    def _copy(self) -> None:
        with torch.no_grad():
            for name, weight in self._weights.items():
                weight.copy_(self.masters[name])
