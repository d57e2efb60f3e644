"""The daemon's lines: every word of them in the language of the user, for machines the plain codes."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from assistant.core.draft import Effect
from assistant.daemon import watch
from assistant.daemon.journal import JsonLines, Lines, write_traceback
from assistant.services.submission import Fate
from assistant.texts import Lang

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
FIELDS = {"draft": 7, "size": 900, "recipients": 2, "seconds": 0.1}


def line(lang: Lang, event: str, **fields: object) -> str:
    """What is told, without the time."""
    out = StringIO()
    Lines(lang, lambda: NOW, out)(event, **fields)
    return out.getvalue().removeprefix("2026-11-22 10:00:00  ").rstrip("\n")


@pytest.mark.parametrize(
    ("fate", "german", "english"),
    [
        (Fate.HELD, "Mail zurückgehalten", "mail held"),
        (
            Fate.REFUSED,
            "Mail nicht angenommen, das Mailprogramm behält sie",
            "mail not taken, the mail client keeps it",
        ),
    ],
)
def test_what_became_of_a_submission_is_said_in_words(fate: Fate, german: str, english: str) -> None:
    """In German no English code; a mail that was not taken is not said to be."""
    assert line("de", "submission", fate=str(fate), **FIELDS) == f"Gateway: {german}; Nummer 7, Empfänger: 2."
    assert line("en", "submission", fate=str(fate), **FIELDS) == f"Gateway: {english}; number 7, recipients: 2."


@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_role_and_effect_has_words(lang: Lang) -> None:
    """Also that of a watch which is added."""
    loops = [one for one in vars(watch).values() if isinstance(one, type) and issubclass(one, watch.Loop)]
    roles = {one.role for one in loops if one.role}
    assert len(roles) >= 3
    for role in {*roles, "once"}:
        assert line(lang, "connected", account="studio", role=role)
    for effect in Effect:
        assert line(lang, "effect_resumed", account="studio", draft=7, effect=str(effect))


def test_machines_are_told_the_codes() -> None:
    """Whatever the language: what filters logs must not depend on it."""
    out = StringIO()
    JsonLines(lambda: NOW, out)("submission", fate=str(Fate.HELD), **FIELDS)
    assert json.loads(out.getvalue())["fate"] == "held"


def test_a_traceback_is_nobody_elses_and_quotes_nothing(home: Path) -> None:
    """Mode 0600; frames and the error's class, never its words, which may be those of a mail."""
    del home
    try:
        raise ValueError("Sehr geehrte Frau Lindner")
    except ValueError as error:
        path = Path(write_traceback(error, NOW))
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert "geehrte" not in text.replace('raise ValueError("Sehr geehrte Frau Lindner")', "")


class Full(StringIO):
    """A file on a full disk."""

    def write(self, text: str, /) -> int:
        """There is no room."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not end a thread that holds drafts; a bug is told though its traceback cannot be kept."""
    Lines("en", lambda: NOW, Full())("backed_up")
    JsonLines(lambda: NOW, Full())("backed_up")

    def no_room(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("assistant.daemon.journal.write_traceback", no_room)
    assert "KeyError ([Errno 28] No space left on device)" in line("en", "bug", account="studio", error=KeyError("x"))
