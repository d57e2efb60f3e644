"""The text behind DATA: where it ends, whatever the segments are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.gateway.data import read_text
from assistant.gateway.text import unstuffed

_END = b"\r\n.\r\n"


def _read(segments: Sequence[bytes], *, largest: int = 10**6, limit: int = 65536) -> tuple[bytes | None, bytes]:
    """The text, and what is left for the next command."""

    async def run() -> tuple[bytes | None, bytes]:
        reader = asyncio.StreamReader(limit=limit)

        async def feed() -> None:
            for segment in segments:
                reader.feed_data(segment)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.ensure_future(feed())
        pieces = await read_text(reader, largest, lambda: None)
        await feeding
        return (None if pieces is None else b"".join(pieces)), await reader.read()

    return asyncio.run(run())


def test_every_cut_into_two_segments_gives_the_same() -> None:
    """And leaves what is behind the end."""
    whole = b"a sentence.\r\n..dot\r\n\r\n.\r\nNOOP\r\n"
    for cut in range(len(whole) + 1):
        assert _read([whole[:cut], whole[cut:]]) == (b"a sentence.\r\n..dot\r\n\r\n", b"NOOP\r\n")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\r\n",
        b".\n.\r.\r\n"[:5] + b"x\r\n",
        b"..\r\n",
        b"x.\r\n",
        b"x\n.\r\n",
        b"x\r.\r\n",
        b"\r\r\n",
        b"\n.\r\n" * 3,
    ],
)
def test_only_a_dot_alone_between_crlf_ends_it(text: bytes) -> None:
    """What looks like it is text."""
    sent = text.replace(b"\r\n.", b"\r\n..")
    sent = b"." + sent if sent.startswith(b".") else sent
    ended = sent if sent.endswith(b"\r\n") or not sent else sent + b"\r\n"
    got, rest = _read([ended + b".\r\nQUIT\r\n"])
    assert (got, rest) == (ended, b"QUIT\r\n")


@settings(deadline=None)  # each example has an event loop of its own
@given(
    text=st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"a", b".\r\n", b"bb"])).map(b"".join),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    limit=st.integers(4, 40),
)
def test_the_text_is_what_lies_before_the_first_end(text: bytes, cuts: list[int], limit: int) -> None:
    """For any octets, any segments and any size of the buffer."""
    stream = text + _END + b"NEXT"
    end = 0 if stream.startswith(_END[2:]) else stream.index(_END) + 2
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    segments = [stream[start:stop] for start, stop in pairwise(places)]
    assert _read(segments, limit=limit) == (stream[:end], stream[end + 3 :])


@given(st.lists(st.sampled_from([b".", b"a", b"\r\n"])).map(b"".join))
def test_dots_that_a_mail_client_doubles_come_back_single(text: bytes) -> None:
    """RFC 5321, 4.5.2, at the start of the text and of every line."""
    stuffed = (b"\r\n" + text).replace(b"\r\n.", b"\r\n..")[2:]
    assert unstuffed(stuffed) == text


@pytest.mark.parametrize("excess", [0, 1, 100_000])
def test_what_is_too_large_is_read_to_its_end_and_not_kept(excess: int) -> None:
    """The next command is found all the same."""
    sent = b"x" * (1000 + excess - 2) + b"\r\n"
    got, rest = _read([sent, b".\r\nNOOP\r\n"], largest=1000, limit=300)
    assert got == (sent if not excess else None)
    assert rest == b"NOOP\r\n"


def test_a_text_that_ends_too_early_is_no_text() -> None:
    """The connection broke."""
    with pytest.raises(asyncio.IncompleteReadError):
        _read([b"half\r\n."])
