"""Judging texts: the classifier believes, core decides, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final

from assistant.core.adaptation import Adaptation
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
    """A text to be judged, with when it was written (the sender's zone; None when unknown).

    Attributes:
        client: whose mail it is, where the user's corrections count (empty: somebody unknown); None where they do not:
            own drafts, and mails from files.
    """

    text: str
    subject: str = ""
    side: Side = "client"
    at: datetime | None = None
    client: str | None = None


class Judge:
    """The judgement on texts of either side.  Raises ``ModelError`` as the classifier does.

    Args:
        learnt: what corrections have made of the thresholds; asked once for each batch with clients' mail in it.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        night: tuple[time, time] = NIGHT,
        zone: tzinfo | None = None,
        learnt: Callable[[], Adaptation] | None = None,
    ) -> None:
        self._classifier = classifier
        self._night = night
        self._zone = zone
        self._learnt = learnt

    def assess(self, writings: Sequence[Writing]) -> list[Assessment]:
        """One assessment for each writing, in order."""
        if not writings:
            return []
        scored = self._classifier.score([shown(writing) for writing in writings])
        levels = self._levels(writings, scored)
        heat = self._heat(writings, scored, levels)
        return [
            self._assessment(writing, scores, level, warmth)
            for writing, scores, level, warmth in zip(writings, scored, levels, heat, strict=True)
        ]

    def _levels(self, writings: Sequence[Writing], scored: Sequence[Scores]) -> list[Level]:
        base = self._classifier.policy
        learnt = None
        if self._learnt is not None and any(w.client is not None and w.side == "client" for w in writings):
            learnt = self._learnt()
        policies = [base if learnt is None or w.client is None else learnt.policy(w.client) for w in writings]
        return [p.level(s, w.side) for p, s, w in zip(policies, scored, writings, strict=True)]

    def _heat(
        self, writings: Sequence[Writing], scored: Sequence[Scores], levels: Sequence[Level]
    ) -> list[dict[str, float]]:
        """The heat of each sentence of the texts that are not calm.

        A model that does not tell it beside its verdict judges the sentences by themselves, in one batch for each side.
        """
        split = [
            sentences(_judged_part(writing.text))[:_MOST_SENTENCES] if level else ()
            for writing, level in zip(writings, levels, strict=True)
        ]
        known: dict[tuple[Side, str], float] = {}
        sides: tuple[Side, Side] = ("client", "own")
        for side in sides:
            untold = [
                found for w, s, found in zip(writings, scored, split, strict=True) if w.side == side and not s.heat
            ]
            texts = list(dict.fromkeys(sentence for found in untold for sentence in found))
            told = self._classifier.score_sentences(texts, side) if texts else []
            known.update({(side, text): p for text, p in zip(texts, told, strict=True)})
        return [
            _warmest(found, scores.heat) if scores.heat else {text: known[writing.side, text] for text in found}
            for writing, scores, found in zip(writings, scored, split, strict=True)
        ]

    def _assessment(self, writing: Writing, scores: Scores, level: Level, heat: dict[str, float]) -> Assessment:
        policy = self._classifier.policy
        return Assessment(
            level=level,
            scores=scores,
            signals=policy.flagged(scores, level),
            hot=hot_passages(level, heat, policy.sentence),
            cues=self._cues(writing),
            model=self._classifier.version,
        )

    def _cues(self, writing: Writing) -> tuple[Cue, ...]:
        if writing.at is None:
            return ()
        local = writing.at.astimezone(self._zone) if self._zone and writing.side == "own" else writing.at
        return (Cue.NIGHT,) if within(self._night, local.time()) else ()


def _warmest(found: Sequence[str], heat: Sequence[float]) -> dict[str, float]:
    """Heat by sentence; of two that read alike the hotter counts."""
    warmest: dict[str, float] = {}
    for sentence, p in zip(found, heat, strict=False):  # of a huge text only the first sentences are looked at
        warmest[sentence] = max(p, warmest.get(sentence, 0.0))
    return warmest


def shown(writing: Writing) -> JudgeInput:
    """What the classifier is given of a text."""
    return JudgeInput(text=_judged_part(writing.text), subject=writing.subject, side=writing.side)


def _judged_part(text: str) -> str:
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]}\n{text[-_END:]}"
