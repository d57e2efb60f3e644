"""What imaplib collected of an answer, taken apart one response at a time: a bad one costs one message, not all."""

from __future__ import annotations

import contextlib
import imaplib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from imapclient.imap_utf7 import decode
from imapclient.response_parser import parse_response

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
Record = list[bytes | tuple[bytes, bytes]]
_INTERNALDATE = re.compile(rb"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_MESSAGE_ID = re.compile(rb"^message-id:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_NUMBERS = re.compile(rb"(\d+) ([\d:,]+)(?: ([\d:,]+))?")


@dataclass(kw_only=True, slots=True)
class FetchAnswer:
    """FETCH responses by UID; ``unreadable`` counts those that could not be parsed."""

    messages: dict[int, dict[bytes, Any]] = field(default_factory=dict)
    unreadable: int = 0


def records(data: Iterable[Any]) -> Iterator[Record]:
    """imaplib's flat list in pieces: each one response, its literals included."""
    record: Record = []
    for item in data:
        if item is None:
            continue
        record.append(item)
        if isinstance(item, bytes):
            yield record
            record = []


def parsed(record: Record) -> tuple[Any, ...] | None:
    """One response as nested tuples, or None when imapclient's parser cannot read it."""
    try:
        result: tuple[Any, ...] = parse_response(record)
    except (imaplib.IMAP4.error, ValueError, RecursionError):  # a structure nested without end, too
        return None
    return result


def fetch_answer(data: Iterable[Any]) -> FetchAnswer:
    """All FETCH responses; several about one message are put together, those without UID are left out."""
    answer = FetchAnswer()
    for record in records(data):
        items = _fetch_items(parsed(record))
        if items is None:
            answer.unreadable += 1
        elif isinstance(uid := items.get(b"UID"), int):
            answer.messages.setdefault(uid, {}).update(items)
    return answer


def _fetch_items(response: tuple[Any, ...] | None) -> dict[bytes, Any] | None:
    if response is None or len(response) != 2 or not isinstance(response[1], tuple) or len(response[1]) % 2:
        return None
    words = response[1]
    return {_upper(words[i]): words[i + 1] for i in range(0, len(words), 2)}


def _upper(word: object) -> bytes:
    return word.upper() if isinstance(word, bytes) else str(word).encode()


def octets(items: Mapping[bytes, Any], name: str) -> bytes:
    """A fetched section, whole (``BODY[1]``) or its beginning (``BODY[1]<0>``); NIL and a bare number are text too."""
    key = name.encode("ascii")
    value = items.get(key, items.get(key + b"<0>"))
    return value if isinstance(value, bytes) else b"" if value is None else str(value).encode()


def message_id(header: bytes) -> bytes:
    """The Message-ID in a header, unfolded; empty when there is none."""
    found = _MESSAGE_ID.search(header)
    return b" ".join(found.group(1).split()) if found else b""


def fetched_message_id(items: Mapping[bytes, Any]) -> bytes:
    """The Message-ID from a fetched ``BODY[HEADER.FIELDS (MESSAGE-ID)]``; servers spell that name in their own ways."""
    fields = (value for name, value in items.items() if name.startswith(b"BODY[HEADER.FIELDS"))
    return message_id(octets({b"H": next(fields, None)}, "H"))


def flags(items: Mapping[bytes, Any]) -> frozenset[str]:
    """FLAGS as the server spells them."""
    value = items.get(b"FLAGS")
    words = value if isinstance(value, tuple) else ()
    return frozenset(octets({b"F": word}, "F").decode("utf-8", "replace") for word in words)


def received(items: Mapping[bytes, Any]) -> datetime:
    """INTERNALDATE with its zone; the epoch where the server gives none that can be read."""
    value = items.get(b"INTERNALDATE")
    match = _INTERNALDATE.match(value) if isinstance(value, bytes) else None
    if match:
        day, month, year, *time, zone = (group.decode("ascii") for group in match.groups())
        number = _MONTHS.find(month.lower()) // 4 + 1
        with contextlib.suppress(ValueError):
            return datetime.strptime(f"{year}-{number}-{day}T{':'.join(time)}{zone}", "%Y-%m-%dT%H:%M:%S%z")
    return datetime.fromtimestamp(0, UTC)


def folder_name(value: object) -> str | None:
    """A folder's name from an answer; None when it cannot be read and so could not be used.

    Modified UTF-7 (RFC 9051, 5.1), or UTF-8, which Dovecot 2.3 writes in what NOTIFY tells.
    """
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, bytes):
        return None
    try:
        name: str = decode(value) if value.isascii() else value.decode("utf-8")
    except UnicodeError:
        return None
    return name


def uid_pair(data: Iterable[Any]) -> tuple[int, int] | None:
    """UIDVALIDITY and UID of the copy from APPENDUID or COPYUID (RFC 4315) about one message."""
    for item in data:
        match = _NUMBERS.match(item) if isinstance(item, bytes) else None
        if match:
            uid = match.group(3) or match.group(2)
            return (int(match.group(1)), int(uid)) if uid.isdigit() else None
    return None


def numbers(data: Iterable[Any]) -> tuple[int, ...]:
    """SEARCH results, however many lines the server took, ascending; a MODSEQ at the end is no result."""
    found: set[int] = set()
    for line in data:
        if isinstance(line, bytes):
            found.update(int(word) for word in line.partition(b"(")[0].split() if word.isdigit())
    return tuple(sorted(found))
