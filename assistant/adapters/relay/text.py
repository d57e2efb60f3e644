"""A mail and its addresses in the form in which they may go over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: What ends the text (RFC 5321, 4.1.1.4): the last line end of the text belongs to it.
END_OF_DATA: Final = b"\r\n.\r\n"

_UNQUOTED: Final = r'[^\s<>"\\]+'
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"@[^\s<>"\\]+'
_ADDRESS: Final = re.compile(f"(?:{_UNQUOTED}|{_QUOTED})")
_LONGEST: Final = 1000  # octets; RFC 5321 (4.5.3.1.3) has 256 for a path


@dataclass(frozen=True, kw_only=True, slots=True)
class WireText:
    """A mail ready to be sent.

    Attributes:
        stuffed: with CRLF line ends and doubled dots, without the last line end (see ``END_OF_DATA``).
        size: as RFC 1870 counts it: with all line ends, without the doubled dots.
    """

    stuffed: bytes
    size: int
    ascii: bool

    @classmethod
    def of(cls, raw: bytes) -> WireText:
        """Makes it from a mail's bytes; nothing changes in one that has CRLF line ends only.

        A server that takes a lone LF, a lone CR or CR LF NUL for part of an end of data would see the mail end early
        and commands begin ("SMTP smuggling", CVE-2023-51764 and others), so none leaves here: a lone LF is a line end
        that a file has, and becomes CRLF; a lone CR or a NUL, which no mail may hold (RFC 5322, 2.3; RFC 2045, 2.8),
        becomes a blank as in Postfix (cleanup_replace_stray_cr_lf): a line end could begin a header or a body that the
        user never saw.  Dots are doubled after that, so that no line of the text is a lone dot.
        """
        lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\0", b" ")
        text = lines.removesuffix(b"\n").replace(b"\n", b"\r\n")
        stuffed = (b"." if text.startswith(b".") else b"") + text.replace(b"\r\n.", b"\r\n..")
        return cls(stuffed=stuffed, size=len(text) + 2, ascii=raw.isascii())


def usable(address: str) -> bool:
    """Whether an address can stand between angle brackets without ending the command or saying something else."""
    try:
        octets = len(address.encode())
    except UnicodeEncodeError:
        return False
    return octets <= _LONGEST and _printable(address) and _ADDRESS.fullmatch(address) is not None


def _printable(address: str) -> bool:
    return all(sign.isprintable() for sign in address)
