"""Runs any Hugging Face sequence classifier on the processor, through transformers.

Gelassen's own model takes the shorter way of ``_own``. torch and transformers are imported when a model is loaded,
never with this module: ``gelassen queue`` must start without them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.adapters._batches import batches
from assistant.adapters._reader import WINDOW, Reader, Row
from assistant.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Encoder(Reader):
    """A model that transformers has loaded."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model, self._tokenizer = model, tokenizer
        config: Any = model.config
        self.labels = tuple(str(config.id2label[number]) for number in range(config.num_labels))
        # A single output has nothing to be weighed against; transformers' own pipeline takes its sigmoid, too.
        self.several = config.problem_type == "multi_label_classification" or len(self.labels) == 1
        self.limit = min(WINDOW, int(getattr(config, "max_position_embeddings", WINDOW)))
        special = [re.escape(token) for token in tokenizer.all_special_tokens if len(token) > 1]
        self._special = re.compile("|".join(special)) if special else None

    def encode(self, texts: Sequence[str]) -> list[Row]:
        """The tokens of each text with the model's markers, however many."""
        rows: list[Row] = self._tokenizer([self.plain(text) for text in texts], verbose=False)["input_ids"]
        return rows

    def infer(self, rows: Sequence[Row]) -> list[list[float]]:
        """Raw outputs of each row."""
        found: list[list[float]] = [[] for _ in rows]
        for batch in batches([len(row) for row in rows]):
            for number, values in zip(batch, self._forward([rows[number] for number in batch]), strict=True):
                found[number] = values
        return found

    def length(self, text: str) -> int:
        """Number of tokens, without the markers at both ends."""
        return len(self._tokenizer(self.plain(text), add_special_tokens=False, verbose=False)["input_ids"])

    def plain(self, text: str) -> str:
        """The text in which none of this tokenizer's own markers occurs."""
        return self._special.sub(lambda m: f"{m.group()[0]} {m.group()[1:]}", text) if self._special else text

    def _forward(self, rows: list[Row]) -> list[list[float]]:
        import torch

        length = max(len(row) for row in rows)
        padding = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([row + [padding] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        with torch.inference_mode():
            values: list[list[float]] = self._model(input_ids=ids, attention_mask=mask).logits.float().tolist()
        return values


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
    if model.config.problem_type == "regression":
        raise ModelError(
            f"the model in {source} gives a number, not probabilities of labels; [judge] model must be a classifier"
        )
    return Encoder(model.eval(), tokenizer)
