"""Errors in German: every message of the program, found in its source, is said without an English word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
from assistant.texts import spoken

PACKAGE = Path(assistant.__file__).parent
ENGLISH = re.compile(r"\b(the|is|are|not|cannot|with|there|this|use|write|check|found|expected|and|or|of|one)\b")
#: Never shown, because something else puts them into words, or told as the cause in brackets.
SILENT = ("cannot become", "has changed meanwhile", "expected a number", "expected an object", "[a, b]", "table t2")


def said(node: ast.AST) -> str | None:
    """The text of a message, with ``9`` for each value in it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "9" for v in node.values)
    return None


def messages() -> Iterator[str]:
    """Every text in a ``raise`` of the program, and every text that is yielded by a check of the settings."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in {"cli", "demo", "texts", "core"} or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and node.exc is not None and not _is_bug(node.exc):
                yield from _texts(node.exc)


def _is_bug(raised: ast.expr) -> bool:
    name = ast.unparse(raised).split("(")[0]
    return name.startswith("imaplib.") or name in {
        "ValueError",
        "TypeError",
        "AttributeError",
        "RuntimeError",
        "Unreadable",
        "ssl.SSLError",
        "Rejected",  # what SMTP answers is ASCII, and its readers are mail clients
    }


def _texts(node: ast.AST) -> Iterator[str]:
    text = said(node)
    if text is not None:
        if " " in text.strip():
            yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def test_every_message_has_german_words() -> None:
    """A new error needs a line in settings_de.py or outside_de.py."""
    found = [text for text in messages() if not any(piece in text for piece in SILENT)]
    assert len(found) > 60
    left = {text: german for text in found if ENGLISH.search(german := spoken(text, "de"))}
    assert left == {}


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "imap.example.org: cannot connect (Connection refused)",
            "imap.example.org: keine Verbindung (Verbindung abgelehnt)",
        ),
        (
            "h: the login was refused ([AUTHENTICATIONFAILED] no); check imap.user and the password of account studio",
            "h: die Anmeldung wurde abgelehnt ([AUTHENTICATIONFAILED] no); bitte imap.user und das Passwort des Kontos "
            "studio prüfen",
        ),
        (
            'config.toml: cooling.setle: unknown key, did you mean "settle"?',
            "config.toml: cooling.setle: diesen Schlüssel gibt es nicht, meinten Sie „settle“?",
        ),
        (
            "config.toml: judge.threads: expected a whole number, found a string",
            "config.toml: judge.threads: erwartet: eine ganze Zahl; gefunden: ein Text",
        ),
        (
            "Gelassen runs already (process 17); stop that one first, or look at it with: gelassen status",
            "Gelassen läuft schon (Prozess 17); bitte erst beenden, oder ansehen mit: gelassen status",
        ),
        (
            "/x/gelassen.db: the disk is full; free some space. Nothing was lost.",
            "/x/gelassen.db: der Datenträger ist voll; bitte Platz schaffen. Nichts ging verloren.",
        ),
        ("something nobody has thought of", "something nobody has thought of"),
    ],
)
def test_messages(english: str, german: str) -> None:
    """Pieces are put together; what is not known stays."""
    assert spoken(english, "de") == german
    assert spoken(english, "en") == english
