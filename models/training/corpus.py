"""The corpus: written mails, and optional public texts as weak real-world examples.

A *target* is a row of 17 wanted outputs with a row of 17 weights; weight 0 means "cannot be known" and is left out of
the loss.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assistant.adapters._text import model_input
from assistant.core.escalation import sentences
from models.training.labels import HEAT_SIGNALS, OUTPUTS, SIGNALS

DATA: Final = Path(__file__).parent / "data"
DROP_SUBJECT = 0.3  # share of examples shown without their subject line, which may be missing in use
CALM_WEIGHT = 0.5  # writers did not mark every slightly warm sentence of a warm mail as hot
PUBLIC_WEIGHT = 0.7
PUBLIC_SETS: Final = ("github_incivility", "germeval2018")
MAX_PUBLIC = 600  # characters of a public text that are used


@dataclass(frozen=True, kw_only=True)
class Record:
    """One labelled mail; ``writer`` is the file it comes from."""

    id: str
    writer: str
    lang: str
    side: str
    subject: str
    text: str
    level: int
    signals: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """What the model sees in one step: the formatted text, the wanted outputs and their weights."""

    text: str
    wanted: tuple[float, ...]
    weights: tuple[float, ...] = field(default=(1.0,) * len(OUTPUTS))


def read(path: Path, writer: str) -> list[Record]:
    """The records of one JSON Lines file in the form of LABELS.md."""
    with path.open(encoding="utf-8") as lines:
        return [record(json.loads(line), writer) for line in lines if line.strip()]


def record(row: dict[str, Any], writer: str) -> Record:
    """One record from its JSON object."""
    return Record(
        id=str(row.get("id", "")),
        writer=writer,
        lang=row.get("lang", ""),
        side=row.get("side", "client"),
        subject=row.get("subject", ""),
        text=row["text"],
        level=int(row["level"]),
        signals=tuple(row["signals"]),
        hot=tuple(row["hot"]),
    )


def written(folder: Path = DATA) -> list[Record]:
    """All written mails, file by file (w1 … w20)."""
    files = sorted(folder.glob("w*.jsonl"), key=lambda path: int(re.sub(r"\D", "", path.stem)))
    if not files:
        raise FileNotFoundError(f"no written corpus (w*.jsonl) in {folder}")
    return [item for path in files for item in read(path, path.stem)]


def wanted(level: int, signals: Sequence[str]) -> tuple[float, ...]:
    """The 17 outputs of a fully known text."""
    levels = [float(level >= step) for step in (1, 2, 3)]
    return (*levels, *(float(name in signals) for name in SIGNALS))


def mail_example(item: Record, *, with_subject: bool = True) -> Example:
    """A whole mail: everything about it is known."""
    subject = item.subject if with_subject else ""
    return Example(
        text=model_input(item.text, side=item.side, subject=subject), wanted=wanted(item.level, item.signals)
    )


def passage_example(item: Record, passage: str) -> Example:
    """A part of a mail without its subject, with what the mail's labels tell about the part alone.

    All hot sentences in it: the mail's level. Some: at least tense, and no more than the mail. None: calm, though not
    surely. A signal the mail lacks is lacking; one it has is known only where the whole heat is in the passage.
    """
    inside = sum(hot in passage for hot in item.hot)
    complete = bool(item.hot) and inside == len(item.hot)
    level = item.level if complete else min(item.level, 1) if inside else 0
    weights = [*_level_weights(item.level, inside=bool(inside), complete=complete)]
    weights += [_signal_weight(name, item, inside=bool(inside), complete=complete) for name in SIGNALS]
    present = [name for name in item.signals if inside]
    return Example(text=model_input(passage, side=item.side), wanted=wanted(level, present), weights=tuple(weights))


def _level_weights(level: int, *, inside: bool, complete: bool) -> tuple[float, float, float]:
    if complete or level == 0:
        return (1.0, 1.0, 1.0)
    if inside:
        return (1.0, float(level < 2), float(level < 3))
    return (CALM_WEIGHT, 1.0, 1.0)


def _signal_weight(name: str, item: Record, *, inside: bool, complete: bool) -> float:
    if name not in item.signals:
        return 1.0
    if name not in HEAT_SIGNALS:
        return 0.0
    return float(complete or not inside)


def passages(item: Record, rng: random.Random) -> Iterator[str]:
    """One short passage of a mail, hot or calm by turns; for long mails also a run of sentences."""
    found = sentences(item.text)
    if len(found) < 2:
        return
    hot = [s for s in found if any(h in s or s in h for h in item.hot)] or list(item.hot)
    calm = [s for s in found if s not in hot and len(s) > 12]
    pool = hot if hot and rng.random() < 0.6 else calm
    if pool:
        yield rng.choice(pool)
    if len(found) > 12:
        first = rng.randrange(len(found) - 6)
        yield run(item.text, found[first : first + rng.randint(4, 8)])


def run(text: str, part: Sequence[str]) -> str:
    """The stretch of ``text`` from the first to the last of neighbouring sentences."""
    start = text.find(part[0])
    end = text.find(part[-1], start)
    return text[start : end + len(part[-1])] if end >= start >= 0 else " ".join(part)


def epoch(
    records: Sequence[Record], public: Sequence[Example], rng: random.Random, *, share: float = 0.4
) -> list[Example]:
    """The examples of one epoch: every mail whole, a passage of each, and public texts worth ``share`` of the mails."""
    examples = [mail_example(item, with_subject=rng.random() >= DROP_SUBJECT) for item in records]
    for item in records:
        if item.level or rng.random() < 0.4:
            examples += [_clean_passage(item, passage) for passage in passages(item, rng)]
    examples += rng.sample(list(public), min(len(public), int(share * len(records))))
    rng.shuffle(examples)
    return examples


def _clean_passage(item: Record, passage: str) -> Example:
    # A sentence that is part of a longer hot passage counts as that passage: its text is shown, its label inherited.
    for hot in item.hot:
        if passage in hot and passage != hot:
            return passage_example(item, hot)
    return passage_example(item, passage)


def public_examples(folder: Path) -> list[Example]:
    """Weak examples from the public sets whose licence permits published weights; ``folder`` holds
    ``NAME.jsonl.gz``.
    """
    return [example for name in PUBLIC_SETS for example in _public_set(folder / f"{name}.jsonl.gz")]


def _public_set(path: Path) -> Iterator[Example]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found = _public_levels(row)
            if found and row["text"].strip():
                yield _public_example(row["text"][:MAX_PUBLIC], *found)


def _public_levels(row: dict[str, Any]) -> tuple[int, tuple[float, float, float]] | None:
    """Level and level weights of a public row; None where its label says nothing about the stance towards the
    reader.
    """
    if row.get("offense") == "OTHER" or row.get("tbdf") == "None":
        return 0, (PUBLIC_WEIGHT,) * 3
    kind = row.get("tbdf")
    if kind in {"Insulting", "Mocking", "Vulgarity", "Identity attack", "Threat"}:
        return 2, (PUBLIC_WEIGHT, PUBLIC_WEIGHT, 0.0)
    if kind in {"Bitter frustration", "Impatience", "Entitlement", "Irony"}:
        return 1, (PUBLIC_WEIGHT, 0.0, 0.0)
    return None  # an offensive tweet insults somebody, but hardly ever the reader


def _public_example(text: str, level: int, level_weights: tuple[float, float, float]) -> Example:
    signal_weight = PUBLIC_WEIGHT if level == 0 else 0.0
    weights = (*level_weights, *(signal_weight * (name in HEAT_SIGNALS) for name in SIGNALS))
    return Example(text=model_input(text, side="client"), wanted=wanted(level, ()), weights=weights)
