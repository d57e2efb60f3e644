"""Reverse-path and forward-path as MAIL and RCPT carry them (RFC 5321, 4.1.2; RFC 6531, 3.3)."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 320  # octets: local part 64, @, domain 255 (RFC 5321, 4.5.3.1)
_ATOM: Final = r"[^\s<>()\[\]\\,;:\"@\x00-\x1f\x7f-\x9f]+"
_QUOTED: Final = r"\"(?:[^\"\\\x00-\x1f\x7f]|\\[ -~])*\""
_LITERAL: Final = r"\[[0-9A-Za-z:.\-]+\]"
_PATH: Final = re.compile(rf"<(?:@[^:<>\s]*:)?((?:{_ATOM}|{_QUOTED})@(?:{_ATOM}|{_LITERAL}))>(?:[ ]+([ -~]*))?")
_EMPTY: Final = re.compile(r"FROM:[ ]*<>", re.IGNORECASE)
_AUTH: Final = re.compile(r"(?<=>)(.*?)[ ]+AUTH=[^ ]+", re.IGNORECASE)


def split_path(argument: str) -> tuple[str | None, str | None]:
    """The address of a path in angle brackets and the parameters behind it; (None, None) for anything else.

    A source route is dropped, as RFC 5321 (appendix C) wants it.
    """
    match = _PATH.fullmatch(argument.strip(" "))
    if match is None or len(match[1].encode()) > _LONGEST:
        return None, None
    return match[1], match[2] or ""


def is_empty(argument: str) -> bool:
    """Whether MAIL's argument names no sender: bounces have none (RFC 5321, 4.5.5)."""
    return _EMPTY.match(argument) is not None


def without_auth(argument: str) -> str:
    """MAIL's argument without the AUTH parameter, which RFC 4954 (5) wants to be taken and which says nothing here."""
    return _AUTH.sub(r"\1", argument)
