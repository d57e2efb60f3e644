"""The sequence behind ``make model``: base, final training, held-out trainings, figures, export.

Every step keeps its result in the work folder and is skipped when that is there, so the sequence can be stopped at
any time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.training import base, calibrate, card, corpus, evaluate, export, folds, metrics, predict, speed
from models.training.calibrate import Scored
from models.training.corpus import Example, Record
from models.training.optimiser import Rates
from models.training.train import Settings, Trainer

DEMO = Path(__file__).parents[2] / "assistant" / "demo" / "data"
BASELINE = "baseline.json"
TUNED_FORMS = ("donated mail", "business mail")  # real mail near enough to client mail to set the alarm by

POLISH = Settings(epochs=1, max_steps=200, harmless=True, rates=Rates(top=4e-5, head=1e-4))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to make, from what.

    Attributes:
        work: folder of intermediate results (about 1 GB for each training).
        target: the model folder to write.
        public: folder of the public sets, None: written corpus only.
        by_writer: hold out one file at a time instead of four groups.
        limit: use only every n-th mail (the smoke test).
    """

    work: Path
    target: Path = export.ESCALATION
    public: Path | None = None
    demo: Path = DEMO
    by_writer: bool = False
    limit: int = 1
    settings: Settings = field(default_factory=Settings)
    fold_settings: Settings = field(default_factory=lambda: Settings(epochs=4))
    polish: Settings = POLISH

    def records(self) -> list[Record]:
        """The written corpus."""
        return corpus.written()[:: self.limit]

    def examples(self) -> list[Example]:
        """The public examples, none without their folder."""
        return corpus.public_examples(self.public) if self.public else []

    def groups(self) -> list[tuple[str, ...]]:
        """Which files are held out together."""
        records = self.records()
        return folds.by_writer(records) if self.by_writer else folds.grouped(records)


def make_base(plan: Plan) -> Path:
    """The untrained base, with all pieces of the written corpus."""
    target = plan.work / "base"
    if not (target / "model.safetensors").exists():
        texts = [text for record in corpus.written() for text in (record.subject, record.text)]
        base.build(target, texts)
    return target


def train_final(plan: Plan) -> Path:
    """The model to be shipped, trained on everything."""
    return trained(plan, plan.work / "final", plan.records(), plan.settings)


def train_folds(plan: Plan) -> None:
    """One model for each group of held-out writers."""
    for held in plan.groups():
        kept, _ = folds.split(plan.records(), held)
        print(f"training without {', '.join(held)}", flush=True)
        trained(plan, evaluate.fold_folder(plan.work, held), kept, plan.fold_settings)


def trained(plan: Plan, work: Path, records: Sequence[Record], settings: Settings) -> Path:
    """A model trained on the corpus, then shortly on harmless texts that sound dangerous."""
    public = plan.examples()
    first = Trainer(make_base(plan), work, records, public, settings).run()
    return Trainer(first, work / evaluate.POLISH, records, public, plan.polish).run()


