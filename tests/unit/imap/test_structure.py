"""Which parts are texts, from BODYSTRUCTUREs as servers write them."""

from __future__ import annotations

import pytest
from imapclient.response_parser import parse_response

from assistant.adapters.imap.structure import read_structure

PLAIN = '("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "QUOTED-PRINTABLE" 20 1 NIL NIL NIL NIL)'
HTML = '("text" "html" ("charset" "utf-8") NIL NIL "base64" 3000 40 NIL ("inline" NIL) NIL NIL)'
PDF = '("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 5000000 NIL ("attachment" ("filename" "a.pdf")) NIL NIL)'
NOTE = '("text" "plain" ("name" "n.txt") NIL NIL "7bit" 9 1 NIL ("ATTACHMENT" ("filename" "n.txt")) NIL NIL)'
ENVELOPE = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
FORWARD = f'("message" "rfc822" NIL NIL NIL "7bit" 99 {ENVELOPE} {PLAIN} 3 NIL ("attachment" NIL) NIL NIL)'


def _mixed(*parts: str, subtype: str = "mixed") -> str:
    return f'({"".join(parts)} "{subtype}" ("boundary" "x") NIL NIL NIL)'


@pytest.mark.parametrize(
    ("text", "types", "sections"),
    [
        (PLAIN, ["text/plain"], [""]),
        (PDF, ["application/pdf"], []),
        (_mixed(PLAIN, HTML, subtype="ALTERNATIVE"), ["multipart/alternative", "text/plain", "text/html"], ["1", "2"]),
        (
            _mixed(_mixed(PLAIN, HTML, subtype="alternative"), PDF, NOTE),
            ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "text/plain"],
            ["1.1", "1.2"],
        ),
        (_mixed(PLAIN, FORWARD, HTML), ["multipart/mixed", "text/plain", "message/rfc822", "text/html"], ["1", "3"]),
        (FORWARD, ["message/rfc822"], []),
        (f'({PLAIN} "mixed")', ["multipart/mixed", "text/plain"], ["1"]),
        (
            f'({PLAIN}{HTML} "mixed" ("boundary" "x") ("attachment" NIL) NIL NIL)',
            ["multipart/mixed", "text/plain", "text/html"],
            [],
        ),
        ('("TEXT" "PLAIN" NIL NIL NIL "7BIT" 20 1)', ["text/plain"], [""]),
        (
            '("text" "plain" ("charset" "x") NIL NIL "7bit" NIL NIL NIL ("inline" NIL) ("de" "en"))',
            ["text/plain"],
            [""],
        ),
        ('(NIL NIL NIL NIL NIL "7bit" 20)', ["text/plain"], [""]),
        ('("" "" NIL NIL NIL "7bit" 20)', ["text/plain"], [""]),
        ('((NIL NIL NIL NIL NIL "7bit" 20) NIL)', ["multipart/mixed", "text/plain"], ["1"]),
        ('("multipart" "mixed" NIL NIL NIL "7bit" 0)', ["multipart/mixed"], []),
    ],
)
def test_texts_and_types(text: str, types: list[str], sections: list[str]) -> None:
    """All types in order; texts without attachments and without the inside of attached messages."""
    structure = read_structure(parse_response([text.encode()])[0])
    assert list(structure.types) == types
    assert [part.section for part in structure.texts] == sections


def test_sizes_decide_what_is_cut() -> None:
    """The size in transfer encoding comes along."""
    assert [part.size for part in read_structure(parse_response([_mixed(PLAIN, HTML).encode()])[0]).texts] == [20, 3000]


@pytest.mark.parametrize(
    ("text", "hollow"),
    [
        (PLAIN, False),
        (PDF, False),
        ('("text" "plain" NIL NIL NIL "7bit" 0 0)', True),
        ('(("text" "plain" NIL NIL NIL "7bit" 0 0) "mixed" ("boundary" "x"))', True),
        (_mixed(PDF, '("text" "plain" NIL NIL NIL "7bit" 0 0)'), False),
    ],
)
def test_messages_without_anything_in_their_parts(text: str, hollow: bool) -> None:
    """Either empty or broken."""
    assert read_structure(parse_response([text.encode()])[0]).hollow == hollow


@pytest.mark.parametrize("value", [None, b"x", (), 5, ((), b"mixed")])
def test_what_is_no_structure(value: object) -> None:
    """A clear error instead of half a result."""
    with pytest.raises(ValueError, match="structure"):
        read_structure(value)
