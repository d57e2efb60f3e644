"""Header fields of a message or part (RFC 5322), read as people's programs really write them.

Encoded words (RFC 2047) with faults, raw 8-bit text, addresses without shape and identifiers cut by folding are
read for what they meant. Nothing raises.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final
from urllib.parse import unquote_to_bytes

from assistant.adapters.mime.decode import charset_decoded

_MAX_HEADER: Final = 1_000_000  # bytes
_MAX_IDS: Final = 200
_FIELD: Final = re.compile(r"([!-9;-~]+)[ \t]*:[ \t]*(.*)")
_WORD: Final = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_MESSAGE_ID: Final = re.compile(r"<([^<>]{1,998})>")
_MONTHS: Final = (("mär", "Mar"), ("mrz", "Mar"), ("mai", "May"), ("okt", "Oct"), ("dez", "Dec"))
_ZONES: Final = {"mez": 1, "cet": 1, "met": 1, "mesz": 2, "cest": 2, "mest": 2, "bst": 1, "wet": 0, "west": 1, "eet": 2}


@dataclass(frozen=True, slots=True)
class Header:
    """The fields in order: name as written, value unfolded, not yet decoded."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, raw: bytes) -> Header:
        """Reads a header block; lines that are no fields are left out."""
        found: list[tuple[str, list[str]]] = []
        for line in charset_decoded(raw[:_MAX_HEADER], "utf-8").split("\n"):
            if line[:1] in {" ", "\t"} and found:
                found[-1][1].append(line)
            elif match := _FIELD.match(line):
                found.append((match[1], [match[2]]))
        return cls(tuple((name, "".join(parts).strip()) for name, parts in found))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        wanted = name.lower()
        return tuple(value for field, value in self.fields if field.lower() == wanted)

    def get(self, name: str) -> str:
        """The first value of a field, empty when there is none."""
        return next(iter(self.all(name)), "")

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return bool(self.all(name))


def words(value: str) -> str:
    """Unstructured text: encoded words decoded, blanks folded to one."""
    return " ".join(_decoded(value).split())


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    runs: list[tuple[str | None, bytes]] = []  # charset and octets; None: text between words
    end = 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        if between.strip() or (between and not (runs and runs[-1][0] is not None)):
            runs.append((None, between.encode()))
        charset, octets = match[1].partition("*")[0].lower(), _octets(match[2], match[3])
        # A character's bytes may be spread over two words: join before decoding.
        if runs and runs[-1][0] == charset:
            runs[-1] = (charset, runs[-1][1] + octets)
        else:
            runs.append((charset, octets))
        end = match.end()
    runs.append((None, value[end:].encode()))
    return "".join(charset_decoded(octets, charset or "utf-8") for charset, octets in runs)


def _octets(encoding: str, payload: str) -> bytes:
    raw = payload.encode()
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b"=20"), header=True)
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    raw = raw[: len(raw) - 1] if len(raw) % 4 == 1 else raw
    return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))


def typed(value: str) -> tuple[str, dict[str, str]]:
    """A structured value such as Content-Type: the value in lower case, and its parameters (RFC 2045, 2231)."""
    main, _, _ = value.partition(";")
    found: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(value[:10_000]):
        name, index, encoded = _numbered(match[1].lower())
        content = match[2].strip()
        if content.startswith('"'):
            content = re.sub(r"\\(.)", r"\1", content.strip('"'))
        found.setdefault(name, {}).setdefault(index, (content, encoded))
    return main.strip().lower(), {name: _joined(pieces) for name, pieces in found.items()}


def _numbered(name: str) -> tuple[str, int, bool]:
    """``filename*1*`` means piece 1, percent-encoded (RFC 2231, 3 and 4)."""
    base, *marks = name.split("*")
    index = next((int(mark[:4]) for mark in marks if mark.isascii() and mark.isdigit()), 0)
    return base, index, len(marks) > 0 and marks[-1] == ""


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    octets, charset, any_encoded = b"", "utf-8", False
    for index in sorted(pieces):
        content, encoded = pieces[index]
        if encoded and not any_encoded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        any_encoded = any_encoded or encoded
        octets += unquote_to_bytes(content) if encoded else content.encode()
    return charset_decoded(octets, charset) if any_encoded else words(octets.decode())


def message_ids(value: str) -> tuple[str, ...]:
    """The identifiers in a field, with angle brackets, each once; blanks that folding left inside are removed."""
    found = [f"<{''.join(inner.split())}>" for inner in _MESSAGE_ID.findall(value)]
    if not found:
        found = [f"<{token.strip('<>,;')}>" for token in value.split() if "@" in token]
    unique = tuple(dict.fromkeys(one for one in found if len(one) > 2))
    return unique if len(unique) <= _MAX_IDS else (unique[0], *unique[1 - _MAX_IDS :])


def date(value: str) -> datetime | None:
    """The moment in the sender's own zone; None where it cannot be read or cannot be true (before 1970, after 2100).

    ``-0000`` and unknown zones are taken as UTC (RFC 5322, 3.3).
    """
    try:
        parts = parsedate_tz(_english(value[:200]))
        if parts is None or not 1970 <= parts[0] <= 2100:
            return None
        offset = parts[9] or _named_offset(value)
        return datetime(*parts[:6], tzinfo=timezone(timedelta(seconds=offset)))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _english(value: str) -> str:
    """Names of months as some German programs write them; a weekday is not needed."""
    value = re.sub(r"^\s*[^\W\d]+\.?,\s*", "", value)
    for german, english in _MONTHS:
        value = re.sub(rf"(?i)\b{german}\w*\.?(?=\s)", english, value)
    return re.sub(r"(?<=\d)\.(?=\s)", "", value)


def _named_offset(value: str) -> int:
    names = (_ZONES.get(word.strip("()").lower()) for word in value.split()[-2:])
    return next((hours * 3600 for hours in names if hours is not None), 0)
