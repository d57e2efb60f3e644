"""Gelassen's own model without transformers: config.json, model.safetensors and tokenizer.json read directly.

transformers would cost some seconds at every start and a hundred megabytes. torch is imported when a model is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assistant.adapters import _memory, _weights
from assistant.adapters._batches import filled
from assistant.adapters._calibration import OUTPUTS
from assistant.adapters._reader import Reader, Row
from assistant.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from assistant.adapters._bert import Bert, Found

LEAST = 128  # tokens that are worth a thread of their own
MOST_THREADS = 8
_TIDY = 4_000  # tokens computed after which the memory of intermediate results is given back
_FIXED = {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_act": "gelu"}


class Encoded(NamedTuple):
    """A text's tokens with the markers at both ends, and where each stands in the text (start, end; (0, 0) for a
    marker).
    """

    ids: list[int]
    offsets: list[tuple[int, int]]


class OwnModel(Reader):
    """Gelassen's own model on ``threads`` threads, each of which computes batches by itself.

    Threads that share one product wait for each other at every step; when another program wants the processor, each
    of the hundred waits of a mail can cost milliseconds. Threads with work of their own wait once.
    """

    labels = OUTPUTS
    several = True

    def __init__(self, network: Bert, tokenizer: Tokenizer, *, threads: int) -> None:
        self._network, self._tokenizer, self._threads = network, tokenizer, threads
        self.limit = min(self.limit, network.shape.positions)
        self._pool = ThreadPoolExecutor(threads, "judge", initializer=_one_thread)
        self._since_tidying = 0

    def encode(self, texts: Sequence[str]) -> list[Row]:
        """The tokens of each text with the markers at both ends, however many."""
        return [found.ids for found in self._tokenizer.encode_batch_fast([_valid(text) for text in texts])]

    def encode_with_offsets(self, text: str) -> Encoded:
        """The tokens of a text, and where in it they stand, in characters."""
        found = self._tokenizer.encode(_valid(text))
        return Encoded(found.ids, found.offsets)

    def infer(self, rows: Sequence[Row]) -> list[list[float]]:
        """Raw outputs of each row."""
        return [found.logits for found in self._run(rows)]

    def run(self, rows: Sequence[Row]) -> tuple[list[list[float]], list[list[list[float]]]]:
        """For each row of token numbers (at most ``limit``) the 17 raw outputs, and three heat logits for each token.

        The heat comes from the state that enters the last layer; the lists are empty when the model has no heat head.
        """
        found = self._run(rows)
        return [one.logits for one in found], [one.heat for one in found]

    def _run(self, rows: Sequence[Row]) -> list[Found]:
        from assistant.adapters._bert import SIZES, STEP

        lengths = [len(row) for row in rows]
        share = max(LEAST, sum(lengths) // self._threads)
        batches = list(filled(lengths, step=STEP, tokens=min(SIZES[-1], share)))
        computed = self._pool.map(self._network.run, [[rows[number] for number in batch] for batch in batches])
        by_row = {
            number: one
            for batch, found in zip(batches, computed, strict=True)
            for number, one in zip(batch, found, strict=True)
        }
        self._tidy(sum(lengths))
        return [by_row[number] for number in range(len(rows))]

    def _tidy(self, tokens: int) -> None:
        self._since_tidying += tokens
        if self._since_tidying >= _TIDY:
            self._since_tidying = 0
            _memory.give_back()


def fits(folder: Path) -> bool:
    """Whether config.json describes Gelassen's own outputs on the architecture that is computed here."""
    config = _weights.config(folder)
    outputs = {str(number): name for number, name in enumerate(OUTPUTS)}
    same = all(config.get(key) == value for key, value in _FIXED.items())
    plain = config.get("position_embedding_type", "absolute") == "absolute" and not config.get("is_decoder")
    return same and plain and config.get("id2label") == outputs


def load(folder: Path, *, threads: int) -> OwnModel:
    """Loads the model of a folder that ``fits``; raises ``ModelError``. ``threads`` 0: one for each core."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        return _load(folder, threads)
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError(f"torch and tokenizers are needed to judge mail ({error}); install gelassen again") from error
    except Exception as error:  # safetensors and tokenizers raise what they like, down to bare Exception
        detail = " ".join(str(error).split())[:200]
        raise ModelError(f"the model in {folder} cannot be loaded ({type(error).__name__}: {detail})") from error


def _load(folder: Path, threads: int) -> OwnModel:
    from assistant.adapters import _bert

    _memory.be_frugal()
    path, shape = folder / "model.safetensors", _weights.shape(folder)
    tokenizer = _tokenizer(folder / "tokenizer.json", shape.vocabulary)
    # The file is opened twice: one mapping goes with its last weight, the other stays for the embeddings alone.
    network = _bert.Bert(
        shape,
        _weights.Weights(path, _weights.sizes(shape)),
        _weights.embedding(path, shape),
        heat=_weights.heat_head(folder, shape),
        half=_bert.has_bfloat16(),
    )
    _memory.give_back()
    return OwnModel(network, tokenizer, threads=threads or _cores())


def _tokenizer(path: Path, vocabulary: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # a mail that spells a marker out is only text
    if tokenizer.get_vocab_size() > vocabulary:
        raise ModelError(f"{path} has more tokens than the model beside it knows: they are of two models")
    return tokenizer


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_THREADS)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _valid(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes; every character stays in its place."""
    return text.encode("utf-8", "replace").decode("utf-8")
