"""A whole message taken apart (RFC 2045, 2046) as an IMAP server would do it, and more forgiving than one."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from assistant.adapters.mime.header import Header, typed
from assistant.core.message import RawMail, RawPart

TEXTS: Final = frozenset({"text/plain", "text/html"})
_MAX_DEPTH: Final = 30
_MAX_PARTS: Final = 500
_FIELD: Final = re.compile(rb"[!-9;-~]+[ \t]*:")
_BLANK: Final = re.compile(rb"\r?\n[ \t]*\r?\n|\A\r?\n")
_GUESS: Final = re.compile(rb"^--([^\s-][^\r\n]{0,200}?)[ \t]*\r?$", re.MULTILINE)

_Found = tuple[str, RawPart | None]


def split(raw: bytes) -> RawMail:
    """Header, texts that are not attachments, and the types of all parts, of a message as it lies in a file.

    What is inside an attached message (message/rfc822) is somebody else's mail and is not looked at. Never raises.
    """
    header, body = divided(_unwrapped(raw))
    found = list(_parts(header, body, depth=0))[:_MAX_PARTS]
    return RawMail(
        header=header,
        parts=tuple(part for _, part in found if part),
        types=tuple(kind for kind, _ in found),
        size=len(raw),
    )


def _unwrapped(raw: bytes) -> bytes:
    """Undoes what happened to the file as a file: byte order marks, UTF-16, old line ends, an mbox's From line."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    return raw


def divided(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body: at the first empty line, or where lines stop looking like fields when there is none."""
    first = raw.partition(b"\n")[0]
    if not _FIELD.match(first):
        empty = _BLANK.match(raw)
        return (b"", raw[empty.end() :]) if empty else (b"", raw)
    blank = _BLANK.search(raw)
    if blank:
        return raw[: blank.end()], raw[blank.end() :]
    return _header_without_end(raw)


def _header_without_end(raw: bytes) -> tuple[bytes, bytes]:
    position = 0
    for line in raw.splitlines(keepends=True):
        if not _FIELD.match(line) and line[:1] not in {b" ", b"\t"}:
            break
        position += len(line)
    return raw[:position], raw[position:]


def _parts(header: bytes, body: bytes, *, depth: int, default: str = "text/plain") -> Iterator[_Found]:
    fields = Header.read(header)
    kind, parameters = content_type(fields, default)
    attached = typed(fields.get("Content-Disposition"))[0] == "attachment"
    if kind.startswith("multipart/"):
        yield kind, None
        pieces = _pieces(body, parameters.get("boundary", "")) if depth < _MAX_DEPTH else []
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        if not pieces and depth == 0 and body.strip():
            yield "text/plain", RawPart(header=b"", body=body)  # a container without contents: read it as it stands
        for piece in pieces[:_MAX_PARTS]:
            for found, part in _parts(*_part_divided(piece), depth=depth + 1, default=inner):
                yield found, None if attached else part
    else:
        yield kind, RawPart(header=header, body=body) if kind in TEXTS and not attached else None


def content_type(fields: Header, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    """Type and parameters of a part; what is missing or has no slash is plain text (RFC 2045, 5.2)."""
    kind, parameters = typed(fields.get("Content-Type"))
    kind = re.sub(r"\s+", "", kind)
    if kind in {"html", "text/htm"}:
        return "text/html", parameters
    return (kind if re.fullmatch(r"[^/]+/[^/]+", kind) else default), parameters


def _part_divided(piece: bytes) -> tuple[bytes, bytes]:
    """A part's header may be empty: then it begins with the empty line."""
    if piece.startswith((b"\n", b"\r\n")):
        return b"", piece.partition(b"\n")[2]
    first = piece.partition(b"\n")[0]
    return divided(piece) if _FIELD.match(first) else (b"", piece)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """The parts between boundary lines; the closing line may be missing, and the boundary be another than declared."""
    pieces = _between(body, boundary.encode("utf-8", "surrogateescape")) if boundary else []
    if pieces:
        return pieces
    guess = _GUESS.search(body)
    return _between(body, guess[1]) if guess and body.count(b"--" + guess[1]) > 1 else []


def _between(body: bytes, boundary: bytes) -> list[bytes]:
    lines = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary.strip()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    start: int | None = None
    for match in lines.finditer(body):
        if start is not None:
            pieces.append(_without_line_end(body[start : match.start()]))
        if match[1]:
            return pieces
        start = match.end()
    if start is not None:
        pieces.append(_without_line_end(body[start:]))
    return pieces


def _without_line_end(piece: bytes) -> bytes:
    """The line end after the boundary belongs to the boundary line."""
    return piece[2:] if piece.startswith(b"\r\n") else piece.removeprefix(b"\n")
