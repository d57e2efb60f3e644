"""What the daemon tells: one line an event, in words or as JSON; ids and counts, never mail content."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TextIO

from assistant.adapters.paths import log_dir
from assistant.errors import GelassenError
from assistant.texts import Lang, level_name, moment, spoken, text

_LEVELS = ("level", "level_in", "level_own")
#: Fields whose values have words of their own: ``fate.held``, ``effect.show``, ``role.inbox``.
_CODES = ("fate", "effect", "role", "notice")


class Lines:
    """One readable line an event."""

    def __init__(self, lang: Lang, now: Callable[[], datetime], out: TextIO | None = None) -> None:
        self._lang = lang
        self._now = now
        self._out = out or sys.stderr

    def __call__(self, event: str, /, **fields: object) -> None:
        """Write the line; an exception among the fields goes to the log file with its traceback."""
        now = self._now()
        words = {name: self._word(event, name, value, now) for name, value in fields.items()}
        if isinstance(fields.get("error"), BaseException):
            words["error"] = _kept(fields["error"], now)  # type: ignore[arg-type]
        line = text(f"event.{event}", self._lang, **words)
        _write(f"{now:%Y-%m-%d %H:%M:%S}  {line}", self._out)

    def _word(self, event: str, name: str, value: object, now: datetime) -> object:
        if name in _LEVELS:
            return text("level.none", self._lang) if value is None else level_name(int(str(value)), self._lang)
        if name in _CODES:
            return text(f"{name}.{value}", self._lang)
        if name == "error":
            return spoken(str(value), self._lang)
        if name == "reason":
            return text(f"{event.removeprefix('mail_')}.{value}", self._lang)
        return moment(value, now, self._lang) if isinstance(value, datetime) else value


class JsonLines:
    """One JSON object an event, for machines."""

    def __init__(self, now: Callable[[], datetime], out: TextIO | None = None) -> None:
        self._now = now
        self._out = out or sys.stderr

    def __call__(self, event: str, /, **fields: object) -> None:
        """Write the line."""
        now = self._now()
        plain = {name: _plain(value, now) for name, value in fields.items()}
        _write(json.dumps({"at": now.isoformat(), "event": event, **plain}, ensure_ascii=False), self._out)


def _write(line: str, out: TextIO) -> None:
    with suppress(OSError):  # on a full disk the line is lost; the mail must not be
        print(line, file=out, flush=True)


def _kept(error: BaseException, now: datetime) -> str:
    """Where the traceback lies, or why it does not."""
    try:
        return write_traceback(error, now)
    except (OSError, GelassenError) as trouble:
        return f"{type(error).__name__} ({trouble})"


def _plain(value: object, now: datetime) -> object:
    if isinstance(value, datetime):
        return value.astimezone(now.tzinfo).isoformat()
    if isinstance(value, BaseException):
        return _kept(value, now)
    return value if isinstance(value, int | float | bool | None) else str(value)


def write_traceback(error: BaseException, now: datetime) -> str:
    """Append a traceback to the log file; its path.

    The frames and the error's class only: its message may quote the mail that upset the program.
    """
    path = log_dir() / "gelassen.log"
    with path.open("a", encoding="utf-8") as file:
        path.chmod(0o600)
        file.write(f"--- {now.isoformat()} {type(error).__name__}\n")
        file.writelines(traceback.format_tb(error.__traceback__))
    return str(path)
