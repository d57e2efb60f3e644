"""Whatever the bytes: nothing raises, nothing takes long, and the sender's own words are never lost."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assistant.adapters.mime import html_text, newest_text, parse, split
from assistant.adapters.mime.language import recognised
from assistant.core.message import RawMail, RawPart
from tests.fixtures.mails.formats import BELOW, FORMATS, Letter
from tests.fixtures.mails.odd import ODD

_BOUND: Final = 20.0  # seconds for a megabyte of malice, on a machine that is busy with other things
_SIZE: Final = 1_000_000
SEEDS: Final = [odd.raw for odd in ODD.values() if len(odd.raw) < 20_000]

unhurried = settings(deadline=timedelta(seconds=10), suppress_health_check=[HealthCheck.too_slow], max_examples=150)


@pytest.fixture(scope="module", autouse=True)
def _language_model() -> None:
    """The model is loaded before anything is timed."""
    recognised("xyz qwrt plop")


@unhurried
@given(st.binary(max_size=2000))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes make a message."""
    message = parse(split(raw))
    assert message.newest_text is not None
    assert len(message.digest) == 64


@unhurried
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_damaged_mail(seed: bytes, data: st.DataObject) -> None:
    """Mail that lost, gained or changed bytes on the way makes a message."""
    raw = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 40))
        raw[place : place + length] = data.draw(
            st.binary(max_size=40) | st.sampled_from(SEEDS).map(lambda one: one[:60])
        )
    parse(split(bytes(raw)), flags=frozenset({"NonJunk"}), own=frozenset({"a@b.example"}))


@unhurried
@given(
    header=st.binary(max_size=300),
    body=st.binary(max_size=500),
    mime=st.binary(max_size=200),
    kind=st.text(max_size=30),
)
def test_any_parts(header: bytes, body: bytes, mime: bytes, kind: str) -> None:
    """What a server hands out in parts makes a message, whatever it is."""
    parse(RawMail(header=header, parts=(RawPart(header=mime, body=body),) * 2, types=(kind, "multipart/alternative")))


@unhurried
@given(
    st.text(max_size=1500), st.sampled_from(["plain", "html"]), st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-7"])
)
def test_any_text(text: str, kind: str, charset: str) -> None:
    """Any text in a well-formed mail makes a message with clean words."""
    octets = text.encode(charset, "ignore")
    head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode()
    newest = parse(split(head + octets)).newest_text
    assert "\x00" not in newest
    assert newest == newest.strip("\n")


_TEXT: Final = (
    "Nein ja bitte das Angebot 1.200 Euro (netto) Köln über „so nicht“ & <wichtig> morgen! Warum? Straße 5% a/b; "
    "the invoice is wrong, Anna: danke – aber 😀 http://x.example/a?b=c&d=e"
)
WORDS: Final = st.lists(st.sampled_from(_TEXT.split()), min_size=1, max_size=40).map(" ".join)


@unhurried
@given(paragraphs=st.lists(WORDS, min_size=1, max_size=4), name=st.sampled_from(sorted(FORMATS)), quoted=WORDS)
def test_own_words_on_top_are_never_lost(paragraphs: list[str], name: str, quoted: str) -> None:
    """A reply above the quotation comes out whole, in the format of every program."""
    own = "\n\n".join(paragraphs)
    assume(not own.startswith(">"))
    letter = Letter(own=own, quoted=f"Sehr geehrter Herr Reuter,\n\n{quoted}", place="top")
    newest = parse(split(FORMATS[name](letter))).newest_text
    assert " ".join(own.split()) in " ".join(newest.split())


@unhurried
@given(own=WORDS, name=st.sampled_from(sorted(BELOW)))
def test_own_words_below_are_never_lost(own: str, name: str) -> None:
    """An answer below the quotation comes out whole too."""
    letter = Letter(own=own, quoted="Wie soll es weitergehen?", place="bottom")
    newest = parse(split(FORMATS[name](letter))).newest_text
    assert " ".join(own.split()) in " ".join(newest.split())


@unhurried
@given(own=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=300))
def test_text_without_structure_is_untouched(own: str) -> None:
    """A single paragraph that has no mark of quotation loses nothing but invisible characters."""
    assume(own.strip() and not own.lstrip().startswith((">", "-", "_", "=", "*", "[", "—", "~")))
    expected = "".join(own.split())
    found = "".join(newest_text(own).split())
    assert len(found) >= len(expected) * 0.9 - 2


MALICE: Final = {
    "quotation marks": ">" * _SIZE,
    "quoted lines": ">\n" * (_SIZE // 2),
    "announcements": "Am 3.1.2024 um 10:00 schrieb " * 20 + ":\n" + "a:\n" * (_SIZE // 3),
    "header blocks": "Von: a@b\nGesendet: 2024\n" * (_SIZE // 25),
    "signature marks": "--\n" * (_SIZE // 3),
    "one line": "a" * _SIZE,
    "empty lines": "\n" * _SIZE,
    "disclaimers": "Diese E-Mail ist vertraulich\n" * (_SIZE // 29),
    "device lines": "Sent from my\n" * (_SIZE // 13),
    "blanks": " " * _SIZE,
    "mojibake": "Ã¤" * (_SIZE // 4),
    "armour": "-----BEGIN PGP MESSAGE-----\n" * (_SIZE // 28),
}
HTML_MALICE: Final = {
    "open divs": "<div>" * (_SIZE // 5),
    "open lists": "<ul><li>" * (_SIZE // 8),
    "open quotations": "<blockquote type=cite>" * (_SIZE // 22),
    "open tags": "<a " * (_SIZE // 3),
    "open attributes": "<a b='\">" * (_SIZE // 8),
    "open comments": "<!-- >" * (_SIZE // 6),
    "open scripts": "<script>" * (_SIZE // 8),
    "end tags": "</div>" * (_SIZE // 6),
    "crossed tags": "<b>" * (_SIZE // 6) + "</div>" * (_SIZE // 12),
    "references": "&#" * (_SIZE // 2),
    "style": "<style>" + "p," * (_SIZE // 2) + "</style>",
    "attributes": "<p " + "a=b " * (_SIZE // 4) + ">x",
}
HEADER_MALICE: Final = {
    "encoded words": b"Subject: " + b"=?utf-8?q?" * (_SIZE // 10),
    "comments": b"From: " + b"(" * _SIZE,
    "people": b"From: " + b"a," * (_SIZE // 2),
    "identifiers": b"References: " + b"<" * _SIZE,
    "parameters": b"Content-Type: text/plain" + b"; a" * (_SIZE // 3),
    "dates": b"Date: " + b"(" * _SIZE,
    "boundaries": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n" * (_SIZE // 5),
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(15_000)),
}


@pytest.mark.parametrize("name", MALICE)
def test_hostile_text_is_bounded(name: str) -> None:
    """A megabyte of anything in plain text takes seconds at most."""
    start = time.perf_counter()
    newest_text(MALICE[name])
    assert time.perf_counter() - start < _BOUND


@pytest.mark.parametrize("name", HTML_MALICE)
def test_hostile_html_is_bounded(name: str) -> None:
    """A megabyte of anything in HTML takes seconds at most."""
    start = time.perf_counter()
    html_text(HTML_MALICE[name])
    assert time.perf_counter() - start < _BOUND


@pytest.mark.parametrize("name", HEADER_MALICE)
def test_hostile_header_is_bounded(name: str) -> None:
    """A megabyte of anything in the header or the structure takes seconds at most."""
    start = time.perf_counter()
    parse(split(HEADER_MALICE[name] + b"\r\n\r\nx"))
    assert time.perf_counter() - start < _BOUND
