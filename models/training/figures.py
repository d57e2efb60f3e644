"""The figures of one method, the same for the model and its rivals: by held-out files, and on real mail.

Scaling and thresholds for a file are fitted on the outputs for the *other* held-out files. Levels are decided by the
thresholds with the best macro-F1 there, which is every method at its best; what a budget of false alarms leaves of it
is measured apart, on real mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.training import bootstrap, calibrate, metrics
from models.training.bootstrap import Bools, Resamples
from models.training.calibrate import Scored
from models.training.corpus import Record
from models.training.labels import HEAT_SIGNALS, LEVELS, OUTPUTS, SIGNALS
from models.training.metrics import Floats, Ints, rounded

BUDGET: Final = 1.0  # false alarms per 100 ordinary mails
#: Real mail near enough to client mail to set the alarm by; of the usenet mail about 3 in 100 are truly heated.
NEAR_FORMS: Final = ("donated mail", "business mail", "list mail")
Scale = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Mails with calibrated probabilities (n x 17), judged levels (n) and flagged signals (n x 14)."""

    records: Sequence[Record]
    p: Floats
    levels: Ints
    signals: Bools

    @property
    def gold(self) -> Ints:
        """The labelled levels."""
        return np.array([record.level for record in self.records], dtype=np.int64)

    def where(self, keep: Bools) -> Decided:
        """The part for which ``keep`` holds."""
        chosen = [record for record, kept in zip(self.records, keep, strict=True) if kept]
        return Decided(records=chosen, p=self.p[keep], levels=self.levels[keep], signals=self.signals[keep])


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Scaling of each output, three level thresholds for each side, a threshold for each signal."""

    scale: Scale
    levels: Mapping[str, Sequence[float]]
    signals: Floats

    def decide(self, scored: Scored) -> Decided:
        """Applies the rules; heat signals need at least level 1, as in the program."""
        p = calibrate.probabilities(scored.logits, self.scale)
        steps = np.array([self.levels[record.side] for record in scored.records])
        levels = calibrate.decided(p, steps).astype(np.int64)
        heat = np.array([name in HEAT_SIGNALS for name in SIGNALS])
        signals = (p[:, len(LEVELS) :] >= self.signals) & ((levels[:, None] > 0) | ~heat)
        return Decided(records=scored.records, p=p, levels=levels, signals=signals)


def rules(scored: Scored) -> Rules:
    """Rules that fit these mails best."""
    gold = calibrate.gold_matrix(scored.records)
    scale = scaling(scored, gold)
    p = calibrate.probabilities(scored.logits, scale)
    sides = np.array([record.side for record in scored.records])
    levels = gold[:, : len(LEVELS)].sum(axis=1).astype(np.int64)
    signals = [calibrate.best_threshold(p[:, i], gold[:, i]) for i in range(len(LEVELS), len(OUTPUTS))]
    steps = {str(side): calibrate.balanced(p[sides == side], levels[sides == side], None) for side in np.unique(sides)}
    return Rules(scale=scale, levels=steps, signals=np.array(signals))


def scaling(scored: Scored, gold: Floats) -> list[tuple[float, float]]:
    """Platt scaling of each output."""
    return [calibrate.platt(scored.logits[:, i], gold[:, i]) for i in range(len(OUTPUTS))]


def cross_fitted(scored: Scored) -> Decided:
    """Decisions on the mails of each file by rules fitted on the other files."""
    writers = np.array([record.writer for record in scored.records])
    parts = []
    for writer in dict.fromkeys(writers.tolist()):
        fitted = rules(scored.where((writers != writer).tolist()))
        parts.append(fitted.decide(scored.where((writers == writer).tolist())))
    return Decided(
        records=[record for part in parts for record in part.records],
        p=np.vstack([part.p for part in parts]),
        levels=np.concatenate([part.levels for part in parts]),
        signals=np.vstack([part.signals for part in parts]),
    )


SLICES: Final[Mapping[str, Callable[[Record], bool]]] = {
    "all": lambda r: True,
    "de": lambda r: r.lang == "de",
    "en": lambda r: r.lang == "en",
    "client": lambda r: r.side == "client",
    "own": lambda r: r.side == "own",
    "de client": lambda r: (r.lang, r.side) == ("de", "client"),
    "de own": lambda r: (r.lang, r.side) == ("de", "own"),
    "en client": lambda r: (r.lang, r.side) == ("en", "client"),
    "en own": lambda r: (r.lang, r.side) == ("en", "own"),
}


def held_out(decided: Decided, *, signals: bool) -> dict[str, Any]:
    """All figures of held-out mails, by language and side; ``signals`` is false for a method that has none."""
    found = {}
    for name, keep in SLICES.items():
        part = decided.where(np.array([keep(record) for record in decided.records], dtype=bool))
        if part.records:
            found[name] = summary(part, signals=signals)
    return found


def summary(part: Decided, *, signals: bool) -> dict[str, Any]:
    """The figures of one slice in per cent, with intervals from drawing whole files."""
    gold, heated, p2 = part.gold, part.gold >= 2, part.p[:, 1]
    values: dict[str, float | None] = {
        "level_macro_f1": metrics.macro_f1(gold, part.levels),
        "qwk": metrics.kappa(gold, part.levels),
        "auroc_level_2": metrics.area(heated, p2),
        "ece_level_2": metrics.ece(heated, p2),
    }
    draws = Resamples([record.writer for record in part.records])
    drawn = {
        "level_macro_f1": bootstrap.macro_f1(draws, gold, part.levels),
        "qwk": bootstrap.kappa(draws, gold, part.levels),
        "auroc_level_2": bootstrap.auroc(draws, heated, p2),
        "ece_level_2": bootstrap.ece(draws, heated, p2),
    }
    values["signals_macro_f1"] = None
    if signals:
        truth = calibrate.gold_matrix(part.records)[:, len(LEVELS) :] > 0
        values["signals_macro_f1"] = _mean_f1(truth, part.signals)
        drawn["signals_macro_f1"] = bootstrap.signals_f1(draws, truth, part.signals)
    return {"mails": len(part.records), "files": draws.groups} | _with_intervals(values, drawn)


def _mean_f1(truth: Bools, found: Bools) -> float:
    columns = zip(truth.T, found.T, strict=True)
    return float(np.mean([metrics.f1(gold.astype(int), judged.astype(int)) for gold, judged in columns]))


def _with_intervals(values: Mapping[str, float | None], drawn: Mapping[str, Floats]) -> dict[str, Any]:
    shown = {name: None if value is None else rounded(value) for name, value in values.items()}
    return shown | {"intervals_95": {name: bootstrap.interval(draws) for name, draws in drawn.items()}}


@dataclass(frozen=True, kw_only=True)
class RealMail:
    """Real texts: labelled ones with their rows, and ordinary unlabelled mail with its rows."""

    hot: Sequence[Record]
    ordinary: Sequence[Record]
    hot_rows: Sequence[Mapping[str, Any]]
    ordinary_rows: Sequence[Mapping[str, Any]]

    @property
    def near(self) -> Bools:
        """The ordinary mail that sets the alarm threshold."""
        return np.array([row["form"] in NEAR_FORMS for row in self.ordinary_rows])

    def alarmed(self, calm: Floats) -> Bools:
        """Which ordinary mail (by P(level >= 2)) is flagged: each half at the threshold that the other half sets."""
        even = np.arange(len(calm)) % 2 == 0
        flagged = np.zeros(len(calm), dtype=bool)
        for half in (even, ~even):
            flagged[half] = calm[half] >= alarm(calm[self.near & ~half])
        return flagged


def on_real_mail(real: RealMail, scored: Scored, hot: Floats, ordinary: Floats) -> dict[str, Any]:
    """Figures on real mail.

    Args:
        real: the texts.
        scored: the written mails with the outputs of methods that did not see their file; they fit the scaling.
        hot: raw outputs of the labelled real texts, by the method trained on all written mails.
        ordinary: the same of the ordinary mails.
    """
    scale = scaling(scored, calibrate.gold_matrix(scored.records))
    calm = calibrate.probabilities(ordinary, scale)[:, 1]
    threshold = alarm(calm[real.near])
    hot_p2 = calibrate.probabilities(hot, scale)[:, 1]
    written = calibrate.probabilities(scored.logits, scale)[:, 1]
    return {
        "real_hot_dev": _hot(real, hot_p2, threshold),
        "alarm_threshold": round(threshold, 4),
        "ordinary_flagged": _flagged(real, real.alarmed(calm)),
        "heated_caught": _caught(scored.records, written >= threshold),
    }


def alarm(calm: Floats, budget: float = BUDGET) -> float:
    """The lowest threshold of P(level >= 2) that at most ``budget`` of 100 calm mails reach."""
    ordered = np.sort(calm)[::-1]
    return float(np.nextafter(ordered[int(len(ordered) * budget / 100)], np.inf))


def _hot(real: RealMail, p2: Floats, threshold: float) -> dict[str, Any]:
    near = np.array([bool(row["customer_to_firm"]) for row in real.hot_rows])
    langs = np.array([record.lang for record in real.hot])
    heated = np.array([record.level >= 2 for record in real.hot])
    slices = {"all": near | True, "de": langs == "de", "en": langs == "en", "customer_to_firm": near}
    return {name: _hot_slice(heated[keep], p2[keep], threshold) for name, keep in slices.items()}


def _hot_slice(heated: Bools, p2: Floats, threshold: float) -> dict[str, Any]:
    draws = Resamples(range(len(p2)))
    caught = p2 >= threshold
    values = {"auroc_level_2": metrics.area(heated, p2), "caught_level_2": _share(caught, heated)}
    drawn = {
        "auroc_level_2": bootstrap.auroc(draws, heated, p2),
        "caught_level_2": bootstrap.share(draws, caught, heated),
    }
    return {"texts": len(p2)} | _with_intervals(values, drawn)


def _flagged(real: RealMail, alarmed: Bools) -> dict[str, Any]:
    rows = real.ordinary_rows
    kinds = {lang: np.array([row["lang"] == lang for row in rows]) for lang in ("de", "en")}
    for form in dict.fromkeys(f"{row['lang']}: {row['form']}" for row in rows):
        kinds[form] = np.array([f"{row['lang']}: {row['form']}" == form for row in rows])
    draws = Resamples(range(len(rows)))
    return {kind: _shown_share(draws, alarmed, chosen) for kind, chosen in kinds.items()}


def _caught(records: Sequence[Record], alarmed: Bools) -> dict[str, Any]:
    draws = Resamples([record.writer for record in records])
    found = {}
    for name, keep in SLICES.items():
        among = np.array([keep(record) and record.level >= 2 for record in records])
        found[name] = _shown_share(draws, alarmed, among)
    return found


def _shown_share(draws: Resamples, yes: Bools, among: Bools) -> dict[str, Any]:
    values = {"share": _share(yes, among)}
    return {"mails": int(among.sum())} | _with_intervals(values, {"share": bootstrap.share(draws, yes, among)})


def _share(yes: Bools, among: Bools) -> float | None:
    return float(yes[among].mean()) if among.any() else None
