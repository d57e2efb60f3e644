"""How a reply sounds: Sie or Du, names and greetings, days in words.

Nothing here guesses a gender from a first name: "Herr" and "Frau" are only used where the thread itself says them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from assistant.core.message import base_subject

Register = Literal["Sie", "Du", "formal", "casual"]

#: The registers of each language, the default first.
REGISTERS: Final[dict[str, tuple[Register, Register]]] = {"de": ("Sie", "Du"), "en": ("formal", "casual")}

_WEEKDAYS: Final = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = {
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def day_in_words(day: date, language: str) -> str:
    """A day as one writes it in a sentence: "Montag, 23. November", "Monday, 23 November"."""
    dot = "." if language == "de" else ""
    return f"{_WEEKDAYS[language][day.weekday()]}, {day.day}{dot} {_MONTHS[language][day.month - 1]}"


# --- Sie or Du, formal or casual -----------------------------------------------------------------------------------

#: How many characters of a text are looked at: a manner of speaking shows early, and a huge mail must not cost time.
_ENOUGH: Final = 20_000

#: What is quoted says nothing of how its sender speaks to the user: reply lines, and words between quotation marks.
_QUOTED = re.compile(r"^[>|].*$|„[^“”\n]{0,300}[“”]|“[^”\n]{0,300}”|\"[^\"\n]{0,300}\"", re.MULTILINE)
_PLURAL_VERB = (
    r"(?:habt|seid|könnt|könntet|wollt|müsst|müsstet|sollt|solltet|dürft|durftet|werdet|würdet|hättet|wärt|wart|macht"
    r"|wisst|lasst|gebt|schickt|kriegt|bekommt|braucht|meint|denkt|glaubt|tut|liefert|antwortet|arbeitet|versteht|seht"
    r"|schafft|nehmt|schreibt|kommt|findet|zählt)"
)
_IMPERATIVE = (
    r"(?:sag|schick|ruf|mach|guck|schau|schreib|gib|lass|vergiss|komm|nimm|meld|sagt|schickt|guckt|schaut|gebt|lasst|ruft"
    r"|schreibt|meldet)"
)
_NO_FIRST_NAME = (
    r"(?:herrn?|frau|\w*team|\w*support|zusammen|alle|leute|in|an|ich|wir|danke|ja|nein|also|leider|kurz|wie|so|hallo|hi|hey"
    r"|moin|servus|morgen|super|passt|freigegeben|juhu|anbei|ok|okay|schade|gut|klar|prima|toll|wow|genau|sorry|achtung"
    r"|bitte|gestern|heute|entschuldigung)\b"
)

#: What speaks for Sie (positive) and for Du (negative), with its weight.  "Sie" that opens a sentence may be a third
#: person, so it counts less; "ihr" counts only beside a verb of the second person plural.
_GERMAN: Final = (
    (re.compile(r"(?<![.!?:\n])[ ,;](?:Sie|Ihnen|Ihre[mnrs]?)\b"), 2),
    (re.compile(r"(?:^|[.!?:\n]\s*)(?:Sie (?:haben|sind|können|wollen|müssen|hatten|werden)|Ihnen)\b"), 2),
    (re.compile(r"(?:^|[.!?:\n]\s*)(?:Sie|Ihre[mnrs]?)\b|\bIhr(?= [A-ZÄÖÜ])"), 1),
    (re.compile(r"\A\W*(?:[\w.]+ ){0,3}(?:herrn?|frau) \w", re.IGNORECASE), 3),
    (
        re.compile(
            r"\b(?:können|könnten|haben|würden|rufen|schicken|sollten) sie (?:das|mich|mir|uns|bitte|mal|morgen)\b"
        ),
        1,
    ),
    (re.compile(r"\bMfG\b|^Mit freundlichen Grüßen", re.IGNORECASE | re.MULTILINE), 1),
    (re.compile(r"\b(?:du|dich|dir|dein(?:e[mnrs]?)?)\b", re.IGNORECASE), -2),
    (re.compile(r"\b(?:euch|euer|eure[mnrs]?|ihr Lieben)\b", re.IGNORECASE), -1),
    (re.compile(rf"\bihr (?:\w+ )?{_PLURAL_VERB}\b|\b{_PLURAL_VERB} ihr\b", re.IGNORECASE), -1),
    (re.compile(rf"\bihr\b(?= [^.!?\n]{{0,80}}\b{_PLURAL_VERB}\b)"), -1),
    (re.compile(r"\b(?:[Kk]annst|[Hh]ast|[Mm]usst|[Ww]illst|[Ss]ollst|[Bb]ist|[Mm]agst|[Ss]chaffst|[Ww]eißt)\b"), -1),
    (re.compile(rf"(?:\A|[.!?,]\s+|\bbitte ){_IMPERATIVE} (?!Sie)", re.IGNORECASE), -1),
    (re.compile(rf"\A\W*(?:hallo|hi|hey+|huhu|liebe[r]?|moin|servus) (?!{_NO_FIRST_NAME})\w+\s*[,!.]", re.I), -1),
    (re.compile(rf"\A(?!{_NO_FIRST_NAME})[a-zäöüß]+,(?! bitte)", re.I), -1),
    (re.compile(r"\A(?:hey|huhu|hi)\b", re.IGNORECASE), -1),
)
_ENGLISH: Final = (
    (re.compile(r"\A\s*(?:dear|to whom|hello|good (?:morning|afternoon|evening))\b", re.IGNORECASE), 3),
    (re.compile(r"^(?:yours (?:sincerely|faithfully|truly)|sincerely|respectfully)\b", re.I | re.M), 2),
    (re.compile(r"^(?:kind|best|warm) regards\b", re.I | re.M), 1),
    (re.compile(r"\b(?:Mr|Mrs|Ms|Mx)\.? [A-Z]"), 2),
    (re.compile(r"\A\s*(?:hi|hey|hiya|yo|morning|so+)\b", re.IGNORECASE), -3),
    (re.compile(r"^(?:cheers|ta|best|xx?|thanks)\b[,!.]?\s*$", re.I | re.M), -1),
    (re.compile(r"\A[a-z]|\b(?:pls|haha|lol|yeah|gonna|wanna|fyi|cos|xx+)\b|[\U0001F600-\U0001F64F]|!!"), -2),
)
_CONTRACTION = re.compile(r"\b\w+(?:n['’]t|['’](?:m|re|ve|ll|d))\b|\b(?:it|that|what|there|here|let)['’]s\b", re.I)


def register_of(text: str, language: str, *, thread: str = "") -> Register:
    """How the client addresses the user: ``Sie``/``Du`` in German, ``formal``/``casual`` in English.

    Args:
        thread: what the mail quotes; asked only where the mail itself does not tell.

    The polite one where nothing tells. "ihr" to a firm counts as Du (data/LABELS.md).
    """
    weight = _politeness(_QUOTED.sub("", text[:_ENOUGH]).strip(), language)
    if weight == 0:
        weight = _politeness(re.sub(r"^[>| ]+", "", thread[:_ENOUGH], flags=re.MULTILINE).strip(), language)
    polite, familiar = REGISTERS[language]
    return familiar if weight < 0 else polite


def _politeness(text: str, language: str) -> int:
    if language == "de":
        return _weigh(text, _GERMAN)
    return _weigh(text, _ENGLISH) - min(2, len(_CONTRACTION.findall(text)))


def _weigh(text: str, evidence: tuple[tuple[re.Pattern[str], int], ...]) -> int:
    return sum(weight * len(pattern.findall(text)) for pattern, weight in evidence)


# --- names ---------------------------------------------------------------------------------------------------------

_FIRM = re.compile(
    r"\b(?:GmbH|AG|KG|UG|OHG|GbR|SE|e\.? ?[VK]\.?|mbH|Ltd|Inc|LLC|PLC|Corp|Co|Company|Group|Gruppe|Team|Info|Office"
    r"|Büro|Buchhaltung|Einkauf|Vertrieb|Verkauf|Marketing|Kundenservice|Kundendienst|Service|Support|Sales"
    r"|Accounts|Accounting|Billing|Redaktion|Versand|Shop|Praxis|Kanzlei|Agentur|Agency|Studio|Verlag|Verein|Sekretariat"
    r"|Zentrale|Verwaltung|Bestellung(?:en)?|Newsletter|Hotel|Autohaus|Firma|Fa|Admin|Kontakt|Contact|Mail|Noreply)\b|[@&\d]",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?<!\w)(?:(?:Univ\.-)?Prof|Dr|Dipl|Ing|Mag|med|phil|jur|rer|nat|Mr|Mrs|Ms|Mx|Miss|Sir|Herrn?|Frau)"
    r"(?:\.|\b)(?:-?\w+\.(?!\w))*\s*",
)
_GENDER = re.compile(r"(?:Herrn?|Frau|Mr|Mrs|Ms|Mx|Miss)\b")
_QUOTES: Final = " \t\"'„“”‚‘’"
_HOUSEHOLD: Final = frozenset({"Familie", "Fam.", "Eheleute", "Family"})
_RANK = re.compile(r"\b(?:Prof|Dr)\.(?!\w)")
_SUFFIX = re.compile(r"[,\s]\s*(?:Ph\.?D|MBA|M\.?D|M\.?Sc|B\.?Sc|M\.?A|B\.?A|LL\.?M|CPA|Esq|Jr|Sr)\b\.?(?=\s*(?:,|$))")
_ASIDE = re.compile(r"\s*[(\[{<].*?[)\]}>]|\s+(?:[|/•·–—-]|via|c/o|at|von|from|bei)\s+(?=\S*[A-ZÄÖÜ@]).*$")
_PARTICLES: Final = frozenset(
    {"von", "vom", "zu", "zur", "zum", "van", "de", "del", "della", "di", "da", "dos", "la", "le"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A name as one greets with it; ``first`` or ``last`` may be empty, ``rank`` is "Dr." or "Prof. Dr."."""

    rank: str = ""
    first: str = ""
    last: str = ""
    full: str = ""


