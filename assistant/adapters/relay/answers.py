"""Replies of a server, and how they become answers that a user can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from assistant.core.delivery import Answer

LIMIT: Final = 300  # characters of an answer's text
_LINE: Final = re.compile(rb"([2-5][0-9][0-9])(?:[ -](.*))?", re.DOTALL)
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)")


class Garbled(Exception):
    """What came is no SMTP reply, or none to what was asked."""


class Refusal(Exception):
    """The attempt ends here, and it is certain that the relay has not taken the mail."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class Reply(NamedTuple):
    """One reply: its code, and what each line says."""

    code: int
    lines: tuple[str, ...]

    @property
    def good(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300

    @property
    def words(self) -> str:
        """All lines in one; an enhanced status code (RFC 2034) that each line repeats is said once."""
        first = _ENHANCED.match(self.lines[0])
        again = f"{first[0]} " if first else "\0"
        return clean(" ".join([self.lines[0], *(line.removeprefix(again) for line in self.lines[1:])]))

    @property
    def answer(self) -> Answer:
        """As the relay said it."""
        return Answer(code=self.code, text=self.words)


def parsed(lines: Sequence[bytes]) -> Reply:
    """The reply that these lines make; raises ``Garbled`` when they make none (RFC 5321, 4.2.1: one code in all)."""
    found = [_LINE.fullmatch(line.rstrip(b"\r\n")) for line in lines]
    codes = {match[1] for match in found if match}
    if None in found or len(codes) != 1:
        raise Garbled
    return Reply(int(codes.pop()), tuple(_text(match[2] or b"") for match in found if match))


def own(text: str, code: int = 0) -> Answer:
    """Our own words: temporary with code 0."""
    return Answer(code=code, text=clean(text))


def clean(text: str) -> str:
    """One printable line of a bearable length."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LIMIT else line[: LIMIT - 1].rstrip() + "…"


def _text(line: bytes) -> str:
    """UTF-8 as SMTPUTF8 servers send it, else the usual Western code page of those that never heard of it."""
    try:
        return line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").strip()
