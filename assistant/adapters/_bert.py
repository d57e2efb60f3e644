"""The network of Gelassen's own model, computed with torch alone: a BERT encoder with post-norm layers and exact gelu.

The same numbers as ``transformers.BertForSequenceClassification`` (https://arxiv.org/abs/1810.04805), arranged for
short texts on a processor: query, key and value in one product; the last layer, which pools, only for the first
token; rows padded to multiples of 16, because ragged attention costs half as much again; rows of all lengths in one
product, but attention by length; weights laid out once for the processor's matrix unit. With such a unit the products
are computed in bfloat16, while sums between layers, norms and the layer that pools stay in float32: bfloat16 sums
alone would double the error. A row's result does not depend on its company (bit by bit with AMX, see ``_sliced``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from assistant.adapters._batches import padded
from assistant.adapters._weights import Affine, Shape, Weights

STEP = 16  # tokens; the attention kernel's block. Rows are padded to multiples of it.
_SLICE = 32  # rows of a product that is computed in slices
_WHOLE = 400  # rows from which on a product is computed as one
#: Tokens computed together, made up with empty ones: oneDNN keeps about a megabyte for every size that it meets.
SIZES = (16, 32, 64, 96, 128, 192, 256, 320, 384, 448, 512)

Map = Callable[[Tensor], Tensor]


class Found(NamedTuple):
    """What the network says of one row: raw outputs, and the heat logits of each token (empty without a heat head)."""

    logits: list[float]
    heat: list[list[float]]


def has_bfloat16() -> bool:
    """Whether torch multiplies bfloat16 matrices in hardware here (AMX or AVX512-BF16)."""
    backend: Any = torch.backends.mkldnn
    able = backend.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return able and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


class Make(Protocol):
    """Makes a linear map, with gelu after it where wanted."""

    def __call__(self, weight: Affine, *, gelu: bool = False) -> Map: ...


def _plain(weight: Affine, *, gelu: bool = False) -> Map:
    """In float32."""
    w, b = weight.weight.float().contiguous(), weight.bias.float()
    if gelu:
        return lambda x: functional.gelu(functional.linear(x, w, b))
    return lambda x: functional.linear(x, w, b)


def _packed(weight: Affine, *, gelu: bool = False) -> Map:
    """In bfloat16, its weight in the order that the matrix unit reads.

    These are the operators behind ``torch.compile``; called without it they save a third of each product (measured
    with 100 and with 500 rows), and the gelu costs next to nothing.
    """
    ops: Any = torch.ops.mkldnn
    half = torch.bfloat16
    w, b = ops._reorder_linear_weight(weight.weight.to(half).contiguous()), weight.bias.to(half)
    name, kind = ("gelu", "none") if gelu else ("none", "")

    def mapped(x: Tensor) -> Tensor:
        found: Tensor = ops._linear_pointwise(x, w, b, name, [], kind)
        return found

    return mapped


def _sliced(product: Map) -> Map:
    """The same product, in slices when it has few rows.

    Between some forty and 370 rows oneDNN adds up the 1536 terms of the second feed-forward product in another order,
    which shows in the last bit. Slices cost next to nothing and make a mail's result the same alone and in company.
    """

    def mapped(x: Tensor) -> Tensor:
        if len(x) >= _WHOLE:
            return product(x)
        return torch.cat([product(part) for part in torch.split(x, _SLICE)])

    return mapped


class _Group(NamedTuple):
    """Rows of the same padded width, one after the other.

    Attributes:
        first: where they begin among all tokens.
        lengths: tokens of each row without padding.
        mask: what attention adds to each token's weight: minus infinity to the padding's; None where none is padded.
    """

    first: int
    width: int
    lengths: list[int]
    mask: Tensor | None

    @property
    def last(self) -> int:
        """The token after them."""
        return self.first + self.width * len(self.lengths)


def _groups(lengths: Sequence[int], dtype: torch.dtype) -> list[_Group]:
    found: list[_Group] = []
    first = 0
    for width, members in itertools.groupby(lengths, key=lambda length: padded(length, STEP)):
        group = list(members)
        found.append(_Group(first, width, group, _mask(group, width, dtype)))
        first += width * len(group)
    return found


def _mask(lengths: Sequence[int], width: int, dtype: torch.dtype) -> Tensor | None:
    if min(lengths) == width:
        return None
    beyond = torch.arange(width) >= torch.tensor(lengths)[:, None]
    return torch.zeros(beyond.shape, dtype=dtype).masked_fill_(beyond, float("-inf"))[:, None, None, :]


def _size(tokens: int) -> int:
    """How many tokens are computed for so many: the next of ``SIZES``, or a multiple of the last."""
    return next((size for size in SIZES if size >= tokens), padded(tokens, SIZES[-1]))


class _Part:
    """The weights of one layer."""

    def __init__(self, weights: Weights, number: int) -> None:
        self._weights, self._place = weights, f"bert.encoder.layer.{number}."

    def affine(self, name: str) -> Affine:
        return self._weights.affine(self._place + name)

    def joined(self, *names: str) -> Affine:
        """Parts of the attention side by side."""
        parts = [self.affine(f"attention.self.{name}") for name in names]
        return Affine(torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts]))


class _Rest:
    """What follows attention in a layer: output product, feed-forward part, two sums and norms."""

    def __init__(self, part: _Part, make: Make, dtype: torch.dtype, epsilon: float) -> None:
        self._out = make(part.affine("attention.output.dense"))
        self._up = make(part.affine("intermediate.dense"), gelu=True)
        self._down = _sliced(make(part.affine("output.dense")))
        self._first = _norm(part.affine("attention.output.LayerNorm"), epsilon)
        self._second = _norm(part.affine("output.LayerNorm"), epsilon)
        self._dtype = dtype

    def __call__(self, x: Tensor, attended: Tensor) -> Tensor:
        x = self._first(x + self._out(attended))
        return self._second(x + self._down(self._up(x.to(self._dtype))))


def _norm(weight: Affine, epsilon: float) -> Map:
    gain, shift = weight.weight.float(), weight.bias.float()
    return lambda x: functional.layer_norm(x, gain.shape, gain, shift, epsilon)


class Bert:
    """The network; safe to run on several threads at once."""

    def __init__(
        self, shape: Shape, weights: Weights, embedding: Tensor, *, heat: Affine | None = None, half: bool
    ) -> None:
        """``embedding``: vocabulary x width, in any float type; it is only looked up and may stay in a mapped file.

        ``heat``: the head that gives each token's heat. ``half``: compute the products in bfloat16.
        """
        self.shape = shape
        self._words = embedding
        self._dtype = torch.bfloat16 if half else torch.float32
        make: Make = _packed if half else _plain
        place = weights.tensor("bert.embeddings.position_embeddings.weight").float()
        place = place + weights.tensor("bert.embeddings.token_type_embeddings.weight")[0].float()
        # Rows are padded beyond the last place when that is no multiple of the step.
        self._places = functional.pad(place, (0, 0, 0, -shape.positions % STEP))
        self._norm = _norm(weights.affine("bert.embeddings.LayerNorm"), shape.epsilon)
        self._layers = [self._layer(_Part(weights, number), make) for number in range(shape.layers - 1)]
        self._take_last(_Part(weights, shape.layers - 1), make)
        self._pooler = _plain(weights.affine("bert.pooler.dense"))
        self._classifier = _plain(weights.affine("classifier"))
        self._heat = None if heat is None else _plain(heat)

    def _layer(self, part: _Part, make: Make) -> tuple[Map, _Rest]:
        return make(part.joined("query", "key", "value")), _Rest(part, make, self._dtype, self.shape.epsilon)

    def _take_last(self, part: _Part, make: Make) -> None:
        # Only its keys and values are needed of every token; the rest is little work and stays exact.
        self._query = _plain(part.joined("query"))
        self._keys = make(part.joined("key", "value"))
        self._last = _Rest(part, _plain, torch.float32, self.shape.epsilon)

    @torch.inference_mode()
    def run(self, rows: Sequence[Sequence[int]]) -> list[Found]:
        """Computes rows of token numbers together; neighbours of similar length are computed fastest."""
        groups = _groups([len(row) for row in rows], self._dtype)
        x = self._embedded(rows, groups)
        for whole, rest in self._layers:
            x = rest(x, self._attended(whole(x.to(self._dtype)), groups))
        logits = self._pooled(x, groups).tolist()
        return [Found(*pair) for pair in zip(logits, self._token_heat(x, groups), strict=True)]

    def _embedded(self, rows: Sequence[Sequence[int]], groups: Sequence[_Group]) -> Tensor:
        numbers: list[int] = []
        for row in rows:
            numbers += row
            numbers += [self.shape.padding] * (padded(len(row), STEP) - len(row))
        places = torch.cat([self._places[: group.width].repeat(len(group.lengths), 1) for group in groups])
        x = self._norm(functional.embedding(torch.tensor(numbers), self._words).float() + places)
        return functional.pad(x, (0, 0, 0, _size(len(numbers)) - len(numbers)))

    def _attended(self, whole: Tensor, groups: Sequence[_Group]) -> Tensor:
        """Attention among the tokens of each row, from queries, keys and values side by side."""
        found = []
        for group in groups:
            q, k, v = self._by_head(whole[group.first : group.last], group, 3)
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=group.mask)
            found.append(mixed.transpose(1, 2).reshape(-1, self.shape.width))
        found.append(whole.new_zeros(len(whole) - groups[-1].last, self.shape.width))
        return torch.cat(found)

    def _pooled(self, x: Tensor, groups: Sequence[_Group]) -> Tensor:
        """The last layer for the first token of each row, pooler and outputs."""
        keys = self._keys(x.to(self._dtype))
        first = torch.cat([x[group.first : group.last : group.width] for group in groups])
        attended = []
        for group, q in zip(
            groups, torch.split(self._query(first), [len(group.lengths) for group in groups]), strict=True
        ):
            k, v = self._by_head(keys[group.first : group.last], group, 2).float()
            mask = None if group.mask is None else group.mask.float()
            query = q.view(-1, self.shape.heads, 1, self.shape.head)
            mixed = functional.scaled_dot_product_attention(query, k, v, attn_mask=mask)
            attended.append(mixed.reshape(-1, self.shape.width))
        return self._classifier(torch.tanh(self._pooler(self._last(first, torch.cat(attended)))))

    def _by_head(self, side_by_side: Tensor, group: _Group, count: int) -> Tensor:
        """Maps (rows * tokens) x (count * width) to count x rows x heads x tokens x head."""
        rows = side_by_side.view(len(group.lengths), group.width, count, self.shape.heads, self.shape.head)
        return rows.permute(2, 0, 3, 1, 4)

    def _token_heat(self, x: Tensor, groups: Sequence[_Group]) -> list[list[list[float]]]:
        if self._heat is None:
            return [[] for group in groups for _ in group.lengths]
        values = self._heat(x)
        tables = [
            values[group.first : group.last].view(len(group.lengths), group.width, -1).tolist() for group in groups
        ]
        return [
            row[:length]
            for group, table in zip(groups, tables, strict=True)
            for row, length in zip(table, group.lengths, strict=True)
        ]
