"""Honest figures: held-out writers, real mail, and the demo's client mails; writes eval.json.

Decisions on a held-out writer use scaling and thresholds that were fitted on the *other* held-out writers only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from assistant.adapters.mime.body import newest_text
from assistant.core.escalation import JudgeInput
from models.training import baseline, calibrate, corpus, folds, metrics, predict
from models.training.calibrate import Floor, Scored
from models.training.corpus import Example, Record
from models.training.metrics import Floats, Judged, rounded

POLISH = "polish"  # folder of the last, short training
SENTENCE_MAILS = 150  # mails of each group whose sentences are scored one by one


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A group of writers, the model trained on the others for ``epochs``, and where its outputs are kept."""

    held: tuple[str, ...]
    model: Path
    cache: Path
    epochs: int


def finished(work: Path, groups: Sequence[tuple[str, ...]]) -> list[Fold]:
    """The held-out trainings that ran to their planned end."""
    found = (completed(fold_folder(work, held), held) for held in groups)
    return [fold for fold in found if fold]


def completed(folder: Path, held: tuple[str, ...]) -> Fold | None:
    """A held-out training, None before it reached its end."""
    model = folder / POLISH / "epoch-1"
    if not (model / "done.json").exists():
        return None
    return Fold(held=held, model=model, cache=folder, epochs=len(list(folder.glob("epoch-*/done.json"))))


def fold_folder(work: Path, held: Sequence[str]) -> Path:
    """Where the training without these writers lies."""
    return work / f"without-{'-'.join(held)}"


def out_of_fold(parts: Sequence[Fold], records: Sequence[Record]) -> list[Scored]:
    """The held-out mails of each fold with the outputs of the model that never saw them."""
    found = []
    for fold in parts:
        _, test = folds.split(records, fold.held)
        found.append(predict.scored(fold.model, test, fold.cache / "mails.json"))
    return found


def joined(parts: Sequence[Scored]) -> Scored:
    """Several sets as one."""
    records = [record for part in parts for record in part.records]
    return Scored(records=records, logits=np.vstack([part.logits for part in parts]))


def cross_fitted(scored: Scored, floor: Floor | None = None) -> list[Judged]:
    """Decisions on each writer's mails by scaling and thresholds that were fitted on the other writers only."""
    judged: list[Judged] = []
    writers = [record.writer for record in scored.records]
    for held in dict.fromkeys(writers):
        content = calibrate.fit(scored.where([writer != held for writer in writers]), floor=floor)
        judged += calibrate.judge(scored.where([writer == held for writer in writers]), content)
    return judged


def held_out_report(scored: Scored, floor: Floor | None = None) -> dict[str, Any]:
    """All figures of held-out writers."""
    judged = cross_fitted(scored, floor)
    return metrics.sliced(judged) | {
        "intervals_95": metrics.with_intervals(judged),
        "signals_f1": {name: rounded(value) for name, value in metrics.signal_f1(judged).items()},
        "level_confusion": confusion(judged),
    }


def confusion(judged: Sequence[Judged]) -> list[list[int]]:
    """Counts: rows are the labels 0 to 3, columns the judgements."""
    table = np.zeros((4, 4), dtype=int)
    for mail in judged:
        table[mail.level, mail.judged] += 1
    rows: list[list[int]] = table.tolist()
    return rows


