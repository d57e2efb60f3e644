"""What the network sees in training: formatted texts with what is known about them.

A target is a row of 17 wanted outputs with a row of 17 weights; weight 0 means "cannot be known" and is left out of
the loss. Beside it stand the hot spans of the text, which teach the head over the tokens.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from assistant.adapters._text import escaped, model_head
from assistant.core.escalation import sentences
from models.training import augment
from models.training.augment import Segments
from models.training.corpus import DATA, Record
from models.training.labels import HEAT_SIGNALS, LEVELS, OUTPUTS, SIGNALS

DROP_SUBJECT: Final = 0.3  # share of examples shown without their subject line, which may be missing in use
FOOTER_SHARE: Final = 0.1
CALM_WEIGHT: Final = 0.5  # writers did not mark every slightly warm sentence of a warm mail as hot
SINGLE: Final = 0.6  # share of passages that are one sentence; the others are runs of two to six
HOT_CHOICE: Final = 0.6  # how often a passage begins at a hot sentence where there is one
PASSAGES: Final = {True: 0.8, False: 0.5}  # share of warm and of calm mails of which a passage is shown too
COMPLETE: Final = 0.95  # of the hot characters in a passage, from which on it carries the mail's whole level
FULL: Final = (1.0,) * len(OUTPUTS)
_Item = TypeVar("_Item")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One text in the model's format.

    Attributes:
        spans: hot stretches of ``text``.
        level: what those stretches are part of, 0 where there are none.
        token_weight: how much the text teaches about its tokens; 0: nothing is known.
    """

    text: str
    wanted: tuple[float, ...]
    weights: tuple[float, ...] = FULL
    spans: tuple[tuple[int, int], ...] = ()
    level: int = 0
    token_weight: float = 1.0


@dataclass(frozen=True)
class Harmless:
    """Texts that sound dangerous and are not: legal footers, and calm mails about contracts, audits and chat."""

    footers: dict[str, list[str]]
    mails: dict[str, list[str]]

    @classmethod
    def read(cls) -> Harmless:
        """The texts of ``data/harmless.json``, which were written for this project."""
        found: dict[str, Any] = json.loads((DATA / "harmless.json").read_text(encoding="utf-8"))
        return cls(found["footers"], found["mails"])

    def footer(self, lang: str, rng: random.Random) -> str:
        """A footer in a language, English where there is none."""
        return rng.choice(self.footers.get(lang, self.footers["en"]))


def wanted(level: int, signals: Sequence[str]) -> tuple[float, ...]:
    """The 17 outputs of a fully known text."""
    levels = [float(level >= step) for step in (1, 2, 3)]
    return (*levels, *(float(name in signals) for name in SIGNALS))


def shown(side: str, subject: str, parts: Segments) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text in the model's format, and where its hot parts stand in it."""
    text, spans = model_head(side=side, subject=subject), []
    for part, hot in parts:
        end = len(text) + len(escaped(part))
        if hot:
            spans.append((len(text), end))
        text += escaped(part)
    return text, tuple(spans)


def mail(item: Record, *, subject: bool = True, parts: Segments | None = None) -> Example:
    """A whole text: everything about it is known."""
    parts = augment.segments(item.text, item.spans()) if parts is None else parts
    text, spans = shown(item.side, item.subject if subject else "", parts)
    return Example(text=text, wanted=wanted(item.level, item.signals), spans=spans, level=item.level)


def varied_mail(item: Record, harmless: Harmless, rng: random.Random) -> Example:
    """A whole text as it might have been typed, some with a legal footer."""
    parts = list(augment.varied(augment.segments(item.text, item.spans()), item.lang, rng))
    if rng.random() < FOOTER_SHARE:
        parts.append((f"\n\n{harmless.footer(item.lang, rng)}", False))
    return mail(item, subject=rng.random() >= DROP_SUBJECT, parts=parts)


