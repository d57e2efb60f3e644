"""The text of a mail: lines, header, and what it needs of a relay. More, over the wire, in the system tests."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gateway.answers import Rejected, plain
from assistant.gateway.text import LONGEST_LINE, envelope_of, examine, spelled

_OWN = frozenset({"ada@example.org"})
_HEAD = b"From: ada@example.org\r\n\r\n"


@given(st.lists(st.sampled_from([0, 1, 500, LONGEST_LINE, LONGEST_LINE + 1, 3000]), max_size=30))
def test_a_line_is_too_long_from_999_octets_on(lengths: list[int]) -> None:
    """Wherever it stands."""
    raw = _HEAD + b"".join(b"x" * length + b"\r\n" for length in lengths)
    if all(length <= LONGEST_LINE for length in lengths):
        examine(raw, _OWN)
    else:
        with pytest.raises(Rejected, match="longer than 998"):
            examine(raw, _OWN)


@pytest.mark.parametrize(
    ("raw", "asked", "smtputf8", "eight_bit"),
    [
        (_HEAD + b"x\r\n", True, False, False),
        (_HEAD + "ü\r\n".encode(), True, False, True),
        ("Subject: ü\r\n".encode() + _HEAD, True, True, True),
        ("Subject: ü\r\n".encode() + _HEAD, False, False, True),
    ],
)
def test_what_the_mail_needs_of_a_relay(raw: bytes, asked: bool, smtputf8: bool, eight_bit: bool) -> None:
    """SMTPUTF8 only where it was asked for and the header needs it; 8BITMIME for any octet above 127."""
    envelope = envelope_of("ada@example.org", ["b@c", "b@c", "d@e"], raw, smtputf8=asked)
    assert (envelope.recipients, envelope.smtputf8, envelope.eight_bit) == (("b@c", "d@e"), smtputf8, eight_bit)


def test_a_recipient_may_need_smtputf8_as_well() -> None:
    """Even where the header hides them."""
    assert envelope_of("ada@example.org", ["jürgen@example.net"], _HEAD, smtputf8=True).smtputf8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada@xn--bcher-kva.example", "ada@B\u00dccher.example"),
        ("bu\u0308ro@example.org", "b\u00fcro@example.org"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(one: str, other: str) -> None:
    """Case, Unicode or xn--, composed or not."""
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize("address", ["ada@xn--", "ada@xn--\u00fc.example", "ada", "", "@", "ada@xn--a-ecp.ru"])
def test_a_spelling_that_is_none_is_nobodys(address: str) -> None:
    """And raises nothing."""
    assert spelled(address) not in _OWN


def test_large_mails_are_examined_quickly() -> None:
    """Ten megabytes of base64, of line ends, of dots: what takes more than linear time would show."""
    for line in (b"QUJD" * 19 + b"\r\n", b"\r\n", b".\r\n"):
        raw = _HEAD + line * (10_000_000 // len(line))
        start = time.process_time()
        examine(raw, _OWN)
        assert time.process_time() - start < 2


def test_a_header_larger_than_the_parser_reads_is_refused() -> None:
    """Or somebody else's From could hide behind a megabyte of fields."""
    filling = b"X: " + b"x" * 500 + b"\r\n"
    with pytest.raises(Rejected, match="The header is larger than 262144 octets"):
        examine(_HEAD[:-2] + filling * 2100 + b"From: eve@example.net\r\n\r\n", _OWN)
    examine(_HEAD[:-2] + filling * 500 + b"\r\n", _OWN)


@given(st.text())
def test_answers_are_printable_ascii_whatever_they_say(words: str) -> None:
    """In one line of at most 510 octets; umlauts are written out."""
    shown = plain(words)
    assert len(shown) <= 510
    assert all(" " <= sign <= "~" for sign in shown)


def test_german_is_still_read() -> None:
    """An umlaut is no question mark."""
    assert plain("Größe überschritten: Ärger für José …") == "Groesse ueberschritten: Aerger fuer Jose ..."
