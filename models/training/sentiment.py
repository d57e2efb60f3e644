"""Any Hugging Face sentiment model as a rival: its own outputs for a mail, nothing trained but how to read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.training.corpus import Record
from models.training.metrics import Floats

BATCH = 16
LONGEST = 512


class FolderModel:
    """A text classifier in a folder (config, tokenizer, safetensors); code in the folder is never run."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        self.model: Any = AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        ).eval()
        positions = int(getattr(self.model.config, "max_position_embeddings", LONGEST))
        self.longest = min(LONGEST, positions, self.tokenizer.model_max_length)

    def features(self, records: Sequence[Record]) -> Floats:
        """Raw outputs for subject and text (n x the model's labels)."""
        texts = [f"{record.subject}\n{record.text}".strip() for record in records]
        parts = [self._outputs(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.vstack(parts).astype(np.float64)

    def _outputs(self, texts: Sequence[str]) -> Floats:
        cut = {"truncation": True, "max_length": self.longest}
        inputs = self.tokenizer(list(texts), padding=True, return_tensors="pt", **cut)
        with torch.inference_mode():
            outputs: Floats = self.model(**inputs).logits.numpy()
        return outputs
