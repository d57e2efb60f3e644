"""Reply templates on disk: the shipped ones and the user's own.

A file is a front matter in TOML between two ``---`` lines and a body in a small part of Jinja2
(docs/write-your-own-reply.md).
jinja2 is imported when the first template is read, not before.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from assistant.core.escalation import Level, Signal
from assistant.core.wording import REGISTERS
from assistant.errors import TemplateError
from assistant.services.ports import Rendered, TemplateInfo

if TYPE_CHECKING:
    from assistant.adapters._sandbox import Body

#: More than any letter needs; a longer file is not a reply template.
MAX_CHARACTERS: Final = 20_000

_LINE_IN_TOML_ERROR = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
_FILE = re.compile(r"\A---[ \t]*\n(?P<front>.*?)^---[ \t]*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Loaded:
    info: TemplateInfo
    body: Body


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shelf:
    """All templates as they were at one moment, told by ``stamp``."""

    stamp: object
    loaded: Mapping[Key, _Loaded]
    problems: tuple[str, ...]


class _Problem(Exception):
    """What is wrong with a file, and in which line (from 1)."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class Templates:
    """The port ``ReplyRenderer``.  Thread-safe; a changed file counts from the next call on.

    Args:
        shipped: the folder with the templates that come with Gelassen.
        own: the user's folder; its templates win by name, language and register.
    """

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self._folders = [shipped] if own is None else [shipped, own]
        self._lock = Lock()
        self._shelf: _Shelf | None = None

    def templates(self) -> tuple[TemplateInfo, ...]:
        """All that can be used, by language, register and name."""
        loaded = self._current().loaded.values()
        return tuple(sorted((one.info for one in loaded), key=lambda i: (i.language, i.register, i.name)))

    def problems(self) -> tuple[str, ...]:
        """One line for each broken template: ``FILE:LINE: what, what next``."""
        return self._current().problems

    def render(self, name: str, *, language: str, register: str, values: Mapping[str, str]) -> Rendered:
        """Fill a template; a slot without a value becomes a visible gap. Raises ``TemplateError`` if there is none."""
        shelf = self._current()
        found = shelf.loaded.get((name, language, register))
        if found is None:
            raise TemplateError(_missing(shelf, name, language, register))
        text, gaps = found.body.fill(values)
        return Rendered(text=_tidy(text), gaps=gaps)

    def _current(self) -> _Shelf:
        with self._lock:
            stamp = [(path, _stamp(path)) for folder in self._folders for path in _files(folder)]
            if self._shelf is None or self._shelf.stamp != stamp:
                self._shelf = _load(self._folders, stamp)
            return self._shelf


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.j2") if path.is_file())


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _load(folders: list[Path], stamp: object) -> _Shelf:
    loaded: dict[Key, _Loaded] = {}
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            what_next = "reinstall gelassen" if folder is folders[0] else "create it or correct [replies] directory"
            problems.append(f"{folder}:1: no such folder, {what_next}")
        here: dict[Key, Path] = {}
        for path in _files(folder):
            try:
                one = _read(path)
                key = (one.info.name, one.info.language, one.info.register)
                if key in here:
                    raise _Problem(1, f"{' '.join(key)} is already in {here[key].name}")
            except _Problem as problem:
                problems.append(f"{path}:{problem.line}: {problem.what}; correct it, the other templates still work")
                continue
            here[key] = path
            loaded[key] = one
    return _Shelf(stamp=stamp, loaded=loaded, problems=tuple(problems))


def _read(path: Path) -> _Loaded:
    from assistant.adapters._sandbox import Refusal, compile_body  # jinja2 costs 50 ms that most commands need not pay

    front, body = _split(_text(path))
    info = _info(front)
    try:
        return _Loaded(info=info, body=compile_body(body, info.slots))
    except Refusal as refusal:
        raise _Problem(refusal.line + front.count("\n") + 2, refusal.what) from refusal


