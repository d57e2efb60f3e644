"""``gelassen suggest``: calm replies without an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CONFIG, World, mail

KEYS = {"template", "language", "register", "subject", "text", "gaps", "level"}
HOT = "Wo bleiben die Seiten? Das ist eine Frechheit (3), wir warten seit zwei Wochen auf Sie."


@pytest.fixture
def path(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A heated mail in a file, and no config.toml."""
    monkeypatch.delenv("GELASSEN_CONFIG")
    return written(gelassen, HOT)


def written(gelassen: World, text: str) -> Path:
    """A mail in a file."""
    path = gelassen.folder / "mail.eml"
    path.write_bytes(mail("Klara Kunde <kunde@firma.example>", "AW: Katalog", text))
    return path


def test_json_has_the_keys_of_the_contract(gelassen: World, path: Path) -> None:
    """Two or three replies, judged like drafts."""
    forms = gelassen("suggest", str(path), "--json").json
    assert 2 <= len(forms) <= 3
    assert all(form.keys() >= KEYS for form in forms)
    assert {(form["language"], form["register"], form["subject"]) for form in forms} == {("de", "Sie", "Re: Katalog")}
    assert {form["level"] for form in forms} == {0}


def test_in_words(gelassen: World, path: Path) -> None:
    """Level of the mail, each reply with its gaps."""
    words = gelassen("suggest", str(path)).out
    for part in ("The mail is escalated (3).", "acknowledge (Sie)", "│ Subject: Re: Katalog", "To fill: "):
        assert part in words


def test_one_template(gelassen: World, path: Path) -> None:
    """By its name, whatever the level; an unknown one is refused with those that there are."""
    (form,) = gelassen("suggest", str(path), "--template", "change_request", "--json").json
    assert form["template"] == "change_request"
    answer = gelassen("suggest", str(path), "--template", "x", "--lang", "de")
    assert (answer.code, "es gibt: acknowledge, " in answer.err) == (1, True)


def test_calm_mail(gelassen: World, path: Path) -> None:
    """Needs no help."""
    written(gelassen, "Vielen Dank, die Seiten sind wunderbar geworden. Bis Montag!")
    assert "calm and needs no help" in gelassen("suggest", str(path)).out
    assert gelassen("suggest", str(path), "--json").json == []


def test_list(gelassen: World) -> None:
    """All templates with their purpose."""
    forms = gelassen("suggest", "--list", "--json").json
    assert {form["template"] for form in forms} >= {"acknowledge", "thank_and_ask", "hold_the_line"}
    assert {(form["language"], form["register"]) for form in forms} == {
        ("de", "Sie"),
        ("de", "Du"),
        ("en", "formal"),
        ("en", "casual"),
    }
    assert "acknowledge" in gelassen("suggest", "--list").out


def test_broken_template_is_named_with_its_line(gelassen: World) -> None:
    """The others still work."""
    own = gelassen.folder / "own"
    own.mkdir()
    (own / "mine.j2").write_text(
        '---\nname = "mine"\nlanguage = "de"\nregister = "Sie"\nlevels = [3]\nsignals = []\npurpose = "x"\nslots = []\n'
        "---\nGuten Tag,\n{% if %}\n"
    )
    gelassen.config.write_text(CONFIG + '[replies]\ndirectory = "own"\n')
    answer = gelassen("suggest", str(written(gelassen, HOT)), "--json")
    assert (answer.code, f"{own / 'mine.j2'}:11:" in answer.err) == (0, True)
    assert answer.json


def test_without_a_file(gelassen: World) -> None:
    """Exit 2; a file that is not there, exit 1."""
    assert gelassen("suggest").code == 2
    answer = gelassen("suggest", "nope.eml")
    assert (answer.code, "nope.eml" in answer.err) == (1, True)
