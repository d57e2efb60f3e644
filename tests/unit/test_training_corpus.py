"""The corpus: what a whole mail, a passage and a public text teach."""

from __future__ import annotations

import random

import pytest

from models.training import corpus, folds, harmless
from models.training.corpus import Record
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


def weight(example: corpus.Example, name: str) -> float:
    """The weight of one output."""
    return example.weights[OUTPUTS.index(name)]


def test_whole_mail_is_fully_known() -> None:
    """Levels are cumulative, signals are marked, nothing is masked."""
    example = corpus.mail_example(MAIL)
    assert example.wanted[:3] == (1, 1, 1)
    assert {name for name, x in zip(OUTPUTS, example.wanted, strict=True) if x} == {*LEVELS, *MAIL.signals}
    assert set(example.weights) == {1.0}
    assert "Logo" in example.text
    assert "Logo" not in corpus.mail_example(MAIL, with_subject=False).text


def test_one_of_two_hot_sentences_is_tense_at_least() -> None:
    """A part of the heat proves level 1; how much more, and which signal, cannot be known."""
    example = corpus.passage_example(MAIL, HOT)
    assert example.wanted[0] == 1
    assert example.weights[:3] == (1, 0, 0)
    assert weight(example, "churn_threat") == 0
    assert weight(example, "insult") == 1


def test_calm_sentence_of_an_angry_mail() -> None:
    """Without any hot sentence it is calm, level 1 with doubt; goodwill may stand in it, a threat does not."""
    example = corpus.passage_example(MAIL, "Hello Ms Kolb, thanks for the draft.")
    assert example.wanted[:3] == (0, 0, 0)
    assert example.weights[:3] == (corpus.CALM_WEIGHT, 1, 1)
    assert weight(example, "goodwill") == 0
    assert (weight(example, "churn_threat"), example.wanted[OUTPUTS.index("churn_threat")]) == (1, 0)


def test_passage_with_all_heat_has_the_mails_level() -> None:
    """All hot sentences together carry the level and the hot signals."""
    example = corpus.passage_example(MAIL, f"{HOT} We will look for somebody else!")
    assert example.wanted[:3] == (1, 1, 1)
    assert example.weights[:3] == (1, 1, 1)
    assert weight(example, "churn_threat") == 1


def test_passages_are_parts_of_the_mail() -> None:
    """Whatever is drawn stands in the mail."""
    rng = random.Random(1)
    drawn = {passage for _ in range(30) for passage in corpus.passages(MAIL, rng)}
    assert len(drawn) > 2
    assert all(passage in MAIL.text for passage in drawn)


@pytest.mark.parametrize(
    ("row", "level", "first_weights"),
    [
        ({"tbdf": "None"}, 0, (0.7, 0.7, 0.7)),
        ({"offense": "OTHER"}, 0, (0.7, 0.7, 0.7)),
        ({"tbdf": "Impatience"}, 1, (0.7, 0.0, 0.0)),
        ({"tbdf": "Insulting"}, 2, (0.7, 0.7, 0.0)),
    ],
)
def test_public_labels_are_weak(row: dict[str, str], level: int, first_weights: tuple[float, float, float]) -> None:
    """A foreign label says something about the level, little about its height, nothing about most signals."""
    assert corpus._public_levels(row) == (level, first_weights)


def test_offensive_tweets_are_left_out() -> None:
    """They insult somebody, hardly ever the reader, and so say nothing about the stance."""
    assert corpus._public_levels({"offense": "OFFENSE"}) is None


def test_shipped_corpus_follows_the_labels() -> None:
    """All 6015 mails: known signals, hot passages are substrings, and only warm mail has them."""
    records = corpus.written()
    assert len(records) == 6015
    assert all(set(record.signals) <= set(OUTPUTS) and record.level in range(4) for record in records)
    assert all(hot in record.text for record in records for hot in record.hot)
    assert not any(record.hot for record in records if record.level == 0)


def test_groups_hold_out_every_file_once() -> None:
    """The four groups and the single files both cover all writers, and a held-out writer is never trained on."""
    records = corpus.written()
    writers = {record.writer for record in records}
    for groups in (folds.grouped(records), folds.by_writer(records)):
        assert sorted(writer for group in groups for writer in group) == sorted(writers)
    kept, held = folds.split(records, folds.GROUPS[0])
    assert not {record.writer for record in kept} & {record.writer for record in held}
    assert len(kept) + len(held) == len(records)


def test_harmless_texts_keep_their_labels() -> None:
    """A footer changes no label, the harmless mails are calm, and calm signals of theirs stay unknown."""
    examples = harmless.epoch([MAIL] * 20, [], random.Random(0))
    angry = [example for example in examples if HOT in example.text]
    calm = [example for example in examples if HOT not in example.text]
    assert {example.wanted for example in angry} == {corpus.mail_example(MAIL).wanted}
    assert 0 < sum(example.text != corpus.mail_example(MAIL).text for example in angry) < 20
    assert not any(any(example.wanted) for example in calm)
    assert {weight(example, "goodwill") for example in calm} == {0.0}
    assert {weight(example, "legal_threat") for example in calm} == {1.0}
