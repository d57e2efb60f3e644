"""What is judged: written mails, evenly picked, and a model of the size that others would use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from assistant.core.escalation import Side
from assistant.services.judging import Writing

ROOT = Path(__file__).parents[2]
ESCALATION = ROOT / "models" / "escalation"
_WRITTEN = re.compile(r"w\d+\.jsonl")


def written(count: int) -> list[Writing]:
    """``count`` mails of the written corpus, evenly picked; again from the beginning when there are fewer."""
    files = sorted(path for path in (ROOT / "models" / "training" / "data").iterdir() if _WRITTEN.fullmatch(path.name))
    records = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [_writing(records[number * len(records) // count]) for number in range(count)]


def _writing(record: dict[str, Any]) -> Writing:
    side: Side = "own" if record["side"] == "own" else "client"
    return Writing(text=record["text"], subject=record.get("subject") or "", side=side)


def sized(texts: list[str]) -> list[int]:
    """Tokens of each text, in Gelassen's own pieces."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(ESCALATION / "tokenizer.json"))
    return [len(found.ids) for found in tokenizer.encode_batch(texts)]


def bert_base(folder: Path) -> Path:
    """A BERT-base of 110M parameters with three labels, the shape of oliverguhr/german-sentiment-bert; random weights.

    With Gelassen's tokenizer: about as many tokens a word as its own, and speed does not depend on which.
    """
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer: Any = AutoTokenizer.from_pretrained(ESCALATION)
    tokenizer.save_pretrained(folder)
    names: dict[str, Any] = {"num_labels": 3}
    config = BertConfig(vocab_size=max(31_102, len(tokenizer)), pad_token_id=tokenizer.pad_token_id, **names)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
