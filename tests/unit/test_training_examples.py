"""What a whole mail, a passage, a harmless text and a public text teach."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from models.training import augment, corpus, examples, public
from models.training.corpus import Record
from models.training.examples import Example, Harmless, Material, Mixture
from models.training.labels import LEVELS, OUTPUTS

HOT = "You never answer."
MAIL = Record(
    id="x",
    writer="w1",
    lang="en",
    side="client",
    subject="Logo",
    text=f"Hello Ms Kolb, thanks for the draft. {HOT} We will look for somebody else! Regards, Tim",
    level=3,
    signals=("churn_threat", "goodwill"),
    hot=(HOT, "We will look for somebody else!"),
)
CALM = Record(id="y", writer="w1", lang="de", side="client", subject="", text="Größe passt. Danke!", level=0)
HARMLESS = Harmless({"en": ["Confidential."], "de": ["Vertraulich."]}, {"en": ["The audit went well."]})


def weight(example: Example, name: str) -> float:
    """The weight of one output."""
    return example.weights[OUTPUTS.index(name)]


def hot_texts(example: Example) -> list[str]:
    """What the example marks as hot."""
    return [example.text[start:end] for start, end in example.spans]


def of(part: str, item: Record = MAIL) -> Example:
    """The example of a part of a mail."""
    start = item.text.index(part)
    return examples.passage(item, start, start + len(part))


def test_whole_mail_is_fully_known() -> None:
    """Levels are cumulative, signals are marked, nothing is masked, and the hot passages stand where they stood."""
    example = examples.mail(MAIL)
    assert example.wanted[:3] == (1, 1, 1)
    assert {name for name, x in zip(OUTPUTS, example.wanted, strict=True) if x} == {*LEVELS, *MAIL.signals}
    assert set(example.weights) == {1.0}
    assert "Logo" in example.text
    assert hot_texts(example) == list(MAIL.hot)
    assert "Logo" not in examples.mail(MAIL, subject=False).text


def test_one_of_two_hot_sentences_is_tense_at_least() -> None:
    """A part of the heat proves level 1; how much more, and which signal, cannot be known."""
    example = of(HOT)
    assert example.wanted[0] == 1
    assert example.weights[:3] == (1, 0, 0)
    assert weight(example, "churn_threat") == 0
    assert weight(example, "insult") == 1
    assert (hot_texts(example), example.level) == ([HOT], 3)


def test_calm_sentence_of_an_angry_mail() -> None:
    """Without any hot sentence it is calm, level 1 with doubt; goodwill may stand in it, a threat does not."""
    example = of("Hello Ms Kolb, thanks for the draft.")
    assert example.wanted[:3] == (0, 0, 0)
    assert example.weights[:3] == (examples.CALM_WEIGHT, 1, 1)
    assert weight(example, "goodwill") == 0
    assert (weight(example, "churn_threat"), example.wanted[OUTPUTS.index("churn_threat")]) == (1, 0)
    assert (example.spans, example.level) == ((), 0)


def test_passage_with_all_heat_has_the_mails_level() -> None:
    """All hot sentences together carry the level and the hot signals."""
    example = of(f"{HOT} We will look for somebody else!")
    assert example.wanted[:3] == (1, 1, 1)
    assert example.weights[:3] == (1, 1, 1)
    assert weight(example, "churn_threat") == 1


def test_passages_are_parts_of_the_mail() -> None:
    """Whatever is drawn stands in the mail, and single sentences have none."""
    rng = random.Random(1)
    drawn = [examples.drawn_passage(MAIL, rng) for _ in range(30)]
    texts = {example.text.removeprefix("query: client: ") for example in drawn if example}
    assert len(texts) > 2
    assert all(text in MAIL.text for text in texts)
    assert examples.drawn_passage(Record(**{**vars(CALM), "text": "Danke!"}), rng) is None


def test_typing_changes_keep_labels_and_marks() -> None:
    """However a mail is typed, what is hot stays hot and everything else stays calm."""
    rng = random.Random(2)
    seen = set()
    for _ in range(200):
        example = examples.varied_mail(MAIL, HARMLESS, rng)
        seen.add(example.text)
        assert example.wanted == examples.mail(MAIL).wanted
        plain = "".join(c for c in "".join(hot_texts(example)).lower() if c.isalpha())
        assert plain == "".join(c for c in "".join(MAIL.hot).lower() if c.isalpha())
    assert len(seen) > 5


def test_umlauts_are_spelt_out_in_german_only() -> None:
    """Some German writers have no umlauts; English words stay as they are."""
    rng = random.Random(3)
    parts = [("Größe", False)]
    found = {"".join(text for text, _ in augment.varied(parts, "de", rng)) for _ in range(300)}
    assert {"Größe", "Groesse", "Grösse", "größe"} <= found
    assert "Groesse" not in {"".join(t for t, _ in augment.varied(parts, "en", rng)) for _ in range(300)}


def test_harmless_texts_stay_calm() -> None:
    """A harmless mail is calm in every output, its calm signals stay unknown, and the epoch holds every record."""
    found = examples.epoch(
        Material(written=[MAIL, CALM] * 20, harmless=HARMLESS), Mixture(harmless=1), random.Random(0)
    )
    [harmless] = [example for example in found if "audit" in example.text]
    assert not any(harmless.wanted)
    assert (weight(harmless, "goodwill"), weight(harmless, "legal_threat")) == (0, 1)
    assert len(found) >= 41


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder of public sets in their form, with texts of our own."""
    rows: dict[str, list[dict[str, Any]]] = {
        "github_incivility": [
            {"id": f"g{n}", "lang": "en", "text": f"Comment number {n}.", "tbdf": kind}
            for n, kind in enumerate(["None", "Impatience", "Insulting", "Gibberish"])
        ],
        "germeval2018": [
            {"id": f"d{n}", "lang": "de", "text": f"Satz {n}.", "offense": kind, "offense_fine": kind}
            for n, kind in enumerate(["OTHER", "OFFENSE"])
        ],
        "goemotions": [{"id": "e", "lang": "en", "text": "Ha.", "emotions": ["joy"]}],
        "xed_de_en": [{"id": "x", "lang": "de", "text": "Ach.", "emotions": ["anger"]}],
        "isarcasmeval_en": [{"id": "i", "lang": "en", "text": "Lovely.", "sarcastic": 1}],
    }
    for name, found in rows.items():
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in found)
    return tmp_path


