"""What a mail asks, and which days and sums it names: the matter without the tone.

Whoever reads an angry mail again gets angry again (Verduyn 2009: meeting the trigger anew prolongs the emotion), so a
review shows this first.  Simple rules that find what is written and interpret nothing; the results are exact
substrings, in the order of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from assistant.core.escalation import sentences


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """What a mail is about, as far as rules can tell.

    Attributes:
        questions: sentences that end in a question mark.
        dates: days, deadlines and times of day.
        sums: amounts of money.
    """

    questions: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


def matter_of(text: str) -> Matter:
    """Questions, dates and sums of a German or English text."""
    return Matter(
        questions=_once(sentence for sentence in sentences(text) if _QUESTION.search(sentence)),
        dates=_once(match.group().strip(" ,") for match in _DATE.finditer(text)),
        sums=_once(match.group().strip() for match in _SUM.finditer(text)),
    )


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(one.split()) for one in found))


_QUESTION: Final = re.compile(r"\?[?!]*[\"'“”»«’)\]]*$")

_MONTH: Final = (
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|January|February|March|May|June|July|October|December"
    r"|(?:Jan|Feb|Mär|Mar|Apr|Jun|Jul|Aug|Sept?|Okt|Oct|Nov|Dez|Dec)\b\.?)"
)
_YEAR: Final = r"(?:19|20)\d\d"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_CALENDAR_DAY: Final = "|".join(
    [
        rf"(?<![\d.,]){_DAY}\.\s?(?:0?[1-9]|1[0-2])\.(?:\s?{_YEAR}|\d\d)?(?![.,]?\d)",  # 24.12. and 24.12.2026
        rf"\b{_YEAR}-[01]\d-[0-3]\d\b",  # 2026-12-24
        rf"(?<![\d/]){_DAY}/(?:0?[1-9]|1[0-2])/(?:{_YEAR}|\d\d)\b",  # 24/12/2026
        rf"\b{_DAY}(?:\.|st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?",  # 24. Dezember, 24th of December
        rf"\b{_MONTH}\s{_DAY}(?:st|nd|rd|th)?\b(?![.,:]?\d)(?:,?\s{_YEAR})?",  # December 24th, 2026
    ]
)
_WEEKDAY: Final = (
    r"\b(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
_NEAR: Final = (
    r"\b(?:[Hh]eute(?:\s(?:[Aa]bend|[Nn]achmittag|[Mm]ittag))?|übermorgen|(?<![Gg]uten\s)(?<![Hh]eute\s)morgen"
    r"|(?:[Tt]he\sday\safter\s)?[Tt]omorrow|[Tt]oday|[Tt]onight"
    r"|(?:(?:Anfang|Mitte|Ende)\s)?(?:dieser|der|nächster|kommender|(?<=nächste\s))\s?Woche"
    r"|(?:nächste|kommende|diese)\sWoche|(?:Anfang|Mitte|Ende)\s(?:des\sMonats|des\sJahres"
    rf"|{_MONTH})|KW\s?\d{{1,2}}"
    r"|(?:(?:the\s)?(?:beginning|middle|end)\sof\s)?(?:this|next|the)\s(?:week|month)"
    rf"|(?:beginning|middle|end)\sof\s{_MONTH})(?!\w)"
)
_TIME: Final = (
    r"(?:(?<![\d:.,])(?:[01]?\d|2[0-3])(?:[:.][0-5]\d)?\sUhr\b|(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?![:\d])"
    r"|\b(?:1[0-2]|[1-9])(?::[0-5]\d)?\s?[ap]\.?m\b\.?|\bnoon\b|\bmidnight\b)"
)
_ON_DATE: Final = rf"(?:{_WEEKDAY}(?:,?\s(?:den\s|dem\s|the\s)?(?:{_CALENDAR_DAY}))?|{_CALENDAR_DAY}|{_NEAR})"
_DATE: Final = re.compile(rf"{_ON_DATE}(?:,?\s(?:um\s|bis\s|ab\s|gegen\s|at\s|by\s)?{_TIME})?|{_TIME}")

_NUMBER: Final = (
    r"(?:\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?:[.,]\d\d?)?|\d+(?:[.,]\d\d?)?)(?!\d)(?:,[-–—]+)?"
    r"(?:\s?(?:k|Tsd\.?|Mio\.?|tausend|thousand|million)(?!\w))?"
)
_UNIT: Final = r"(?:€|\$|£|EUR|USD|GBP|CHF|Euro|Euros|euro|euros|Franken|Dollar|dollars|pounds)(?!\w)"
_SUM: Final = re.compile(rf"(?<![\d.,])(?:(?:€|\$|£|\b(?:EUR|USD|GBP|CHF))\s?{_NUMBER}(?!\w)|{_NUMBER}\s?{_UNIT})")
