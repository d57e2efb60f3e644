"""Lines that announce another mail: "Am … schrieb …:", "-----Original Message-----", "Von: … Gesendet: …".

The wording is that of mail programs. Recognising is graded, because a person may write such a line too: ``Am 3. Januar
um 10 Uhr schrieb ich Ihnen:`` is no program's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from assistant.adapters.mime.lines import Hint, Line, is_blank

_MAX_ATTRIBUTION: Final = 400  # characters
_MAX_LINES: Final = 4

_VERB: Final = (
    r"(?:schrieb|geschrieben|wrote|writes|a écrit|ha scritto|schreef|geschreven|escribió|escreveu"
    r"|napisał(?:\(a\))?|skrev|yazdı)"
)
_VERBS: Final = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_MARK: Final = re.compile(rf"@|\b{_VERB}\b|\b(?:zitat|quoting)\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>\"(),;:@]+@[^\s<>\"(),;:@]+")
_TIME: Final = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_MONTH: Final = (
    r"(?:jan|feb|mär|mar|mrz|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec"
    r"|janv|févr|mars|avr|juin|juil|août|gen|mag|giu|lug|ago|set|ott|dic|ene|abr|mei)"
)
_DATE: Final = re.compile(
    rf"\b\d{{1,2}}\.\s?\d{{1,2}}\.|\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b|\b\d{{1,2}}-\d{{1,2}}-\d{{2,4}}\b"
    rf"|\b\d{{1,2}}\.?(?:st|nd|rd|th)?\s{_MONTH}|\b{_MONTH}\w*\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}\.\d{1,2}\.\d{2}\b|\b\d{1,2}/\d{1,2}/\d{2}\b")
_OPENING: Final = re.compile(r"(?:am|den|on|le|el|il|op|em|w dniu|dne|-{2,} ?on|\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_PRONOUN: Final = re.compile(
    rf"\b{_VERB}\s+(?:ich|wir|sie|er|es|du|ihr|man|mir|uns|ihnen|euch|dir|i|we|you|they|he|she|me|us|to)\b"
    r"|\b(?:ich|wir|habe|haben|hatte|hatten|hast|habt|i|we|you|they|he|she)\b(?:\s+[^\s<@]+){0,8}\s+(?:schrieb|geschrieben|wrote|writes)\b",
    re.IGNORECASE,
)
_QUOTING: Final = re.compile(r"(?:zitat von|quoting|citando a|quoting:?)\s.{1,150}:", re.IGNORECASE)
_YOU_WROTE: Final = re.compile(
    r"\d(?: [ap]m)?,? (?:you wrote|sie schrieben|schrieben sie|du schriebst):$", re.IGNORECASE
)
_OLD_GMAIL: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}\b.{0,150}<[^<>\s]+@[^<>\s]+>:")
_TUTA: Final = re.compile(r"[\w. ]{5,20},? \d{4},? \d{1,2}:\d{2} (?:von|by|from) [^\s@]+@[^\s@]+:")
_NAME_ONLY: Final = re.compile(r"(?:[A-ZÄÖÜ][\w.'’-]+[ ,]*){2,5}(?:<[^<>]{3,100}>\s*)?(?:schrieb|wrote|writes)\s?:")

_ORIGINAL: Final = re.compile(
    r"[\s>]*[-_=*]{2,}\s*(?:begin\s)?(?:ursprüngliche|original|originale|weitergeleitete|forwarded"
    r"|reply|message d'origine|message transféré"
    r"|urspr\.|mensaje original|messaggio originale|oorspronkelijk bericht|orig\.)[^\n]{0,60}?[-_=*]{2,}\s*",
    re.IGNORECASE,
)
_NOTES: Final = re.compile(r"-{3,}[^\n]{1,150}@[^\n]{1,100}(?:schrieb|wrote): ?-{3,}", re.IGNORECASE)
_FORWARD: Final = re.compile(
    r"(?:anfang der weitergeleiteten (?:nachricht|e-mail|mail)|begin forwarded message|start of forwarded message"
    r"|weitergeleitete nachricht|forwarded message|début du message (?:transféré|réexpédié))\s?:",
    re.IGNORECASE,
)
_TICKET: Final = re.compile(
    r"[#\-=*_ ]*(?:bitte (?:geben sie ihre antwort |antworten sie )oberhalb dieser (?:zeile|linie)"
    r"|bitte oberhalb dieser (?:zeile|linie) antworten"
    r"|(?:please )?(?:type|write|reply|enter) (?:your (?:reply|response|answer) )?above this line|in"
    r" replies all text above this line)"
    r"[^\n]{0,80}",
    re.IGNORECASE,
)

_FIELDS: Final = {
    "from": "von|from|de|da|van|absender|expéditeur",
    "date": "gesendet|gesendet am|sent|sent on|datum|date|envoyé|inviato|verzonden|erstellt|fecha|data",
    "to": "an|to|à|a|aan|empfänger|para|cc|kopie|bcc|antwort an|reply-to|antwort-an|kopie an",
    "subject": "betreff|subject|objet|oggetto|onderwerp|asunto",
    "other": "wichtigkeit|importance|priorität|priority|vertraulichkeit|sensitivity|anlagen|anlage|attachments",
}
_KIND: Final = {name: kind for kind, names in _FIELDS.items() for name in names.split("|")}
_FIELD: Final = re.compile(
    rf"[\s*_]*({'|'.join(sorted(_KIND, key=len, reverse=True))})[*_]*\s?:[*_]*(?:\s|$)(.*)", re.IGNORECASE
)


class Strength(IntEnum):
    """How sure it is that a program wrote the line."""

    NONE = 0
    WEAK = 1  # only if quoted lines follow
    LIKELY = 2  # day, year, time and a name: if quoted lines follow anywhere
    STRONG = 3  # an address as well: also if the quotation is not marked


def strength(text: str) -> Strength:
    """Grades a line (wrapped lines joined by a blank) as the announcement of a quotation."""
    if len(text) > _MAX_ATTRIBUTION:
        return Strength.NONE
    text = " ".join(text.split()).strip("* ")
    if not text.endswith((":", "---")) or not _MARK.search(text):
        return Strength.NONE
    address = bool(_ADDRESS.search(text))
    if _QUOTING.fullmatch(text):
        return Strength.STRONG if address else Strength.WEAK
    if _YOU_WROTE.search(text) and _DATE.search(text) and _YEAR.search(text) and _TIME.search(text):
        return Strength.LIKELY
    if _PRONOUN.search(text):
        return Strength.NONE
    verb = _VERBS.search(text)
    return _with_verb(text, verb, address=address) if verb else _without_verb(text)


def _without_verb(text: str) -> Strength:
    """ "2026-01-13 16:48 GMT+01:00 Klaus <k@…>:" (Gmail until 2019), "13. Jan. 2026, 16:48 von k@…:" (Tuta)."""
    return Strength.STRONG if _OLD_GMAIL.fullmatch(text) or _TUTA.fullmatch(text) else Strength.NONE


def _with_verb(text: str, verb: re.Match[str], *, address: bool) -> Strength:
    if not _DATE.search(text):
        by_name = bool(_NAME_ONLY.fullmatch(text)) or (address and text[verb.end() :].strip() == ":")
        return Strength.WEAK if by_name else Strength.NONE
    time, year = bool(_TIME.search(text)), bool(_YEAR.search(text))
    if not _OPENING.match(text) and not (_named_first(text, verb) and (time or year)):
        return Strength.NONE
    if address and (time or year):
        return Strength.STRONG
    return Strength.LIKELY if time and year else Strength.WEAK


def _named_first(text: str, verb: re.Match[str]) -> bool:
    """ "Klaus Kunde <kunde@…> schrieb am Mi., 3. Jan. 2024, 10:00:" (Gmail on Android, Proton, Open-Xchange)."""
    name = re.split(r"\shat\s", text[: verb.start()])[0].strip()
    return 0 < len(name) <= 120 and name[:1].isupper() and len(_ADDRESS.sub("", name).split()) <= 7


def attributions(lines: Sequence[Line]) -> dict[int, tuple[int, Strength]]:
    """Where announcements begin among unquoted lines: the first line's index, the index behind, and how sure it is."""
    found: dict[int, tuple[int, Strength]] = {}
    for last, line in enumerate(lines):
        if line.depth or not line.text.rstrip().endswith((":", "---", ":*")) or line.hint is Hint.ATTRIBUTION:
            continue
        for first in range(last, max(-1, last - _MAX_LINES), -1):
            if lines[first].depth or is_blank(lines[first]):
                break
            grade = strength(" ".join(one.text for one in lines[first : last + 1]))
            if grade:
                found[first] = (last + 1, grade)
                break
    return found


