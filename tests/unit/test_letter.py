"""A letter as a mail: headers that survive anything, and a Message-ID that tells what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

from assistant.core.draft import Identity, same_reply
from assistant.core.letter import Kind, Letter, is_letter, letter_bytes, letter_id
from assistant.core.message import Address

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LETTER = Letter(
    message_id=letter_id(Kind.RECEIPT, "about", "mara@studio.example"),
    sender=Address(address="mara@studio.example", name="Mara Lindner"),
    to=Address(address="kai@kunde.example", name="Müller, Kai"),
    subject="Re: Größe",
    text="Schöne Grüße\n\n> alt",
    in_reply_to="<1@kunde.example>",
    references=tuple(f"<{'x' * 120}{number}@kunde.example>" for number in range(21)),
)


def test_the_mail_says_what_the_letter_says() -> None:
    """Every field and the text come back, also a long thread, whose Message-IDs are never cut."""
    raw = letter_bytes(LETTER, NOW)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    found = message_from_bytes(raw, policy=policy.default)
    assert found["From"].addresses[0].addr_spec == "mara@studio.example"
    assert found["To"].addresses[0].display_name == "Müller, Kai"
    assert found["Subject"] == "Re: Größe"
    assert found["Date"].datetime == NOW
    assert found["In-Reply-To"] == "<1@kunde.example>"
    assert tuple(found["References"].split()) == LETTER.references
    assert found.get_content().split("\r\n") == ["Schöne Grüße", "", "> alt", ""]


def test_line_ends_make_no_header() -> None:
    """What a client has put into a name or a subject stays in its field."""
    evil = replace(LETTER, subject="Hallo\r\nBcc: a@b.example", in_reply_to="<1@k>\r\nBcc: a@b.example", references=())
    named = replace(evil, to=Address(address="kai@kunde.example", name="Kai\r\nBcc: x@y.example"))
    assert message_from_bytes(letter_bytes(named, NOW))["Bcc"] is None


def test_addresses_that_are_not_ascii() -> None:
    """Written in UTF-8 as RFC 6532 says."""
    raw = letter_bytes(replace(LETTER, to=Address(address="kai@küche.example")), NOW)
    assert "kai@küche.example".encode() in raw


def test_a_letter_is_told_by_its_message_id() -> None:
    """The same for the same matter, another for another; and it is a version of nothing but itself."""
    assert is_letter(LETTER.message_id)
    assert LETTER.message_id == letter_id(Kind.RECEIPT, "about", "MARA@studio.example".lower())
    assert LETTER.message_id != letter_id(Kind.RECEIPT, "other", "mara@studio.example")
    assert LETTER.message_id != letter_id(Kind.OPINION, "about", "mara@studio.example")
    assert is_letter(letter_id(Kind.OPINION, "about", "kein"))
    assert not is_letter("<receipt.1@shop.example>")
    assert not is_letter(None)
    people = frozenset({"kai@kunde.example"})
    reply = Identity(message_id="<r@s.example>", parents=("<1@k>",), recipients=people, subject="größe")
    letter = replace(reply, message_id=LETTER.message_id)
    assert same_reply(letter, letter)
    assert not same_reply(letter, reply)
    assert not same_reply(reply, letter)
    assert same_reply(reply, replace(reply, message_id=None))


def test_what_was_shown_is_known_again() -> None:
    """Another word or another recipient is another letter to whoever approved it."""
    assert LETTER.fingerprint == replace(LETTER, references=()).fingerprint
    assert LETTER.fingerprint != replace(LETTER, text="anders").fingerprint
    assert LETTER.fingerprint != replace(LETTER, to=Address(address="k@x.example")).fingerprint
