"""The rivals: what they are trained on, what is kept, and what is reported of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.training import baseline, calibrate, figures, folds, frozen, lexicon, rivals, sentiment
from models.training.corpus import Record
from models.training.figures import RealMail
from models.training.labels import OUTPUTS
from models.training.metrics import Floats
from models.training.rivals import Measure, Rival, Store

KIND = {"de": "Vielen Dank, das ist sehr schön geworden.", "en": "Thank you, this is wonderful work."}
ANGRY = {"de": "Das ist eine Frechheit und wirklich schlecht.", "en": "This is horrible, I am angry and disappointed."}


def mail(writer: str, number: int, level: int) -> Record:
    """A mail whose text tells its level."""
    lang = ("de", "en")[number % 2]
    text = f"{(KIND, ANGRY)[level >= 2][lang]} {'heiss ' * level}{number}"
    side = "own" if number % 5 == 0 else "client"
    return Record(id=str(number), writer=writer, lang=lang, side=side, subject="", text=text, level=level)


CORPUS = [mail(f"w{number % 4}", number, number // 4 % 4) for number in range(160)]
GROUPS = folds.by_writer(CORPUS)


def exact(train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
    """A rival that knows the labels."""
    return 8 * calibrate.gold_matrix(test) - 4


def forbidden(train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
    """A rival that must not be asked again."""
    raise AssertionError("the outputs are in the cache")


def real_mail() -> RealMail:
    """Real texts whose levels are as plain as those of the corpus."""
    hot = [replace(record, writer="hot", side="client") for record in CORPUS[:40]]
    ordinary = [replace(record, writer="ordinary", side="client") for record in CORPUS if record.level == 0]
    forms = ["donated mail", "usenet mail"]
    rows = [{"lang": record.lang, "form": forms[n // 2 % 2]} for n, record in enumerate(ordinary)]
    return RealMail(
        hot=hot, hot_rows=[{"customer_to_firm": n < 20} for n in range(40)], ordinary=ordinary, ordinary_rows=rows
    )


def test_a_rival_that_knows_everything_gets_full_marks(tmp_path: Path) -> None:
    """Every figure at its best, in every slice, with intervals; nothing ordinary flagged, all heat caught."""
    measure = Measure(Rival(about="knows", method=exact), tmp_path, [], [])
    found = measure.figures(CORPUS, GROUPS, real_mail())
    for report in found["held_out_files"].values():
        assert (report["level_macro_f1"], report["qwk"], report["auroc_level_2"]) == (100, 100, 100)
        assert report["intervals_95"]["auroc_level_2"] == (100, 100)
        assert report["signals_macro_f1"] is None
    assert found["held_out_files"]["all"]["files"] == 4
    assert set(found["held_out_files"]) == set(figures.SLICES)
    assert found["real_hot_dev"]["customer_to_firm"]["auroc_level_2"] == 100
    assert found["ordinary_flagged"]["de"]["share"] == 0
    assert found["heated_caught"]["all"]["share"] == 100


def test_a_stopped_run_goes_on_from_what_it_kept(tmp_path: Path) -> None:
    """Outputs that are in the cache are not computed again, and give the same figures."""
    first = Measure(Rival(about="", method=exact), tmp_path, [], []).figures(CORPUS, GROUPS, real_mail())
    again = Measure(Rival(about="", method=forbidden), tmp_path, [], []).figures(CORPUS, GROUPS, real_mail())
    assert again == first


def test_a_changed_label_is_fitted_anew(tmp_path: Path) -> None:
    """What was kept belongs to one corpus."""
    Measure(Rival(about="", method=exact), tmp_path, [], []).figures(CORPUS, GROUPS, None)
    changed = [replace(CORPUS[0], level=3), *CORPUS[1:]]
    with pytest.raises(AssertionError, match="in the cache"):
        Measure(Rival(about="", method=forbidden), tmp_path, [], []).figures(changed, GROUPS, None)


def test_each_file_is_held_out_of_its_own_training(tmp_path: Path) -> None:
    """Mails of the asked file are never among those trained on; extra texts always are."""
    asked: list[tuple[set[str], set[str]]] = []

    def noting(train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
        asked.append(({record.writer for record in train}, {record.writer for record in test}))
        return exact(train, calm, test)

    extra = [replace(CORPUS[0], writer="real")]
    Measure(Rival(about="", method=noting), tmp_path, extra, []).figures(CORPUS, GROUPS, None)
    assert [test for _, test in asked] == [{"w0"}, {"w1"}, {"w2"}, {"w3"}]
    assert all(train == {"real", "w0", "w1", "w2", "w3"} - test for train, test in asked)


def test_decisions_on_a_file_do_not_look_at_its_labels() -> None:
    """Turning all labels of one file round changes no judgement on that file."""
    rng = np.random.default_rng(0)
    logits = 4 * calibrate.gold_matrix(CORPUS) - 2 + rng.normal(0, 2, (len(CORPUS), len(OUTPUTS)))
    turned = [replace(r, level=3 - r.level) if r.writer == "w0" else r for r in CORPUS]
    plain = figures.cross_fitted(calibrate.Scored(records=CORPUS, logits=logits))
    other = figures.cross_fitted(calibrate.Scored(records=turned, logits=logits))
    mine = np.array([record.writer == "w0" for record in plain.records])
    assert (plain.levels[mine] == other.levels[mine]).all()
    assert (plain.p[mine] == other.p[mine]).all()


def test_the_alarm_keeps_its_budget() -> None:
    """At most one of 100 calm mails reaches the threshold, and with ties none too many."""
    calm = np.linspace(0, 0.5, 200)
    assert (calm >= figures.alarm(calm)).sum() == 2
    assert (np.full(50, 0.3) >= figures.alarm(np.full(50, 0.3))).sum() == 0


def test_each_half_of_ordinary_mail_is_measured_by_the_other() -> None:
    """Usenet mail sets no threshold, and no mail sets the one that it is measured with."""
    real = real_mail()
    forms = np.array([row["form"] for row in real.ordinary_rows])
    assert set(forms[real.near]) == {"donated mail"}
    calm = np.where(forms == "donated mail", 0.1, 0.9)
    assert (real.alarmed(calm) == (forms != "donated mail")).all()
    odd = int(np.flatnonzero(real.near & (np.arange(len(calm)) % 2 == 1))[0])
    calm[odd] = 0.2  # above all that the even half knows, so it is flagged itself and raises their threshold
    assert real.alarmed(calm)[odd]


def test_features_are_computed_once_for_a_file(tmp_path: Path) -> None:
    """They come back in the order of the mails, and from the folder the next time."""
    calls: list[str] = []

    def lengths(records: Sequence[Record]) -> Floats:
        calls.append(records[0].writer)
        return np.array([[len(record.text)] for record in records], dtype=float)

    wanted = [[len(record.text)] for record in CORPUS]
    store = Store(tmp_path, lengths)
    assert store.of(CORPUS).tolist() == wanted
    assert Store(tmp_path, lengths).of(CORPUS).tolist() == wanted
    assert calls == ["w0", "w1", "w2", "w3"]


def test_calm_texts_teach_levels_but_no_signals() -> None:
    """The row of a calm text is used for the three levels alone: nobody said whether it shows goodwill."""
    seen: dict[int, int] = {}

    class Counting:
        def fit(self, known: Floats, gold: Floats) -> Counting:
            seen[len(seen)] = len(gold)
            return self

        def decision_function(self, unknown: Floats) -> Floats:
            return np.zeros(len(unknown))

    gold = np.tile([[0.0], [1.0]], (5, len(OUTPUTS)))
    baseline.regressions(Counting(), np.zeros((13, 2)), gold, np.zeros((4, 2)), range(len(OUTPUTS)))
    assert list(seen.values()) == [13] * 3 + [10] * 14


def test_tfidf_tells_kind_from_angry() -> None:
    """On texts this plain the regression ranks every heated mail above every other."""
    train, test = CORPUS[:120], CORPUS[120:]
    found = rivals.tfidf(train, [], test)
    heated = np.array([record.level >= 2 for record in test])
    assert found.shape == (len(test), len(OUTPUTS))
    assert found[heated, 1].min() > found[~heated, 1].max()


@pytest.mark.parametrize("lang", lexicon.LANGUAGES)
def test_lexicons_find_anger_more_negative_than_thanks(lang: str) -> None:
    """Both packages carry their word lists: nothing is downloaded, and the sign is right."""
    assert lexicon.negativity(ANGRY[lang], lang) > 0 > lexicon.negativity(KIND[lang], lang)


def test_each_language_has_a_scale_of_its_own() -> None:
    """Two lists that have nothing in common share no column; an empty mail is neutral."""
    rows = [replace(CORPUS[0], lang="de", text=""), replace(CORPUS[0], lang="en", text="Horrible.")]
    found = lexicon.features(rows)
    assert found[0].tolist() == [0, 1, 0, 0]
    assert found[1, 0] == found[1, 1] == 0
    assert found[1, 2] > 0


def test_batches_hold_every_text_once_and_fit_into_memory() -> None:
    """Longest first, so that too little memory shows at once."""
    lengths = np.random.default_rng(0).integers(2, frozen.LONGEST, 300).tolist()
    parts = frozen.batches(lengths)
    assert sorted(number for part in parts for number in part) == list(range(300))
    assert all(len(part) * lengths[part[0]] <= frozen.TOKENS for part in parts)
    assert lengths[parts[0][0]] == max(lengths)


def test_without_a_sentiment_model_the_report_says_so(tmp_path: Path) -> None:
    """No model hub is asked: without a folder there is a sentence instead of figures."""
    found = rivals.report(CORPUS, GROUPS, None, tmp_path, only=["none of them"])
    assert found == {"sentiment": {"about": rivals.NONE_HAD}}


def sentiment_model(folder: Path) -> Path:
    """A tiny untrained classifier of three labels with a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", *sorted({word for record in CORPUS for word in record.text.split()})]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")  # type: ignore[no-untyped-call]
    wrapped.save_pretrained(folder)
    sizes: dict[str, Any] = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_labels": 3}
    config = BertConfig(vocab_size=len(words), num_attention_heads=1, max_position_embeddings=16, **sizes)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_any_classifier_in_a_folder_can_be_compared(tmp_path: Path) -> None:
    """Its outputs are the features; mails longer than it can read are cut."""
    model = sentiment_model(tmp_path / "some-sentiment")
    outputs = sentiment.FolderModel(model).features([replace(CORPUS[0], text="Vielen " * 100), *CORPUS[:20]])
    assert outputs.shape == (21, 3)
    found = rivals.report(CORPUS, GROUPS, None, tmp_path / "cache", sentiment_folder=model, only=["sentiment"])
    assert found["sentiment"]["about"].startswith("some-sentiment")
    assert found["sentiment"]["held_out_files"]["all"]["mails"] == len(CORPUS)