def person(display_name: str) -> Person:
    """The person behind a display name (RFC 5322, 3.4); empty for a firm, a department or an address.

    "Brinkmann, Ralf" is turned round; titles, firms behind a bar and academic suffixes are left out.
    """
    name = _SUFFIX.sub("", _without_aside(display_name[:200].strip(_QUOTES)).strip(_QUOTES))
    if _FIRM.search(name):
        return Person()
    words = _surname_last(_cased(" ".join(reversed(_TITLE.sub("", name).split(",")))).split())
    if not 1 <= len(words) <= 6 or not all(word[0].isalpha() and "." not in word[:-1] for word in words):
        return Person()
    if (len(words) == 1 and _GENDER.match(name)) or words[0] in _HOUSEHOLD:
        return Person(last=words[-1], full=" ".join(words))
    return replace(_named(words), rank=" ".join(_RANK.findall(name)))


def _without_aside(name: str) -> str:
    """Cut what follows a bar or stands in brackets, but never a nobleman's "von"."""
    match = _ASIDE.search(name)
    if match is None or match.group().split()[0] == "von":
        return name
    return (name[: match.start()] + (name[match.end() :] if match.group().strip()[0] in "([{<" else "")).strip()


def _cased(name: str) -> str:
    return name.title() if name.isupper() or name.islower() else name


