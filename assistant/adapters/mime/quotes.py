"""The sender's own lines parted from what they quote.

The rule for doubt: losing the sender's words is worse than keeping a quotation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from assistant.adapters.mime.attribution import (
    Strength,
    attributions,
    header_block,
    is_separator,
    is_ticket_line,
    strength,
)
from assistant.adapters.mime.lines import Hint, Line, is_blank

_MAX_ANNOUNCEMENT: Final = 1000  # characters


_ANSWER: Final = 8  # words; fewer may be a greeting
_MORE_BELOW: Final = re.compile(
    r"\b(?:unten|im text|dazwischen|inline|below|in between|in rot|in blau)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that announces a quotation.

    Attributes:
        behind: the index behind it.
        cut: whether all that follows is quoted.
        block: whether what follows may be unmarked although marked lines are near, as in Outlook.
    """

    behind: int
    cut: bool
    block: bool = False


@dataclass(slots=True)
class Separated:
    """A body in two.

    Attributes:
        runs: the sender's own lines, in the stretches that quotations leave; a run may be empty.
        quoted: what was removed, in order.
        unmarked: whether a quotation without marks was cut off, behind which nothing can be told apart.
    """

    runs: list[list[str]] = field(default_factory=lambda: [[]])
    quoted: list[str] = field(default_factory=list)
    unmarked: bool = False


def separate(lines: Sequence[Line]) -> Separated:
    """Own lines and quotations of one body. Time is linear in the number of lines."""
    body = Separated()
    lines = _indented_as_quoted([piece for line in lines for piece in _parted(line)])
    announced = attributions(lines)
    position = 0
    while position < len(lines):
        line = lines[position]
        end = _announcement(lines, position, announced)
        if line.depth and end is None:
            body.quoted.append(line.text)
            _break(body)
            position += 1
        elif end is None:
            if position and line.indented != lines[position - 1].indented:
                _break(body)  # a signature block does not go on behind an indented passage
            body.runs[-1].append(line.text)
            position += 1
        else:
            cut = end.cut or (end.block and _is_answered(body.runs))
            _drop_rule(body.runs[-1])
            behind = len(lines) if cut else end.behind
            body.quoted += [one.text for one in lines[position:behind]]
            body.unmarked = body.unmarked or cut
            _break(body)
            position = behind
    return body


def _is_answered(runs: Sequence[Sequence[str]]) -> bool:
    """Whether the sender has written the answer above, and does not say that more of it stands below.

    Outlook quotes without marks, so that marked lines below its header block are the other's own quotations.
    """
    text = " ".join(islice((line for run in runs for line in run), 50))
    return len(text.split()) >= _ANSWER and not _MORE_BELOW.search(text)


def _parted(line: Line) -> tuple[Line, ...]:
    """Yahoo's app writes the quotation behind its announcement on the same line."""
    if line.depth or ":  " not in line.text:
        return (line,)
    head, _, rest = line.text.partition(":  ")
    if strength(f"{head}:") is not Strength.STRONG:
        return (line,)
    return replace(line, text=f"{head}:"), replace(line, text=rest.strip())


def _indented_as_quoted(lines: list[Line]) -> list[Line]:
    """Blockquotes without a mark are quotations from where one follows an announcement."""
    if not any(line.indented and not line.depth for line in lines):
        return lines
    ends = [end for end, _ in attributions(lines).values()]
    ends += [end for index in range(len(lines)) if (end := header_block(lines, index, announced=False))]
    ends += [index + 1 for index, line in enumerate(lines) if line.hint is Hint.ATTRIBUTION or is_separator(line.text)]
    for end in sorted(ends):
        following = _next(lines, end)
        if following is not None and lines[following].indented:
            return lines[:end] + [replace(one, depth=one.depth + one.indented) for one in lines[end:]]
    return lines


def _break(body: Separated) -> None:
    if body.runs[-1]:
        body.runs.append([])


def _drop_rule(run: list[str]) -> None:
    """The line that a program draws above the mail answered is not the sender's."""
    while run and not run[-1].strip(" _-=*\u2014\u2500"):
        if run[-1] == "-- ":
            return
        run.pop()


def _announcement(
    lines: Sequence[Line], position: int, announced: dict[int, tuple[int, Strength]]
) -> Announcement | None:
    """Whether a quotation is announced here: the index behind, and whether all that follows is quoted."""
    line = lines[position]
    if line.depth or is_blank(line) or len(line.text) > _MAX_ANNOUNCEMENT:
        return None
    if line.hint is Hint.CUT:
        return Announcement(position, cut=True)
    if is_separator(line.text):
        return _separator(lines, position)
    if line.hint is Hint.ATTRIBUTION:
        return Announcement(position + 1, cut=False)
    if position in announced:
        return _attribution(lines, *announced[position])
    return _header_or_ticket(lines, position)


def _header_or_ticket(lines: Sequence[Line], position: int) -> Announcement | None:
    if is_ticket_line(lines[position].text):
        return Announcement(position + 1, cut=any(not is_blank(one) for one in lines[:position]))
    end = header_block(lines, position, announced=False)
    return None if end is None else Announcement(end, cut=not _quoted_next(lines, end), block=True)


def _attribution(lines: Sequence[Line], end: int, grade: Strength) -> Announcement | None:
    if _quoted_next(lines, end):
        return Announcement(end, cut=False)
    if grade >= Strength.LIKELY and _quoted_after_greeting(lines, end):
        return Announcement(end, cut=False, block=grade is Strength.STRONG)
    return Announcement(end, cut=_next(lines, end) is not None) if grade is Strength.STRONG else None


def _quoted_after_greeting(lines: Sequence[Line], position: int) -> bool:
    """Whether quoted lines follow behind a few of the sender's own ("Liebe Fenja,"): an answer between the lines."""
    written = 0
    for line in lines[position : position + 12]:
        if line.depth:
            return True
        written += not is_blank(line)
        if written > 3:
            return False
    return False


def _separator(lines: Sequence[Line], position: int) -> Announcement:
    following = _next(lines, position + 1)
    if following is None:
        return Announcement(position + 1, cut=False)
    if lines[following].depth:
        return Announcement(following, cut=False)
    end = header_block(lines, following, announced=True)
    if end is not None and _quoted_next(lines, end):
        return Announcement(end, cut=False, block=True)
    return Announcement(position, cut=True)


def _next(lines: Sequence[Line], position: int) -> int | None:
    """The next line that is not empty, within reach."""
    for index in range(position, min(position + 6, len(lines))):
        if not is_blank(lines[index]):
            return index
    return None


def _quoted_next(lines: Sequence[Line], position: int) -> bool:
    following = _next(lines, position)
    return following is not None and lines[following].depth > 0
