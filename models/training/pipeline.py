"""The sequence behind ``make model``: base, first step, final training, held-out trainings, rivals, figures, export.

Every step keeps its result in the work folder and is skipped when that is there, so the sequence can be stopped at
any time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from assistant.adapters import _ngrams
from models.training import (
    base,
    calibrate,
    card,
    corpus,
    evaluate,
    export,
    figures,
    firststep,
    folds,
    ngrams,
    public,
    rivals,
    speed,
)
from models.training.calibrate import Scored, gold_matrix
from models.training.corpus import Record
from models.training.evaluate import HeldOut, Passages
from models.training.examples import Example, Material
from models.training.figures import RealMail
from models.training.labels import OUTPUTS
from models.training.metrics import Floats, rounded
from models.training.train import Settings, Trainer

DEMO: Final = Path(__file__).parents[2] / "assistant" / "demo" / "data"
RIVALS: Final = "rivals.json"
REAL_LIMIT: Final = 10  # however few mails a smoke test trains on, this part of the real ones is looked at
CALM_FOR_NGRAMS: Final = 4000  # calm public texts that the linear model learns from


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to make, from what.

    Attributes:
        work: folder of intermediate results (about 1 GB while training).
        target: the model folder to write.
        public: folder of the public sets, None: written corpus only.
        by_writer: hold out one file at a time instead of four groups.
        limit: use only every n-th text (the smoke test).
        sentiment: folder of a Hugging Face classifier to compare with.
    """

    work: Path
    target: Path = export.ESCALATION
    public: Path | None = None
    demo: Path = DEMO
    by_writer: bool = False
    limit: int = 1
    settings: Settings = field(default_factory=Settings)
    first_steps: int = 0
    sentiment: Path | None = None

    def records(self) -> list[Record]:
        """The written corpus."""
        return corpus.written()[:: self.limit]

    def real(self) -> list[Record]:
        """Real texts that were labelled by hand, none without the public sets."""
        return corpus.real(self.public)[:: self.limit] if self.public else []

    def weak(self) -> tuple[list[Example], list[Example]]:
        """Calm and rude public texts by their own labels."""
        if not self.public:
            return [], []
        labelled = frozenset(record.id for record in corpus.real(self.public))
        calm, rude = public.weak_examples(self.public, labelled)
        return calm[:: self.limit], rude[:: self.limit]

    def groups(self) -> list[tuple[str, ...]]:
        """Which files are held out together."""
        records = self.records()
        return folds.by_writer(records) if self.by_writer else folds.grouped(records)

    @property
    def final(self) -> Path:
        """Where the model to be shipped is trained."""
        return self.work / "final"


def make_base(plan: Plan) -> Path:
    """The untrained base, with all pieces of the written corpus."""
    target = plan.work / "base"
    if not (target / "model.safetensors").exists():
        texts = [text for record in corpus.written() for text in (record.subject, record.text)]
        base.build(target, texts)
    return target


def first_step(plan: Plan) -> Path:
    """The base after its first step on the public sets; without them the base."""
    if not plan.public:
        return make_base(plan)
    return firststep.run(make_base(plan), plan.work / "first", plan.public, max_steps=plan.first_steps)


def train_final(plan: Plan) -> Path:
    """The model to be shipped, trained on everything."""
    return trained(plan, plan.final, plan.records())


def train_folds(plan: Plan) -> None:
    """One model for each group of held-out writers."""
    for held in plan.groups():
        kept, _ = folds.split(plan.records(), held)
        print(f"training without {', '.join(held)}", flush=True)
        trained(plan, evaluate.fold_folder(plan.work, held), kept)


