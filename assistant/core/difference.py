"""What changed between two versions of a text, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_WORD: Final = re.compile(r"\s+|[^\s]+")
#: Longer texts are compared by lines: comparing words takes time with the square of their number.
_MOST_WORDS: Final = 4_000


class Kind(StrEnum):
    """What became of a piece."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A piece of either version."""

    kind: Kind
    text: str


def changes(before: str, after: str) -> tuple[Change, ...]:
    """The pieces of both versions in reading order; those of one kind in a row are one.

    Leaving out what is new gives ``before``, leaving out what is gone gives ``after``.
    """
    old, new = _split(before), _split(after)
    if len(old) + len(new) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Change] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change(kind=Kind.SAME, text="".join(old[a:b])))
        else:
            pieces = ((Kind.GONE, old[a:b]), (Kind.NEW, new[c:d]))
            found += [Change(kind=kind, text="".join(words)) for kind, words in pieces if words]
    return tuple(found)


def _split(text: str) -> list[str]:
    return _WORD.findall(text)