def _surname_last(words: list[str]) -> list[str]:
    """ "KUNDE Klaus" is Klaus Kunde: among mixed words the one in capitals is the last name."""
    capital = [word for word in words if len(word) > 2 and word.isupper()]
    if len(capital) != 1 or len(words) == 1:
        return words
    return [*(word for word in words if word != capital[0]), capital[0].title()]


def _named(words: list[str]) -> Person:
    first = words[0] if len(words[0].rstrip(".")) > 1 else ""
    if len(words) == 1:
        return Person(first=first, full=words[0])
    start = next((i for i, word in enumerate(words[1:], 1) if word.lower() in _PARTICLES), len(words) - 1)
    return Person(first=first, last=" ".join(words[start:]), full=" ".join(words))


def greeting(display_name: str, register: str, *, thread: str = "") -> str:
    """The greeting without its comma.

    Args:
        thread: text in which "Herr", "Frau", "Mr" or "Ms" may already stand before this very last name: the mail itself
            and what it quotes.
    """
    who = person(display_name)
    if register == "Du":
        return f"Hallo {who.first}".rstrip()
    if register == "casual":
        return f"Hi {who.first}".rstrip()
    opening, without_name = ("Guten Tag", "Guten Tag") if register == "Sie" else ("Dear", "Hello")
    title = _title(who, f"{display_name}\n{thread[:_ENOUGH]}", register) if who.last else ""
    if not title and " " not in who.full:
        return without_name
    name = f"{title} {who.last}" if title else f"{who.rank} {who.full}".strip()
    return f"{opening} {name}"


