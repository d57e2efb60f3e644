"""``gelassen judge`` on files of all kinds, without any config.toml."""

from __future__ import annotations

import io
import mailbox
import os
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import World, mail

KEYS = {
    *("file", "message_id", "side", "lang", "level", "p", "signals", "flagged", "hot", "cues", "set_aside"),
    *("unassessed", "newest_text"),
}
HOT = "Das ist eine Frechheit (3). Die Seiten fehlen noch immer, und niemand meldet sich."
CALM = "Vielen Dank für den schönen Entwurf, wir freuen uns auf die Fortsetzung."


@pytest.fixture
def judge(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A user who has no config.toml."""
    monkeypatch.delenv("GELASSEN_CONFIG")
    gelassen.config.unlink()
    return gelassen


def eml(folder: Path, name: str, text: str, more: str = "Message-ID: <a@b.example>\r\n") -> Path:
    """A mail in a file."""
    path = folder / name
    path.write_bytes(mail("Klara <kunde@firma.example>", "Katalog", text, more))
    return path


def feed(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """Standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_json_has_the_keys_of_the_contract(judge: World) -> None:
    """One mail, one object with everything."""
    path = eml(judge.folder, "a.eml", HOT)
    (form,) = judge("judge", str(path), "--json").json
    assert form.keys() >= KEYS
    assert (form["file"], form["message_id"], form["side"], form["lang"]) == (
        str(path),
        "<a@b.example>",
        "client",
        "de",
    )
    assert (form["level"], form["p"], form["newest_text"]) == (3, [0.9, 0.9, 0.9], HOT)
    assert form["hot"] == ["Das ist eine Frechheit (3)."]
    assert (form["set_aside"], form["unassessed"], form["cues"]) == (None, None, [])


def test_in_words(judge: World) -> None:
    """Level, passages and file, in the language asked for."""
    path = eml(judge.folder, "a.eml", HOT, "Date: x\r\n")
    assert "escalated (3)" in judge("judge", str(path)).out
    german = judge("--lang", "de", "judge", str(path)).out
    assert "eskaliert (3)" in german
    assert "„Das ist eine Frechheit (3).“" in german


def test_set_aside_and_unreadable_have_no_level(judge: World) -> None:
    """The reason stands in ``set_aside`` or ``unassessed``."""
    bulk = eml(judge.folder, "bulk.eml", HOT, "List-Id: <news.example>\r\nList-Unsubscribe: <https://x.example>\r\n")
    empty = eml(judge.folder, "empty.eml", "")
    forms = judge("judge", str(bulk), str(empty), "--json").json
    assert [form["level"] for form in forms] == [None, None]
    assert forms[0]["set_aside"] in {"list", "bulk"}
    assert forms[1]["unassessed"] == "no_text"
    words = judge("judge", str(bulk), str(empty)).out
    assert "set aside:" in words
    assert "not judged: no text of its own" in words


def test_missing_file_is_named_and_the_others_are_judged(judge: World) -> None:
    """Exit 1."""
    path = eml(judge.folder, "a.eml", HOT)
    answer = judge("judge", "nope.eml", str(path), str(judge.folder / "leer"), "--json")
    assert (answer.code, len(answer.json)) == (1, 1)
    assert "nope.eml: cannot be read (No such file or directory)" in answer.err


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_unreadable_file_is_named(judge: World) -> None:
    """A file without permission."""
    path = eml(judge.folder, "a.eml", HOT)
    path.chmod(0)
    assert "Permission denied" in judge("judge", str(path)).err


def test_mbox(judge: World) -> None:
    """Every mail of an archive, numbered; "From " in a text is no new mail."""
    path = judge.folder / "archive.mbox"
    box = mailbox.mbox(str(path))
    for text in (HOT, f"From here on it was quiet.\n\nFrom now on:\n{CALM}"):
        box.add(mail("Klara <kunde@firma.example>", "Katalog", text))
    box.close()
    forms = judge("judge", str(path), "--json").json
    assert [(form["file"], form["number"], form["level"]) for form in forms] == [(str(path), 1, 3), (str(path), 2, 0)]
    assert forms[1]["newest_text"].startswith("From here on")


def test_maildir_and_folder_of_files(judge: World) -> None:
    """The files of a Maildir, or the .eml files below a folder."""
    box = mailbox.Maildir(str(judge.folder / "Maildir"))
    box.add(mail("Klara <kunde@firma.example>", "Katalog", HOT))
    box.close()
    (judge.folder / "mails" / "deep").mkdir(parents=True)
    eml(judge.folder / "mails" / "deep", "a.eml", CALM)
    forms = judge("judge", str(judge.folder / "Maildir"), str(judge.folder / "mails"), "--json").json
    assert [form["level"] for form in forms] == [3, 0]
    assert forms[1]["file"].endswith("deep/a.eml")


def test_text_file_is_judged_as_it_is(judge: World) -> None:
    """A text without a header, also in another charset."""
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        path = judge.folder / "note.txt"
        path.write_bytes(f"Hinweis: größte {HOT}".encode(encoding))
        (form,) = judge("judge", str(path), "--json").json
        assert (form["level"], form["newest_text"]) == (3, f"Hinweis: größte {HOT}")


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(judge: World, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """A message if it looks like one, else a text."""
    feed(monkeypatch, mail("Klara <kunde@firma.example>", "Katalog", HOT))
    assert judge("judge", *arguments, "--json").json[0]["newest_text"] == HOT
    feed(monkeypatch, HOT.encode())
    assert judge("judge", *arguments, "--json").json[0]["newest_text"] == HOT


def test_own_side(judge: World) -> None:
    """One's own mail is judged as such and not set aside."""
    path = judge.folder / "own.eml"
    path.write_bytes(mail("mara@studio.example", "Re: Katalog", HOT, to="kunde@firma.example"))
    (form,) = judge("judge", "--side", "own", str(path), "--json").json
    assert (form["side"], form["level"], form["set_aside"]) == ("own", 3, None)


def test_own_address_of_the_settings_is_set_aside(gelassen: World) -> None:
    """With a config.toml the user's own addresses are known."""
    path = gelassen.folder / "own.eml"
    path.write_bytes(mail("mara@studio.example", "Re: Katalog", HOT, to="kunde@firma.example"))
    (form,) = gelassen("judge", str(path), "--json").json
    assert (form["level"], form["set_aside"]) == (None, "own")


def test_broken_settings_are_an_error(gelassen: World) -> None:
    """A config.toml that is there must be right."""
    gelassen.config.write_text("[judge]\nmodle = 1\n")
    answer = gelassen("judge", str(eml(gelassen.folder, "a.eml", HOT)))
    assert (answer.code, 'did you mean "model"?' in answer.err) == (1, True)


def test_missing_settings_that_were_named_are_an_error(judge: World) -> None:
    """``--config`` is not passed over."""
    answer = judge("judge", "--config", "nope.toml", str(eml(judge.folder, "a.eml", HOT)))
    assert (answer.code, "nope.toml" in answer.err) == (1, True)