def sentence_report(parts: Sequence[Fold], records: Sequence[Record], scale: tuple[float, float]) -> dict[str, Any]:
    """How well single sentences of held-out mails are told apart, and the threshold with the best F1."""
    p: list[float] = []
    truth: list[bool] = []
    for fold in parts:
        _, test = folds.split(records, fold.held)
        warm = [record for record in test if record.hot]
        inputs, hot = predict.sentence_truth(warm[:: max(1, len(warm) // SENTENCE_MAILS)])
        found = predict.logits(fold.model, inputs, fold.cache / "sentences.json")
        p += (1 / (1 + np.exp(-(found[:, 0] * scale[0] + scale[1])))).tolist()
        truth += hot
    values, gold = np.array(p), np.array(truth, dtype=float)
    threshold = calibrate.best_threshold(values, gold)
    return {
        "sentences": len(p),
        "hot_share": rounded(gold.mean()),
        "auroc": rounded(roc_auc_score(gold, values)),
        "average_precision": rounded(average_precision_score(gold, values)),
        "f1": rounded(metrics.binary_f1(truth, (values >= threshold).tolist())),
        "threshold": threshold,
    }


def real_hot(found: Scored, rows: Sequence[dict[str, Any]], content: dict[str, Any]) -> dict[str, Any]:
    """Figures on real labelled texts, and on those that customers wrote to firms."""
    judged = calibrate.judge(found, content)
    near = [mail for mail, row in zip(judged, rows, strict=True) if row["customer_to_firm"]]
    return {"all": metrics.report(judged), "customer_to_firm": metrics.report(near)} | {
        lang: metrics.report([mail for mail in judged if mail.lang == lang]) for lang in ("de", "en")
    }


def flagged(logits: Floats, rows: Sequence[dict[str, Any]], content: dict[str, Any]) -> dict[str, Any]:
    """Share of ordinary mail judged level >= 2 (and >= 1), by language and form."""
    records = [Record(id="", writer="", lang="", side="client", subject="", text="", level=0) for _ in rows]
    judged = calibrate.judge(Scored(records=records, logits=logits), content)
    kinds = {"all": set(range(len(rows)))}
    for number, row in enumerate(rows):
        kinds.setdefault(f"{row['lang']}: {row['form']}", set()).add(number)
    return {
        kind: {
            "mails": len(numbers),
            "level_2_or_more": rounded(np.mean([judged[n].judged >= 2 for n in numbers])),
            "level_1_or_more": rounded(np.mean([judged[n].judged >= 1 for n in numbers])),
        }
        for kind, numbers in kinds.items()
    }


def by_budget(scored: Scored, content: dict[str, Any], ordinary: Floats | None) -> dict[str, Any]:
    """What each budget of false alarms catches of held-out clients' heated mails, and what it costs on ordinary mail.

    Unlike the main figures with the shipped scaling and thresholds, which were fitted on the same held-out mails.
    """
    client = scored.side("client")
    rows: dict[str, Any] = {}
    for budget in calibrate.BUDGETS:
        judged = calibrate.judge(client, content, budget)
        rows[str(budget)] = {
            "caught_level_2": rounded(np.mean([m.judged >= 2 for m in judged if m.level >= 2])),
            "caught_level_3": rounded(np.mean([m.judged >= 2 for m in judged if m.level == 3])),
            "ordinary_flagged": None if ordinary is None else ordinary_share(ordinary, content, budget),
        }
    return rows


def ordinary_share(logits: Floats, content: dict[str, Any], budget: float) -> float:
    """Share of ordinary mails judged level >= 2."""
    blank = Record(id="", writer="", lang="", side="client", subject="", text="", level=0)
    judged = calibrate.judge(Scored(records=[blank] * len(logits), logits=logits), content, budget)
    return rounded(np.mean([mail.judged >= 2 for mail in judged]))


def demo(found: Scored, content: dict[str, Any]) -> dict[str, Any]:
    """Figures on the demo's client mails, and each mail that is judged differently from its label."""
    judged = calibrate.judge(found, content)
    pairs = zip(found.records, judged, strict=True)
    wrong = [f"{r.id}: label {m.level}, judged {m.judged}" for r, m in pairs if m.level != m.judged]
    return metrics.report(judged) | {"differing": wrong}


def demo_records(folder: Path) -> list[Record]:
    """The client mails of the stories a1 to a8, without the lines they quote."""
    found = []
    for path in sorted(folder.glob("a*.jsonl")):
        for row in rows_of(path):
            if row["folder"] == "INBOX":
                own_words = [line for line in row["text"].split("\n") if not line.startswith(">")]
                changes = {"id": f"{path.stem}/{row['n']}", "text": "\n".join(own_words), "lang": row.get("lang", "")}
                found.append(corpus.record(row | changes, path.stem))
    return found


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def without_circulars(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each text once: a circular to hundreds is one mail."""
    return list({(row.get("subject"), row["text"][-300:]): row for row in rows}.values())


def inputs_of(rows: Sequence[dict[str, Any]]) -> list[JudgeInput]:
    """Unlabelled mails as the program judges them: their newest text, without footers."""
    return [JudgeInput(text=newest_text(row["text"]), subject=row.get("subject") or "") for row in rows]


def baseline_report(
    records: Sequence[Record], parts: Sequence[Sequence[str]], public: Sequence[Example], cache: Path
) -> dict[str, Any]:
    """The plain rival on the same held-out writers."""
    return held_out_report(joined(baseline.out_of_fold(records, parts, public, cache)))
