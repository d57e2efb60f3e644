"""One page's language and time: how days, spans, levels and reasons are said on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from assistant.core.escalation import Assessment, Level
from assistant.core.reason import Reason, reason_text
from assistant.services.ledger import Event, HeldDraft, Incoming
from assistant.texts import CATALOGUES, Lang, countdown, hold_sentence, moment, span, spoken, text
from assistant.web import words


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a text, hot or not."""

    text: str
    hot: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """Made for each page anew.

    Attributes:
        now: aware, in the user's zone.
    """

    lang: Lang
    now: datetime

    def say(self, key: str, /, **params: object) -> str:
        """A text of :mod:`assistant.texts`."""
        return text(key, self.lang, **params)

    def _(self, message: str, /, **params: object) -> str:
        """A sentence of the pages' own catalogue."""
        return words.translations(self.lang).gettext(message) % params

    def error(self, message: str) -> str:
        """What an error says."""
        return spoken(message, self.lang)

    def moment(self, at: datetime) -> str:
        """When, as people say it."""
        return moment(at, self.now, self.lang)

    def left(self, until: datetime) -> str:
        """How long still."""
        return countdown(until, self.now, self.lang)

    def day(self, at: date) -> str:
        """A date."""
        return words.day(at, self.lang)

    def stamp(self, at: datetime) -> str:
        """Date and time of day."""
        return words.stamp(at.astimezone(self.now.tzinfo), self.lang)

    def number(self, value: float) -> str:
        """A number."""
        return words.number(value, self.lang)

    def percent(self, share: float) -> str:
        """A share."""
        return words.percent(share, self.lang)

    def cooled(self, draft: HeldDraft) -> bool:
        """Whether its time is over."""
        return draft.hold_until <= self.now

    def level(self, level: Level | int | None) -> str:
        """A level in a word."""
        return text("level.none" if level is None else f"level.{int(level)}", self.lang)

    def why_held(self, draft: HeldDraft) -> str:
        """Why a draft waits and until when."""
        if not draft.reasons:
            return self.moment(draft.hold_until)
        return hold_sentence(draft.reasons, draft.hold_until, self.now, self.lang)

    def signals(self, assessment: Assessment | None) -> list[str]:
        """Signals and cues in words."""
        if assessment is None:
            return []
        return [text(f"signal.{one}", self.lang) for one in assessment.signals] + [
            text(f"cue.{one}", self.lang) for one in assessment.cues
        ]

    def why(self, mail: Incoming) -> list[str]:
        """Why a mail is called what it is called, or has no level."""
        if mail.set_aside or mail.unassessed:
            kind, reason = ("set_aside", mail.set_aside) if mail.set_aside else ("unassessed", mail.unassessed)
            return [text(f"{kind}.{reason}", self.lang)]
        return self.signals(mail.assessment)

    def reason(self, reason: Reason) -> str:
        """Why a reply is suggested."""
        return reason_text(reason, self.lang)

    def span(self, minutes: int) -> str:
        """A length of time."""
        return span(timedelta(minutes=minutes), self.lang)

    def event(self, event: Event) -> str:
        """Something that happened to a draft."""
        key = f"history.{event.event}"
        said = text(key, self.lang) if key in CATALOGUES["en"] else event.event
        return f"{said} ({event.detail['reason']})" if event.detail.get("reason") else said

    @staticmethod
    def pieces(whole: str, hot: Sequence[str]) -> list[Piece]:
        """A text with its hot passages told apart, in order."""
        return pieces(whole, hot)


def pieces(whole: str, hot: Sequence[str]) -> list[Piece]:
    """A text cut where its hot passages (exact substrings, in the text's order) begin and end."""
    cuts, start = [0], 0
    for passage in hot:
        found = whole.find(passage, start)
        if found >= 0 and passage:
            start = found + len(passage)
            cuts += [found, start]
    cuts.append(len(whole))
    parts = [Piece(text=whole[one:two], hot=place % 2 == 1) for place, (one, two) in enumerate(pairwise(cuts))]
    return [part for part in parts if part.text]
