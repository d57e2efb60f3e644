"""From an HTML mail to lines as a person sees them, each with its depth of quotation.

One pass over the tags with a stack of open elements: paragraphs, breaks, lists and table rows become lines, what is
hidden is left out, and the containers in which mail programs wrap a quotation become depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from assistant.adapters.mime import quoting_markup
from assistant.adapters.mime.lines import MAX_LINES, Hint, Line, line_of, plain_lines, visible
from assistant.adapters.mime.markup import End, Start, Style, tokens


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MAX_TOKENS: Final = 200_000  # tags and texts; a letter written in Word has a few thousand
_VOID: Final = _set(
    "area base basefont bgsound br col embed frame hr img input link meta param source spacer track wbr"
)
_BLOCKS: Final = _set(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset"
    " figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
)
_SPACED: Final = _set("p h1 h2 h3 h4 h5 h6 blockquote dl ol ul pre table hr")
_CELLS: Final = frozenset({"td", "th"})
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
#: A start tag that closes an open one of these kinds (HTML standard, optional tags).
_CLOSES: Final = {
    "li": frozenset({"li", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "dd": frozenset({"dd", "dt", "p"}),
    "dt": frozenset({"dd", "dt", "p"}),
}
_TAG: Final = re.compile(r"<[a-zA-Z/!]")
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_BULLETS: Final = frozenset("·o§-•–■▪")
_EMPTY_PARAGRAPH: Final = re.compile(
    r"<p class=[\"']?Mso\w+[\"']?[^>]{0,200}>(?:<[^>]{0,200}>|&nbsp;|\s|\u00a0){0,12}</p>", re.IGNORECASE
)
_PARAGRAPH_RULE: Final = re.compile(
    r"(?<![\w.#-])p(?:\.mso[\w-]*)?\s*(?:,[^{}]{0,400})?\{([^}]{0,2000})\}", re.IGNORECASE
)
_NO_MARGIN: Final = re.compile(
    r"margin(?:-top|-bottom|-block-end|-block-start)?\s*:\s*0(?:cm|in|px|pt|em|\s*;|\s*$|\s)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element, and what holds inside it."""

    name: str
    depth: int = 0
    hidden: bool = False
    preformatted: bool = False
    hint: Hint = Hint.NONE
    bullet: bool = False  # Word's own bullet, "mso-list:Ignore"
    indented: bool = False
    spaced: bool = False


def html_lines(source: str) -> list[Line]:
    """The visible lines of an HTML document. Time is linear in its length."""
    if not _TAG.search(source):
        return plain_lines(source)  # plain text under a wrong label
    page = _Page(word=bool(_EMPTY_PARAGRAPH.search(source)))
    for token in islice(tokens(source), _MAX_TOKENS):
        if page.is_full:
            break
        if isinstance(token, Start):
            page.open(token)
        elif isinstance(token, End):
            page.close(token.name)
        elif isinstance(token, Style):
            page.style(token.text)
        else:
            page.write(token)
    return page.finish()


