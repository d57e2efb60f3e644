"""What programs and firms add below a letter: the "-- " block, device lines, disclaimers, banners of mail gateways.

A closing formula, the name and a firm's address that people write themselves stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_MAX_BLOCK: Final = 30  # lines of a signature block
_MAX_MARKS: Final = 10  # "--" lines that are tried
_DEVICE_WORD: Final = (
    r"(?:iphone|ipad|ipod|apple watch|macbook|imac|mac|android|samsung|galaxy|huawei|honor|xiaomi"
    r"|redmi|pixel|oneplus|oppo|fairphone|nokia|sony|xperia"
    r"|motorola|htc|lg|handy|smartphone|mobiltelefon|mobilgerät|mobile|tablet|blackberry|outlook|gmx|web\.de|1&1|ionos|t-online|telekom|freenet"
    r"|yahoo|aol|gmail|proton|protonmail|mail-app|mail app|mailapp|e-mail-app|windows|k-9"
    r"|thunderbird|spark|airmail|bluemail|blue mail"
    r"|edison|aqua mail|fairemail|nine|newton|tutanota|tuta|posteo|mailbox|phone|cell|device|gerät"
    r"|ios|o2|vodafone|mobilen)"
)
_APOLOGY: Final = (
    r"(?:[\s,.;:()–—-]+(?:bitte|tippfehler|entschuldig|verzeih|sorry|please|excuse"
    r"|forgive|apolog|brevity|kürze|typos?)[^\n]{0,120})?"
)
_URL: Final = r"(?:\s*<[^<>\s]{1,200}>)?"
_END: Final = r"[\s.!*_]*"
_DEVICE: Final = re.compile(
    rf"[*_\s]*(?:"
    rf"(?:diese (?:e-?mail|mail|nachricht) wurde )?von (?:meinem|meiner|unserem|unterwegs|mobil"
    rf"|outlook|yahoo|samsung|windows|einem)\b[^\n.!?]{{0,80}}?\b(?:gesendet|gesandt|verschickt"
    rf"|geschickt)"
    rf"|(?:kurz )?(?:gesendet|versendet|verschickt|gesandt) (?:von|mit|über|aus|via"
    rf"|vom)\b[^\n.!?]{{0,50}}?\b{_DEVICE_WORD}\b[\w /+&.™®-]{{0,40}}"
    rf"|(?:sent|written|posted) (?:from|with|via|using|on|by)\b[^\n.!?]{{0,50}}?\b{_DEVICE_WORD}\b[\w /+&.,™®-]{{0,40}}"
    rf"|(?:get|download|try) outlook for (?:ios|android|mac|windows|mobile)"
    rf"|(?:holen sie sich|hol dir|laden sie|beziehen sie|installieren sie)? ?outlook für (?:ios"
    rf"|android|mac|windows){_URL}(?: beziehen| herunterladen| herunter| holen| laden)?"
    rf"|(?:get|download) (?:the )?(?:bluemail|proton mail|gmx|yahoo mail|spark)[^\n.!?]{{0,40}}"
    rf"){_URL}{_APOLOGY}{_URL}{_END}",
    re.IGNORECASE,
)
_WITH_DEVICE: Final = re.compile(rf"\b{_DEVICE_WORD}\b", re.IGNORECASE)

_HEADING: Final = re.compile(
    r"[\W_]*(?:disclaimer|haftungsausschluss|vertraulichkeits?hinweis|vertraulichkeit|rechtlicher"
    r" hinweis|confidentiality(?: notice| note)?|legal (?:notice|disclaimer)"
    r"|wichtiger hinweis|important notice|datenschutzhinweis|privacy notice)[\W_]*",
    re.IGNORECASE,
)
_BOILERPLATE: Final = re.compile(
    r"bevor sie diese (?:e-?)?mail (?:aus)?drucken|diese (?:e-?)?mail wirklich ausdrucken|before"
    r" printing this (?:e-?mail|message)"
    r"|(?:diese|this) (?:e-?mail|nachricht|message) (?:wurde|has been) (?:von \S+ )?(?:auf viren"
    r"|checked for viruses|scanned (?:for|by)|virus|von avast)"
    r"|auf viren geprüft|virenfrei\.|virus-free\.|www\.avast\.com|scanned by mailscanner|checked by avg"
    r"|think before you print|print this e-?mail (?:only|unless)|do you really need to print",
    re.IGNORECASE,
)
_STEMS: Final = tuple(
    re.compile(stem)
    for stem in (
        r"vertraulich",
        r"rechtlich geschützt|gesetzlich geschützt|berufsgeheimnis",
        r"irrtümlich|versehentlich erhalten|fälschlicherweise|nicht der (?:richtige|vorgesehene"
        r"|beabsichtigte|bestimmungsgemäße)",
        r"adressat|bestimmungsgemäße|vorgesehene[nr]? empfänger|(?:richtige|beabsichtigte"
        r"|vorgesehene)[nr]? empfänger|für den empfänger|genannten empfänger",
        r"unbefugt|unerlaubt|nicht gestattet|untersagt|nicht zulässig",
        r"weitergabe|vervielfältigung|verbreitung|offenlegung|das kopieren",
        r"vernichten sie|löschen sie (?:diese|die)|zu löschen|und löschen",
        r"informieren sie (?:bitte )?(?:sofort |umgehend |unverzüglich )?den absender|absender (?:sofort"
        r"|umgehend|unverzüglich|bitte)|benachrichtigen sie",
        r"haftung|keine gewähr|rechtsverbindlich|verbindlichen? (?:erklärung|willens)",
        r"confidential",
        r"privileged|legally protected",
        r"intended (?:recipient|solely|only|for)|addressee|solely for the use|named (?:recipient|above"
        r"|addressee)|person or entity",
        r"in error|by mistake|not the intended|mistakenly",
        r"unauthori[sz]ed|strictly prohibited|strictly forbidden|prohibited|not permitted",
        r"copying|disclosure|distribution|dissemination|disclose",
        r"delete (?:this|the|it)|destroy (?:this|the|it|all)|and delete",
        r"notify (?:the sender|us|me)|contact the sender|inform the sender",
        r"liabilit|accepts? no responsibility|views (?:or opinions )?expressed|opinions (?:expressed"
        r"|presented)|not (?:necessarily )?(?:represent|reflect)",
    )
)
#: Nearly every disclaimer has one of these, and few letters do: a cheap first look.
_LEGAL_WORDS: Final = (
    *(
        "vertraulich",
        "adressat",
        "empfänger",
        "irrtümlich",
        "unbefugt",
        "haftung",
        "absender",
        "geschützt",
        "weitergabe",
    ),
    *(
        "confidential",
        "privileged",
        "recipient",
        "addressee",
        "in error",
        "unauthori",
        "liabilit",
        "responsib",
        "delete",
    ),
    *("prohibited", "vervielfältigung", "gestattet", "disclos", "distribut", "expressed", "notify", "destroy"),
)
_ABOUT_MAIL: Final = re.compile(
    r"e-?mail|\bmail\b|nachricht|message|communication|transmission|anhänge|attachments?|information", re.IGNORECASE
)
_BEGIN: Final = re.compile(
    r"(?:diese (?:e-?mail|mail|nachricht)|der inhalt dieser|die (?:in dieser|information)|this"
    r" (?:e-?mail|message|communication|transmission)|the (?:information|content)"
    r"|if you (?:are not|have received)|wenn sie nicht|sollten sie nicht|confidential|vertraulich"
    r"|disclaimer|any (?:unauthori|views)|das unerlaubte|hinweis:|please (?:consider|think)|bitte"
    r" (?:denken|prüfen))",
    re.IGNORECASE,
)
_BANNER: Final = re.compile(
    r"\W*(?:caution|warning|achtung|warnung|vorsicht|external|externe?r?|this e-?mail|diese e-?mail)\b[^\n]{0,80}?"
    r"(?:outside (?:of )?(?:the|our|your)|external (?:e-?mail|sender|source)|externe[nrm]? (?:e-?mail|absender|quelle)"
    r"|von (?:extern|außerhalb)|außerhalb (?:der|unserer|ihrer))[^\n]{0,300}"
    r"|\W*(?:external|externe?)(?: (?:e-?mail|mail|sender|absender))?\W*"
    r"|(?:you don'?t often get email from|sie erhalten nicht (?:oft|häufig) (?:eine )?e-?mails? von"
    r"|some people who received this message don'?t often)[^\n]{0,300}",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(
    r"\s*\[(?:cid:[^\]\s]{1,120}|(?:image|inline image|bild|photo): ?[^\]\n]{0,120})\]\s*", re.IGNORECASE
)
_SENTENCE: Final = re.compile(r"(?:\S+\s+){3,}\S+[.!?…]+[\"”“)]?\s*$")
_RULE: Final = re.compile(r"[\s_=*~\u2014\u2500-]+")


def without_additions(run: Sequence[str], *, above: bool = False) -> list[str]:
    """A stretch of the sender's lines without what a program or a firm added to it.

    Args:
        above: whether the sender wrote something in an earlier stretch of the mail.
    """
    lines = _without_banner([line for line in run if not _PICTURE.fullmatch(line)])
    lines = [line for line in _without_block(lines, above=above) if not is_device_line(line)]
    return _without_rules(_without_disclaimer(lines))


def is_device_line(line: str) -> bool:
    """Whether a line is a program's own advertisement, such as "Von meinem iPhone gesendet"."""
    return len(line) <= 300 and bool(_DEVICE.fullmatch(line)) and bool(_WITH_DEVICE.search(line))


