"""The classifier: other people's models, broken folders, the shipped model's answers alone and in company."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters._calibration import OUTPUTS
from assistant.adapters.classifier import EscalationClassifier, find_model
from assistant.core.escalation import JudgeInput, Level
from assistant.errors import ModelError

ESCALATION = Path(__file__).parents[2] / "models" / "escalation"
LABELS = {"positive": 0, "neutral": 0, "negative": 2}


def write_model(folder: Path, *, labels: list[str], **options: Any) -> Path:
    """A tiny classifier with random weights and these labels, as somebody else might have trained it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(0)
    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "good", "bad", "work", "never", "again"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    make: Any = PreTrainedTokenizerFast
    make(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    names: dict[str, Any] = {"id2label": dict(enumerate(labels)), "num_labels": len(labels), **options}
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        **names,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny sentiment model."""
    return write_model(tmp_path_factory.mktemp("foreign"), labels=list(LABELS))


def test_foreign_labels_become_levels(foreign: Path) -> None:
    """The probabilities of labels that mean level 2 are P(level >= 1) and P(level >= 2); there are no signals."""
    scores = EscalationClassifier(str(foreign), labels=LABELS).score([JudgeInput(text="bad work never again")])[0]
    p1, p2, p3 = scores.p
    assert 0 < p1 < 1
    assert p1 == p2
    assert p3 == 0
    assert scores.signals == {}


def test_foreign_model_without_mapping_is_explained(foreign: Path) -> None:
    """Labels of its own and no mapping: the error names them and the setting."""
    with pytest.raises(ModelError, match=r"positive, neutral, negative.*labels"):
        EscalationClassifier(str(foreign)).score([JudgeInput(text="good")])


def test_unknown_label_is_explained(foreign: Path) -> None:
    """A label that the model does not have is named beside those it has."""
    with pytest.raises(ModelError, match=r"angry.*positive, neutral, negative"):
        EscalationClassifier(str(foreign), labels={"angry": 3}).score([JudgeInput(text="good")])


def test_label_without_level_is_explained(foreign: Path) -> None:
    """A label of the model that the mapping forgot would count as calm: it is named instead."""
    with pytest.raises(ModelError, match=r"no level to neutral, positive|no level to positive, neutral"):
        EscalationClassifier(str(foreign), labels={"negative": 2}).score([JudgeInput(text="good")])


def test_generic_labels_can_be_mapped(tmp_path: Path) -> None:
    """A model whose labels nobody named has LABEL_0 and LABEL_1; these are mapped like any others."""
    folder = write_model(tmp_path / "model", labels=["LABEL_0", "LABEL_1"])
    with pytest.raises(ModelError, match="LABEL_0, LABEL_1"):
        EscalationClassifier(str(folder), labels={"toxic": 3, "clean": 0}).score([JudgeInput(text="good")])
    (scores,) = EscalationClassifier(str(folder), labels={"LABEL_0": 0, "LABEL_1": 3}).score([JudgeInput(text="bad")])
    assert 0 < scores.p[2] == scores.p[0] < 1


def test_many_exclusive_labels_add_up(tmp_path: Path) -> None:
    """Of seven labels that exclude each other those of a level and above add up: stars from five to one."""
    labels = {f"{stars} stars": level for stars, level in ((5, 0), (4, 0), (3, 1), (2, 2), (1, 3))}
    folder = write_model(tmp_path / "model", labels=list(labels))
    (scores,) = EscalationClassifier(str(folder), labels=labels).score([JudgeInput(text="bad work")])
    assert 1 > scores.p[0] > scores.p[1] > scores.p[2] > 0


def test_independent_labels_count_by_the_surest(tmp_path: Path) -> None:
    """Of labels that may all hold at once the surest one counts; their probabilities are no sum."""
    labels = {"toxic": 2, "insult": 2, "threat": 3}
    folder = write_model(tmp_path / "model", labels=list(labels), problem_type="multi_label_classification")
    (scores,) = EscalationClassifier(str(folder), labels=labels).score([JudgeInput(text="bad work")])
    assert 0.4 < scores.p[2] <= scores.p[1] == scores.p[0] < 0.6


def test_single_output_is_a_probability(tmp_path: Path) -> None:
    """One output has nothing to be weighed against: its sigmoid counts, not a softmax that is always one."""
    folder = write_model(tmp_path / "model", labels=["toxicity"])
    (scores,) = EscalationClassifier(str(folder), labels={"toxicity": 2}).score([JudgeInput(text="bad work")])
    assert 0.4 < scores.p[1] < 0.6


def test_regression_is_refused(tmp_path: Path) -> None:
    """A model that gives a number on a scale of its own says nothing about probabilities."""
    folder = write_model(tmp_path / "model", labels=["score"], problem_type="regression")
    with pytest.raises(ModelError, match="a number, not probabilities"):
        EscalationClassifier(str(folder), labels={"score": 2}).score([JudgeInput(text="bad")])


def test_pickled_weights_are_refused(foreign: Path, tmp_path: Path) -> None:
    """Weights in Python's own format are not opened, and the error says what to do."""
    folder = tmp_path / "model"
    shutil.copytree(foreign, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin is not read.*safetensors"):
        EscalationClassifier(str(folder), labels=LABELS).score([JudgeInput(text="good")])


def test_code_of_a_model_is_never_run(foreign: Path, tmp_path: Path) -> None:
    """A model that brings a program of its own (auto_map) is loaded without it, or not at all."""
    folder = tmp_path / "model"
    shutil.copytree(foreign, folder)
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Config: pass\nclass Model: pass\n")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}
    for kind in ("bert", "evil"):
        (folder / "config.json").write_text(json.dumps(config | {"model_type": kind}))
        classifier = EscalationClassifier(str(folder), labels=LABELS)
        if kind == "bert":
            assert len(classifier.score([JudgeInput(text="good")])) == 1
        else:
            with pytest.raises(ModelError, match="cannot be loaded"):
                classifier.score([JudgeInput(text="good")])
    assert not ran.exists()


def test_long_foreign_text_is_judged_in_windows(foreign: Path) -> None:
    """A text of many times the model's length is judged, not refused."""
    text = "good work never again. " * 100
    scores = EscalationClassifier(str(foreign), labels=LABELS).score([JudgeInput(text=text)])
    assert len(scores) == 1


def test_missing_folder_is_explained() -> None:
    """A name that is neither a folder nor a hub name: what, where, what next."""
    with pytest.raises(ModelError, match=r"'esclation' was not found.*\[judge\] model"):
        EscalationClassifier("esclation").score([JudgeInput(text="x")])


def test_hub_names_are_left_to_the_hub() -> None:
    """``owner/model`` that is no folder here is a hub name."""
    assert find_model("somebody/some-model") == "somebody/some-model"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", None),
        ("config.json", b"{"),
        ("model.safetensors", None),
        ("model.safetensors", b"no weights at all"),
        ("model.safetensors", (1000).to_bytes(8, "little") + b"{"),
        ("tokenizer.json", b"{}"),
    ],
)
def test_broken_folder_is_one_model_error(foreign: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    """A missing, cut or foreign file is a ModelError of one line that names the folder, and never random weights."""
    folder = tmp_path / "model"
    shutil.copytree(foreign, folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=str(folder)) as caught:
        EscalationClassifier(str(folder), labels=LABELS).score([JudgeInput(text="good")])
    assert "\n" not in str(caught.value)


def test_missing_weights_are_not_made_up(foreign: Path, tmp_path: Path) -> None:
    """A weights file without the classifier's own weights is incomplete, not initialised at random."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(foreign, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="incomplete"):
        EscalationClassifier(str(folder), labels=LABELS).score([JudgeInput(text="good")])


def test_nothing_heavy_is_imported_before_the_first_mail() -> None:
    """Constructing a classifier and reading its policy needs neither torch nor transformers."""
    code = (
        "import sys; from assistant.adapters.classifier import EscalationClassifier;"
        "EscalationClassifier().policy; print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- the shipped model ------------------------------------------------------------------------------------------------

MAILS = {
    "de calm": (
        0,
        "Guten Morgen Frau Lindner, anbei die Texte für die zweite Seite. Passt Ihnen Dienstag um zehn Uhr?",
    ),
    "en calm": (0, "Hi Mara, thanks for the draft, the colours work well. Could you send them as PDF by Friday?"),
    "de heated": (
        2,
        "Das ist jetzt das dritte Mal, dass Sie einen Termin platzen lassen! Was machen Sie da eigentlich den ganzen "
        "Tag? Ich habe langsam den Eindruck, Sie nehmen uns überhaupt nicht ernst.",
    ),
    "en heated": (
        2,
        "This is the third deadline you have missed and honestly I doubt that anybody over there cares about our "
        "account at all. I am furious. Do you even read my emails?",
    ),
    "de escalated": (
        3,
        "Sie sind vollkommen unfähig. Ich zahle keinen Cent mehr, kündige und übergebe die Sache meinem Anwalt.",
    ),
    "en escalated": (
        3,
        "You people are incompetent frauds. I refuse to pay this invoice, our lawyer will contact you, and I will make "
        "sure everyone reads about it in my reviews.",
    ),
}


PAGE = """Hello Mara,

thank you for the call on Tuesday. Here is what I noted, so that we both work from the same list. The catalogue
will have forty pages instead of thirty-two, because the spare parts get a chapter of their own. Our
photographer is in the workshop on Friday and sends you the pictures of the three new machines by Monday
evening. The technical tables come from engineering; I have asked them to use the template you sent last month.
Prices stay out of the printed version this year.

For the cover I like the second draft best. Could the blue be a little darker, closer to the colour of the
lorries? My colleague in sales prefers the first one, but he is happy with either. The translation into French
starts next week."""
PAGE_TWO = """The printer needs the files by the twelfth. If that is too early for you, tell me and I
will ask for two more days; they owe me a favour after the calendar. Delivery goes to the warehouse in Leeds,
not to the office, and please put the order number on the pallets. For the fair we need two hundred copies in a
separate box.

I will be away from Thursday until the following Wednesday. Anna has all the documents and can decide about everything
except the budget. Have a good week, and greetings to your team.

Best regards
Tom"""


@pytest.fixture(scope="module")
def shipped() -> EscalationClassifier:
    """The shipped model on one thread, so that results do not depend on the machine."""
    return EscalationClassifier(threads=1)


def test_shipped_model_is_standard() -> None:
    """Plain AutoModelForSequenceClassification loads it, with the seventeen outputs under their names."""
    from transformers import AutoModelForSequenceClassification

    model: Any = AutoModelForSequenceClassification.from_pretrained(ESCALATION)
    assert type(model).__name__ == "BertForSequenceClassification"
    assert tuple(model.config.id2label[number] for number in range(model.config.num_labels)) == OUTPUTS
    assert model.config.problem_type == "multi_label_classification"
    assert not json.loads((ESCALATION / "config.json").read_text()).get("auto_map")


@pytest.mark.parametrize("name", MAILS)
def test_obvious_mails(shipped: EscalationClassifier, name: str) -> None:
    """Calm is calm, heat is at least heated, in both languages; with two false alarms allowed in a hundred mails.

    At the default of one the alarm is stricter, and "en heated" stays just below it (see the model card).
    """
    level, text = MAILS[name]
    policy = EscalationClassifier(false_alarms_per_100=2.0).policy
    judged = policy.level(shipped.score([JudgeInput(text=text)])[0])
    assert judged == Level.CALM if level == 0 else judged >= Level.HEATED


HOT = "You are the most incompetent people I have ever had the misfortune to pay!"


def test_a_hot_sentence_is_felt_in_a_calm_page(shipped: EscalationClassifier) -> None:
    """A calm page is no alarm; one sentence of open contempt in its middle makes heat five times as likely."""
    inputs = [JudgeInput(text=f"{PAGE}\n\n{PAGE_TWO}"), JudgeInput(text=f"{PAGE}\n\n{HOT}\n\n{PAGE_TWO}")]
    calm, mixed = shipped.score(inputs)
    assert shipped.policy.level(calm) < Level.HEATED
    assert mixed.p[1] > 5 * calm.p[1]


@pytest.mark.xfail(reason="P(level >= 2) is 0.64 here, under the threshold for one false alarm in 100; see the card")
def test_a_hot_sentence_does_not_drown(shipped: EscalationClassifier) -> None:
    """The same page is at least heated."""
    scores = shipped.score([JudgeInput(text=f"{PAGE}\n\n{HOT}\n\n{PAGE_TWO}")])[0]
    assert shipped.policy.level(scores) >= Level.HEATED


def test_hot_sentence_is_hotter_than_its_neighbours(shipped: EscalationClassifier) -> None:
    """Sentence by sentence the reproach stands out."""
    found = ["Guten Tag Herr Kolb,", "Ihre Arbeit ist eine Frechheit!", "Die Druckdaten liegen im Ordner."]
    first, hot, last = shipped.score_sentences(found, "client")
    assert hot > 0.5 > max(first, last)


def test_alone_and_in_company_the_same(shipped: EscalationClassifier) -> None:
    """A mail's probabilities do not depend on what is judged with it (up to a thousandth)."""
    inputs = [JudgeInput(text=text, subject="Logo") for _, text in MAILS.values()]
    inputs.append(JudgeInput(text="Kurz und lang. " * 120))
    together = shipped.score(inputs)
    alone = [shipped.score([item])[0] for item in inputs]
    for one, other in zip(together, alone, strict=True):
        assert one.p == pytest.approx(other.p, abs=1e-3)
        assert list(one.signals.values()) == pytest.approx(list(other.signals.values()), abs=1e-3)


def test_several_threads_at_once(shipped: EscalationClassifier) -> None:
    """Calls from several threads each get their own mail's answer."""
    inputs = [JudgeInput(text=text) for _, text in MAILS.values()]
    expected = shipped.score(inputs)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda item: shipped.score([item])[0], inputs))
    assert [one.p for one in found] == [pytest.approx(other.p, abs=1e-3) for other in expected]


@pytest.mark.parametrize("text", ["", " \n ", "😡😡😡", "<s></s><mask>", "x" * 5000, "\x00\ud7ff"])
def test_odd_texts_are_judged(shipped: EscalationClassifier, text: str) -> None:
    """Empty, blank, unbroken and odd texts get probabilities, no error."""
    scores = shipped.score([JudgeInput(text=text)])[0]
    assert all(0 <= p <= 1 for p in scores.p)


def test_empty_batch(shipped: EscalationClassifier) -> None:
    """Nothing in, nothing out."""
    assert shipped.score([]) == []
    assert shipped.score_sentences([], "own") == []
