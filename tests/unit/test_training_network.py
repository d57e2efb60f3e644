"""The network as it is trained is the standard model."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification

from assistant.adapters._weights import HEATS
from models.training import batching, network
from models.training.examples import Example
from models.training.labels import OUTPUTS
from models.training.network import ByteDropout, Network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small standard model with random weights."""
    torch.manual_seed(1)
    target = tmp_path_factory.mktemp("standard")
    made: Any = BertConfig  # its arguments are not typed
    config = made(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=40,
        num_labels=len(OUTPUTS),
    )
    BertForSequenceClassification(config).save_pretrained(target)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (target / name).write_text("{}")
    return target


def standard_model(folder: Path) -> Any:
    """The same folder as transformers reads it."""
    kind: Any = BertForSequenceClassification
    return kind.from_pretrained(folder).eval()


def batch_of(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random token ids of texts of these lengths."""
    rng = random.Random(3)
    return batching.padded([[rng.randrange(2, 50) for _ in range(length)] for length in lengths])


def test_outputs_are_those_of_the_standard_model(folder: Path) -> None:
    """transformers, reading the same folder, computes the same, with padding too."""
    own = network.load(folder).eval()
    standard = standard_model(folder)
    ids, mask = batch_of(12, 5, 30)
    with torch.no_grad():
        mails, tokens = own(ids, mask)
        expected = standard(input_ids=ids, attention_mask=mask).logits
    assert torch.allclose(mails, expected, atol=1e-5)
    assert tokens.shape == (3, 30, HEATS)


def test_saved_and_loaded_is_the_same(folder: Path, tmp_path: Path) -> None:
    """What is written is read again, the head over the tokens with it, by transformers too."""
    own = network.load(folder).eval()
    with torch.no_grad():
        own.heat.weight.normal_()
    network.save(dict(own.named_parameters()), tmp_path, folder)
    again = network.load(tmp_path).eval()
    ids, mask = batch_of(7, 9)
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(own(ids, mask), again(ids, mask), strict=True))
        standard = standard_model(tmp_path)
        assert torch.allclose(own(ids, mask)[0], standard(input_ids=ids, attention_mask=mask).logits, atol=1e-5)


def test_missing_weights_are_named(folder: Path, tmp_path: Path) -> None:
    """Half a model is not trained on."""
    own = network.load(folder)
    with pytest.raises(KeyError):
        network.save({k: v for k, v in own.named_parameters() if not k.startswith("layers.1.up")}, tmp_path, folder)


def test_dropout_keeps_the_mean() -> None:
    """About a tenth is dropped, the rest is raised, and nothing happens outside training."""
    torch.manual_seed(0)
    dropout, x = ByteDropout(0.1), torch.ones(40_001)
    assert dropout(x).mean() == pytest.approx(1, abs=0.02)
    assert (dropout(x) == 0).float().mean() == pytest.approx(0.1, abs=0.02)
    assert torch.equal(dropout.eval()(x), x)


def test_network_learns_where_the_heat_is(folder: Path) -> None:
    """A few steps on the tokens' targets lower their loss: gradients reach the head and the layers below it."""
    torch.manual_seed(2)
    own: Network = network.load(folder).train()
    ids, mask = batch_of(10, 10)
    wanted = (ids > 25).float().unsqueeze(-1).expand(-1, -1, HEATS)
    optimiser = torch.optim.Adam(own.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(own(ids, mask)[1], wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2


def test_tokens_of_a_hot_span_are_marked() -> None:
    """Each token that touches the span is hot up to the mail's level; texts with unknown heat teach nothing."""
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "calm": 1, "hot": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    targets = (0.0,) * len(OUTPUTS)
    known = Example(text="calm hot hot", wanted=targets, spans=((5, 12),), level=2)
    unknown = Example(text="hot", wanted=targets, token_weight=0.0)
    made = batching.batch([known, unknown], tokenizer.encode_batch([known.text, unknown.text]))
    assert made.heat[0].tolist() == [[0, 0, 0], [1, 1, 0], [1, 1, 0]]
    assert made.heat_weights.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert made.ids.tolist() == [[1, 2, 2], [2, batching.PAD, batching.PAD]]
