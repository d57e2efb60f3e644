"""How a TOML value becomes a typed one: readers, and the table reader that is driven by a dataclass.

A reader takes what tomllib gives and returns the value, or raises :class:`Wrong` with everything that it found, each
with the path below itself.  So all problems of a file come out at once, however deep they lie.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[object], T]

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true/false"),  # before int: in Python a bool is one
    (str, "a string"),
    (int, "a whole number"),
    (float, "a number with a fraction"),
    (dict, "a table"),
    (list, "a list"),
    (date, "a date"),
    (time, "a time without quotes"),
)
_SECRETS = frozenset({"password", "passwd", "passphrase", "pass", "passwort", "secret", "token"})
NO_SECRETS = "a password does not belong in this file; use password_command, password_env or keyring = true"


class Wrong(Exception):
    """One problem or several, as pairs of a path below the value (``.imap.port``, ``[2]``) and what is wrong."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)


def wrong(text: str) -> Wrong:
    """A single problem of the value itself."""
    return Wrong([("", text)])


def wrong_kind(expected: str, value: object) -> Wrong:
    """The value has another type.  The value itself is not repeated: it may be a secret in the wrong place."""
    found = next((words for kind, words in _KINDS if isinstance(value, kind)), "something else")
    return wrong(f"expected {expected}, found {found}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to append, or nothing: ``, did you mean "port"?``."""
    by_fold = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_fold, n=1)
    return f', did you mean "{by_fold[close[0]]}"?' if close else ""


def list_of(read: Reader[T], *, what: str, length: int | None = None) -> Reader[tuple[T, ...]]:
    """A list, each item read by ``read``; ``what`` describes it in the error text."""

    def reader(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise wrong_kind(what, value)
        if length is not None and len(value) != length:
            raise wrong(f"expected {what}, found {len(value)}")
        return tuple(_each(read, [(f"[{index}]", item) for index, item in enumerate(value)]))

    return reader


def mapping_of(read: Reader[T], *, what: str) -> Reader[Mapping[str, T]]:
    """A table with keys of the user's own; ``what`` describes it in the error text."""

    def reader(value: object) -> Mapping[str, T]:
        if not isinstance(value, dict):
            raise wrong_kind(what, value)
        return dict(zip(value, _each(read, [(f".{key}", item) for key, item in value.items()]), strict=True))

    return reader


def _each(read: Reader[T], items: Iterable[tuple[str, object]]) -> list[T]:
    values, problems = [], []
    for place, item in items:
        try:
            values.append(read(item))
        except Wrong as error:
            problems += [(f"{place}{path}", text) for path, text in error.problems]
    if problems:
        raise Wrong(problems)
    return values


def keys_of(table: type) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a settings class by their key in the file; fields without a reader are not settings."""
    readers = _readers(table)
    fields = (field for field in dataclasses.fields(table) if field.name in readers)
    return {field.metadata.get("key", field.name): field for field in fields}


def _readers(table: type) -> dict[str, Reader[Any]]:
    hints = get_type_hints(table, include_extras=True)
    return {name: get_args(hint)[1] for name, hint in hints.items() if get_origin(hint) is Annotated}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _unknown(key: str, known: Iterable[str]) -> str:
    return NO_SECRETS if key.casefold() in _SECRETS else f"unknown key{did_you_mean(key, known)}"


def _no_checks(raw: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    del raw
    return ()


def table_of(table: type[T]) -> Reader[T]:
    """A table, read by the annotations of a dataclass: ``name: Annotated[type, reader] = default``.

    The class may have ``prepared(raw)``, which fills in defaults that depend on other keys, and ``checks(raw)``, which
    yields problems between keys.  Both see the raw table and must bear with wrong types: each is reported elsewhere.
    """

    def reader(value: object) -> T:
        if not isinstance(value, dict):
            raise wrong_kind("a table", value)
        raw = getattr(table, "prepared", dict)(value)
        known = keys_of(table)
        values, problems = _read_fields(known, _readers(table), raw)
        unknown = [(f".{key}", _unknown(key, known)) for key in value if key not in known]
        problems = [*unknown, *problems, *getattr(table, "checks", _no_checks)(raw)]
        if problems:
            raise Wrong(problems)
        return table(**values)

    return reader


def _read_fields(
    known: Mapping[str, dataclasses.Field[Any]], readers: Mapping[str, Reader[Any]], raw: Mapping[str, object]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values by field name, and the problems."""
    values, problems = {}, []
    for key, field in known.items():
        try:
            if key in raw:
                values[field.name] = readers[field.name](raw[key])
            elif _is_required(field):
                problems.append((f".{key}", "missing"))
        except Wrong as error:
            problems += [(f".{key}{path}", text) for path, text in error.problems]
    return values, problems
