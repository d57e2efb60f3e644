"""Mails in files: single messages, mbox (RFC 4155), Maildir, plain text, standard input.  Nothing is ever changed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.errors import PermanentFailure

#: Standard input among the paths.
STDIN: Final = "-"

_FROM_LINE: Final = re.compile(rb"From \S.*\d\d:\d\d.*\d{4}")  # sender, then a date as asctime writes it
_QUOTED_FROM: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_FIELD: Final = re.compile(rb"(?P<name>[!-9;-~]+):")
#: One of these in the first block of lines tells a message from a note that begins with "Hello:".
_TELLING: Final = frozenset(
    {b"from", b"subject", b"date", b"message-id", b"received", b"mime-version", b"return-path", b"content-type"}
)
_TEXT_HEADER: Final = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True, slots=True)
class MailFile:
    """One mail that was found.

    Attributes:
        file: where it lies, as the user named it; for a Maildir the file in it.
        number: which one of an mbox, from 1; None elsewhere.
        raw: its bytes; plain text becomes a message of nothing but that text.
    """

    file: str
    number: int | None = None
    raw: bytes


def read_mails(place: str) -> Iterator[MailFile]:
    """The mails in a file, a folder, or on standard input (``-``), one after the other.

    Raises ``PermanentFailure`` when it cannot be read; mails that were given before stay good.
    """
    try:
        if place == STDIN:
            yield MailFile(file=place, raw=_as_message(sys.stdin.buffer.read()))
        elif Path(place).is_dir():
            yield from _in_folder(Path(place))
        else:
            yield from _in_file(Path(place))
    except OSError as error:
        raise PermanentFailure(f"{place}: cannot be read ({error.strerror})") from None


def _in_folder(folder: Path) -> Iterator[MailFile]:
    """A Maildir, else the .eml files below a folder."""
    if any((folder / name).is_dir() for name in ("cur", "new")):
        found = [path for name in ("new", "cur") for path in (folder / name).glob("[!.]*") if path.is_file()]
    else:
        found = [path for path in folder.rglob("*.eml") if path.is_file()]
        if not found:
            raise PermanentFailure(f"{folder}: there are no mails in this folder (.eml files, or a Maildir)")
    for path in sorted(found, key=lambda path: path.name):
        yield MailFile(file=str(path), raw=path.read_bytes())


def _in_file(path: Path) -> Iterator[MailFile]:
    with path.open("rb") as file:
        first = file.readline(1000)
        file.seek(0)
        if _FROM_LINE.match(first):
            for number, raw in enumerate(_messages(file), 1):
                yield MailFile(file=str(path), number=number, raw=raw)
            return
        raw = file.read()
    yield MailFile(file=str(path), raw=raw if path.suffix.lower() == ".eml" else _as_message(raw))


def _messages(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The messages of an mbox: each begins with a "From " line after an empty one."""
    message: list[bytes] = []
    after_empty = True
    for line in lines:
        if after_empty and _FROM_LINE.match(line):
            if message:
                yield _unquoted(message)
            message = []
        else:
            message.append(line)
        after_empty = not line.strip()
    if message:
        yield _unquoted(message)


def _unquoted(lines: list[bytes]) -> bytes:
    return _QUOTED_FROM.sub(rb"\1", b"".join(lines))


def _as_message(raw: bytes) -> bytes:
    """The bytes if they are a message, else a message that says nothing but this text."""
    return raw if looks_like_mail(raw) else text_message(_decoded(raw))


def looks_like_mail(raw: bytes) -> bool:
    """Whether the bytes begin with a mail's header."""
    names = set()
    for line in raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:20_000].splitlines():
        field = _FIELD.match(line)
        if field:
            names.add(field["name"].lower())
        elif not line.startswith((b" ", b"\t", b"From ")):
            break
    return bool(names & _TELLING)


def text_message(text: str) -> bytes:
    """A message of nothing but a text."""
    return _TEXT_HEADER + text.encode("utf-8", "replace")


def _decoded(raw: bytes) -> str:
    if raw.startswith(_UTF16):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