def trained(plan: Plan, work: Path, records: Sequence[Record]) -> Path:
    """A folder with both parts of the model, trained on these records and everything public."""
    calm, rude = plan.weak()
    material = Material(written=records, real=plan.real(), calm=calm, weak=rude)
    target = Trainer(first_step(plan), work, material, plan.settings).run()
    if not (target / _ngrams.FILE).exists():
        labelled = [*records, *material.real]
        texts = [example.text.split(": ", 2)[-1] for example in calm[:: max(1, len(calm) // CALM_FOR_NGRAMS)]]
        ngrams.save(ngrams.fit(labelled, texts, gold_matrix(labelled)), target)
    return target


def measure_rivals(plan: Plan) -> dict[str, Any]:
    """The rivals' figures, kept in the work folder."""
    finished = evaluate.finished(plan.work, plan.groups())
    groups = [fold.held for fold in finished] or plan.groups()
    cache = plan.work / "rivals"
    report = rivals.report(
        plan.records(), groups, plan.public, cache, extra=plan.real(), sentiment_folder=plan.sentiment
    )
    export.content(plan.work, RIVALS, report)
    return report


class Shipped:
    """The model to be shipped with all that is fitted to it."""

    def __init__(self, plan: Plan) -> None:
        self.plan, records = plan, plan.records()
        self.parts = [HeldOut.of(fold, records) for fold in evaluate.finished(plan.work, plan.groups())]
        if not self.parts:
            raise RuntimeError(f"a finished held-out training is needed to calibrate, none found in {plan.work}")
        self.weights = evaluate.mixture(self.parts)
        self.scored = evaluate.joined(
            [Scored(records=part.records, logits=part.found.mixed(self.weights)) for part in self.parts]
        )
        self.real = rivals.real_mail(plan.public, min(plan.limit, REAL_LIMIT)) if plan.public else None
        self.floor = self._floor() if self.real else None

    def outputs(self, name: str, records: Sequence[Record], fold: evaluate.Fold | None = None) -> Floats:
        """Raw outputs (n x 17) of the final model, or of a fold's, for other texts than its own."""
        model = fold.model if fold else self.plan.final / "trained"
        cache = fold.cache if fold else self.plan.final
        return evaluate.evidence(model, records, cache / f"{name}.json").mixed(self.weights)

    def _floor(self) -> calibrate.Floor:
        assert self.real is not None
        scale = figures.scaling(self.scored, gold_matrix(self.scored.records))
        return calibrate.real_floor(self.outputs("ordinary", self.real.ordinary)[self.real.near], scale)

    def calibration(self, sentence: float) -> dict[str, Any]:
        """The content of calibration.json."""
        content = calibrate.fit(self.scored, floor=self.floor) | {"sentence": sentence}
        rows = zip(OUTPUTS, self.weights.tolist(), strict=True)
        return content | {"mixture": {name: [round(x, 5) for x in row] for name, row in rows}}

    def report(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """calibration.json and eval.json."""
        held_out = evaluate.joined(evaluate.cross_mixed(self.parts))
        judged = evaluate.as_shipped(held_out, self.floor)
        passages = Passages(self.parts, evaluate.levels_of(judged).tolist()).report()
        content = self.calibration(passages["threshold"])
        report: dict[str, Any] = {
            "setting": self._setting(),
            "held_out_files": figures.held_out(figures.cross_fitted(held_out), signals=True),
            "held_out_as_shipped": evaluate.shipped_report(judged),
            "hot_passages": passages,
            "budgets": evaluate.by_budget(held_out, self.floor),
            "demo_client_mails": self._demo(content),
        }
        if self.real:
            hot = self.outputs("hot", self.real.hot)
            ordinary = self.outputs("ordinary", self.real.ordinary)
            report |= figures.on_real_mail(self.real, held_out, hot, ordinary)
            report["by_fold"] = [self._fold(part, scored) for part, scored in self._mixed()]
        return content, report

    def _mixed(self) -> list[tuple[HeldOut, Scored]]:
        return list(zip(self.parts, evaluate.cross_mixed(self.parts), strict=True))

    def _fold(self, part: HeldOut, scored: Scored) -> dict[str, Any]:
        """What a fold's own model catches at the threshold that ordinary mail sets for it."""
        real = self.real
        assert isinstance(real, RealMail)
        found = figures.on_real_mail(
            real,
            scored,
            self.outputs("hot", real.hot, part.fold),
            self.outputs("ordinary", real.ordinary, part.fold),
        )
        caught, flagged = found["heated_caught"], found["ordinary_flagged"]
        return {
            "held": list(part.fold.held),
            "caught": {name: caught[name]["share"] for name in ("all", "client", "own") if name in caught},
            "ordinary_flagged": {lang: flagged[lang]["share"] for lang in ("de", "en")},
            "real_hot_auroc": {name: row["auroc_level_2"] for name, row in found["real_hot_dev"].items()},
        }

    def _demo(self, content: dict[str, Any]) -> dict[str, Any]:
        records = evaluate.demo_records(self.plan.demo)
        return evaluate.demo(Scored(records=records, logits=self.outputs("demo", records)), content)

    def _setting(self) -> dict[str, Any]:
        counts = corpus.languages(self.plan.records())
        return {
            "held_out_groups": [list(part.fold.held) for part in self.parts],
            "of_groups": len(self.plan.groups()),
            "epochs": self.plan.settings.epochs,
            "written_mails": counts,
            "real_labelled_texts": corpus.languages(self.plan.real()),
            "false_alarm_budget": calibrate.DEFAULT_BUDGET,
            "mixture_of_level_2": [rounded(x) / 100 for x in self.weights[1]],
            "heated_share": rounded(np.mean([record.level >= 2 for record in self.scored.records])),
        }


def export_model(plan: Plan) -> None:
    """Writes the model folder: weights, calibration, figures, card."""
    content, report = Shipped(plan).report()
    found = plan.work / RIVALS
    if found.exists():
        report["rivals"] = json.loads(found.read_text(encoding="utf-8"))
    export.weights(plan.final / "trained", plan.target)
    export.content(plan.target, "calibration.json", content)
    mails = [calibrate.as_input(record) for record in evaluate.demo_records(plan.demo)]
    report["speed"] = speed.measure(plan.target, mails)
    export.content(plan.target, "eval.json", report)
    card.write(plan.target)
