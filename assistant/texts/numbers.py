"""Numbers as people write them."""

from __future__ import annotations

from typing import Final

from assistant.texts.catalogue import Lang

_GERMAN: Final = str.maketrans(",.", ".,")


def thousands(number: int, lang: Lang) -> str:
    """``1.234`` in German, ``1,234`` in English."""
    return _written(f"{number:,}", lang)


def decimal(number: float, lang: Lang) -> str:
    """``0,25`` and ``0.25``; a whole number without a point."""
    return _written(f"{number:,.10g}", lang)


def _written(number: str, lang: Lang) -> str:
    return number.translate(_GERMAN) if lang == "de" else number
