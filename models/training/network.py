"""The network as it is trained: the standard BERT of the model folder, written out so that two cores suffice.

Same weights and same outputs as transformers' ``BertForSequenceClassification`` (a test compares them), a quarter
faster to train: query, key and value are one product, dropout draws bytes instead of floats, and the last layer
computes only its first token, the one that is read. Beside the 17 outputs of the mail there is a head over its tokens:
how far the heat of a passage has escalated (``heat.safetensors``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from assistant.adapters._weights import HEAT_FILE, HEATS

DROPOUT: Final = 0.1
RARE: Final = -2.0  # first guess of the token head: most tokens are calm
MASKED: Final = -10_000.0
_COPIED: Final = ("config.json", "tokenizer.json", "tokenizer_config.json")


class ByteDropout(nn.Module):
    """Dropout whose chance is a whole number of 256ths: eight times less randomness than ``nn.Dropout`` draws."""

    def __init__(self, share: float = DROPOUT) -> None:
        super().__init__()
        self.dropped = round(share * 256)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` with some values zeroed and the rest raised, while training."""
        if not self.training or not self.dropped:
            return x
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()].view_as(x) >= self.dropped
        return x * (kept.to(x.dtype) / (1 - self.dropped / 256))


class Layer(nn.Module):
    """One transformer layer, normalised after each part."""

    def __init__(self, width: int, inner: int, heads: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm_attention, self.norm_output = nn.LayerNorm(width, eps=eps), nn.LayerNorm(width, eps=eps)
        self.dropout = ByteDropout()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Every token's new state; ``mask`` is added to the attention (batch x 1 x 1 x length)."""
        query, key, value = self.qkv(x).chunk(3, -1)
        return self._rest(x, query, key, value, mask)

    def first(self, x: Tensor, mask: Tensor) -> Tensor:
        """The first token's new state only (batch x 1 x width)."""
        width = x.shape[-1]
        weight, bias = self.qkv.weight, self.qkv.bias
        query = functional.linear(x[:, :1], weight[:width], bias[:width])
        key, value = functional.linear(x, weight[width:], bias[width:]).chunk(2, -1)
        return self._rest(x[:, :1], query, key, value, mask)

    def _rest(self, x: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (self._split(part) for part in (query, key, value))
        attention = (query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2) + mask).softmax(-1)
        mixed = (attention @ value).transpose(1, 2).flatten(2)
        x = self.norm_attention(x + self.dropout(self.out(mixed)))
        grown: Tensor = self.norm_output(x + self.dropout(self.down(functional.gelu(self.up(x)))))
        return grown

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Network(nn.Module):
    """The whole model; ``tasks`` are further heads over the mail for a first training step: name to outputs."""

    def __init__(self, config: Mapping[str, int], tasks: Mapping[str, int] | None = None) -> None:
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.kinds = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps=eps)
        sizes = (width, config["intermediate_size"], config["num_attention_heads"], eps)
        self.layers = nn.ModuleList(Layer(*sizes) for _ in range(config["num_hidden_layers"]))
        self.pooler = nn.Linear(width, width)
        self.classifier = nn.Linear(width, len(config["id2label"]))  # type: ignore[arg-type]
        self.heat = nn.Linear(width, HEATS)
        nn.init.zeros_(self.heat.weight)
        nn.init.constant_(self.heat.bias, RARE)
        self.tasks = nn.ModuleDict({name: nn.Linear(width, outputs) for name, outputs in (tasks or {}).items()})
        self.dropout = ByteDropout()

    def states(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """States of the tokens below the last layer (batch x length x width), and the mail's (batch x width)."""
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.kinds.weight[0]
        x = self.dropout(self.norm(x))
        hidden = ((1 - mask)[:, None, None, :] * MASKED).to(x.dtype)
        *lower, last = self.layers
        for layer in lower:
            x = layer(x, hidden)
        assert isinstance(last, Layer)
        return x, self.dropout(torch.tanh(self.pooler(last.first(x, hidden)[:, 0])))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Raw outputs of the mails (batch x 17) and of their tokens (batch x length x 3)."""
        tokens, mail = self.states(ids, mask)
        return self.classifier(mail), self.heat(self.dropout(tokens))


def load(folder: Path, tasks: Mapping[str, int] | None = None) -> Network:
    """The network of a model folder in float32; a folder without a token head gets a fresh one."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    network = Network(config, tasks)
    stored = load_file(str(folder / "model.safetensors"))
    known = {own: torch.cat([stored[name].float() for name in names]) for own, names in names_of(len(network.layers))}
    if (folder / HEAT_FILE).exists():
        known |= {f"heat.{name}": value for name, value in load_file(str(folder / HEAT_FILE)).items()}
    missing, _ = network.load_state_dict(known, strict=False)
    if wrong := [name for name in missing if not name.startswith(("heat.", "tasks."))]:
        raise ValueError(f"{folder} lacks weights: {', '.join(wrong[:5])}")
    return network


def save(weights: Mapping[str, Tensor], folder: Path, base: Path) -> None:
    """Writes weights (by the names of :class:`Network`) as a standard model folder; ``base`` gives the other files."""
    folder.mkdir(parents=True, exist_ok=True)
    depth = sum(name.endswith(".qkv.bias") for name in weights)
    stored: dict[str, Tensor] = {}
    for own, names in names_of(depth):
        parts = weights[own].detach().chunk(len(names)) if len(names) > 1 else [weights[own].detach()]
        stored |= {name: part.clone().contiguous() for name, part in zip(names, parts, strict=True)}
    save_file(stored, str(folder / "model.safetensors"), {"format": "pt"})
    heat = {name: weights[f"heat.{name}"].detach().clone() for name in ("weight", "bias")}
    save_file(heat, str(folder / HEAT_FILE))
    for name in _COPIED:
        shutil.copy(base / name, folder / name)


def names_of(depth: int) -> Iterator[tuple[str, list[str]]]:
    """Each weight's name here and its names in the standard model (three where they are one product here)."""
    below = "bert.embeddings."
    yield "words.weight", [f"{below}word_embeddings.weight"]
    yield "positions.weight", [f"{below}position_embeddings.weight"]
    yield "kinds.weight", [f"{below}token_type_embeddings.weight"]
    for kind in ("weight", "bias"):
        yield f"norm.{kind}", [f"{below}LayerNorm.{kind}"]
        yield f"pooler.{kind}", [f"bert.pooler.dense.{kind}"]
        yield f"classifier.{kind}", [f"classifier.{kind}"]
        for number in range(depth):
            yield from _layer_names(f"layers.{number}.", f"bert.encoder.layer.{number}.", kind)


def _layer_names(own: str, his: str, kind: str) -> Iterator[tuple[str, list[str]]]:
    attention = f"{his}attention.self."
    yield f"{own}qkv.{kind}", [f"{attention}{part}.{kind}" for part in ("query", "key", "value")]
    yield f"{own}out.{kind}", [f"{his}attention.output.dense.{kind}"]
    yield f"{own}norm_attention.{kind}", [f"{his}attention.output.LayerNorm.{kind}"]
    yield f"{own}up.{kind}", [f"{his}intermediate.dense.{kind}"]
    yield f"{own}down.{kind}", [f"{his}output.dense.{kind}"]
    yield f"{own}norm_output.{kind}", [f"{his}output.LayerNorm.{kind}"]
