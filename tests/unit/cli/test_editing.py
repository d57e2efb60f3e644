"""``gelassen edit``: another text, headers and thread as they were."""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from assistant.errors import Disconnected
from tests.fakes import MemoryMailbox
from tests.unit.cli.conftest import World


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """An editor that runs this Python code on ``text``."""
    script = folder / "editor.py"
    script.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text(encoding='utf-8')\n"
        f"assert path.stat().st_mode & 0o777 == 0o600\n{does}\npath.write_text(text, encoding='utf-8')\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")


def text_of(gelassen: World) -> str:
    """The current text of draft 1."""
    return str(gelassen("show", "1", "--json").json["text"])


def left_behind(home: Path) -> list[Path]:
    """Texts that an edit has left on the disk."""
    return list(home.rglob("draft-*.txt"))


def test_from_a_file(gelassen: World) -> None:
    """The text is new, headers and thread stay, the copy in the folder is replaced."""
    gelassen.held()
    path = gelassen.folder / "neu.txt"
    path.write_text("Grüße, der Entwurf kommt morgen.\r\n", encoding="utf-8-sig")
    answer = gelassen("edit", "1", "--file", str(path))
    assert (answer.code, "version 2" in answer.out) == (0, True)
    assert text_of(gelassen) == "Grüße, der Entwurf kommt morgen."
    (raw,) = gelassen.server.raws("Cooling off")
    mail = message_from_bytes(raw, policy=policy.default)
    assert (mail["To"], mail["In-Reply-To"], mail["Subject"]) == (
        "kunde@firma.example",
        "<c1@firma.example>",
        "Re: Katalog 1",
    )
    assert "morgen" in mail.get_content()


def test_from_a_stored_suggestion(gelassen: World) -> None:
    """The neutral acknowledgement is never held: it may go once reviewed."""
    gelassen.held()
    (wanted,) = [
        s["text"] for s in gelassen("show", "1", "--json").json["suggestions"] if s["template"] == "acknowledge"
    ]
    answer = gelassen("edit", "1", "--from", "acknowledge")
    assert "may go once you have reviewed it" in answer.out
    assert text_of(gelassen) == wanted


def test_from_a_template_that_was_not_suggested(gelassen: World) -> None:
    """It is filled for the mail that is answered."""
    gelassen.held()
    assert gelassen("edit", "1", "--from", "change_request").code == 0
    assert "Klara Kunde" in text_of(gelassen)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from", "nonsense"], 'no template "nonsense" for this mail; there are: acknowledge'),
        (["--file", "missing.txt"], "missing.txt: cannot be read (No such file or directory)"),
    ],
)
def test_nothing_to_take(gelassen: World, options: list[str], words: str) -> None:
    """A template or file that is not there changes nothing."""
    gelassen.held()
    answer = gelassen("edit", "1", *options)
    assert (answer.code, words in answer.err) == (1, True)
    assert gelassen("show", "1", "--json").json["version"] == 1


@pytest.mark.parametrize(
    ("content", "words"), [(b"  \n", "is empty"), (b"\xff\xfe\x00", "not UTF-8"), (b"x" * 1_000_001, "longer than")]
)
def test_texts_that_cannot_be(gelassen: World, content: bytes, words: str) -> None:
    """Empty, no text, or no letter any more."""
    gelassen.held()
    path = gelassen.folder / "neu.txt"
    path.write_bytes(content)
    answer = gelassen("edit", "1", "--file", str(path))
    assert (answer.code, words in answer.err) == (1, True)


def test_both_sources_exclude_each_other(gelassen: World) -> None:
    """Exit 2."""
    answer = gelassen("edit", "1", "--from", "acknowledge", "--file", "x")
    assert (answer.code, "exclude each other" in answer.err) == (2, True)


def test_in_the_editor(gelassen: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the editor leaves is the new text; the file goes."""
    gelassen.held()
    editor(gelassen.folder, monkeypatch, "text = text.replace('Sie haben mir nie zugehört (2).', 'Danke.')")
    assert gelassen("edit", "1").code == 0
    assert text_of(gelassen) == "Danke.\nDen Entwurf schicke ich morgen."
    assert left_behind(home) == []


def test_unchanged_in_the_editor(gelassen: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No new version, and the approval stays."""
    gelassen.held()
    editor(gelassen.folder, monkeypatch, "pass")
    answer = gelassen("edit", "1")
    assert (answer.code, "nothing was changed" in answer.err) == (0, True)
    assert gelassen("show", "1", "--json").json["version"] == 1
    assert left_behind(home) == []


@pytest.mark.parametrize(
    ("command", "words"), [("false", "ended with code 1"), ("/no/such/editor", "cannot be started"), ("'", "cannot be")]
)
def test_editor_that_fails(
    gelassen: World, home: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str
) -> None:
    """Said, nothing changed, nothing left behind."""
    gelassen.held()
    monkeypatch.setenv("VISUAL", command)
    answer = gelassen("edit", "1")
    assert (answer.code, words in answer.err) == (1, True)
    assert left_behind(home) == []


def test_what_was_written_is_kept_when_it_cannot_be_saved(
    gelassen: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is away: the text stays in a private file, and the command that saves it later is told."""

    def away(self: MemoryMailbox) -> None:
        raise Disconnected("127.0.0.1: cannot connect.")

    gelassen.held()
    editor(gelassen.folder, monkeypatch, "text = 'Ein langer neuer Text.'")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryMailbox, "connect", away)
        answer = gelassen("edit", "1")
    (path,) = left_behind(home)
    assert (answer.code, f"gelassen edit 1 --file {path}" in answer.err) == (1, True)
    assert gelassen("edit", "1", "--file", str(path)).code == 0
    assert text_of(gelassen) == "Ein langer neuer Text."


def test_what_is_not_held_is_not_edited(gelassen: World) -> None:
    """A released draft belongs to the mail client again."""
    gelassen.held()
    assert gelassen("release", "1", "--now", "--reason", "x").code == 0
    assert gelassen("edit", "1", "--from", "acknowledge").code == 1
