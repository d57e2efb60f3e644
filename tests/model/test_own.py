"""Gelassen's own way of computing its model, beside transformers'."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters import _bert, _kinds, _own
from assistant.adapters._calibration import OUTPUTS
from assistant.adapters._text import own_format
from assistant.adapters.classifier import EscalationClassifier
from assistant.core.escalation import JudgeInput
from assistant.errors import ModelError

ESCALATION = Path(__file__).parents[2] / "models" / "escalation"
ROWS = [[1, 4, 2], [1, *range(3, 30), 2], [1, 5, 6, 7, 2], [1, *range(3, 20), 2], [1, *[9] * 38, 2], [1, 2]]
TEXTS = [
    "Guten Morgen, anbei die Texte. Passt Dienstag um zehn?",
    "Das ist jetzt das dritte Mal, dass Sie einen Termin platzen lassen! Ich zahle keinen Cent mehr.",
    "Thanks for the draft. " * 9,
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gelassen's architecture and outputs, small, with random weights that make all parts count."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(1)
    names: dict[str, Any] = {"id2label": dict(enumerate(OUTPUTS)), "num_labels": len(OUTPUTS)}
    config = BertConfig(
        vocab_size=40,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=40,
        pad_token_id=0,
        initializer_range=0.3,
        problem_type="multi_label_classification",
        **names,
    )
    model = BertForSequenceClassification(config)
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.1
    model.save_pretrained(folder)
    words = {word: number for number, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *"abcdefghij"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>", "<s>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model to be spoilt."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in tiny.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def transformers_says(folder: Path, rows: list[list[int]]) -> tuple[list[list[float]], list[Any]]:
    """Raw outputs and the states that enter the last layer, row by row in float32."""
    import torch
    from transformers import BertForSequenceClassification

    kind: Any = BertForSequenceClassification
    model = kind.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        found = [model(input_ids=torch.tensor([row]), output_hidden_states=True) for row in rows]
    return [one.logits[0].tolist() for one in found], [one.hidden_states[-2][0] for one in found]


def furthest(one: list[list[float]], other: list[list[float]]) -> float:
    """The largest difference between two tables of numbers."""
    pairs = zip(one, other, strict=True)
    return max(abs(a - b) for first, second in pairs for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("threads", [1, 3])
def test_float32_is_transformers(tiny: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """Without bfloat16 the outputs are transformers' own to a hundred-thousandth, whatever the company of a row."""
    monkeypatch.setattr(_bert, "has_bfloat16", lambda: False)
    model = _own.load(tiny, threads=threads)
    expected, _ = transformers_says(tiny, ROWS)
    assert furthest(model.run(ROWS)[0], expected) < 1e-4
    assert furthest([model.run([row])[0][0] for row in ROWS], expected) < 1e-4


@pytest.mark.skipif(not _bert.has_bfloat16(), reason="this processor has no bfloat16")
def test_bfloat16_is_near(tiny: Path) -> None:
    """With bfloat16 the outputs differ by a few hundredths of their spread."""
    expected, _ = transformers_says(tiny, ROWS)
    found, _ = _own.load(tiny, threads=1).run(ROWS)
    spread = max(map(max, expected)) - min(map(min, expected))
    assert furthest(found, expected) < 0.05 * spread


def test_company_changes_nothing(tiny: Path) -> None:
    """A row's outputs are the same alone, together, in another order: to the last bit, or nearly so elsewhere."""
    model = _own.load(tiny, threads=2)
    together = model.run(ROWS)[0]
    alone = [model.run([row])[0][0] for row in ROWS]
    backwards = model.run(ROWS[::-1])[0][::-1]
    assert furthest(together, alone) < 1e-4
    assert furthest(together, backwards) < 1e-4


