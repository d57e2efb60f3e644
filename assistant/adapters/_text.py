"""What the classifier reads: the input format, and windows over long mails. Pure text, no model.

The format is fixed and shared with the training: ``query: SIDE: SUBJECT | TEXT`` (``query:`` is the prefix that e5
was trained with), without ``SUBJECT |`` when there is none.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from assistant.core.escalation import JudgeInput, sentences

MAX_SUBJECT = 160  # characters; a longer subject line would crowd out the mail
_SPECIAL = re.compile(r"<(/?s|pad|unk|mask)>")


def escaped(text: str) -> str:
    """Text in NFC in which the tokenizer's own markers cannot occur."""
    return _SPECIAL.sub(r"< \1>", unicodedata.normalize("NFC", text))


def model_head(*, side: str, subject: str = "") -> str:
    """What stands before a text in the format the model was trained on; ``side`` is ``client`` or ``own``."""
    line = " ".join(escaped(subject).split())[:MAX_SUBJECT]
    return f"query: {side}: {line} | " if line else f"query: {side}: "


def model_input(text: str, *, side: str, subject: str = "") -> str:
    """One text in the format the model was trained on."""
    return model_head(side=side, subject=subject) + escaped(text)


def own_format(item: JudgeInput, part: str) -> str:
    """A stretch of a mail's text as Gelassen's own model reads it."""
    return model_input(part, side=item.side, subject=item.subject)


def units(text: str) -> list[tuple[int, int]]:
    """Spans that cover the whole text, each beginning with a sentence."""
    starts: list[int] = []
    position = 0
    for sentence in sentences(text):
        position = text.find(sentence, position)
        starts.append(position)
        position += len(sentence)
    cuts = [0, *starts[1:], len(text)]
    return list(itertools.pairwise(cuts))


def windows(lengths: Sequence[int], limit: int, overlap: int) -> list[tuple[int, int]]:
    """Groups units (sentences) of the given lengths into windows ``(first, last + 1)`` of at most ``limit``.

    Neighbouring windows share units worth at most ``overlap``; a single unit longer than ``limit`` is a window of its
    own. Every unit is in a window, and each window reaches further than the one before.
    """
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(lengths):
        last = _fill(lengths, first, limit)
        found.append((first, last))
        if last == len(lengths):
            break
        # Go back for the overlap, but never so far that the next window could not take in a new unit.
        room = min(overlap, limit - lengths[last])
        first = last - _units_within(reversed(lengths[first + 1 : last]), room)
    return found


def _fill(lengths: Sequence[int], first: int, limit: int) -> int:
    return first + max(1, _units_within(lengths[first:], limit))


def _units_within(lengths: Iterator[int] | Sequence[int], room: int) -> int:
    count = 0
    for length in lengths:
        room -= length
        if room < 0:
            break
        count += 1
    return count


def pieces(text: str, span: tuple[int, int], limit: int, length: Callable[[str], int]) -> list[tuple[int, int]]:
    """Cuts a span that is longer than ``limit`` (in the unit of ``length``) at white space, halving as often as
    needed.
    """
    start, end = span
    if length(text[start:end]) <= limit or end - start < 2:
        return [span]
    middle = (start + end) // 2
    blank = max(text.rfind(" ", start + 1, middle), text.rfind("\n", start + 1, middle))
    cut = blank if blank > start else middle
    return pieces(text, (start, cut), limit, length) + pieces(text, (cut, end), limit, length)
