"""What goes over the wire: the mail's bytes, and no end of data but the one at the end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.relay.answers import LIMIT, Garbled, clean, parsed
from assistant.adapters.relay.text import END_OF_DATA, WireText, usable

#: What some server has taken for the end of a text: LF or CR alone on either side of the dot, NUL beside it.
_TAKEN_FOR_AN_END = re.compile(rb"(\r\n|\n|\r)\0*\.\0*(\r\n|\n|\r)")
_NASTY = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\0", b"a", b"RCPT TO:<x@y>"])).map(b"".join)


def unstuffed(wire: bytes) -> bytes:
    """What a server that knows RFC 5321 keeps of it."""
    assert wire.endswith(END_OF_DATA)
    lines = wire.removesuffix(b".\r\n").split(b"\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


@given(_NASTY)
def test_no_server_sees_the_mail_end_early(raw: bytes) -> None:
    """However lenient it is about line ends (SMTP smuggling)."""
    wire = WireText.of(raw).stuffed + END_OF_DATA
    (end,) = _TAKEN_FOR_AN_END.finditer(wire)
    assert end.end() == len(wire)
    assert re.search(rb"\r(?!\n)|(?<!\r)\n|\0", wire) is None


@given(st.lists(st.sampled_from([b"", b".", b"..", b"Hallo", b". a", "Grüße".encode()])))
def test_a_mail_with_proper_line_ends_arrives_as_it_is(lines: list[bytes]) -> None:
    """Signed bytes are never rewritten; the size is what the other side counts."""
    raw = b"".join(line + b"\r\n" for line in lines) or b"\r\n"
    text = WireText.of(raw)
    assert unstuffed(text.stuffed + END_OF_DATA) == raw
    assert text.size == len(raw)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"A: b\n\n.\nc\n", b"A: b\r\n\r\n.\r\nc\r\n"),
        (b"no end", b"no end\r\n"),
        (b"Subject: x\rBcc: y\r\n", b"Subject: x Bcc: y\r\n"),
        (b"a\r\r\nb\r\n", b"a \r\nb\r\n"),
        (b"a\r\n\0.\r\nb\r\n", b"a\r\n .\r\nb\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_other_line_ends_are_mended(raw: bytes, kept: bytes) -> None:
    """LF is a line end, CR and NUL never are: no header and no body comes of them."""
    assert unstuffed(WireText.of(raw).stuffed + END_OF_DATA) == kept


@pytest.mark.parametrize(
    "address",
    ["bob@example.org", "jörg@büro.example", '"b o b"@example.org', '"<x>"@example.org', "bob", "a+b=c@[127.0.0.1]"],
)
def test_addresses_that_may_stand_in_a_command(address: str) -> None:
    """Everything that RFC 5321 and 6531 know, and local names."""
    assert usable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob@example.org\r\nDATA",
        "bob@example.org\nRCPT TO:<eve@example.org>",
        "bob@example.org>",
        "bob@example.org> SIZE=1",
        "<bob@example.org>",
        "bob smith@example.org",
        'bob"@example.org',
        '"bob\r\n"@example.org',
        "bob@exam\0ple.org",
        "bob@example.org\u2028x",
        "bob@example.org\x85x",
        "bob\udc80@example.org",
        "b" * 2000 + "@example.org",
    ],
)
def test_addresses_that_may_not(address: str) -> None:
    """They would end the command, or say something else."""
    assert not usable(address)


@given(st.text(alphabet="aä5. \n\t\0\x1b\x85\u202e\u2028\ud800…", max_size=700))
def test_an_answer_is_one_short_printable_line(text: str) -> None:
    """Whatever the server sent."""
    line = clean(text)
    assert len(line) <= LIMIT
    assert line.isprintable()
    assert line == line.strip()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b"250 Ok\r\n"], "Ok"),
        ([b"250\r\n"], ""),
        ([b"550-5.7.26 Not\n", b"550 5.7.26 authenticated\n"], "5.7.26 Not authenticated"),
        ([b"550-5.7.1 See\r\n", b"550 https://x.example\r\n"], "5.7.1 See https://x.example"),
        ("550 Empfänger unbekannt\r\n".encode().splitlines(), "Empfänger unbekannt"),
        ("550 Empfänger unbekannt\r\n".encode("latin-1").splitlines(), "Empfänger unbekannt"),
        ([b"550 a\x1b[31m\x07b\xe2\x80\xaec\r\n"], "a [31m b c"),
    ],
)
def test_words_are_readable(lines: list[bytes], words: str) -> None:
    """Several lines in one, control characters gone, old code pages understood."""
    assert parsed(lines).words == words


@pytest.mark.parametrize("line", [b"", b"\r\n", b"25 x", b"2500 x", b"150 x", b"650 x", b"SSH-2.0", b"250_x"])
def test_what_is_no_reply_is_seen_as_such(line: bytes) -> None:
    """Never taken for a yes or a no."""
    with pytest.raises(Garbled):
        parsed([line])


def test_a_reply_has_one_code() -> None:
    """A server that says both has said nothing."""
    with pytest.raises(Garbled):
        parsed([b"550-No\r\n", b"250 Yes\r\n"])