def _title(who: Person, text: str, register: str) -> str:
    """How the thread itself titles this person; empty when it does not, or contradicts itself."""
    words = r"Herrn?|Frau" if register == "Sie" else r"Mr|Mrs|Ms|Mx|Dr"
    first = rf"(?:{re.escape(who.first)}\s+)?" if who.first else ""
    pattern = rf"\b({words})\.?\s+((?:(?:Prof|Dr)\.\s+)*){first}{re.escape(who.last)}\b"
    found = {f"{kind.replace('Herrn', 'Herr')} {rank}".strip() for kind, rank in re.findall(pattern, text)}
    return found.pop() if len(found) == 1 else ""


# --- the topic -----------------------------------------------------------------------------------------------------

_ALARM = re.compile(
    r"^\W*(?:(?:sehr |äußerst |very |most )?(?:eilt|eilig|dringend|wichtig|urgent|important|asap|notfall|emergency"
    r"|(?:letzte|zweite|2\.|1\.|3\.) (?:mahnung|warnung|chance|aufforderung|erinnerung)"
    r"|(?:final|last|second) (?:notice|warning|reminder|chance))\b\W*)+",
    re.IGNORECASE,
)
_CRY = re.compile(
    r"frech|unversch|skandal|betrug|betrüg|abzock|saftladen|katastroph|unmöglich|lächerlich|unfassbar|unglaublich|falsch"
    r"|schande|schäm|enttäusch|inkompet|pfusch|schlamperei|zumutung|reicht|schnauze|mist\b|scheiß|anwalt|anzeige|kündig"
    r"|disgrac|ridiculous|unaccept|scam|joke|rip-?off|fraud|disappoint|terrible|appalling|worst|incompet|furious|enough"
    r"|shame|useless|unbeliev|lawyer|solicitor|crap|wtf|\?\?|!!",
    re.IGNORECASE,
)


def topic(subject: str) -> str:
    """What the mail is about, fit to be named in a calm reply; empty when the subject is a cry and no topic.

    "AW: EILT!!! Katalog" is about "Katalog"; "FALSCH" and "Frechheit" are about nothing one would quote back.
    """
    words = re.sub("[„“”]", "", _ALARM.sub("", base_subject(subject[:200])).strip(" !?.…:-–"))
    letters = [c for c in words if c.isalpha()]
    shouted = len(letters) > 4 and all(c.isupper() for c in letters)
    torn = words.count("(") != words.count(")")
    return "" if len(letters) < 3 or len(words) > 60 or shouted or torn or _CRY.search(words) else words
