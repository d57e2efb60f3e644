"""What Gelassen says, in German and English.

A leaf: it knows keys and numbers, not the values of the core.  Keys are grouped by a prefix and end in the code they
put into words: ``level.2``, ``signal.anger``, ``state.held``.  A new text is a line in ``de.py`` and one in ``en.py``.
"""

from __future__ import annotations

from assistant.texts.catalogue import CATALOGUES, Lang, pick, text
from assistant.texts.numbers import decimal, thousands
from assistant.texts.phrases import hold_sentence, level_name, why
from assistant.texts.spoken import spoken
from assistant.texts.times import countdown, day, moment, span

__all__ = [
    "CATALOGUES",
    "Lang",
    "countdown",
    "day",
    "decimal",
    "hold_sentence",
    "level_name",
    "moment",
    "pick",
    "span",
    "spoken",
    "text",
    "thousands",
    "why",
]
