"""``gelassen show``: one draft, in every state, with its versions."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.cli.conftest import ANGRY, World

INCOMING = {"id", "message_id", "from", "date", "subject", "level", "signals", "hot", "text"}


def test_json_has_the_keys_of_the_contract(gelassen: World) -> None:
    """A queue row and text, hash, incoming, suggestions, versions, events."""
    row = gelassen.held()
    form = gelassen("show", "1", "--json").json
    assert form.keys() >= row.keys() | {"text", "hash", "incoming", "suggestions", "versions", "events"}
    assert {name: form[name] for name in row} == row
    assert form["text"] == "Sie haben mir nie zugehört (2).\nDen Entwurf schicke ich morgen."
    assert form["hot"] == ["Sie haben mir nie zugehört (2)."]
    assert form["incoming"].keys() >= INCOMING
    assert form["incoming"]["message_id"] == "<c1@firma.example>"
    assert form["incoming"]["text"] == ANGRY.strip()
    assert form["suggestions"][0].keys() >= {"template", "text", "gaps"}
    assert [version["number"] for version in form["versions"]] == [1]
    assert [event["event"] for event in form["events"]] == ["held"]
    assert form["events"][0].keys() == {"at", "event", "detail"}


def test_hash_is_that_of_the_exact_bytes(gelassen: World) -> None:
    """SHA-256 of the draft as it came; ``--raw`` gives those bytes back."""
    gelassen.client_writes()
    raw = gelassen.user_drafts()
    assert gelassen("run", "--once").code == 0
    assert gelassen("show", "1", "--json").json["hash"] == hashlib.sha256(raw).hexdigest()


def test_facts_come_first_and_the_angry_mail_only_on_request(gelassen: World) -> None:
    """Meeting the trigger again makes angry again; ``--original`` shows it all the same."""
    gelassen.held()
    words = gelassen("show", "1").out
    assert words.index("Klara Kunde <kunde@firma.example>") < words.index("Sie haben mir nie zugehört")
    assert "Frechheit" not in words
    assert "gelassen show 1 --original" in words
    assert "Frechheit" in gelassen("show", "1", "--original").out


def test_versions(gelassen: World) -> None:
    """After an edit both versions are there, with their own text and hash."""
    gelassen.held()
    before = gelassen("show", "1", "--json").json
    path = gelassen.folder / "new.txt"
    path.write_text("Der Entwurf kommt morgen.\n", encoding="utf-8")
    assert gelassen("edit", "1", "--file", str(path)).code == 0
    now = gelassen("show", "1", "--json").json
    old = gelassen("show", "1", "--version", "1", "--json").json
    assert (now["version"], now["text"]) == (2, "Der Entwurf kommt morgen.")
    assert (old["version"], old["text"], old["hash"]) == (1, before["text"], before["hash"])
    assert "Versions" in gelassen("show", "1").out


@pytest.mark.parametrize("state", ["discarded", "released"])
def test_decided_drafts_are_shown(gelassen: World, state: str) -> None:
    """``show`` knows every state."""
    gelassen.held()
    commands = {"discarded": ["discard", "1"], "released": ["release", "1", "--now", "--reason", "Messe"]}
    assert gelassen(*commands[state]).code == 0
    assert gelassen("show", "1", "--json").json["state"] == state
    assert gelassen("show", "1").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "9"], 1, "There is no draft 9"),
        (["show", "9", "--lang", "de"], 1, "Den Entwurf 9 gibt es nicht"),
        (["show", "drei"], 2, '"drei" is not possible'),
        (["show"], 2, "something is missing: ID"),
        (["show", "1", "--version", "7"], 1, "no such version; there are 1"),
    ],
)
def test_what_is_not_there(gelassen: World, arguments: list[str], code: int, words: str) -> None:
    """A wrong number, none at all, or a version that never was."""
    gelassen.held()
    answer = gelassen(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err


def test_control_characters_of_a_mail_never_reach_the_terminal(gelassen: World) -> None:
    """A draft cannot clear the screen or fake a line."""
    gelassen.client_writes()
    gelassen.user_drafts(text="Frech (2)!\x1b[2J\x1b]0;x\x07 gut\u202etug\r überschrieben\n")
    assert gelassen("run", "--once").code == 0
    for command in (["show", "1"], ["queue"], ["review", "1"]):
        words = gelassen(*command).out
        assert not {"\x1b", "\x07", "\u202e", "\r"} & set(words)
