"""Mails in files: single messages, mbox (RFC 4155), Maildir, plain text, standard input.  Nothing is ever changed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.errors import PermanentFailure

#: Standard input among the paths.
STDIN: Final = "-"

_MAILDIR: Final = ("new", "cur")
_NO_MAILS: Final = "there are no mails in this folder (.eml files, or a Maildir)"
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
    with _explained(place):
        if place == STDIN:
            yield MailFile(file=place, raw=_as_message(sys.stdin.buffer.read()))
        elif Path(place).is_dir():
            yield from _in_folder(Path(place))
        else:
            yield from _in_file(Path(place))


def walk_mails(place: str) -> Iterator[bytes | None]:
    """The bytes of every mail in a file or a folder, one held at a time, in no certain order.

    None stands for a file that cannot be read. Raises ``PermanentFailure`` when the place itself cannot.
    """
    with _explained(place):
        if not Path(place).is_dir():
            if Path(place).stat().st_size:  # an empty file is an empty mbox
                yield from (found.raw for found in _in_file(Path(place)))
            return
        for path in _files(Path(place)):
            yield from _at(path)


def count_mails(place: str) -> int:
    """How many mails ``walk_mails`` will give; raises ``PermanentFailure`` as it does."""
    with _explained(place):
        if Path(place).is_dir():
            return sum(1 for _ in _files(Path(place)))
        with Path(place).open("rb") as file:
            first = file.readline(1000)
            file.seek(0)
            return _starts(file) if _FROM_LINE.match(first) else int(bool(first))


def _starts(lines: Iterable[bytes]) -> int:
    number, after_empty = 0, True
    for line in lines:
        number += bool(after_empty and line.startswith(b"From ") and _FROM_LINE.match(line))
        after_empty = not line.strip()
    return number


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """The system's errors in words."""
    try:
        yield
    except OSError as error:
        raise PermanentFailure(f"{place}: cannot be read ({error.strerror})") from None


def _files(folder: Path) -> Iterator[Path]:
    """What ``_in_folder`` gives, name by name, so that a huge folder takes no memory."""
    found = False
    maildir = _is_maildir(folder)
    for directory in [folder / name for name in _MAILDIR] if maildir else [folder]:
        for path in _below(directory, deep=not maildir):
            if not path.name.startswith(".") if maildir else path.suffix == ".eml":
                found = True
                yield path
    if not found and not maildir:
        raise PermanentFailure(f"{folder}: {_NO_MAILS}")


def _below(folder: Path, *, deep: bool) -> Iterator[Path]:
    """The files in a folder, and in the folders below it."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                yield Path(entry.path)
            elif deep and entry.is_dir(follow_symlinks=False):
                yield from _below(Path(entry.path), deep=True)


def _at(path: Path) -> Iterator[bytes | None]:
    """The mail in a file; None when it cannot be read, nothing when it was deleted meanwhile."""
    try:
        yield path.read_bytes()
    except FileNotFoundError:
        if path.parent.name == "cur" and (raw := _renamed(path)) is not None:
            yield raw  # what went from "new" to "cur" is found there, since "cur" comes later
    except OSError:
        yield None


def _renamed(path: Path) -> bytes | None:
    """A mail of a Maildir whose flags a mail client has changed meanwhile."""
    stem = path.name.partition(":")[0]
    try:
        with os.scandir(path.parent) as entries:
            found = next((Path(entry.path) for entry in entries if entry.name.partition(":")[0] == stem), None)
        return found.read_bytes() if found else None
    except OSError:
        return None


def _is_maildir(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in _MAILDIR)


def _in_folder(folder: Path) -> Iterator[MailFile]:
    """A Maildir, else the .eml files below a folder."""
    if _is_maildir(folder):
        found = [path for name in _MAILDIR for path in (folder / name).glob("[!.]*") if path.is_file()]
    else:
        found = [path for path in folder.rglob("*.eml") if path.is_file()]
        if not found:
            raise PermanentFailure(f"{folder}: {_NO_MAILS}")
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
