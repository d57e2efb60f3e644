"""Frozen e5: mean of the last layer of the untrained base encoder, as the rival that shows what training adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

from models.training import e5_file, vocabulary
from models.training.base import weight_file
from models.training.baseline import input_of
from models.training.batching import PAD, padded
from models.training.corpus import Record
from models.training.metrics import Floats

LONGEST = 512  # tokens: the encoder has no more positions
TOKENS = 4096  # computed at once
SHOWN = 50  # batches between two signs of life


class Encoder:
    """multilingual-e5-small as published, mean pooling; reads a mail as the model does, ``query:`` before it."""

    def __init__(self) -> None:
        file = e5_file.read(weight_file())
        header = file.header
        config = BertConfig(
            vocab_size=header.vocabulary,
            hidden_size=header.hidden,
            num_hidden_layers=header.layers,
            num_attention_heads=header.heads,
            intermediate_size=header.inner,
            max_position_embeddings=header.positions,
            type_vocab_size=header.types,
            layer_norm_eps=header.epsilon,
            pad_token_id=PAD,
        )
        self.model = BertModel(config, add_pooling_layer=False)
        weights = {name: torch.from_numpy(array) for name, array in e5_file.bert_weights(file).items()}
        self.model.load_state_dict(weights)
        self.model.eval()  # type: ignore[no-untyped-call]
        self.tokenizer: Tokenizer = vocabulary.full_tokenizer()
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.no_padding()

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One vector of length 1 for each text (n x 384)."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        found = np.zeros((len(texts), self.model.config.hidden_size))
        parts = batches([len(ids) for ids in tokens])
        for number, part in enumerate(parts):
            found[part] = self._means([tokens[i] for i in part]).numpy()
            if number % SHOWN == SHOWN - 1:
                print(f"frozen e5: {number + 1}/{len(parts)} batches", flush=True)
        return found

    def _means(self, tokens: Sequence[list[int]]) -> Tensor:
        ids, mask = padded(tokens)
        with torch.inference_mode():
            states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
            means = (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
            return torch.nn.functional.normalize(means)


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of texts of similar length, each batch at most ``TOKENS`` with its padding, longest first."""
    found: list[list[int]] = []
    longest = 0
    for number in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not found or (len(found[-1]) + 1) * longest > TOKENS:
            found.append([])
            longest = lengths[number]
        found[-1].append(number)
    return found


def vectors(records: Sequence[Record]) -> Floats:
    """The vectors of mails (n x 384)."""
    return Encoder().vectors([input_of(record) for record in records])