def test_public_labels_are_weak(sets: Path) -> None:
    """A foreign label says something about the level, little about its height, nothing about most signals; an
    offensive tweet insults somebody, hardly ever the reader, and is left out.
    """
    civil, rude = public.weak_examples(sets, frozenset())
    assert [example.wanted[:3] for example in civil] == [(0, 0, 0)] * 2
    assert [(example.wanted[:3], example.weights[:3]) for example in rude] == [
        ((1, 0, 0), (0.7, 0, 0)),
        ((1, 1, 0), (0.7, 0.7, 0)),
    ]
    assert not any(example.token_weight for example in rude)


def test_hand_labelled_texts_are_no_weak_examples(sets: Path) -> None:
    """A text that was read and labelled is not shown again with its foreign label."""
    civil, rude = public.weak_examples(sets, frozenset({"g0", "g2"}))
    assert (len(civil), len(rude)) == (1, 1)


def test_every_task_has_its_own_outputs(sets: Path) -> None:
    """The first step knows each set by its own labels."""
    texts = public.task_texts(sets, random.Random(0))
    assert {text.task: len(text.wanted) for text in texts} == {
        "github_incivility": 4,
        "germeval2018": 2,
        "goemotions": 1,
        "xed_de_en": 1,
        "isarcasmeval_en": 1,
    }


def test_labels_find_their_texts(sets: Path, tmp_path: Path) -> None:
    """Only labels and offsets are kept in the project; the text is looked up, and a lost one is left out."""
    labels = tmp_path / "labels"
    labels.mkdir()
    rows = [
        {"set": "github_incivility", "id": "g1", "level": 2, "signals": ["anger"], "hot": [[0, 7]], "side": "own"},
        {"set": "github_incivility", "id": "gone", "level": 0, "signals": [], "hot": []},
    ]
    (labels / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    [found] = corpus.real(sets, labels)
    assert (found.text, found.hot, found.side, found.lang, found.writer) == (
        "Comment number 1.",
        ("Comment",),
        "own",
        "en",
        "github_incivility",
    )
