"""Tags and text of an HTML mail, one after the other.

Written by hand because a mail may be hostile: html.parser is quadratic on unclosed tags (259 s for 150 kB of ``<a ``),
and tree builders give up, or recurse, on deep nesting. This reads on in one pass whatever comes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"</?([a-zA-Z][^\s/>]{0,40})")
_CUT_TAG: Final = re.compile(r"<[a-zA-Z][\w:]{0,20}\s+[\w:-]{1,40}\s*=")
_ATTRIBUTE: Final = re.compile(r"(?<![\w:-])([a-zA-Z][\w:-]*)\s*(?:=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_QUOTE_OR_END: Final = re.compile(r"[\"'>]")
_MAX_TAG: Final = 20_000  # characters of a tag that are searched for attributes
_RAW: Final = frozenset({"script", "style", "title", "textarea", "xml", "template", "svg", "math", "noembed", "iframe"})


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    name: str


@dataclass(frozen=True, slots=True)
class Style:
    """The content of a style element."""

    text: str


Token = Start | End | Style | str


def tokens(source: str) -> Iterator[Token]:
    """Start tags, end tags, style sheets and text (character references resolved); comments and scripts left out."""
    position = 0
    missing: set[str] = set()
    while (begin := source.find("<", position)) >= 0:
        if begin > position:
            yield html.unescape(source[position:begin])
        following = source[begin + 1 : begin + 2]
        if following and following in "!?":
            position = _after_comment(source, begin, missing)
        elif match := _NAME.match(source, begin):
            end = _tag_end(source, match.end())
            if end < 0:  # no tag ends any more: text is left, or a tag where the mail was cut off
                yield "" if _CUT_TAG.match(source, begin) else html.unescape(source[begin:])
                return
            position, name = end + 1, match[1].lower()
            if following == "/":
                yield End(name)
            else:
                yield Start(name, _attributes(source[match.end() : min(end, match.end() + _MAX_TAG)]))
            if following != "/" and name in _RAW:
                start, position = position, _find(source, f"</{name}", position, missing, otherwise=position)
                if name == "style":
                    yield Style(source[start:position])
        else:
            yield "<"
            position = begin + 1
    if position < len(source):
        yield html.unescape(source[position:])


def _after_comment(source: str, begin: int, missing: set[str]) -> int:
    """Behind ``<!-- … -->``, or behind the next ``>`` of anything else (conditional comments of Outlook)."""
    if source.startswith("<!--", begin) and (end := _find(source, "-->", begin + 2, missing, otherwise=-1)) >= 0:
        return end + 3
    return _find(source, ">", begin, missing, otherwise=len(source) - 1) + 1


def _find(source: str, wanted: str, position: int, missing: set[str], *, otherwise: int) -> int:
    """Where ``wanted`` comes next (tags in any case); what was not found once is not looked for again."""
    if wanted in missing:
        return otherwise
    pattern = re.compile(re.escape(wanted), re.IGNORECASE) if wanted.startswith("</") else None
    match = pattern.search(source, position) if pattern else None
    found = (match.start() if match else -1) if pattern else source.find(wanted, position)
    if found < 0:
        missing.add(wanted)
        return otherwise
    return found


def _tag_end(source: str, position: int) -> int:
    """Where the tag closes; a ``>`` within quotation marks does not count unless the marks are never closed."""
    simple = source.find(">", position)
    if simple < 0:
        return -1
    part = source[position:simple]
    if part.count('"') % 2 == 0 and part.count("'") % 2 == 0:
        return simple
    place = position
    for _ in range(64):
        match = _QUOTE_OR_END.search(source, place, position + _MAX_TAG)
        if not match:
            break
        if match[0] == ">":
            return match.start()
        close = source.find(match[0], match.end(), position + _MAX_TAG)
        if close < 0:
            break
        place = close + 1
    return simple


def _attributes(inside: str) -> dict[str, str]:
    if "=" not in inside and "hidden" not in inside:
        return {}
    return {m[1].lower(): html.unescape((m[2] or "").strip("\"'")) for m in reversed(list(_ATTRIBUTE.finditer(inside)))}
