"""The model's own figures, beside those that every method has (``figures``): as it is shipped, passage by passage, and
on the demo's client mails.

Nothing is decided about a held-out mail by a model, a mixture, a scaling or a threshold that was fitted with its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from assistant.adapters import _calibration
from assistant.adapters.mime.body import newest_text
from assistant.core.escalation import JudgeInput, Level, hot_passages, sentences
from models.training import bootstrap, calibrate, corpus, folds, metrics, predict, stack
from models.training.bootstrap import Resamples
from models.training.calibrate import Scored, as_input, gold_matrix
from models.training.corpus import Record
from models.training.metrics import Floats, Ints, Judged, rounded
from models.training.predict import Found

HEAT_GRID: Final = np.round(np.arange(0.05, 0.96, 0.05), 2)


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A group of writers, the model trained on the others, and where its outputs are kept."""

    held: tuple[str, ...]
    model: Path
    cache: Path


def finished(work: Path, groups: Sequence[tuple[str, ...]]) -> list[Fold]:
    """The held-out trainings that ran to their end."""
    named = [(held, fold_folder(work, held)) for held in groups]
    return [
        Fold(held=held, model=folder / "trained", cache=folder)
        for held, folder in named
        if (folder / "trained" / "done.json").exists()
    ]


def fold_folder(work: Path, held: Sequence[str]) -> Path:
    """Where the training without these writers lies."""
    return work / f"without-{'-'.join(held)}"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The mails of one fold with the evidence of the model that never saw them."""

    fold: Fold
    records: list[Record]
    found: Found

    @classmethod
    def of(cls, fold: Fold, records: Sequence[Record]) -> HeldOut:
        """The evidence, computed or kept."""
        _, test = folds.split(records, fold.held)
        return cls(fold=fold, records=test, found=evidence(fold.model, test, fold.cache / "mails.json"))


def evidence(model: Path, records: Sequence[Record], cache: Path) -> Found:
    """What a model finds in records."""
    return predict.found(model, [as_input(record) for record in records], cache)


def mixture(parts: Sequence[HeldOut]) -> Floats:
    """The weights of the model's parts (17 x 3) that fit these mails."""
    gold = np.vstack([gold_matrix(part.records) for part in parts])
    return stack.fit(np.vstack([part.found.parts for part in parts]), gold)


def cross_mixed(parts: Sequence[HeldOut]) -> list[Scored]:
    """The mails of each fold with outputs mixed by weights that fit the other folds (with one fold: that one)."""
    found = []
    for part in parts:
        others = [other for other in parts if other is not part] or [part]
        found.append(Scored(records=part.records, logits=part.found.mixed(mixture(others))))
    return found


def joined(parts: Sequence[Scored]) -> Scored:
    """Several sets as one."""
    records = [record for part in parts for record in part.records]
    return Scored(records=records, logits=np.vstack([part.logits for part in parts]))


def as_shipped(scored: Scored, floor: calibrate.Floor | None) -> list[Judged]:
    """Decisions by the program's own policy, for each writer fitted on the other writers only."""
    judged: list[Judged] = []
    writers = [record.writer for record in scored.records]
    for held in dict.fromkeys(writers):
        content = calibrate.fit(scored.where([writer != held for writer in writers]), floor=floor)
        judged += calibrate.judge(scored.where([writer == held for writer in writers]), content)
    return judged


def shipped_report(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of the program's own decisions."""
    gold, found = (np.array([getattr(m, name) for m in judged], dtype=np.int64) for name in ("level", "judged"))
    return metrics.sliced(judged) | {
        "signals_f1": {name: rounded(value) for name, value in metrics.signal_f1(judged).items()},
        "level_confusion": metrics.confusion(gold, found).tolist(),
    }


def by_budget(scored: Scored, floor: calibrate.Floor | None) -> dict[str, Any]:
    """What each budget of false alarms catches of clients' mails; scaling and thresholds fitted on these mails."""
    content, client = calibrate.fit(scored, floor=floor), scored.side("client")
    rows: dict[str, Any] = {}
    for budget in calibrate.BUDGETS:
        judged = calibrate.judge(client, content, budget)
        rows[str(budget)] = {
            "caught_level_2": rounded(np.mean([m.judged >= 2 for m in judged if m.level >= 2])),
            "caught_level_3": rounded(np.mean([m.judged >= 2 for m in judged if m.level == 3])),
        }
    return rows


class Passages:
    """Hot passages of held-out mails by the heat of their sentences."""

    def __init__(self, parts: Sequence[HeldOut], judged: Sequence[int]) -> None:
        records = [record for part in parts for record in part.records]
        heat = [values for part in parts for values in part.found.heat]
        warm = [n for n, record in enumerate(records) if record.level >= 1]
        self.records = [records[n] for n in warm]
        self._judged = [Level(judged[n]) for n in warm]
        self._heat = [sentence_heat(records[n].text, heat[n]) for n in warm]

    def counts(self, threshold: float) -> list[tuple[int, int, int]]:
        """Characters in both markings, in the labelled one, in the found one, for each warm mail."""
        return [
            metrics.overlap(record.text, record.hot, hot_passages(level, heat, threshold))
            for record, level, heat in zip(self.records, self._judged, self._heat, strict=True)
        ]

    def report(self) -> dict[str, Any]:
        """Overlap of characters; the threshold for a file is the best of the others, the shipped one of all."""
        writers = [record.writer for record in self.records]
        tables = {threshold: self.counts(threshold) for threshold in HEAT_GRID.tolist()}
        counts: list[tuple[int, int, int]] = [(0, 0, 0)] * len(writers)
        for held in dict.fromkeys(writers):
            others = {t: [c for c, w in zip(table, writers, strict=True) if w != held] for t, table in tables.items()}
            threshold = max(others, key=lambda t: metrics.overlap_f1(others[t]))
            for n, writer in enumerate(writers):
                if writer == held:
                    counts[n] = tables[threshold][n]
        draws = bootstrap.overlap_f1(Resamples(writers), counts)
        by_lang = {
            lang: [c for c, r in zip(counts, self.records, strict=True) if r.lang == lang] for lang in ("de", "en")
        }
        return {
            "warm_mails": len(counts),
            "overlap_f1": rounded(metrics.overlap_f1(counts)),
            "interval_95": bootstrap.interval(draws),
            "by_language": {lang: rounded(metrics.overlap_f1(part)) for lang, part in by_lang.items()},
            "threshold": max(tables, key=lambda t: metrics.overlap_f1(tables[t])),
        }


def sentence_heat(text: str, logits: Sequence[float]) -> dict[str, float]:
    """P(hot) of each sentence as the program has it: by its text, of two alike the hotter."""
    found: dict[str, float] = {}
    for sentence, logit in zip(sentences(text), logits, strict=True):
        found[sentence] = max(found.get(sentence, 0.0), _calibration.sigmoid(logit))
    return found


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
    return list(corpus.rows(path))


def without_circulars(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each text once: a circular to hundreds is one mail."""
    return list({(row.get("subject"), row["text"][-300:]): row for row in rows}.values())


def inputs_of(rows: Sequence[dict[str, Any]]) -> list[JudgeInput]:
    """Unlabelled mails as the program judges them: their newest text, without footers."""
    return [JudgeInput(text=newest_text(row["text"]), subject=row.get("subject") or "") for row in rows]


def levels_of(judged: Sequence[Judged]) -> Ints:
    """The judged levels."""
    return np.array([mail.judged for mail in judged], dtype=np.int64)
