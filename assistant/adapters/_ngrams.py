"""A linear model over character and word n-grams: what it lacks in understanding it makes up for with a memory for
turns of phrase that the network has not.

Features are counted by hash, so that no vocabulary has to be shipped. ``ngrams.safetensors`` holds, for each known
feature in order of its number (``keys``), its rarity (``idf``) and its weight in every output (``weights``, 8 bit,
times ``scale``; the second half of the columns is added for one's own drafts), and a ``bias`` for each output. The
two kinds of features, characters and words, are each scaled to unit length.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

FILE: Final = "ngrams.safetensors"
BITS: Final = 18  # of a feature's number within its kind
KINDS: Final = 2  # characters, words
LONGEST: Final = 5  # characters of an n-gram
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w\w+|[!?]+|\d+")
_SPREAD: Final = 0x9E3779B97F4A7C15  # 2 ** 64 / golden ratio: multiplying by it spreads neighbours apart
_MIX: Final = 0xBF58476D1CE4E5B9  # from splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators)
_PRIME: Final = 0x100000001B3


def read_as(subject: str, text: str) -> str:
    """A mail as this model reads it, in training and in use."""
    return f"{subject} \n {text}"


def counted(text: str) -> list[tuple[Ints, Floats]]:
    """For characters and for words: the numbers of the features that occur, rising, and 1 + ln of how often."""
    import numpy as np

    plain = f" {_SPACE.sub(' ', text.lower())} "
    found = []
    for kind, features in enumerate((_characters(plain), _words(plain))):
        numbers, counts = np.unique(features, return_counts=True)
        found.append((numbers + (kind << BITS), (1 + np.log(counts)).astype(np.float32)))
    return found


def _characters(text: str) -> Ints:
    """Every run of 2 to 5 characters that reaches over no word's border; a blank may begin or end it."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    blank = codes == ord(" ")
    spread, prime = np.uint64(_SPREAD), np.uint64(_PRIME)
    hashes, crossing = codes * spread, np.zeros(len(codes), dtype=bool)
    found = []
    for length in range(2, LONGEST + 1):
        room = len(codes) - length + 1
        if room <= 0:
            break
        crossing = crossing[:room]
        if length > 2:
            crossing = crossing | blank[length - 2 : length - 2 + room]
        hashes = (hashes[:room] * prime + codes[length - 1 :]) * spread
        found.append(_numbers(hashes[~crossing] + np.uint64(length)))
    return np.concatenate(found)


def _words(text: str) -> Ints:
    """Every word, run of exclamation or question marks, and pair of neighbours."""
    import numpy as np

    words = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text)], dtype=np.uint64)
    spread = np.uint64(_SPREAD)
    pairs = words[:-1] * np.uint64(_PRIME) + words[1:]
    return np.concatenate([_numbers(words * spread), _numbers(pairs * spread + np.uint64(1))])


def _numbers(hashes: npt.NDArray[np.uint64]) -> Ints:
    import numpy as np

    mixed = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(_MIX)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(_SPREAD)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Ngrams:
    """The loaded model; arrays as described above."""

    keys: Ints
    idf: Floats
    weights: npt.NDArray[np.int8]
    scale: Floats
    bias: Floats

    def logits(self, text: str, *, own: bool) -> list[float]:
        """Raw outputs for one text, the subject line included."""
        import numpy as np

        total = np.zeros(len(self.scale), dtype=np.float32)
        for numbers, counts in counted(text):
            places = np.searchsorted(self.keys, numbers)
            known = places < len(self.keys)
            known[known] = self.keys[places[known]] == numbers[known]
            places = places[known]
            values = counts[known] * self.idf[places]
            length = float(np.sqrt(np.square(values).sum()))
            if length:
                total += (values / length) @ self.weights[places].astype(np.float32)
        shared, extra = np.split(total * self.scale, 2)
        found: list[float] = (self.bias + shared + (extra if own else 0)).tolist()
        return found


def load(folder: Path, outputs: int) -> Ngrams | None:
    """The model in a folder, None where the folder has none; raises ``ModelError``."""
    path = folder / FILE
    if not path.is_file():
        return None
    from safetensors.numpy import load_file

    try:
        found = load_file(str(path))
        model = Ngrams(**{name: found[name] for name in ("keys", "idf", "weights", "scale", "bias")})
    except Exception as error:  # safetensors raises its own kind, a lost array is a KeyError
        detail = " ".join(str(error).split())[:200]
        raise ModelError(f"{path} cannot be read ({type(error).__name__}: {detail}); reinstall gelassen") from error
    expected: Sequence[object] = ((len(model.keys), 2 * outputs), (len(model.keys),), (2 * outputs,), (outputs,))
    if [model.weights.shape, model.idf.shape, model.scale.shape, model.bias.shape] != list(expected):
        raise ModelError(f"{path} does not go with the model beside it; reinstall gelassen")
    return model
