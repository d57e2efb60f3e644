"""Runs one Hugging Face sequence classifier on the processor: the only place that imports torch and transformers.

Both are imported when a model is loaded, never with this module: ``gelassen queue`` must start without them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.adapters._text import pieces, units, windows
from assistant.core.escalation import JudgeInput
from assistant.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WINDOW = 256  # tokens of a mail that are judged at once
OVERLAP = 64  # tokens that neighbouring windows share
MARKERS = 2  # tokens that stand before and after every text
BATCH_ROWS = 16
BATCH_TOKENS = 4096  # rows x length of one batch: bounds the memory to some hundred megabytes

Shown = Callable[[JudgeInput, str], str]


class Encoder:
    """A loaded model: texts in, raw outputs (logits) out. Not thread-safe by itself."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model, self._tokenizer = model, tokenizer
        config: Any = model.config
        self.labels = tuple(str(config.id2label[number]) for number in range(config.num_labels))
        self.several = config.problem_type == "multi_label_classification"
        self._limit = min(WINDOW, int(getattr(config, "max_position_embeddings", WINDOW)))
        special = [re.escape(token) for token in tokenizer.all_special_tokens if len(token) > 1]
        self._special = re.compile("|".join(special)) if special else None

    def logits(self, texts: Sequence[str]) -> list[list[float]]:
        """Raw outputs of each text, in order; texts longer than the model reads are cut."""
        ids = self._tokens(texts)
        found: list[list[float]] = [[] for _ in texts]
        for rows in batches([len(row) for row in ids]):
            for row, values in zip(rows, self._forward([ids[row] for row in rows]), strict=True):
                found[row] = values
        return found

    def judge(self, inputs: Sequence[JudgeInput], shown: Shown) -> list[list[float]]:
        """Raw outputs of each mail; of a long text's windows the highest value of each output counts.

        One hot sentence in a calm page must not drown. ``shown`` puts a stretch of the text into the model's format.
        """
        parts = [self.windows(item, shown) for item in inputs]
        found = iter(self.logits([text for texts in parts for text in texts]))
        return [hottest([next(found) for _ in texts]) for texts in parts]

    def windows(self, item: JudgeInput, shown: Shown) -> list[str]:
        """What the model reads of a mail, window by window, each under the same head (side, subject)."""
        head = self.length(shown(item, ""))
        return [shown(item, part) for part in self.split(item.text, head + MARKERS)]

    def split(self, text: str, head: int) -> list[str]:
        """The text in overlapping windows that fit the model; ``head`` is the tokens that go before each window."""
        room = max(32, self._limit - head)
        if self.length(text) <= room:
            return [text]
        spans = [part for unit in units(text) for part in pieces(text, unit, room, self.length)]
        lengths = [self.length(text[start:end]) for start, end in spans]
        return [text[spans[first][0] : spans[last - 1][1]] for first, last in windows(lengths, room, OVERLAP)]

    def length(self, text: str) -> int:
        """Number of tokens, without the markers at both ends."""
        return len(self._tokenizer(self.plain(text), add_special_tokens=False, verbose=False)["input_ids"])

    def plain(self, text: str) -> str:
        """The text in which none of this tokenizer's own markers occurs."""
        return self._special.sub(lambda m: f"{m.group()[0]} {m.group()[1:]}", text) if self._special else text

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer(
            [self.plain(text) for text in texts], truncation=True, max_length=self._limit, verbose=False
        )
        rows: list[list[int]] = encoded["input_ids"]
        return rows

    def _forward(self, rows: list[list[int]]) -> list[list[float]]:
        import torch

        length = max(len(row) for row in rows)
        padding = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([row + [padding] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        with torch.inference_mode():
            values: list[list[float]] = self._model(input_ids=ids, attention_mask=mask).logits.float().tolist()
        return values


def hottest(rows: Sequence[Sequence[float]]) -> list[float]:
    """The highest value of each output over several windows."""
    return [max(column) for column in zip(*rows, strict=True)]


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, so that little is padded."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and (len(batch) == BATCH_ROWS or (len(batch) + 1) * lengths[row] > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def load(source: Path | str, *, threads: int) -> Encoder:
    """Loads from a folder, or from the hub when ``source`` is a name; raises ``ModelError``.

    Only safetensors are read and no code that comes with a model is run. For a folder the hub is switched off
    altogether.
    """
    _quiet(offline=isinstance(source, Path))
    try:
        return _load(str(source), threads)
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError(
            f"torch and transformers are needed to judge mail ({error}); install gelassen again"
        ) from error
    except Exception as error:  # the loaders raise what they like, down to bare Exception
        detail = " ".join(str(error).split())[:200]
        raise ModelError(f"the model in {source} cannot be loaded ({type(error).__name__}: {detail})") from error


def _quiet(*, offline: bool) -> None:
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def _load(source: str, threads: int) -> Encoder:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    if threads > 0:
        torch.set_num_threads(threads)
    options: dict[str, Any] = {"trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(source, **options)
    model, info = AutoModelForSequenceClassification.from_pretrained(
        source, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **options
    )
    if info["missing_keys"]:
        raise ModelError(f"the model in {source} is incomplete: {len(info['missing_keys'])} of its weights are missing")
    return Encoder(model.eval(), tokenizer)
