"""The text behind DATA, up to CRLF.CRLF and nothing else (RFC 5321, 4.1.1.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_END: Final = b".\r\n"


async def read_text(reader: asyncio.StreamReader, largest: int, heard: Callable[[], None]) -> list[bytes] | None:
    """The text in pieces, dots still doubled, without the end-of-data mark; None when it was too large.

    Not a byte behind the mark is read: it belongs to the next command. Of a text that is too large nothing is kept, but
    it is read to its end, where the mail client listens again.

    Args:
        largest: octets.
        heard: called with every piece.

    Raises ``asyncio.IncompleteReadError`` when the mail client goes away before the end.
    """
    pieces: list[bytes] = []
    size, tail = 0, b"\r\n"  # the command's own line end counts
    while tail != b"\r\n" + _END:
        piece = await _piece(reader)
        heard()
        size += len(piece)
        tail = (tail + piece)[-5:]
        if size - len(_END) > largest:
            pieces.clear()
        pieces.append(piece)
    if size - len(_END) > largest:
        return None
    pieces[-1] = pieces[-1][: -len(_END)]
    return pieces


async def _piece(reader: asyncio.StreamReader) -> bytes:
    """Up to the next thing that may be the mark; where none is near, what there is but its last two octets."""
    try:
        return await reader.readuntil(_END)
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed)