def is_separator(text: str) -> bool:
    """Whether a line says that another mail follows ("-----Ursprüngliche Nachricht-----")."""
    return bool(_ORIGINAL.fullmatch(text) or _FORWARD.fullmatch(text.strip("* ")) or _NOTES.fullmatch(text.strip()))


def is_ticket_line(text: str) -> bool:
    """Whether a line is a ticket system's "reply above this line"."""
    return len(text) < 200 and bool(_TICKET.fullmatch(text.strip()))


def header_block(lines: Sequence[Line], start: int, *, announced: bool) -> int | None:
    """The index behind a block of header fields that begins at ``start``, or None where there is none.

    Sender, date, and recipient or subject must be there; and an address, all four, or a separator before
    (``announced``), so that "Von: Hamburg Hbf / An: Köln Hbf" stays what it is.
    """
    if not _FIELD.match(lines[start].text):
        return None
    kinds: dict[str, str] = {}
    end = position = start
    loose = 0
    while position < len(lines) and position - start < 30 and not lines[position].depth:
        text = lines[position].text
        if match := _FIELD.match(text):
            kind = _KIND[match[1].lower()]
            if kind in kinds and kind in {"from", "date", "subject"}:
                break  # another block begins
            kinds.setdefault(kind, match[2])
            end, loose = position + 1, 0
        elif is_blank(lines[position]) and not _another_field(lines, position + 1):
            break
        else:
            loose += 1  # a long field that was wrapped
            if loose > 3 or ("subject" in kinds and loose > 1):
                break
        position += 1
    return end if _is_header(kinds, announced=announced) else None


def _another_field(lines: Sequence[Line], position: int) -> bool:
    return position < len(lines) and bool(_FIELD.match(lines[position].text))


def _is_header(kinds: dict[str, str], *, announced: bool) -> bool:
    if not {"from", "date"} <= kinds.keys() or not {"to", "subject"} & kinds.keys():
        return False
    dated = bool(_YEAR.search(kinds["date"]) or _DATE.search(kinds["date"]))
    whole = {"to", "subject"} <= kinds.keys() and bool(_YEAR.search(kinds["date"]))
    return announced or (dated and ("@" in kinds["from"] or whole))
