"""MODEL_CARD.md and NOTICE of the shipped model; every figure is taken from eval.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

HERE = Path(__file__).parent
COLUMNS = {
    "mails": "mails",
    "level_exact": "level exact",
    "level_within_one": "within one",
    "level_macro_f1": "level macro-F1",
    "qwk": "QWK",
    "auroc_level_2": "AUROC ≥ 2",
    "recall_level_2": "caught ≥ 2",
    "false_alarms_on_calm": "calm flagged",
    "signals_macro_f1": "signals macro-F1",
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "–" if value is None else str(value)


def reports(named: Mapping[str, Mapping[str, Any]]) -> str:
    """One row of main figures for each set of mails."""
    rows = [[name, *(report.get(column) for column in COLUMNS)] for name, report in named.items()]
    return table(["", *COLUMNS.values()], rows)


def spelled(values: Mapping[str, Any]) -> str:
    """Named values in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())


def rivals(figures: Mapping[str, Any]) -> str:
    """The model beside TF-IDF, where that was measured."""
    named = {"this model, held-out groups": figures["held_out_writers"]["all"]}
    if "baseline" in figures:
        named["TF-IDF, same groups"] = figures["baseline"]["same_held_out_writers"]["all"]
        named["TF-IDF, one file at a time"] = figures["baseline"]["one_file_at_a_time"]["all"]
    return reports(named)


def signals(figures: Mapping[str, Any]) -> str:
    """F1 of each signal on held-out writers."""
    found = figures["held_out_writers"]["signals_f1"]
    return table(["signal", "F1"], found.items())


def budgets(figures: Mapping[str, Any]) -> str:
    """What each budget of false alarms catches and costs."""
    rows = [[budget, *values.values()] for budget, values in figures["budgets"].items()]
    return table(["budget per 100", "heated caught", "escalated caught", "ordinary real mail flagged"], rows)


def real(figures: Mapping[str, Any]) -> str:
    """Real texts, where the public sets were given."""
    if "real_hot_dev" not in figures:
        return "Not measured: the model was made without the public sets."
    ordinary = figures["ordinary_real_mail"]
    rows = [[kind, *values.values()] for kind, values in ordinary.items()]
    return "\n\n".join(
        [
            reports(figures["real_hot_dev"]),
            "Ordinary real mail that set no threshold, per cent judged heated or tense (some truly is, mostly usenet):",
            table(["", "mails", "level ≥ 2", "level ≥ 1"], rows),
        ]
    )


def text(figures: Mapping[str, Any]) -> str:
    """The whole card."""
    setting = figures["setting"]
    held = figures["held_out_writers"]
    values = {
        "groups": "; ".join(", ".join(group) for group in setting["held_out_groups"]),
        "done": len(setting["held_out_groups"]),
        "of": setting["of_groups"],
        "epochs": setting["epochs_final"],
        "fold_epochs": " and ".join(map(str, setting["epochs_of_groups"])),
        "command": "python -m models.training" + (" --public DIR" if setting["public_texts_in_training"] else ""),
        "public": _public(setting["public_texts_in_training"]),
        "held_out": reports({name: held[name] for name in ("all", "de", "en", "client", "own") if name in held}),
        "intervals": ", ".join(f"{name} {low}–{high}" for name, (low, high) in held["intervals_95"].items()),
        "rivals": rivals(figures),
        "signals": signals(figures),
        "sentences": spelled(figures["held_out_sentences"]),
        "demo": reports({"client mails a1–a8": figures["demo_client_mails"]}),
        "differing": "\n".join(f"- {line}" for line in figures["demo_client_mails"]["differing"]) or "- none",
        "real": real(figures),
        "budgets": budgets(figures),
        "speed": spelled(figures["speed"]),
    }
    return Template((HERE / "card.md").read_text(encoding="utf-8")).substitute(values)


def _public(used: bool) -> str:
    if used:
        return (HERE / "attribution.md").read_text(encoding="utf-8").strip()
    return "No public texts were used in training."


def write(target: Path) -> None:
    """Writes MODEL_CARD.md and NOTICE into the model folder, from its eval.json."""
    figures = json.loads((target / "eval.json").read_text(encoding="utf-8"))
    (target / "MODEL_CARD.md").write_text(text(figures), encoding="utf-8")
    (target / "NOTICE").write_text((HERE / "NOTICE").read_text(encoding="utf-8"), encoding="utf-8")