def test_heat_is_read_from_the_state_before_the_last_layer(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three values a token, markers included and padding left out: the head applied to the last but one state."""
    import torch
    from safetensors.torch import save_file

    monkeypatch.setattr(_bert, "has_bfloat16", lambda: False)
    weight, bias = torch.randn(3, 32), torch.tensor([0.5, 0.0, -1.0])
    save_file({"weight": weight, "bias": bias}, copy / "heat.safetensors")
    _, heat = _own.load(copy, threads=2).run(ROWS)
    _, states = transformers_says(copy, ROWS)
    assert [len(row) for row in heat] == [len(row) for row in ROWS]
    expected = [(state @ weight.T + bias).tolist() for state in states]
    assert all(furthest(row, wanted) < 1e-4 for row, wanted in zip(heat, expected, strict=True))


def test_without_a_heat_head_there_is_no_heat(tiny: Path) -> None:
    """The lists are there and empty."""
    assert _own.load(tiny, threads=1).run(ROWS)[1] == [[] for _ in ROWS]


def test_no_rows() -> None:
    """Nothing in, nothing out."""
    assert _own.load(ESCALATION, threads=1).run([]) == ([], [])


def test_offsets_lead_into_the_text() -> None:
    """Each token knows the characters it stands for, in the text as given: umlauts, emoji and all."""
    text = "query: client: Größe | Das ist 😡 eine   Frechheit! ﬁnal <s> x"
    ids, offsets = _own.load(ESCALATION, threads=1).encode_with_offsets(text)
    assert len(ids) == len(offsets)
    assert offsets[0] == offsets[-1] == (0, 0)
    inside = offsets[1:-1]
    assert all(0 <= start <= end <= len(text) for start, end in inside)
    covered = {place for start, end in inside for place in range(start, end)}
    assert all(place in covered for place, sign in enumerate(text) if not sign.isspace())
    at = text.index("Frechheit")
    assert any(start <= at < end for start, end in inside)


def test_same_tokens_as_transformers() -> None:
    """The tokenizer read directly gives what transformers makes of the same folder."""
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(ESCALATION)
    texts = [own_format(JudgeInput(text=text, subject="Logo"), text) for text in [*TEXTS, "", "\x00", "Ü ö\u0308 ﬁ"]]
    assert _own.load(ESCALATION, threads=1).encode(texts) == theirs(texts)["input_ids"]


def test_shipped_probabilities_are_transformers() -> None:
    """With bfloat16 the shipped model's raw outputs move by less than a tenth, without by nothing to speak of."""
    model = _own.load(ESCALATION, threads=1)
    rows = model.encode([own_format(JudgeInput(text=text), text) for text in TEXTS])
    expected, _ = transformers_says(ESCALATION, rows)
    assert furthest(model.run(rows)[0], expected) < (0.1 if _bert.has_bfloat16() else 1e-3)


def test_transformers_is_not_imported() -> None:
    """Judging with the shipped model needs torch, not transformers."""
    code = (
        "import sys; from assistant.adapters.classifier import EscalationClassifier as C;"
        "from assistant.core.escalation import JudgeInput;"
        "C().score([JudgeInput(text='Guten Tag')]); print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'torch'}"


def test_own_architecture_is_recognised(tiny: Path, copy: Path) -> None:
    """Only the same architecture with the same outputs is computed here."""
    assert _own.fits(ESCALATION)
    assert _own.fits(tiny)
    content = json.loads((copy / "config.json").read_text())
    others: list[dict[str, Any]] = [
        {"model_type": "xlm-roberta"},
        {"hidden_act": "gelu_new"},
        {"id2label": {"0": "toxic"}},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ]
    for change in others:
        (copy / "config.json").write_text(json.dumps(content | change))
        assert not _own.fits(copy), change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_hidden_layers": 4}, "incomplete: 16 of its weights are missing"),
        ({"intermediate_size": 64}, "config.json makes it"),
        ({"hidden_size": 0}, "hidden_size is 0, not a size"),
        ({"hidden_size": "32"}, "not a size"),
        ({"num_attention_heads": 3}, "do not go together"),
        ({"vocab_size": 12}, "config.json makes it|two models"),
    ],
)
def test_config_and_weights_that_differ_are_explained(copy: Path, change: dict[str, Any], said: str) -> None:
    """Sizes that do not fit the weights, or make no sense: what is wrong, and where."""
    content = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(content | change))
    with pytest.raises(ModelError, match=said) as caught:
        _own.load(copy, threads=1)
    assert str(copy) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.safetensors", b"no weights at all", "cannot be loaded"),
        ("model.safetensors", (1000).to_bytes(8, "little") + b"{", "cannot be loaded"),
        ("tokenizer.json", b"{}", "cannot be loaded"),
        ("tokenizer.json", None, "cannot be loaded"),
        ("config.json", b"[]", "does not describe a model"),
        ("config.json", b"{", "cannot be read"),
        ("heat.safetensors", b"", "cannot be loaded"),
    ],
)
def test_broken_files_are_one_model_error(copy: Path, name: str, content: bytes | None, said: str) -> None:
    """A cut, foreign or missing file is a ModelError of one line that names the folder."""
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=said) as caught:
        _own.load(copy, threads=1)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_of_another_kind_are_explained(copy: Path) -> None:
    """Whole numbers, or a heat head of another width, are not computed with."""
    import torch
    from safetensors.torch import load_file, save_file

    save_file({"weight": torch.zeros(3, 16), "bias": torch.zeros(3)}, copy / "heat.safetensors")
    with pytest.raises(ModelError, match=r"heat\.safetensors: weight has the size \[3, 16\]"):
        _own.load(copy, threads=1)
    (copy / "heat.safetensors").unlink()
    weights = load_file(copy / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"].to(torch.int8)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"classifier\.bias is stored as I8"):
        _own.load(copy, threads=1)


def test_classifier_takes_the_short_way(copy: Path) -> None:
    """A folder of the own architecture is judged here; the same folder with a mapping of labels by transformers."""
    assert isinstance(EscalationClassifier(str(ESCALATION))._model, _kinds.Own)
    mapped = EscalationClassifier(str(ESCALATION), labels=dict.fromkeys(OUTPUTS, 1))
    (scores,) = mapped.score([JudgeInput(text="Guten Tag")])
    assert isinstance(mapped._model, _kinds.Mapped)
    assert 0 < scores.p[0] < 1
    assert not math.isnan(scores.p[0])