def passage(item: Record, start: int, end: int) -> Example:
    """A stretch of a text without its subject, with what the labels tell about the stretch alone.

    All the heat in it: the mail's level. Some: at least tense, and no more than the mail. None: calm, though not
    surely. A signal the mail lacks is lacking; one it has is known only where the whole heat is in the stretch.
    """
    hot = item.spans()
    inside = [(max(start, a) - start, min(end, b) - start) for a, b in hot if a < end and start < b]
    whole = sum(b - a for a, b in hot)
    complete = bool(hot) and sum(b - a for a, b in inside) >= COMPLETE * whole
    level = item.level if complete else min(item.level, 1) if inside else 0
    weights = [*_level_weights(item.level, inside=bool(inside), complete=complete)]
    weights += [_signal_weight(name, item, inside=bool(inside), complete=complete) for name in SIGNALS]
    text, spans = shown(item.side, "", augment.segments(item.text[start:end], inside))
    return Example(
        text=text,
        wanted=wanted(level, item.signals if inside else ()),
        weights=tuple(weights),
        spans=spans,
        level=item.level if inside else 0,
    )


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


def drawn_passage(item: Record, rng: random.Random) -> Example | None:
    """A sentence or a run of sentences of a text; None where it has only one."""
    places = sentence_places(item.text)
    if len(places) < 2:
        return None
    count = 1 if rng.random() < SINGLE else min(len(places) - 1, rng.randint(2, 6))
    hot = [n for n, (a, b) in enumerate(places) if any(a < end and start < b for start, end in item.spans())]
    first = rng.choice(hot) if hot and rng.random() < HOT_CHOICE else rng.randrange(len(places))
    first = min(first, len(places) - count)
    return passage(item, places[first][0], places[first + count - 1][1])


def sentence_places(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand in it."""
    found: list[tuple[int, int]] = []
    position = 0
    for sentence in sentences(text):
        start = text.find(sentence, position)
        position = start + len(sentence)
        found.append((start, position))
    return found


def calm(text: str, *, weight: float = 1.0) -> Example:
    """A calm text; which calm signals it carries nobody has written down."""
    weights = (weight,) * len(LEVELS) + tuple(weight * (name in HEAT_SIGNALS) for name in SIGNALS)
    formatted, _ = shown("client", "", [(text, False)])
    return Example(text=formatted, wanted=wanted(0, ()), weights=weights, token_weight=weight / 2)


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that one training may show.

    Attributes:
        written: mails of the writers that are not held out.
        real: real texts labelled one by one.
        calm: public texts that are calm by their own label.
        weak: public texts whose own label says a little about the level.
    """

    written: Sequence[Record]
    real: Sequence[Record] = ()
    calm: Sequence[Example] = ()
    weak: Sequence[Example] = ()
    harmless: Harmless = field(default_factory=Harmless.read)


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How much of what one epoch shows: ``calm`` public texts per written mail, ``weak`` ones and harmless mails of
    each language at most.
    """

    calm: float = 0.4
    weak: int = 300
    harmless: int = 40


def epoch(material: Material, mixture: Mixture, rng: random.Random) -> list[Example]:
    """The examples of one epoch: every text whole, passages of many, and a draw from everything else."""
    found = [varied_mail(item, material.harmless, rng) for item in (*material.written, *material.real)]
    found += _passages(material.written, rng)
    found += _drawn(material.calm, int(mixture.calm * len(material.written)), rng)
    found += _drawn(material.weak, mixture.weak, rng)
    for mails in material.harmless.mails.values():
        found += [calm(text) for text in _drawn(mails, mixture.harmless, rng)]
    return found


def _passages(records: Sequence[Record], rng: random.Random) -> Iterator[Example]:
    for item in records:
        found = drawn_passage(item, rng) if rng.random() < PASSAGES[item.level > 0] else None
        if found:
            yield found


def _drawn(pool: Sequence[_Item], count: int, rng: random.Random) -> list[_Item]:
    return rng.sample(list(pool), min(len(pool), count))
