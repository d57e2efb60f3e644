"""How the model's parts are mixed, and how held-out mails are judged by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training import calibrate, evaluate, stack
from models.training.calibrate import gold_matrix
from models.training.corpus import Record
from models.training.evaluate import Fold, HeldOut, Passages
from models.training.labels import OUTPUTS
from models.training.metrics import Floats
from models.training.predict import PARTS, Found

CALM, HOT = "All is well.", "This is a disgrace!"


def records(count: int, writer: str) -> list[Record]:
    """Mails of all levels; those of level 1 and more have one hot sentence of two."""
    return [
        Record(
            id=f"{writer}-{n}",
            writer=writer,
            lang="de" if n % 2 else "en",
            side="own" if n % 5 == 0 else "client",
            subject="",
            text=f"{CALM} {HOT}" if n % 4 else CALM,
            level=n % 4,
            signals=("anger",) if n % 4 > 1 else (),
            hot=(HOT,) if n % 4 else (),
        )
        for n in range(count)
    ]


def parts_of(mails: list[Record], noise: tuple[float, float, float], seed: int = 0) -> Floats:
    """Outputs that follow the labels, each part with its own noise."""
    rng = np.random.default_rng(seed)
    clean = 2 * gold_matrix(mails)[:, :, None] - 1
    parts: Floats = clean + rng.normal(0, 1, (len(mails), len(OUTPUTS), len(PARTS))) * np.array(noise)
    return parts


def held_out(writer: str, seed: int) -> HeldOut:
    """One fold with made-up evidence."""
    mails = records(200, writer)
    heat = [[-3.0, 3.0] if mail.hot else [-3.0] for mail in mails]
    fold = Fold(held=(writer,), model=Path(), cache=Path())
    return HeldOut(fold=fold, records=mails, found=Found(parts=parts_of(mails, (1.0, 1.0, 2.0), seed), heat=heat))


def test_the_surer_part_weighs_more() -> None:
    """A part with less noise gets more weight, and no weight is negative."""
    mails = records(2000, "w1")
    weights = stack.fit(parts_of(mails, (0.7, 2.0, 2.0)), gold_matrix(mails))
    assert (weights >= 0).all()
    assert weights[1, 0] > 2 * weights[1, 1] > 0


def test_a_part_that_is_not_there_or_misleads_has_no_weight() -> None:
    """The same value for every mail says nothing; a part that says the contrary is left out, not turned round."""
    mails = records(2000, "w1")
    parts = parts_of(mails, (1.0, 1.0, 1.0))
    parts[:, :, 1] = 0.0
    parts[:, :, 2] *= -1
    weights = stack.fit(parts, gold_matrix(mails))
    assert (weights[:, 1] == 0).all()
    assert (weights[:, 2] == 0).all()
    assert (weights[:, 0] > 0).all()


def test_the_hottest_sentence_helps_levels_only() -> None:
    """Which signal a mail carries is not read from how hot its hottest sentence is."""
    mails = records(1000, "w1")
    weights = stack.fit(parts_of(mails, (2.0, 2.0, 0.5)), gold_matrix(mails))
    assert (weights[:3, 2] > 0).all()
    assert (weights[3:, 2] == 0).all()


def test_with_one_answer_only_the_network_speaks() -> None:
    """Nothing can be learnt from mails that are all alike."""
    mails = records(8, "w1")
    weights = stack.fit(parts_of(mails, (1, 1, 1)), np.zeros((8, len(OUTPUTS))))
    assert weights.tolist() == [[1.0, 0.0, 0.0]] * len(OUTPUTS)


def test_each_fold_is_mixed_by_the_others() -> None:
    """The weights for a fold do not change when its own labels do."""
    one, other = held_out("w1", 1), held_out("w2", 2)
    mixed = evaluate.cross_mixed([one, other])[0].logits
    upside_down = HeldOut(
        fold=one.fold,
        records=[Record(**{**vars(r), "level": 3 - r.level}) for r in one.records],
        found=one.found,
    )
    assert np.array_equal(evaluate.cross_mixed([upside_down, other])[0].logits, mixed)


def test_hot_passages_are_found_where_the_heat_is() -> None:
    """With clear heat the overlap is whole; the threshold of a file is chosen on the others."""
    folds = [held_out("w1", 1), held_out("w2", 2)]
    levels = [record.level for fold in folds for record in fold.records]
    report = Passages(folds, levels).report()
    assert report["overlap_f1"] == 100
    assert report["by_language"] == {"de": 100, "en": 100}
    assert report["warm_mails"] == 300


def test_a_mail_judged_calm_has_no_passage() -> None:
    """What is missed counts as missed."""
    folds = [held_out("w1", 1), held_out("w2", 2)]
    assert Passages(folds, [0] * 400).report()["overlap_f1"] == 0


def test_same_sentences_share_the_higher_heat() -> None:
    """As in the program: by its text, of two alike the hotter."""
    assert evaluate.sentence_heat("Never! Never!", [0.0, -9.0]) == {"Never!": 0.5}


def test_shipped_figures_of_clear_outputs() -> None:
    """The program's own decisions on outputs without noise are nearly all right, by language and side."""
    together = evaluate.joined(evaluate.cross_mixed([held_out("w1", 1), held_out("w2", 2)]))
    report = evaluate.shipped_report(evaluate.as_shipped(together, None))
    assert report["all"]["level_exact"] > 80
    assert {"all", "de", "en", "client", "own", "signals_f1", "level_confusion"} == set(report)
    assert sum(map(sum, report["level_confusion"])) == 400


def test_tense_has_a_budget_of_its_own() -> None:
    """Ordinary mail that looks tense raises the threshold of P(level >= 1), never above that of the alarm."""
    mails = records(400, "w1")
    scored = calibrate.Scored(records=mails, logits=parts_of(mails, (1, 1, 1))[:, :, 0])
    scale = [calibrate.platt(scored.logits[:, n], gold_matrix(mails)[:, n]) for n in range(len(OUTPUTS))]
    ordinary = np.full((200, len(OUTPUTS)), -4.0)
    ordinary[:30, 0] = 2.0
    floor = calibrate.real_floor(ordinary, scale)
    levels = calibrate.fit(scored, floor=floor)["levels"]["client"]
    assert floor["1.0"][0] > floor["10.0"][0]
    assert all(levels["t1"][budget] <= levels["t2"][budget] for budget in levels["t2"])
    assert levels["t1"]["1.0"] == pytest.approx(min(floor["1.0"][0], levels["t2"]["1.0"]))
