"""Writes the model folder that is shipped: fp16 weights, tokenizer, calibration, figures, model card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import BertForSequenceClassification

from models.training.train import TOKENIZER_FILES

ESCALATION = Path(__file__).parents[1] / "escalation"


def weights(trained: Path, target: Path) -> None:
    """Weights (fp16 safetensors), config and tokenizer of the folder ``trained``."""
    target.mkdir(parents=True, exist_ok=True)
    model = BertForSequenceClassification.from_pretrained(trained, dtype=torch.float32)
    # The file alone decides where the model lies; no trace of the training folder goes along.
    model.config.name_or_path = ""
    half: torch.nn.Module = model
    half.to(torch.float16)
    model.save_pretrained(target)
    for name in TOKENIZER_FILES:
        shutil.copyfile(trained / name, target / name)
    _name_tokenizer(target / "tokenizer_config.json")
    (target / "model.safetensors").chmod(0o644)


def _name_tokenizer(path: Path) -> None:
    # The name that every version of transformers knows; version 5 writes a new one.
    described = json.loads(path.read_text(encoding="utf-8"))
    described.pop("backend", None)
    path.write_text(json.dumps(described | {"tokenizer_class": "PreTrainedTokenizerFast"}, indent=1) + "\n")


def content(target: Path, name: str, value: dict[str, Any]) -> None:
    """A JSON file of the model folder."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    (target / name).write_text(text + "\n", encoding="utf-8")