def _text(path: Path) -> str:
    try:
        text = path.read_bytes()[: 4 * MAX_CHARACTERS + 1].decode("utf-8-sig")
    except OSError as error:
        raise _Problem(1, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _Problem(1 + error.object[: error.start].count(b"\n"), "this is not UTF-8 text") from error
    if len(text) > MAX_CHARACTERS:
        raise _Problem(1, f"longer than {MAX_CHARACTERS} characters")
    return text.replace("\r\n", "\n")


def _split(text: str) -> tuple[str, str]:
    found = _FILE.match(text)
    if found is None:
        raise _Problem(1, "a template begins with a front matter between two lines ---")
    if not found["body"].strip():
        raise _Problem(text.count("\n") or 1, "there is no text below the front matter")
    return found["front"], found["body"]


# --- the front matter ----------------------------------------------------------------------------------------------

_KEYS: Final = ("name", "language", "register", "levels", "signals", "purpose", "slots")
_SIGNALS: Final = tuple(signal.value for signal in Signal)


def _info(front: str) -> TemplateInfo:
    """The checked front matter; line numbers count the opening ``---`` as line 1."""
    values = _toml(front)
    for key in values:
        if key not in _KEYS:
            raise _Problem(_line(front, key), f'unknown key "{key}"{_did_you_mean(key, _KEYS)}')
    for key in _KEYS:
        if key not in values:
            raise _Problem(1, f'the front matter lacks "{key}"')
    for key, wrong in _wrong(values):
        raise _Problem(_line(front, key), wrong)
    return TemplateInfo(
        name=values["name"],
        language=values["language"],
        register=values["register"],
        levels=tuple(values["levels"]),
        signals=tuple(values["signals"]),
        purpose=values["purpose"],
        slots=tuple(values["slots"]),
    )


def _toml(front: str) -> dict[str, Any]:
    try:
        return tomllib.loads(front)
    except tomllib.TOMLDecodeError as error:
        place = _LINE_IN_TOML_ERROR.search(str(error))
        line = int(place[1]) + 1 if place and place[1] else front.count("\n") + 1
        raise _Problem(line, _LINE_IN_TOML_ERROR.sub("", str(error))) from error


def _wrong(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key with a value that cannot be, and why."""
    for key in ("name", "language", "register", "purpose"):
        if not isinstance(values[key], str) or not values[key].strip():
            yield key, f"{key} is a text in quotes"
            return
    if not _NAME.fullmatch(values["name"]):
        yield "name", "name has only small letters, digits and _"
    if values["language"] not in REGISTERS:
        yield "language", f"language is one of {', '.join(REGISTERS)}"
    elif values["register"] not in REGISTERS[values["language"]]:
        yield "register", f"register is one of {', '.join(REGISTERS[values['language']])}"
    if not _all(values["levels"], int) or not set(values["levels"]) <= set(map(int, Level)):
        yield "levels", "levels is a list of 0, 1, 2, 3"
    yield from _wrong_words(values)


def _wrong_words(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not _all(values["signals"], str):
        yield "signals", "signals is a list of texts"
    else:
        for word in values["signals"]:
            if word not in _SIGNALS:
                yield "signals", f'unknown signal "{word}"{_did_you_mean(word, _SIGNALS)}'
    if not _all(values["slots"], str) or not all(_NAME.fullmatch(slot) for slot in values["slots"]):
        yield "slots", "slots is a list of names with small letters, digits and _"


def _all(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(type(one) is kind for one in value)


def _line(front: str, key: str) -> int:
    """The line of the file in which a key is set."""
    for number, line in enumerate(front.splitlines(), 2):
        if line.split("=")[0].strip().strip("\"'") == key:
            return number
    return 1


def _did_you_mean(word: str, possible: tuple[str, ...]) -> str:
    near = get_close_matches(word, possible, n=1)
    return f', did you mean "{near[0]}"?' if near else ""


# --- the text ------------------------------------------------------------------------------------------------------


def _tidy(text: str) -> str:
    """No blanks at line ends, never more than one empty line, none around."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _missing(shelf: _Shelf, name: str, language: str, register: str) -> str:
    there = sorted(key[0] for key in shelf.loaded if key[1:] == (language, register))
    hint = "\n".join(("", *shelf.problems)) if shelf.problems else ""
    return f'no reply template "{name}" in {language} {register}; there are: {", ".join(there) or "none"}{hint}'
