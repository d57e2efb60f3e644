"""What the user is told when a database fails."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.errors import GelassenError

#: A mark in what the database says, the kind of error, and what to tell after the database's name.
Cause = tuple[str, type[GelassenError], str]


def first(causes: Iterable[Cause], name: str, said: str) -> GelassenError | None:
    """The error of the first cause whose mark is in what was said."""
    return next((kind(f"{name}: {text}") for mark, kind, text in causes if mark in said), None)
