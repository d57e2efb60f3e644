"""From plain probabilities to a judgement: level, signals, hot passages, cues.

What levels and signals mean is defined in models/training/data/LABELS.md.  Belief (the
calibrated probabilities of :class:`Scores`) and decision (:class:`Policy`) are kept apart, so that thresholds
can change without another look at the mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import time
from enum import IntEnum, StrEnum
from typing import Final, Literal

Side = Literal["client", "own"]


class Level(IntEnum):
    """How far a mail has escalated."""

    CALM = 0
    TENSE = 1
    HEATED = 2
    ESCALATED = 3


class Signal(StrEnum):
    """Why; in the order of the model's outputs 3 to 16."""

    ANGER = "anger"
    DISAPPOINTMENT = "disappointment"
    SARCASM = "sarcasm"
    INSULT = "insult"
    COMMITMENT_DOUBT = "commitment_doubt"
    CHURN_THREAT = "churn_threat"
    LEGAL_THREAT = "legal_threat"
    PUBLIC_THREAT = "public_threat"
    ULTIMATUM = "ultimatum"
    SCOPE_CHANGE = "scope_change"
    PAYMENT_DISPUTE = "payment_dispute"
    HARDSHIP = "hardship"
    FAREWELL = "farewell"
    GOODWILL = "goodwill"


#: Signals that a calm mail may carry (LABELS, settled cases); the others need at least level 1.
CALM_SIGNALS: Final = frozenset(
    {Signal.GOODWILL, Signal.HARDSHIP, Signal.SCOPE_CHANGE, Signal.FAREWELL, Signal.PAYMENT_DISPUTE}
)


class Cue(StrEnum):
    """What the circumstances add to the text."""

    NIGHT = "night"  # sent at night, by the sender's clock
    RUSH = "rush_after_silence"
    HOTTER = "hotter_than_usual"  # than this client's other mails
    BEYOND_REVISIONS = "beyond_revisions"


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeInput:
    """One text to be judged: the newest text of a mail, its subject where known, and who writes."""

    text: str
    subject: str = ""
    side: Side = "client"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Calibrated probabilities.

    Attributes:
        p: P(level ≥ 1), P(level ≥ 2), P(level ≥ 3), never rising.
        signals: a probability for each signal.
        heat: for each of the text's ``sentences`` the probability that it carries heat; empty where the model cannot
            tell while it reads the whole.
    """

    p: tuple[float, float, float]
    signals: dict[Signal, float] = field(default_factory=dict, hash=False)
    heat: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Where belief becomes a decision.

    Attributes:
        levels: thresholds on P(level ≥ 1), P(level ≥ 2), P(level ≥ 3) for a client's mail.
        own_levels: the same for one's own drafts.
        signals: a threshold for each signal.
        sentence: threshold on the heat of a sentence for it to be a hot passage.
    """

    levels: tuple[float, float, float] = (0.5, 0.5, 0.5)
    own_levels: tuple[float, float, float] = (0.5, 0.5, 0.5)
    signals: dict[Signal, float] = field(default_factory=dict, hash=False)
    sentence: float = 0.5

    def level(self, scores: Scores, side: Side = "client") -> Level:
        """The highest level whose threshold, and all below it, is reached."""
        thresholds = self.levels if side == "client" else self.own_levels
        level = 0
        for p, threshold in zip(scores.p, thresholds, strict=True):
            if p < threshold:
                break
            level += 1
        return Level(level)

    def flagged(self, scores: Scores, level: Level) -> tuple[Signal, ...]:
        """Signals over their threshold that can go with this level, the surest first."""
        over = [
            (p, signal)
            for signal, p in scores.signals.items()
            if p >= self.signals.get(signal, 0.5) and (level > 0 or signal in CALM_SIGNALS)
        ]
        return tuple(signal for _, signal in sorted(over, key=lambda pair: -pair[0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """The judgement on one text.

    Attributes:
        hot: exact substrings of the text that carry the heat; empty at level 0.
        model: the version of the model whose scores these are; empty where it is not known.
    """

    level: Level
    scores: Scores
    signals: tuple[Signal, ...] = ()
    hot: tuple[str, ...] = ()
    cues: tuple[Cue, ...] = ()
    model: str = ""


_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-zÄÖÜäöü]|Dr|Prof|Hr|Fr|Nr|No|Tel|St|Str|bzw|ca|evtl|ggf|inkl|exkl|zzgl|usw|etc|vgl|Mr|Mrs|Ms|vs|Abs"
    r"|Art|Jan|Feb|Mär|Apr|Aug|Sept?|Okt|Oct|Nov|Dez|Dec|approx|incl)|\d)\.$"
)
_BREAK = re.compile(r"(?<=[.!?…])[\"'“”»«)\]]*(?:\s+|$)|\n+")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text as exact substrings, in order; line breaks end a sentence, abbreviations do not."""
    found: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        piece = text[start : match.end()].strip()
        more_on_line = "\n" not in match.group() and match.end() < len(text)
        if more_on_line and _ABBREVIATION.search(piece):
            continue
        found.append(piece)
        start = match.end()
    found.append(text[start:].strip())
    return tuple(sentence for sentence in found if any(c.isalnum() for c in sentence))


def hot_passages(level: Level, heat: dict[str, float], threshold: float) -> tuple[str, ...]:
    """Which sentences carry the heat, in the text's order.

    Args:
        heat: how likely each sentence carries heat, in the order of the text.

    A mail of level ≥ 1 always has at least one: its hottest sentence.
    """
    if level == Level.CALM or not heat:
        return ()
    hot = tuple(sentence for sentence, p in heat.items() if p >= threshold)
    return hot or (max(heat, key=lambda sentence: heat[sentence]),)


def within(night: tuple[time, time], moment: time) -> bool:
    """Whether a time of day lies in a span that may cross midnight; the end is outside."""
    start, end = night
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end
