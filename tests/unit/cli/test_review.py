"""``gelassen review``: facts, heat, suggestions, and an approval bound to what was shown."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import World


def answers(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Somebody at a terminal who gives these answers, and then hangs up."""
    said: Iterator[str] = iter(words)

    def answer(question: str) -> str:
        print(question)
        try:
            return next(said)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)


def reviewed(gelassen: World) -> bool:
    """Whether the draft counts as reviewed."""
    (row,) = gelassen("queue", "--json").json
    return bool(row["reviewed"])


def test_shows_the_matter_without_the_tone(gelassen: World) -> None:
    """Question, day and sum of the mail, then the draft, its heat and the suggestions."""
    gelassen.held()
    words = gelassen("review", "1").out
    for fact in ("wo bleibt der Katalog?", "Freitag, den 20.11.", "1.200 €", "heated (2)", "acknowledge"):
        assert fact in words
    assert "Frechheit" not in words


def test_without_a_terminal_nothing_is_approved(gelassen: World) -> None:
    """Exit 1, and the error says how it goes, with the hash."""
    gelassen.held()
    answer = gelassen("review", "1")
    digest = gelassen("show", "1", "--json").json["hash"]
    assert answer.code == 1
    assert f"gelassen review 1 --approve {digest}" in answer.err
    assert not reviewed(gelassen)
    assert gelassen("review", "1", "--json").json["matter"]["sums"] == ["1.200 €"]


@pytest.mark.parametrize("word", ["y", "Yes ", "j", "ja"])
def test_yes_approves(gelassen: World, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Yes in either language; then it says when the draft can go."""
    gelassen.held()
    answers(monkeypatch, word)
    answer = gelassen("review", "1")
    assert answer.code == 0
    assert "It can be released from" in answer.out
    assert reviewed(gelassen)


@pytest.mark.parametrize("words", [["n"], [""], ["vielleicht"], []])
def test_everything_else_does_not(gelassen: World, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """No, nothing, nonsense, or the end of input."""
    gelassen.held()
    answers(monkeypatch, *words)
    answer = gelassen("review", "1")
    assert (answer.code, "Not approved" in answer.out) == (0, True)
    assert not reviewed(gelassen)


def test_the_mail_itself_can_be_read_before_answering(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "m" shows it and asks again."""
    gelassen.held()
    answers(monkeypatch, "m", "j")
    answer = gelassen("review", "1", "--lang", "de")
    assert "Frechheit" in answer.out
    assert reviewed(gelassen)


def test_approve_by_hash(gelassen: World) -> None:
    """The hash of ``show --json`` approves without a question; a wrong or short one does not."""
    gelassen.held()
    digest = gelassen("show", "1", "--json").json["hash"]
    for wrong in ("0" * 64, digest[:4]):
        answer = gelassen("review", "1", "--approve", wrong)
        assert (answer.code, "not that of draft 1" in answer.err) == (1, True)
    assert not reviewed(gelassen)
    assert gelassen("review", "1", "--approve", digest, "--json").json["reviewed"] is True


def test_an_edit_voids_the_approval(gelassen: World) -> None:
    """The old hash is not accepted any more either."""
    gelassen.held()
    digest = gelassen("show", "1", "--json").json["hash"]
    assert gelassen("review", "1", "--approve", digest).code == 0
    assert gelassen("edit", "1", "--from", "acknowledge").code == 0
    assert not reviewed(gelassen)
    assert gelassen("review", "1", "--approve", digest).code == 1


def test_what_is_not_held_is_not_asked_about(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A discarded draft is shown, and the way back is told."""
    gelassen.held()
    assert gelassen("discard", "1").code == 0
    answers(monkeypatch, "y")
    answer = gelassen("review", "1")
    assert answer.code == 1
    assert "gelassen discard --undo 1" in answer.err


def test_at_a_real_terminal(gelassen: World) -> None:
    """A process of its own on a pseudo terminal: colours, the question, the answer typed, exit 0."""
    gelassen.held()
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "assistant", "--lang", "de", "review", "1"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm", "NO_COLOR": ""},
        start_new_session=True,
    )
    os.close(theirs)
    shown = _until(ours, "[m]ail im Wortlaut: ")
    os.write(ours, b"j\n")
    shown += _until(ours, "gelassen release 1")
    assert child.wait(20) == 0
    os.close(ours)
    assert "\x1b[31mSie haben mir nie zugehört (2).\x1b[0m" in shown
    assert "Frechheit" not in shown
    assert reviewed(gelassen)


def _until(terminal: int, words: str) -> str:
    """What comes until these words came; fails after twenty seconds."""
    shown = b""
    deadline = time.monotonic() + 20
    while words.encode() not in shown:
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError(shown.decode())
        shown += os.read(terminal, 4096)
    return shown.decode(errors="replace")