class _Page:
    """The lines so far, the line that is being written, and the open elements."""

    def __init__(self, *, word: bool) -> None:
        self._word = word  # whether empty paragraphs part the others, as Word does it
        self._lines: list[Line] = []
        self._line: list[str] = []
        self._stack: list[_Element] = [_Element("")]
        self._open: dict[str, int] = {}
        self._numbers: list[int] = []
        self._gap = False
        self._new_item = False  # nothing but the mark of a list item is on the line
        self._tight_paragraphs = False
        self._cut = False

    @property
    def is_full(self) -> bool:
        """Whether there are as many lines as are looked at."""
        return len(self._lines) >= MAX_LINES

    def style(self, sheet: str) -> None:
        """Whether paragraphs follow each other without a gap (Outlook)."""
        rule = _PARAGRAPH_RULE.search(sheet[:100_000])
        self._tight_paragraphs = self._tight_paragraphs or bool(rule and _NO_MARGIN.search(rule[1]))

    def open(self, tag: Start) -> None:
        """A start tag."""
        name = tag.name
        if name == "br":
            self._end_line(even_empty=not self._stack[-1].hidden)
            return
        if name == "img":
            self._image(tag.attributes)
            return
        self._close_implied(name)
        if name in _BLOCKS and not self._new_item:
            self._end_line()
        elif name in _CELLS and self._line:
            self._line.append(" ")
        if name in _VOID:
            self._gap = self._gap or name == "hr"
            self._cut = self._cut or quoting_markup.is_divider(tag)
            return
        element = self._element(tag)
        self._gap = self._gap or (element.spaced and not self._new_item)
        self._stack.append(element)
        self._open[name] = self._open.get(name, 0) + 1
        if name in _LISTS:
            self._numbers.append(0)
        elif name == "li" and not element.hidden:
            self._item()

    def _element(self, tag: Start) -> _Element:
        parent = self._stack[-1]
        name, attributes = tag.name, tag.attributes
        spaced = name in _SPACED and not self._is_tight(tag)
        preformatted = parent.preformatted or name == "pre"
        if not attributes:
            indented = parent.indented or name == "blockquote"
            return _Element(name, parent.depth, parent.hidden, preformatted, parent.hint, False, indented, spaced)
        style = attributes.get("style", "").lower().replace(" ", "")
        self._cut = self._cut or (quoting_markup.is_cut(tag) and not parent.hidden)
        return _Element(
            name,
            depth=parent.depth + quoting_markup.is_quotation(tag),
            hidden=parent.hidden or _is_hidden(attributes, style),
            preformatted=preformatted or "white-space:pre" in style,
            hint=Hint.ATTRIBUTION if quoting_markup.is_attribution(tag) else parent.hint,
            bullet="mso-list:ignore" in style,
            indented=parent.indented or quoting_markup.is_indented(tag),
            spaced=spaced,
        )

    def _is_tight(self, tag: Start) -> bool:
        """Whether a block has no margins: lists and tables within others, Outlook's paragraphs, margin 0."""
        if tag.name == "table" or (tag.name in _LISTS and self._numbers):
            return True
        if tag.name != "p":
            return False
        kind = tag.attributes.get("class", "").lower()
        style = tag.attributes.get("style", "")
        return self._tight_paragraphs or (self._word and "mso" in kind) or bool(_NO_MARGIN.search(style))

    def _close_implied(self, name: str) -> None:
        """Closes what a start tag closes without saying so."""
        kinds = _CLOSES.get(name, frozenset({"p"}) if name in _BLOCKS else frozenset())
        while self._stack[-1].name in kinds:
            self.close(self._stack[-1].name)

    def close(self, name: str) -> None:
        """An end tag; one that closes nothing is ignored."""
        if name == "br":
            self._end_line(even_empty=True)
        if not self._open.get(name):
            return
        while True:
            element = self._stack.pop()
            self._open[element.name] -= 1
            if element.name in _LISTS:
                self._numbers.pop()
            if element.name in _BLOCKS:
                self._end_line(as_of=element)
                self._gap = self._gap or element.spaced
            if element.name == name:
                return

    def write(self, text: str) -> None:
        """Text between tags."""
        element = self._stack[-1]
        if element.hidden or element.name in {"head", "select"}:
            return
        self._new_item = self._new_item and not text.strip()
        if element.bullet and (mark := text.strip("\u00a0 \r\n\t")):
            text = "- " if mark in _BULLETS else f"{mark} "
        elif any(parent.bullet for parent in self._stack[-3:]):
            return  # Word's blanks between bullet and text
        if element.preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n", MAX_LINES)
            self._line.append(first)
            for line in others:
                self._end_line(even_empty=True)
                self._line.append(line)
            return
        self._line.append(_BLANKS.sub(" ", text))

    def _image(self, attributes: dict[str, str]) -> None:
        """A smiley that is shown as a picture is a word of the sender; other pictures are not."""
        alt = attributes.get("alt", "")
        if 0 < len(alt) <= 8 and not alt.isascii() and not any(c.isalnum() for c in alt) and not self._stack[-1].hidden:
            self._line.append(alt)

    def _item(self) -> None:
        parent = next((e.name for e in reversed(self._stack[-50:]) if e.name in _LISTS), "ul")
        if self._numbers:
            self._numbers[-1] += 1
        self._new_item = True
        self._line.append(f"{self._numbers[-1]}. " if parent == "ol" and self._numbers else "- ")

    def _end_line(self, *, even_empty: bool = False, as_of: _Element | None = None) -> None:
        element = as_of or self._stack[-1]
        self._new_item = False
        raw, self._line = "".join(self._line), []
        text = visible(raw)
        if not element.preformatted:
            text = re.sub(" {2,}", " ", text)
            text = "-- " if text.strip(" ") == "--" and text.endswith("-- ") else text.strip()
        # Blanks of the source between two blocks are no line, but a non-breaking blank is an empty one.
        if not raw.strip(" \t\r\n\f") and not even_empty:
            return
        if self._gap and self._lines and self._lines[-1].text and text:
            self._lines.append(Line("", element.depth, indented=element.indented))
        self._gap = False
        self._add(text, element)

    def _add(self, text: str, element: _Element) -> None:
        hint = element.hint
        if self._cut and text:
            hint, self._cut = Hint.CUT, False
        line = line_of(text)
        self._lines.append(Line(line.text, element.depth + line.depth, hint, element.indented))

    def finish(self) -> list[Line]:
        """All lines."""
        self._end_line()
        return self._lines


def _is_hidden(attributes: dict[str, str], style: str) -> bool:
    """Whether an element is not shown; ``style`` in lower case without blanks."""
    if "preheader" in attributes.get("class", "").lower() or "hidden" in attributes:
        return True
    if "display:none" in style or "visibility:hidden" in style or "mso-hide:all" in style:
        return True
    return "font-size:0" in style and "font-size:0." not in style and "max-height:0" in style
