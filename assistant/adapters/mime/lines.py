"""Lines of a mail body with what is known of each: the common ground of plain text and HTML."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Final

#: Characters for machines: zero-width blanks, soft hyphens, fillers of preheaders. The joiner of emoji stays.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")
_BLANKS: Final = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\u2007]")
_LINE_ENDS: Final = re.compile("\r\n|[\r\u2028\u2029\x85\x0c]")
_MARKS: Final = re.compile(r"(?:>[ ]?)+")
_MAILTO: Final = re.compile(r"(?<=[^\s<])<mailto:[^<>\s]{1,300}>")
_MBOX_FROM: Final = re.compile(r">+From ")


MAX_LINES: Final = 20_000  # of a body; more is not a letter


class Hint(Enum):
    """What the markup says of a line."""

    NONE = "none"
    ATTRIBUTION = "attribution"  # announces the quotation that follows
    CUT = "cut"  # from here on it is another mail


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a person sees it.

    Attributes:
        depth: how often it is quoted, 0 for the sender's own.
        indented: whether it stands in a blockquote that may be a quotation or only an indentation.
    """

    text: str
    depth: int = 0
    hint: Hint = Hint.NONE
    indented: bool = False


def visible(text: str) -> str:
    """Text without invisible characters, every blank a plain one, NFC; lines end in ``\\n``."""
    if text.isascii() and not _CONTROL.search(text) and "\r" not in text and "\x0c" not in text:
        return text
    text = _BLANKS.sub(" ", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))


def plain_lines(text: str) -> list[Line]:
    """The lines of a text/plain body; ``>``-signs at their beginning are depth, not text.

    The second spelling that Outlook writes behind an address (``a@x.example<mailto:a@x.example>``) is left out.
    """
    if "<mailto:" in text:
        text = _MAILTO.sub("", text)
    return [line_of(line) for line in visible(text).split("\n", MAX_LINES)[:MAX_LINES]]


def line_of(line: str) -> Line:
    """One visible line; ``>``-signs in front are its depth."""
    if not line.startswith(">") or _MBOX_FROM.match(line):
        return Line(_trimmed(line.removeprefix(">") if line.startswith(">From ") else line))
    marks = _MARKS.match(line)
    assert marks
    return Line(_trimmed(line[marks.end() :]), depth=marks.group().count(">"))


def _trimmed(line: str) -> str:
    """Blanks at the end go, but not those of the signature mark."""
    return line if line == "-- " else line.rstrip()


def is_blank(line: Line) -> bool:
    """Whether there is nothing to see."""
    return not line.text.strip()


def joined(lines: list[str]) -> str:
    """Lines as a text: no empty lines at either end, and never two in a row."""
    done: list[str] = []
    for line in lines:
        if line.strip() or (done and done[-1]):
            done.append(line.rstrip())
    return "\n".join(done).strip("\n")
