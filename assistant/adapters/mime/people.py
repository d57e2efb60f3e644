"""Mailboxes in address fields (RFC 5322, 3.4), groups and broken ones included; linear, and nothing raises."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from assistant.adapters.mime.header import words
from assistant.core.message import Address

_MAX_FIELD: Final = 100_000  # characters; enough for two thousand recipients
_TOKEN: Final = re.compile(r'=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=|"(?:[^"\\]|\\.)*"|\\.|[^"\\=(),;:<>]+|.', re.DOTALL)
_BARE: Final = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


@dataclass(slots=True)
class _Mailbox:
    phrase: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    bracketed: bool = False
    named: bool = False  # whether the phrase has an @, so that a colon cannot end a group's name


def mailboxes(value: str) -> tuple[Address, ...]:
    """The people in an address field, in order. A group's name is dropped, its members stay."""
    return tuple(address for box in _boxes(value[:_MAX_FIELD]) if (address := _address(box)))


def _boxes(value: str) -> list[_Mailbox]:
    boxes = [_Mailbox()]
    comments = 0
    inside = False
    for match in _TOKEN.finditer(value):
        piece, box = match.group(), boxes[-1]
        if inside:
            inside = piece != ">"
            if inside and piece != "<":
                box.angle.append(piece)
        elif comments or piece == "(":
            comments += (piece == "(") - (piece == ")")
            if piece not in {"(", ")"}:
                box.comment.append(piece)
        elif piece == "<":
            inside = box.bracketed = True
        elif piece in {",", ";"}:
            boxes.append(_Mailbox())
        elif piece == ":" and not box.named:
            boxes[-1] = _Mailbox()  # the name of a group, or "mailto"
        else:
            box.phrase.append(piece)
            box.named = box.named or "@" in piece
    return boxes


def _address(box: _Mailbox) -> Address | None:
    phrase = " ".join("".join(_unquoted(piece) for piece in box.phrase).split())
    if box.bracketed:
        spec = "".join("".join(box.angle).split())
        return _with_name(spec.rpartition(":")[2], words(phrase) or words("".join(box.comment)))
    decoded = words(phrase)
    if "=?" in phrase and (bare := _BARE.search(decoded)):  # the whole mailbox was encoded
        return Address(address=bare[0], name=decoded[: bare.start()].strip(" <\"'"))
    if found := _BARE.search(phrase):
        return Address(address=found[0], name=words("".join(box.comment)))
    return Address(address="".join(decoded.split())) if decoded else None


def _with_name(spec: str, name: str) -> Address | None:
    if not spec:
        found = _BARE.search(name)
        return Address(address=found[0]) if found else None
    return Address(address=spec.strip("'\""), name=name.strip("'\" "))


def _unquoted(piece: str) -> str:
    if piece.startswith('"') and piece.endswith('"') and len(piece) > 1:
        return re.sub(r"\\(.)", r"\1", piece[1:-1])
    return piece[1:] if piece.startswith("\\") else piece
