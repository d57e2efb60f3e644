"""Writes the model folder that is shipped: both parts of the model, tokenizer, calibration, figures, model card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from assistant.adapters._ngrams import FILE as NGRAMS_FILE
from assistant.adapters._weights import HEAT_FILE

ESCALATION = Path(__file__).parents[1] / "escalation"
_HALVED = ("model.safetensors", HEAT_FILE)
_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", NGRAMS_FILE)


def weights(trained: Path, target: Path) -> None:
    """Weights (fp16 safetensors), n-grams, config and tokenizer of the folder ``trained``.

    Matrices are rounded to the precision of bfloat16, which the program computes in where the processor can: they pack
    a sixth smaller, in the repository and in the wheel.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in _HALVED:
        halves = {key: _halved(value) for key, value in load_file(str(trained / name)).items()}
        save_file(halves, str(target / name), {"format": "pt"})
        (target / name).chmod(0o644)
    for name in _COPIED:
        shutil.copyfile(trained / name, target / name)
    _describe(target / "config.json", {"dtype": "float16"})
    # The name that every version of transformers knows; version 5 writes a new one.
    _describe(target / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "backend": None})


def _halved(value: torch.Tensor) -> torch.Tensor:
    return (value.to(torch.bfloat16) if value.ndim > 1 else value).to(torch.float16)


def _describe(path: Path, changes: dict[str, Any]) -> None:
    described = json.loads(path.read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in described.items() if value is not None or key not in changes}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def content(target: Path, name: str, value: dict[str, Any]) -> None:
    """A JSON file of the model folder."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    (target / name).write_text(text + "\n", encoding="utf-8")