def figures(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """calibration.json and eval.json, from the folds that are finished."""
    records = plan.records()
    parts = evaluate.finished(plan.work, plan.groups())
    if not parts:
        raise RuntimeError(f"a finished held-out training is needed to calibrate, none found in {plan.work}")
    together = evaluate.joined(evaluate.out_of_fold(parts, records))
    content = calibrate.fit(together)
    real = Real(plan, together, content) if plan.public else None
    floor = real.floor if real else None
    content = calibrate.fit(together, floor=floor)
    sentence = evaluate.sentence_report(parts, records, tuple(content["scale"]["level>=1"]))
    content["sentence"] = sentence["threshold"]
    report = {
        "setting": setting(plan, parts),
        "held_out_writers": evaluate.held_out_report(together, floor),
        "held_out_sentences": sentence,
        "demo_client_mails": demo_report(plan, content),
        "budgets": evaluate.by_budget(together, content, real.ordinary() if real else None),
    }
    return content, report | (real.report(content) if real else {})


def setting(plan: Plan, parts: Sequence[evaluate.Fold]) -> dict[str, Any]:
    """How the figures came about."""
    return {
        "held_out_groups": [list(fold.held) for fold in parts],
        "of_groups": len(plan.groups()),
        "epochs_final": plan.settings.epochs,
        "epochs_of_groups": [fold.epochs for fold in parts],
        "public_texts_in_training": plan.public is not None,
        "false_alarm_budget": calibrate.DEFAULT_BUDGET,
    }


def final_folder(plan: Plan) -> Path:
    """The last state of the final training."""
    return plan.work / "final" / evaluate.POLISH / "epoch-1"


def demo_report(plan: Plan, content: dict[str, Any]) -> dict[str, Any]:
    """Figures on the demo's client mails, which no training ever saw."""
    records = evaluate.demo_records(plan.demo)
    found = predict.scored(final_folder(plan), records, plan.work / "final" / "demo.json")
    return evaluate.demo(found, content)


class Real:
    """Real mail: half of the ordinary mails sets the alarm threshold, everything else only measures."""

    def __init__(self, plan: Plan, scored: Scored, content: dict[str, Any]) -> None:
        assert plan.public is not None
        self.plan = plan
        rows = [row for lang in ("de", "en") for row in evaluate.rows_of(plan.public / f"{lang}_mails_dev.jsonl")]
        self.rows = evaluate.without_circulars(rows)
        self.logits = self._score("ordinary", self.rows)
        tuned = np.array([n % 2 == 0 and row["form"] in TUNED_FORMS for n, row in enumerate(self.rows)])
        self.floor = calibrate.real_thresholds(self.logits[tuned], scored, content)
        self.measured = ~tuned
        self.hot_rows = evaluate.rows_of(plan.public / "real_hot_dev.jsonl")

    def _score(self, name: str, rows: Sequence[dict[str, Any]]) -> metrics.Floats:
        cache = self.plan.work / "final" / f"{name}.json"
        return predict.logits(final_folder(self.plan), evaluate.inputs_of(rows), cache)

    def ordinary(self) -> metrics.Floats:
        """Raw outputs of the donated and business mails that set no threshold."""
        near = np.array([row["form"] in TUNED_FORMS for row in self.rows])
        kept: metrics.Floats = self.logits[near & self.measured]
        return kept

    def report(self, content: dict[str, Any]) -> dict[str, Any]:
        """Figures on real hot texts and on the ordinary mails that set no threshold."""
        records = [corpus.record(row, "real") for row in self.hot_rows]
        hot = predict.scored(final_folder(self.plan), records, self.plan.work / "final" / "hot.json")
        rows = [row for row, kept in zip(self.rows, self.measured, strict=True) if kept]
        return {
            "real_hot_dev": evaluate.real_hot(hot, self.hot_rows, content),
            "ordinary_real_mail": evaluate.flagged(self.logits[self.measured], rows, content),
        }


def baseline(plan: Plan) -> dict[str, Any]:
    """The plain rival on the mails of the finished folds: by the same groups, and leaving out one file at a time."""
    records, public, cache = plan.records(), plan.examples()[::3], plan.work / "baseline"
    groups = [fold.held for fold in evaluate.finished(plan.work, plan.groups())]
    singles = [(writer,) for group in groups for writer in group]
    return {
        "same_held_out_writers": evaluate.baseline_report(records, groups, public, cache),
        "one_file_at_a_time": evaluate.baseline_report(records, singles, public, cache),
    }


def measure_baseline(plan: Plan) -> None:
    """Keeps the plain rival's figures in the work folder."""
    export.content(plan.work, BASELINE, baseline(plan))


def export_model(plan: Plan) -> None:
    """Writes the model folder: weights, calibration, figures, card."""
    content, report = figures(plan)
    rival = plan.work / BASELINE
    if rival.exists():
        report["baseline"] = json.loads(rival.read_text(encoding="utf-8"))
    export.weights(final_folder(plan), plan.target)
    export.content(plan.target, "calibration.json", content)
    mails = [calibrate.as_input(record) for record in evaluate.demo_records(plan.demo)]
    report["speed"] = speed.measure(plan.target, mails)
    export.content(plan.target, "eval.json", report)
    card.write(plan.target)
