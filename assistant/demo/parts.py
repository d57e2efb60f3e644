"""MIME by hand: header lines and encoded parts exactly as a mail program would lay them out (RFC 2045 to 2047, 3676).

The standard library's generator would give every mail the same handwriting.
"""

from __future__ import annotations

import base64
import binascii
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.header import Header
from enum import StrEnum

from assistant.core.message import Address

CRLF = b"\r\n"


class Transfer(StrEnum):
    """Content-Transfer-Encoding (RFC 2045, 6)."""

    SEVEN_BIT = "7bit"
    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A body with its content headers."""

    content_type: str
    body: bytes
    transfer: Transfer = Transfer.SEVEN_BIT

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Content-Type, and Content-Transfer-Encoding where it says something."""
        kind = ("Content-Type", self.content_type)
        if self.content_type.startswith("multipart/"):
            return (kind,)
        return (kind, ("Content-Transfer-Encoding", self.transfer.value))

    def whole(self) -> bytes:
        """Headers, empty line, body: as a part of a multipart."""
        return b"".join(f"{name}: {value}\r\n".encode() for name, value in self.headers) + CRLF + self.body


def text_part(text: str, content_type: str, *, charset: str = "utf-8", transfer: Transfer) -> Part:
    """A text with LF line ends as a part; the charset is in ``content_type`` already, as its program writes it."""
    raw = text.rstrip("\n").replace("\n", "\r\n").encode(charset) + CRLF
    return Part(content_type=content_type, body=_transferred(raw, transfer), transfer=transfer)


def _transferred(raw: bytes, transfer: Transfer) -> bytes:
    match transfer:
        case Transfer.QUOTED_PRINTABLE:
            return binascii.b2a_qp(raw, istext=True)
        case Transfer.BASE64:
            lines = textwrap.wrap(base64.b64encode(raw).decode(), 76)
            return "\r\n".join(lines).encode() + CRLF
        case _:
            return raw


def multipart(kind: str, boundary: str, parts: Iterable[Part], *, parameters: str = "") -> Part:
    """Several parts in one, ``kind`` being ``alternative``, ``mixed`` or ``report``."""
    bodies = b"".join(b"--" + boundary.encode() + CRLF + part.whole() + CRLF for part in parts)
    closing = b"--" + boundary.encode() + b"--" + CRLF
    return Part(content_type=f'multipart/{kind};{parameters}\r\n\tboundary="{boundary}"', body=bodies + closing)


def header_text(text: str, *, charset: str) -> str:
    """An unstructured header value, with encoded words where it is not ASCII (RFC 2047)."""
    return text if text.isascii() else Header(text, charset, maxlinelen=74).encode(linesep="\r\n")


def header_addresses(people: Sequence[Address], *, charset: str) -> str:
    """An address list, one to a line."""
    return ",\r\n\t".join(_header_address(person, charset) for person in people)


def _header_address(person: Address, charset: str) -> str:
    if not person.name:
        return person.address
    special = any(sign in person.name for sign in '()<>[]:;@\\,."')
    name = f'"{person.name}"' if person.name.isascii() and special else header_text(person.name, charset=charset)
    return f"{name} <{person.address}>"


def flowed(text: str, *, width: int = 72) -> str:
    """Text as format=flowed (RFC 3676): long lines end with a space and go on in the next one."""
    return "\n".join(flowed_line for line in text.split("\n") for flowed_line in _flow(line, width))


def _flow(line: str, width: int) -> list[str]:
    if line == "-- ":  # a signature's mark
        return [line]
    marks, rest = _marks(line)
    pieces = textwrap.wrap(rest, width, break_long_words=False, break_on_hyphens=False) or [""]
    stuffed = [f" {piece}" if _needs_stuffing(piece, marks) else piece for piece in pieces]
    return [marks + piece for piece in (*(f"{piece} " for piece in stuffed[:-1]), stuffed[-1])]


def _marks(line: str) -> tuple[str, str]:
    """Quotation marks, and what they mark."""
    rest = line.lstrip(">")
    return line[: len(line) - len(rest)], rest.removeprefix(" ") if rest != line else line


def _needs_stuffing(piece: str, marks: str) -> bool:
    """A space before every quoted line, and before what could be misread (RFC 3676, 4.4)."""
    return bool(marks) or piece.startswith((" ", ">", "From "))


def wrapped(text: str, *, width: int = 76) -> str:
    """Text broken hard at a width, quoted lines too, as Gmail does for its plain part."""
    return "\n".join(piece for line in text.split("\n") for piece in _wrap(line, width))


def _wrap(line: str, width: int) -> list[str]:
    marks = line[: len(line) - len(line.lstrip("> "))]
    rest = textwrap.wrap(line[len(marks) :], width, break_long_words=False, break_on_hyphens=False)
    return [marks + piece for piece in rest] or [marks.rstrip()]
