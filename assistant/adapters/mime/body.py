"""The newest text of a body: what its sender wrote in this mail, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.adapters.mime.html import html_lines
from assistant.adapters.mime.lines import Line, joined, plain_lines
from assistant.adapters.mime.quotes import separate
from assistant.adapters.mime.signature import without_additions

_FEW_WORDS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """One body, read.

    Attributes:
        own: the sender's own words; paragraphs are parted by one empty line.
        quoted: what was taken for a quotation.
        whole: everything that can be seen.
        unmarked: whether a quotation without marks was cut off.
    """

    own: str = ""
    quoted: str = ""
    whole: str = ""
    unmarked: bool = False


def newest_text(text: str) -> str:
    """What the sender of a plain text wrote: quotations, signature block, device lines and disclaimers removed."""
    return read(plain_lines(text)).own


def html_text(source: str) -> str:
    """The same of an HTML body."""
    return read(html_lines(source)).own


def read(lines: Sequence[Line]) -> Body:
    """Parts a body into the sender's words and the rest."""
    parted = separate(lines)
    stretches: list[str] = []
    for run in parted.runs:
        if text := joined(without_additions(run, above=bool(stretches))):
            stretches.append(text)
    return Body(
        own="\n\n".join(stretches),
        quoted=joined(parted.quoted),
        whole=joined([line.text for line in lines]),
        unmarked=parted.unmarked,
    )


def read_text(text: str, kind: str) -> Body:
    """Reads a decoded part by its content type."""
    return read(html_lines(text) if kind == "text/html" else plain_lines(text))


def chosen(html: Body, plain: Body) -> Body:
    """Which of two alternatives to trust.

    HTML, because it has the paragraphs as they were typed and says what is quoted; but not when it shows less than
    the sender's words in the plain text (a picture, a hidden or broken page).
    """
    if not html.own:
        return plain if plain.own else html
    own, seen = len(plain.own.split()), len(html.whole.split())
    return plain if own > seen + _FEW_WORDS and own > seen * 1.5 else html
