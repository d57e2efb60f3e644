"""Writing to the terminal: plain tables, colour where it is wanted, JSON for machines."""

from __future__ import annotations

import json
import os
import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final, TextIO

#: What is between two columns.
_GAP: Final = "  "
_WIDTH: Final = 100  # where the terminal's is not known
_COLOURS: Final = ("32", "33", "31", "1;31")  # green, yellow, red, bold red: levels 0 to 3
_BOLD: Final = "1"
_DIM: Final = "2"
_KEPT: Final = frozenset("\n\t")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Joins letters in names and emoji; harmless.
_JOINERS: Final = frozenset("\u200c\u200d")


def clean(text: str) -> str:
    """Text from a mail without anything that a terminal would obey or that reorders what is shown."""
    if text.isprintable():
        return text
    return "".join(c if c in _KEPT or c in _JOINERS or _visible(c) else "\ufffd" for c in text.replace("\r\n", "\n"))


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in _INVISIBLE


def one_line(text: str) -> str:
    """The same in one line."""
    return " ".join(clean(text).split())


class Screen:
    """Where a command writes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.colours = _wants_colours(out)
        self.width = shutil.get_terminal_size((_WIDTH, 24)).columns if out.isatty() else _WIDTH

    def line(self, words: str = "") -> None:
        """One line; the caller has cleaned what comes from mails."""
        print(words, file=self._out)

    def paragraphs(self, words: str, indent: str = "  ") -> None:
        """A mail's text, cleaned and indented, with long lines broken between words."""
        width = max(self.width - len(indent), 30)
        for line in clean(words).strip("\n").split("\n"):
            pieces = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
            for piece in pieces:
                self.line(f"{indent}{piece}".rstrip())

    def json(self, value: object) -> None:
        """A JSON document."""
        print(json.dumps(value, ensure_ascii=False, indent=2), file=self._out)

    def rows(self, values: Iterable[object]) -> None:
        """A JSON list, one value a line: thousands of them are written in a moment."""
        lines = ",\n".join(map(json.JSONEncoder(ensure_ascii=False).encode, values))
        print(f"[\n{lines}\n]" if lines else "[]", file=self._out)

    def bold(self, words: str) -> str:
        """Emphasised."""
        return self._painted(words, _BOLD)

    def dim(self, words: str) -> str:
        """Stepping back."""
        return self._painted(words, _DIM)

    def heat(self, words: str, level: int | None) -> str:
        """In the colour of a level."""
        return words if level is None else self._painted(words, _COLOURS[level])

    def _painted(self, words: str, code: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.colours and words else words

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], levels: Sequence[int | None]) -> None:
        """Columns as wide as their content, the last one cut at the terminal's edge; a level colours its row's words.

        Args:
            levels: for each row the level whose colour its third column has.
        """
        widths = [max(columns(row[place]) for row in (head, *rows)) for place in range(len(head))]
        self.line(self.bold(self._row(head, widths)))
        for row, level in zip(rows, levels, strict=True):
            self.line(self._row(row, widths, level))

    def _row(self, cells: Sequence[str], widths: Sequence[int], level: int | None = None) -> str:
        left = self.width
        shown = []
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            padded = fitted(cell, min(width, max(left, 8)))
            shown.append(self.heat(padded, level) if place == _LEVEL_COLUMN else padded)
            left -= width + len(_GAP)
        return _GAP.join(shown).rstrip()


_LEVEL_COLUMN: Final = 2


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fitted(text: str, width: int) -> str:
    """A text cut with … or filled with blanks to a width."""
    if columns(text) > width:
        text = "".join(_as_much(text, width - 1)) + "…"
    return text + " " * (width - columns(text))


def _as_much(text: str, width: int) -> Iterator[str]:
    for char in text:
        width -= _columns(char)
        if width < 0:
            return
        yield char


def stamp(moment: datetime | None, zone: tzinfo) -> str | None:
    """A time for JSON: ISO 8601 with the offset of the user's zone."""
    return moment.astimezone(zone).isoformat() if moment else None


def _wants_colours(out: TextIO) -> bool:
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
