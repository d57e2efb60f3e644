"""What the public sets teach by their own labels, which mean something else than ours: weak examples, and tasks for a
first training step.

Only sets are read here whose licence permits weights made with them to be published. They are optional: the folder
with ``NAME.jsonl.gz`` is given on the command line, and nothing of it is ever copied.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.training.corpus import rows
from models.training.examples import Example, calm, wanted
from models.training.labels import OUTPUTS

WEAK_WEIGHT: Final = 0.7
LONGEST: Final = 600  # characters of a public text that are used
HARSH: Final = frozenset({"Insulting", "Mocking", "Vulgarity", "Identity attack", "Threat"})
SOUR: Final = frozenset({"Bitter frustration", "Impatience", "Entitlement", "Irony"})


def weak_examples(folder: Path, without: frozenset[str]) -> tuple[list[Example], list[Example]]:
    """Calm texts, and sour or harsh ones; ``without`` are the ids of those that were labelled by hand."""
    rude: list[Example] = []
    civil: list[Example] = []
    for row in (row for name in ("github_incivility", "germeval2018") for row in rows(folder / f"{name}.jsonl.gz")):
        text = row["text"][:LONGEST]
        if row["id"] in without or not text.strip():
            continue
        if row.get("offense") == "OTHER" or row.get("tbdf") == "None":
            civil.append(calm(text, weight=WEAK_WEIGHT))
        elif row.get("tbdf") in HARSH | SOUR:  # an offensive tweet insults somebody, but hardly ever the reader
            rude.append(_rude(text, harsh=row["tbdf"] in HARSH))
    return civil, rude


def _rude(text: str, *, harsh: bool) -> Example:
    """At least tense, at least heated when harsh; nothing else is known."""
    known = 2 if harsh else 1
    weights = tuple(WEAK_WEIGHT if n < known else 0.0 for n in range(len(OUTPUTS)))
    return Example(text=calm(text).text, wanted=wanted(known, ()), weights=weights, token_weight=0.0)


@dataclass(frozen=True)
class Task:
    """One public set as a task of its own: its file, its labels, and how many texts of it are shown.

    Attributes:
        labels: the labels of a row.
        shares: how many rows of each kind (by ``kind``) are drawn at most; all where a kind is not named.
    """

    name: str
    labels: Callable[[dict[str, Any]], Sequence[str]]
    kind: Callable[[dict[str, Any]], str] = lambda row: ""
    shares: tuple[tuple[str, int], ...] = ()


def _emotions(row: dict[str, Any]) -> Sequence[str]:
    found: Sequence[str] = row["emotions"]
    return found


#: Emotion, offence, sarcasm and incivility: what the base has never been told.
TASKS: Final = (
    Task(
        "goemotions",
        _emotions,
        lambda row: "neutral" if row["emotions"] == ["neutral"] else "felt",
        (("neutral", 3000), ("felt", 14000)),
    ),
    Task("xed_de_en", _emotions, lambda row: row["lang"], (("en", 5000),)),
    Task("germeval2018", lambda row: [row["offense_fine"]]),
    Task("isarcasmeval_en", lambda row: ["sarcastic"] if row["sarcastic"] else []),
    Task("github_incivility", lambda row: [row["tbdf"]]),
)


@dataclass(frozen=True)
class TaskText:
    """A text of a task with its outputs."""

    task: str
    text: str
    wanted: tuple[float, ...]


def task_texts(folder: Path, rng: random.Random) -> list[TaskText]:
    """The texts of all tasks in random order."""
    found = [text for task in TASKS for text in _task(task, list(rows(folder / f"{task.name}.jsonl.gz")), rng)]
    rng.shuffle(found)
    return found


def _task(task: Task, found: Sequence[dict[str, Any]], rng: random.Random) -> Iterator[TaskText]:
    names = sorted({label for row in found for label in task.labels(row)})
    most = dict(task.shares)
    for kind in sorted({task.kind(row) for row in found}):
        chosen = [row for row in found if task.kind(row) == kind]
        for row in rng.sample(chosen, min(len(chosen), most.get(kind, len(chosen)))):
            labels = task.labels(row)
            yield TaskText(task.name, calm(row["text"][:LONGEST]).text, tuple(float(name in labels) for name in names))