def _without_banner(lines: list[str]) -> list[str]:
    """Without the warning that a firm's gateway writes above mail from outside."""
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None or len(lines[first]) > 400 or not _BANNER.fullmatch(lines[first].strip()):
        return lines
    rest = lines[first + 1 :]
    return rest if any(line.strip() for line in rest) else lines


def _without_block(lines: list[str], *, above: bool) -> list[str]:
    """Without the block below "-- " (RFC 3676, 4.3); below a bare "--" only if it reads like one."""
    marks = [index for index, line in enumerate(lines) if line.rstrip() == "--"]
    for index in marks[:_MAX_MARKS]:
        line = lines[index]
        block = [one for one in lines[index + 1 :] if one.strip()]
        sure = line == "-- " and len(block) <= _MAX_BLOCK and (above or any(one.strip() for one in lines[:index]))
        if sure or _reads_like_signature(block):
            return lines[:index]
    return lines


def _reads_like_signature(block: Sequence[str]) -> bool:
    return len(block) <= 15 and all(_is_added(one) or (len(one) <= 120 and not _SENTENCE.search(one)) for one in block)


def _is_added(line: str) -> bool:
    return is_device_line(line) or _is_disclaimer(line)


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Without a disclaimer that ends the letter; whatever stands behind it must be one too."""
    cut = len(lines)
    for start, end in reversed(_pieces(lines)):
        text = " ".join(lines[start:end])
        if _is_disclaimer(text) or (cut < len(lines) and (_HEADING.fullmatch(text) or _RULE.fullmatch(text))):
            cut = start
        elif not _RULE.fullmatch(text) and not (len(text) > 60 and _stems(text)):
            break
    return lines[:cut]


def _pieces(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Paragraphs; one in which a disclaimer follows other lines without a gap (a firm's address) is two."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for index in range(len(lines) + 1):
        if index < len(lines) and lines[index].strip():
            start = index if start is None else start
        elif start is not None:
            found += _divided(lines, start, index)
            start = None
    return found


def _divided(lines: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    if _BEGIN.match(lines[start].lstrip(" *_")):
        return [(start, end)]
    for index in range(max(start + 1, end - _MAX_BLOCK), end):
        opening = lines[index].lstrip(" *_")
        if (_BEGIN.match(opening) or _HEADING.fullmatch(opening)) and _is_disclaimer(" ".join(lines[index:end])):
            return [(start, index), (index, end)]
    return [(start, end)]


def _is_disclaimer(text: str) -> bool:
    if len(text) > 20_000:
        return False
    added_by_gateway = len(text) < 400 and bool(_BOILERPLATE.search(text))
    return added_by_gateway or (_stems(text) >= 3 and bool(_ABOUT_MAIL.search(text)))


def _stems(text: str) -> int:
    """How many of a disclaimer's usual turns are in a text."""
    low = text.lower()
    if len(text) > 20_000 or not any(word in low for word in _LEGAL_WORDS):
        return 0
    return sum(bool(stem.search(low)) for stem in _STEMS)


def _without_rules(lines: list[str]) -> list[str]:
    """Without empty lines and drawn lines at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip(" _=*~-\u2014\u2500"):
        end -= 1
    return lines[:end]
