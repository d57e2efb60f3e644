"""Changes to a mail's look that leave its labels alone: how people really type, and what programs append."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Segments = Sequence[tuple[str, bool]]  # stretches of a text in order, and whether each is hot

_PLAIN_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_POINTS = re.compile(r"[,;:.!?]")


def _no_points(text: str) -> str:
    return _POINTS.sub("", text)


def _dictated(text: str) -> str:
    return _no_points(text).lower()


def _plain_umlauts(text: str) -> str:
    return text.translate(_PLAIN_UMLAUTS)


def _swiss(text: str) -> str:
    return text.replace("ß", "ss")


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


#: What may happen to a text, and to how large a share of them.
_ANY: tuple[tuple[float, Callable[[str], str]], ...] = (
    (0.06, str.lower),
    (0.04, _no_points),
    (0.03, _dictated),
    (0.03, _one_line),
)
_GERMAN: tuple[tuple[float, Callable[[str], str]], ...] = ((0.06, _plain_umlauts), (0.04, _swiss))


def segments(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """A text cut at the borders of its hot spans, which are in order and apart."""
    found: list[tuple[str, bool]] = []
    position = 0
    for start, end in spans:
        found += [(text[position:start], False), (text[start:end], True)]
        position = end
    found.append((text[position:], False))
    return [(part, hot) for part, hot in found if part]


def varied(parts: Segments, lang: str, rng: random.Random) -> Segments:
    """The same segments, some of them (about one text in five) typed differently throughout."""
    drawn = rng.random()
    for share, change in (*_ANY, *(_GERMAN if lang == "de" else ())):
        drawn -= share
        if drawn < 0:
            return [(change(part), hot) for part, hot in parts]
    return parts
