"""MODEL_CARD.md and NOTICE of the shipped model; every figure is taken from eval.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

HERE: Final = Path(__file__).parent
Figures = Mapping[str, Any]

HELD_OUT: Final = {
    "level_macro_f1": "level macro-F1",
    "qwk": "QWK",
    "auroc_level_2": "AUROC ≥ 2",
    "signals_macro_f1": "signals macro-F1",
    "ece_level_2": "ECE ≥ 2",
}
SHIPPED: Final = {
    "mails": "mails",
    "level_exact": "level exact",
    "level_within_one": "within one",
    "level_macro_f1": "level macro-F1",
    "qwk": "QWK",
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


def with_interval(row: Figures, name: str) -> str:
    """A figure with its 95 % interval."""
    value, interval = row.get(name), row["intervals_95"].get(name)
    return _cell(value) if value is None or not interval else f"{value} ({interval[0]}–{interval[1]})"


def held_out(slices: Figures) -> str:
    """The main figures by language and side."""
    rows = [
        [name, row["mails"], row["files"], *(with_interval(row, column) for column in HELD_OUT)]
        for name, row in slices.items()
    ]
    return table(["", "mails", "files", *HELD_OUT.values()], rows)


def reports(named: Figures) -> str:
    """The program's own decisions on named sets of mails."""
    rows = [[name, *(report.get(column) for column in SHIPPED)] for name, report in named.items()]
    return table(["", *SHIPPED.values()], rows)


def rivals(figures: Figures) -> str:
    """The model beside its rivals."""
    found = {"**this model**": figures} | {
        name.replace("_", " "): row for name, row in figures.get("rivals", {}).items() if "held_out_files" in row
    }
    columns = (*HELD_OUT, "real_de", "real_en", "real_near", "flagged_de", "flagged_en", "caught")
    head = (
        *HELD_OUT.values(),
        "real hot AUROC de",
        "en",
        "customer to firm",
        "ordinary flagged de",
        "en",
        "heated caught",
    )
    rows = [[name, *(_rival_cell(row, column) for column in columns)] for name, row in found.items()]
    missing = [row["about"] for row in figures.get("rivals", {}).values() if "held_out_files" not in row]
    note = f"\n\nA Hugging Face sentiment model as a further rival: {missing[0]}." if missing else ""
    return table(["", *head], rows) + note


_REAL: Final = {
    "real_de": ("real_hot_dev", "de", "auroc_level_2"),
    "real_en": ("real_hot_dev", "en", "auroc_level_2"),
    "real_near": ("real_hot_dev", "customer_to_firm", "auroc_level_2"),
    "flagged_de": ("ordinary_flagged", "de", "share"),
    "flagged_en": ("ordinary_flagged", "en", "share"),
    "caught": ("heated_caught", "all", "share"),
}


def _rival_cell(row: Figures, column: str) -> str:
    if column in HELD_OUT:
        return _cell(row["held_out_files"]["all"].get(column))
    found: Any = row
    for key in _REAL[column]:
        found = found.get(key) if isinstance(found, Mapping) else None
    return _cell(found)


def signals(figures: Figures) -> str:
    """F1 of each signal on held-out writers."""
    return table(["signal", "F1"], figures["held_out_as_shipped"]["signals_f1"].items())


def budgets(figures: Figures) -> str:
    """What each budget of false alarms catches."""
    rows = [[budget, *values.values()] for budget, values in figures["budgets"].items()]
    return table(["budget per 100", "heated caught", "escalated caught"], rows)


def real(figures: Figures) -> str:
    """Real texts, where the public sets were given."""
    if "real_hot_dev" not in figures:
        return "Not measured: the model was made without the public sets."
    hot = [
        [name, row["texts"], with_interval(row, "auroc_level_2"), with_interval(row, "caught_level_2")]
        for name, row in figures["real_hot_dev"].items()
    ]
    ordinary = [[kind, row["mails"], with_interval(row, "share")] for kind, row in figures["ordinary_flagged"].items()]
    folds = [
        [", ".join(fold["held"]), *fold["caught"].values(), *fold["ordinary_flagged"].values()]
        for fold in figures["by_fold"]
    ]
    return "\n\n".join(
        [
            "Labelled real texts:",
            table(["", "texts", "AUROC ≥ 2", "caught at the default threshold"], hot),
            "Ordinary real mail, share flagged ≥ 2 (some truly is heated, mostly usenet):",
            table(["", "mails", "flagged"], ordinary),
            "Each held-out training at the threshold that ordinary mail sets for it:",
            table(["held out", "caught: all", "client", "own", "flagged: de", "en"], folds),
        ]
    )


def text(figures: Figures) -> str:
    """The whole card."""
    setting, passages = figures["setting"], figures["hot_passages"]
    demo, shipped = figures["demo_client_mails"], figures["held_out_as_shipped"]
    public = "real_hot_dev" in figures
    values = {
        "groups": "; ".join(", ".join(group) for group in setting["held_out_groups"]),
        "done": len(setting["held_out_groups"]),
        "of": setting["of_groups"],
        "epochs": setting["epochs"],
        "written": _counts(setting["written_mails"]),
        "real_labelled": _counts(setting["real_labelled_texts"]) or "none",
        "mixture": "/".join(str(x) for x in setting["mixture_of_level_2"]),
        "command": "python -m models.training" + (" --public DIR" if public else ""),
        "public": _public(public),
        "held_out": held_out(figures["held_out_files"]),
        "shipped": reports({name: shipped[name] for name in ("all", "de", "en", "client", "own") if name in shipped}),
        "confusion": table(
            ["label", "judged 0", "1", "2", "3"], [[n, *row] for n, row in enumerate(shipped["level_confusion"])]
        ),
        "rivals": rivals(figures),
        "signals": signals(figures),
        "passages": _passages(passages),
        "demo": reports({"client mails a1–a8": demo}),
        "differing": "\n".join(f"- {line}" for line in demo["differing"]) or "- none",
        "real": real(figures),
        "budgets": budgets(figures),
        "speed": ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures["speed"].items()),
    }
    return Template((HERE / "card.md").read_text(encoding="utf-8")).substitute(values)


def _passages(found: Figures) -> str:
    low, high = found["interval_95"]
    langs = ", ".join(f"{lang} {value}" for lang, value in found["by_language"].items())
    return f"{found['overlap_f1']} (95 % interval {low}–{high}; {langs}; {found['warm_mails']} mails)"


def _counts(by_language: Figures) -> str:
    return " and ".join(f"{count:,} {lang}" for lang, count in by_language.items())


def _public(used: bool) -> str:
    if used:
        return (HERE / "attribution.md").read_text(encoding="utf-8").strip()
    return "No public texts were used in training."


def write(target: Path) -> None:
    """Writes MODEL_CARD.md and NOTICE into the model folder, from its eval.json."""
    figures = json.loads((target / "eval.json").read_text(encoding="utf-8"))
    (target / "MODEL_CARD.md").write_text(text(figures), encoding="utf-8")
    (target / "NOTICE").write_text((HERE / "NOTICE").read_text(encoding="utf-8"), encoding="utf-8")
