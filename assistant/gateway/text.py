"""The text of a submitted mail, examined before anybody works with it: line ends, header, and whose mail it is.

Nothing is ever added, changed or repaired, no Received field either: what the mail client signed stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from assistant.adapters.mime.header import Header
from assistant.adapters.mime.people import mailboxes
from assistant.core.delivery import Envelope
from assistant.core.message import without_detail
from assistant.gateway.answers import Rejected

LONGEST_LINE: Final = 998  # octets, without the CRLF (RFC 5322, 2.1.1)
LARGEST_HEADER: Final = 262_144  # octets: four thousand recipients; less than the parser reads, so that it sees all

_FIELD: Final = re.compile(rb"[!-9;-~]+[ \t]*:")


def unstuffed(sent: bytes) -> bytes:
    """The text as it was before the mail client doubled the dots at line starts (RFC 5321, 4.5.2)."""
    text = sent.replace(b"\r\n.", b"\r\n")
    return text[1:] if text.startswith(b".") else text


def envelope_of(sender: str, recipients: Iterable[str], raw: bytes, *, smtputf8: bool) -> Envelope:
    """The envelope with what the mail needs of a relay, seen from the mail itself.

    Args:
        smtputf8: whether the mail client asked for it; it is needed only where an address or the header has such
            signs, and then the relay must have it (RFC 6531, 3.4).
    """
    to = tuple(dict.fromkeys(recipients))
    international = not all(address.isascii() for address in (sender, *to)) or not header_of(raw).isascii()
    return Envelope(
        sender=sender,
        recipients=to,
        smtputf8=smtputf8 and international,
        eight_bit=not raw.isascii(),
    )


def header_of(raw: bytes) -> bytes:
    """Everything before the first empty line; all of it where there is none."""
    end = raw.find(b"\r\n\r\n")
    return b"" if raw.startswith(b"\r\n") else raw if end < 0 else raw[:end]


def examine(raw: bytes, own: frozenset[str]) -> None:
    """Raises ``Rejected`` for a text that other servers may read differently, or that is not from the user.

    Args:
        own: the user's addresses, spelled by :func:`spelled`.
    """
    _check_lines(raw)
    header = header_of(raw)
    _check_header(header)
    _check_authors(Header.read(header), own)


def authors(raw: bytes) -> tuple[str, ...]:
    """Whose mail an examined text is: the addresses in From, or of who sends it on, in order, each :func:`spelled`."""
    header = Header.read(header_of(raw))
    return tuple(spelled(person.address) for person in mailboxes(header.get(_responsible(header)[0])))


def _responsible(header: Header) -> tuple[str, str]:
    """The fields that name who answers for a mail (RFC 5322, 3.6.6), the authors first."""
    return ("Resent-From", "Resent-Sender") if header.has("Resent-From") else ("From", "Sender")


def _check_lines(raw: bytes) -> None:
    ends = raw.count(b"\r\n")
    if raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        raise Rejected(550, "5.6.11 Lines must end with CRLF: the mail has a bare CR or LF (RFC 5321, 2.3.8)")
    if b"\x00" in raw:
        raise Rejected(550, "5.6.0 The mail holds a NUL character (RFC 5322, 4)")
    if _has_long_line(raw):
        raise Rejected(550, f"5.6.0 A line is longer than {LONGEST_LINE} octets (RFC 5322, 2.1.1); send it encoded")


def _has_long_line(raw: bytes) -> bool:
    start = 0
    while len(raw) - start > LONGEST_LINE:
        end = raw.rfind(b"\n", start, start + LONGEST_LINE + 2)  # the last one that may be: many lines at a step
        if end < 0:
            return True
        start = end + 1
    return False


def _check_header(header: bytes) -> None:
    if len(header) > LARGEST_HEADER:
        raise Rejected(550, f"5.6.0 The header is larger than {LARGEST_HEADER} octets")
    for number, line in enumerate(header.split(b"\r\n"), 1):
        folded = line[:1] in {b" ", b"\t"} and number > 1
        if line and not folded and _FIELD.match(line) is None:
            raise Rejected(550, f"5.6.0 Line {number} of the header is not a field (RFC 5322, 2.2)")


def _check_authors(header: Header, own: frozenset[str]) -> None:
    """Who answers for the mail must be the user: those who send it on, where it is sent on (RFC 5322, 3.6.6).

    Otherwise everybody in From, and Sender where there is one.
    """
    for name in ("From", "Sender"):
        if len(header.all(name)) > 1:
            raise Rejected(550, f"5.6.0 The mail has more than one {name} field (RFC 5322, 3.6)")
    if not header.has("From"):
        raise Rejected(550, "5.6.0 The mail has no From field; it decides which account sends it")
    for name in _responsible(header):
        _check_own(header, name, own)


def _check_own(header: Header, name: str, own: frozenset[str]) -> None:
    """The first field of that name: what is added when a mail is sent on stands above the rest."""
    if not header.has(name):
        return
    people = mailboxes(header.get(name))
    if not people:
        raise Rejected(550, f"5.6.0 The {name} field names no address")
    for person in people:
        if not is_own(person.address, own):
            raise foreign(f"{person.address} ({name})")


def is_own(address: str, own: frozenset[str]) -> bool:
    """Whether an address is the user's, perhaps with a detail behind a plus; ``own`` are spelled by :func:`spelled`."""
    written = spelled(address)
    return written in own or without_detail(written) in own


def spelled(address: str) -> str:
    """An address in the one spelling that is compared: lower case, composed signs, domains as people write them."""
    local, _, domain = unicodedata.normalize("NFC", address).lower().rpartition("@")
    if "xn--" in domain:
        with suppress(UnicodeError):  # no name, so nobody's
            domain = domain.encode("ascii").decode("idna")
    return f"{local}@{domain}"


def foreign(whom: str) -> Rejected:
    """The refusal of an address that is not the user's."""
    return Rejected(
        550,
        f"5.7.1 {whom} is not one of your addresses: add it to an account in config.toml (address or aliases),"
        " or send from another one",
    )
