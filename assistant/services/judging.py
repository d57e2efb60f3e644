"""Judging texts: the classifier believes, core decides, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final

from assistant.core.escalation import (
    Assessment,
    Cue,
    JudgeInput,
    Level,
    Scores,
    Side,
    hot_passages,
    sentences,
    within,
)
from assistant.services.ports import Classifier

NIGHT: Final = (time(22), time(6))
#: More sentences than a person would write in anger; the rest of a huge text is not searched for heat.
_MOST_SENTENCES: Final = 200
#: What of a text is judged, in characters: some ten pages from its beginning and three from its end.  More would cost
#: minutes a mail, and whoever is angry says so before.
_BEGINNING: Final = 24_000
_END: Final = 8_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """A text to be judged, with when it was written (the sender's zone; None when unknown)."""

    text: str
    subject: str = ""
    side: Side = "client"
    at: datetime | None = None


class Judge:
    """The judgement on texts of either side.  Raises ``ModelError`` as the classifier does."""

    def __init__(self, classifier: Classifier, *, night: tuple[time, time] = NIGHT, zone: tzinfo | None = None) -> None:
        self._classifier = classifier
        self._night = night
        self._zone = zone

    def assess(self, writings: Sequence[Writing]) -> list[Assessment]:
        """One assessment for each writing, in order."""
        if not writings:
            return []
        inputs = [JudgeInput(text=_judged_part(w.text), subject=w.subject, side=w.side) for w in writings]
        scored = self._classifier.score(inputs)
        levels = [self._classifier.policy.level(s, w.side) for s, w in zip(scored, writings, strict=True)]
        heat = self._heat(writings, levels)
        return [
            self._assessment(writing, scores, level, warmth)
            for writing, scores, level, warmth in zip(writings, scored, levels, heat, strict=True)
        ]

    def _heat(self, writings: Sequence[Writing], levels: Sequence[Level]) -> list[dict[str, float]]:
        """The heat of each sentence of the texts that are not calm, judged in one batch for each side."""
        split = [
            (writing.side, sentences(_judged_part(writing.text))[:_MOST_SENTENCES] if level else ())
            for writing, level in zip(writings, levels, strict=True)
        ]
        known: dict[tuple[Side, str], float] = {}
        sides: tuple[Side, Side] = ("client", "own")
        for side in sides:
            texts = list(dict.fromkeys(s for writer, found in split if writer == side for s in found))
            scores = self._classifier.score_sentences(texts, side) if texts else []
            known.update({(side, text): p for text, p in zip(texts, scores, strict=True)})
        return [{sentence: known[side, sentence] for sentence in found} for side, found in split]

    def _assessment(self, writing: Writing, scores: Scores, level: Level, heat: dict[str, float]) -> Assessment:
        policy = self._classifier.policy
        return Assessment(
            level=level,
            scores=scores,
            signals=policy.flagged(scores, level),
            hot=hot_passages(level, heat, policy.sentence),
            cues=self._cues(writing),
        )

    def _cues(self, writing: Writing) -> tuple[Cue, ...]:
        if writing.at is None:
            return ()
        local = writing.at.astimezone(self._zone) if self._zone and writing.side == "own" else writing.at
        return (Cue.NIGHT,) if within(self._night, local.time()) else ()


def _judged_part(text: str) -> str:
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]}\n{text[-_END:]}"
