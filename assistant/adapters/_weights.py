"""The files of a model folder as the network needs them: its sizes from config.json, its weights from safetensors.

Never pickle. Everything is checked against the sizes before anything is computed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

HEAT_FILE = "heat.safetensors"
HEATS = 3  # outputs for each token: in a hot passage of a mail of level >= 1, >= 2, >= 3
_EMBEDDING = "bert.embeddings.word_embeddings.weight"


class Affine(NamedTuple):
    """Weight (out x in) and bias (out) of a linear map, or gain and shift (width) of a norm."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of the network, as in config.json."""

    width: int
    heads: int
    layers: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    outputs: int
    epsilon: float
    padding: int

    @property
    def head(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


def config(folder: Path) -> dict[str, Any]:
    """The content of config.json; raises ``ModelError``."""
    path = folder / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}): the model is incomplete; reinstall gelassen or run 'make model'"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not describe a model; reinstall gelassen or run 'make model'")
    return content


def shape(folder: Path) -> Shape:
    """The sizes in config.json; raises ``ModelError`` when one is missing or senseless."""
    content = config(folder)

    def size(key: str) -> int:
        value = content.get(key)
        if not isinstance(value, int) or value < 1:
            raise ModelError(f"{folder / 'config.json'}: {key} is {value!r}, not a size")
        return value

    found = Shape(
        width=size("hidden_size"),
        heads=size("num_attention_heads"),
        layers=size("num_hidden_layers"),
        inner=size("intermediate_size"),
        vocabulary=size("vocab_size"),
        positions=size("max_position_embeddings"),
        types=size("type_vocab_size"),
        outputs=len(content["id2label"]),
        epsilon=float(content["layer_norm_eps"]),
        padding=int(content["pad_token_id"]),
    )
    if found.width % found.heads or found.padding >= found.vocabulary:
        raise ModelError(f"{folder / 'config.json'}: its sizes do not go together")
    return found


def sizes(of: Shape) -> dict[str, list[int]]:
    """Every weight that the network needs, and its size."""
    wide, inner = of.width, of.inner
    found = {
        _EMBEDDING: [of.vocabulary, wide],
        "bert.embeddings.position_embeddings.weight": [of.positions, wide],
        "bert.embeddings.token_type_embeddings.weight": [of.types, wide],
        **_norm("bert.embeddings.LayerNorm", wide),
        **_linear("bert.pooler.dense", wide, wide),
        **_linear("classifier", of.outputs, wide),
    }
    for number in range(of.layers):
        layer = f"bert.encoder.layer.{number}."
        for name in ("query", "key", "value"):
            found |= _linear(f"{layer}attention.self.{name}", wide, wide)
        found |= _linear(f"{layer}attention.output.dense", wide, wide)
        found |= _norm(f"{layer}attention.output.LayerNorm", wide)
        found |= _linear(f"{layer}intermediate.dense", inner, wide)
        found |= _linear(f"{layer}output.dense", wide, inner)
        found |= _norm(f"{layer}output.LayerNorm", wide)
    return found


def _linear(name: str, outputs: int, inputs: int) -> dict[str, list[int]]:
    return {f"{name}.weight": [outputs, inputs], f"{name}.bias": [outputs]}


def _norm(name: str, width: int) -> dict[str, list[int]]:
    return {f"{name}.weight": [width], f"{name}.bias": [width]}


class Weights:
    """An open safetensors file in which every needed weight has its size; raises ``ModelError``."""

    def __init__(self, path: Path, needed: Mapping[str, list[int]]) -> None:
        from safetensors import safe_open

        opened: Any = safe_open(path, "pt")
        self._file = opened
        known = frozenset(self._file.keys())
        missing = sorted(set(needed) - known)
        if missing:
            raise ModelError(f"{path} is incomplete: {len(missing)} of its weights are missing ({missing[0]} …)")
        for name, size in needed.items():
            self._check(path, name, size)
        self._needed = needed

    def _check(self, path: Path, name: str, size: list[int]) -> None:
        found = self._file.get_slice(name)
        if list(found.get_shape()) != size:
            raise ModelError(f"{path}: {name} has the size {found.get_shape()}, but config.json makes it {size}")
        if found.get_dtype() not in {"F16", "BF16", "F32"}:
            raise ModelError(f"{path}: {name} is stored as {found.get_dtype()}; 16 or 32 bit floats are understood")

    def affine(self, name: str) -> Affine:
        """A linear map or a norm."""
        return Affine(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"))

    def tensor(self, name: str) -> Tensor:
        """One weight; it lies in the mapped file, of which only what is looked at takes memory."""
        found: Tensor = self._file.get_tensor(name)
        return found


def embedding(path: Path, of: Shape) -> Tensor:
    """The embeddings of the tokens, in the mapped file. From an opening of its own, so that the rest can be let go."""
    return Weights(path, {_EMBEDDING: sizes(of)[_EMBEDDING]}).tensor(_EMBEDDING)


def heat_head(folder: Path, of: Shape) -> Affine | None:
    """The linear map from a token's state to its heat of level 1, 2 and 3, None where the folder has none."""
    path = folder / HEAT_FILE
    if not path.is_file():
        return None
    weights = Weights(path, {"weight": [HEATS, of.width], "bias": [HEATS]})
    return Affine(weights.tensor("weight"), weights.tensor("bias"))
