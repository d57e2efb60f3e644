"""The kinds of values that config.toml knows, each as an annotated type: what it is, and how it is read."""

from __future__ import annotations

import ipaddress
import re
import shlex
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from assistant.config.reading import Reader, did_you_mean, list_of, mapping_of, wrong, wrong_kind

#: How long a draft is kept back: a duration, or until the next working morning.
Hold = timedelta | Literal["morning"]

E = TypeVar("E", bound=StrEnum)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def string(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise wrong_kind("a string", value)
    return value


def word(value: object) -> str:
    """A text that is not empty."""
    if not string(value).strip():
        raise wrong("must not be empty")
    return string(value)


def optional(value: object) -> str | None:
    """A text; an empty one stands for "not set"."""
    return string(value).strip() or None


def switch(value: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise wrong_kind("true or false", value)
    return value


def whole(least: int, most: int) -> Reader[int]:
    """A whole number within bounds, both included."""

    def reader(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_kind("a whole number", value)
        if not least <= value <= most:
            raise wrong(f"{value} is out of range, {least} to {most}")
        return value

    return reader


def percentage(value: object) -> float:
    """More than 0, at most 100."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_kind("a number", value)
    if not 0 < value <= 100:
        raise wrong(f"{value} is out of range, more than 0 and at most 100")
    return float(value)


def choice(kind: type[E]) -> Reader[E]:
    """One of the words of an enum."""

    def reader(value: object) -> E:
        name = string(value)
        if name not in list(kind):
            known = ", ".join(f'"{member}"' for member in kind)
            raise wrong(f'"{name}" is not one of {known}{did_you_mean(name, kind)}')
        return kind(name)

    return reader


def duration(least: timedelta, most: timedelta) -> Reader[timedelta]:
    """Whole minutes as a number, or a string with a unit: ``"6s"``, ``"3m"``, ``"2h"``, ``"1d"``; bounds included."""

    def reader(value: object) -> timedelta:
        span = _span(value)
        if not least <= span <= most:
            raise wrong(f"{_shown(value)} is out of range, {in_words(least)} to {in_words(most)}")
        return span

    return reader


def in_words(span: timedelta) -> str:
    """A duration as config.toml writes it, in the greatest unit that keeps it whole."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f'"{seconds // size}{unit}"'
    return f'"{seconds}s"' if seconds else "0"


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _span(value: object) -> timedelta:
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > 10**7:  # far beyond every bound, and timedelta would overflow
            raise wrong(f"{value} minutes is out of range")
        return timedelta(minutes=value)
    if not isinstance(value, str):
        raise wrong_kind('whole minutes or a string such as "3m"', value)
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise wrong(f'"{value}" is not a duration; write whole minutes (3) or a number with s, m, h or d ("3m")')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


_hold_span = duration(timedelta(0), timedelta(days=30))


def hold(value: object) -> Hold:
    """A duration up to 30 days, or ``"morning"``."""
    if isinstance(value, str) and value.strip() == "morning":
        return "morning"
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()) is None:
        raise wrong(f'"{value}" is neither a duration (10, "2h") nor "morning"{did_you_mean(value, ["morning"])}')
    return _hold_span(value)


_age = duration(timedelta(days=1), timedelta(days=36500))


def age(value: object) -> timedelta | None:
    """How old mail may be: ``"all"`` (None) or an age such as ``"90d"``."""
    return None if value == "all" else _age(value)


def time_of_day(value: object) -> time:
    """``"09:00"``; TOML's own local time (09:00:00 without quotes) is taken as well."""
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(string(value).strip())
    if match is None:
        raise wrong(f'"{value}" is not a time of day; write it as "09:00", between "00:00" and "23:59"')
    return time(int(match[1]), int(match[2]))


def night(value: object) -> tuple[time, time]:
    """Two times of day; the span may cross midnight, and equal ones mean that there is no night."""
    start, end = list_of(time_of_day, what='two times such as ["22:00", "06:00"]', length=2)(value)
    return start, end


def address(value: object) -> str:
    """A bare mail address."""
    text = string(value).strip()
    if _ADDRESS.fullmatch(text) is None:
        raise wrong(f'"{text}" is not a mail address such as "me@example.org"')
    return text


def timezone(value: object) -> str:
    """A name of the IANA time zone database."""
    name = string(value).strip()
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # odd names are looked up as paths: a folder, a forbidden file
        known = available_timezones()
        by_city = {zone.rsplit("/", 1)[-1]: zone for zone in known}
        hint = did_you_mean(by_city.get(name.title(), name), known)
        raise wrong(f'"{name}" is not a known time zone{hint or "; write it as Europe/Berlin"}') from None
    return name


def region(value: object) -> str:
    """A country, or a country and its part (ISO 3166-2): ``DE``, ``DE-BE``, ``CH-ZH``."""
    name = string(value).strip()
    if _REGION.fullmatch(name) is None:
        better = name.upper().replace("_", "-")
        hint = f', did you mean "{better}"?' if _REGION.fullmatch(better) else '; write it as "DE", "DE-BE" or "CH-ZH"'
        raise wrong(f'"{name}" is not a region{hint}')
    return name


def command(value: object) -> str:
    """A command line that can be split into words; it is never given to a shell, and never repeated in a message."""
    line = word(value)
    try:
        shlex.split(line)
    except ValueError as error:
        raise wrong(f"cannot be split into words: {str(error).lower()}") from None
    return line


def environment_name(value: object) -> str:
    """The name of an environment variable."""
    name = string(value)
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is None:
        raise wrong("expected the name of an environment variable, not its value")  # which may be the password
    return name


def host(value: object) -> str:
    """A host name or address, without a scheme, port or path."""
    name = word(value).strip()
    if "://" in name or "/" in name or any(sign.isspace() for sign in name):
        raise wrong(f'"{name}" is not a host name; write it as "mail.example.org"')
    if name.count(":") == 1:
        raise wrong(f'"{name}" is not a host name; the port has a key of its own')
    return name


def is_loopback(name: str) -> bool:
    """Whether a host is this machine, by its name or address alone: the one place that decides what may go in clear.

    Of the names only ``localhost``: it alone is never asked of the DNS (RFC 6761, 6.3), where others may answer.
    """
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.casefold().removesuffix(".") == "localhost"


def database(value: object) -> str | None:
    """A database URL for SQLite (a file) or PostgreSQL; an empty one is the default place."""
    url = string(value).strip()
    if not url:
        return None
    if url.startswith("postgresql+psycopg://") and urlsplit(url).path.strip("/"):
        return url
    if url.startswith("sqlite:///") and url.removeprefix("sqlite:///").split("?")[0] not in {"", ":memory:"}:
        return url
    raise wrong('expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"')  # may hold a password


#: From a classifier's labels to levels 0 to 3.
labels = mapping_of(whole(0, 3), what="a table of labels and levels")

Text = Annotated[str, string]
Word = Annotated[str, word]
OptionalText = Annotated[str | None, optional]
Switch = Annotated[bool, switch]
Port = Annotated[int, whole(1, 65535)]
