"""A mail as it goes out, and the copy of a held one that the user sees: headers changed as bytes, bodies never.

Signed and encrypted mail stays valid: what a signature covers is inside the body (RFC 1847).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from assistant.core.delivery import Envelope
from assistant.core.message import Message

_LONE_LF: Final = re.compile(rb"(?<!\r)\n")
_FIELD: Final = re.compile(rb"\r\n(?![ \t])")
_EIGHT_BIT: Final = re.compile(rb"[\x80-\xff]")
#: Never on the wire (RFC 5322, 3.6.3: blind copies).
_BLIND: Final = (b"bcc", b"resent-bcc")
#: What mail clients note in a draft for themselves (Thunderbird, neomutt, Apple Mail, Send Later), and our own marks.
_NOTES: Final = (
    b"fcc",
    b"x-account-key",
    b"x-apple-",
    b"x-gelassen-",
    b"x-identity-key",
    b"x-mozilla-",
    b"x-mutt-",
    b"x-send-later-",
    b"x-uniform-type-identifier",
    b"x-universally-unique-identifier",
)


def envelope_of(message: Message, raw: bytes) -> Envelope:
    """The envelope of a draft: from its From, to everybody in To, Cc and Bcc. Without a sender the path is empty."""
    people = dict.fromkeys(person.address for person in message.recipients)
    return Envelope(
        sender=message.sender.address if message.sender else "",
        recipients=tuple(people),
        smtputf8=not _header(raw).isascii() or not "".join(people).isascii(),
        eight_bit=not raw.isascii(),
    )


def outgoing(raw: bytes, *, message_id: str, at: datetime, written_here: bool) -> bytes:
    """The exact bytes that a relay is given; the same for the same arguments, so that a second attempt is no new mail.

    Lines end in CRLF, blind copies are gone, and Message-ID and Date are there. Everything else is as it was.

    Args:
        message_id: taken where the mail has none, angle brackets included.
        at: the Date where there is none.
        written_here: the mail is a draft: its Date is when it was saved, so ``at`` takes its place, and what mail
            clients note in drafts for themselves goes.
    """
    header, body = _split(_LONE_LF.sub(b"\r\n", raw))
    fields = [field for field in _FIELD.split(header) if field and _goes_out(_name(field), written_here=written_here)]
    names = {_name(field) for field in fields}
    date = b"Date: " + format_datetime(at).encode()
    if b"date" not in names:
        fields.append(date)
    elif written_here:
        fields = [date if _name(field) == b"date" else field for field in fields]
    if b"message-id" not in names:
        fields.append(b"Message-ID: " + message_id.encode())
    return b"\r\n".join([*fields, b"", body])


def message_id_for(draft_id: int, digest: str, sender: str) -> str:
    """A Message-ID for a draft that has none (neomutt's): the same at every attempt, unlike any other mail's."""
    domain = sender.rpartition("@")[2]
    return f"<{draft_id}.{digest[:24]}@{domain if domain.isascii() and domain else 'gelassen.invalid'}>"


def message_id_of(raw: bytes) -> str | None:
    """The Message-ID in a header, angle brackets included."""
    for field in _fields_of(raw):
        if _name(field) == b"message-id":
            return field.partition(b":")[2].decode("utf-8", "surrogateescape").strip() or None
    return None


def marked(raw: bytes, draft_id: int) -> bytes:
    """A held mail as it is shown in the cooling-off folder: its number in the subject and in a header."""
    header, body = _split(_LONE_LF.sub(b"\r\n", raw))
    mark = b"[Gelassen %d] " % draft_id
    fields = [field for field in _FIELD.split(header) if field]
    subjects = [n for n, field in enumerate(fields) if _name(field) == b"subject"]
    if subjects:
        words = fields[subjects[0]].partition(b":")[2]
        fields[subjects[0]] = b"Subject: " + mark + words.lstrip(b" ")
    else:
        fields.append(b"Subject: " + mark.rstrip())
    return b"\r\n".join([*fields, b"X-Gelassen-Held: %d" % draft_id, b"", body])


def kept(raw: bytes, found: bytes) -> bool:
    """Whether what lies on a server is this mail."""
    return found in forms(raw)


def forms(raw: bytes) -> tuple[bytes, bytes]:
    """As what a mail may lie on a server: its bytes, or what Cyrus makes of them unless it is told not to.

    There every byte of the header that is not ASCII becomes an X (imapd.conf, ``munge8bit``).
    """
    header, gap, body = raw.partition(b"\r\n\r\n")
    return raw, _EIGHT_BIT.sub(b"X", header) + gap + body


def unmarked(raw: bytes) -> bytes | None:
    """The mail that ``marked`` made a copy of; None for a mail that is no such copy."""
    header, body = _split(raw)
    fields = [field for field in _FIELD.split(header) if field]
    held = next((field for field in reversed(fields) if _name(field) == b"x-gelassen-held"), None)
    if held is None:
        return None
    mark = b"[Gelassen %s]" % held.partition(b":")[2].strip()
    fields = [_without(mark, field) for field in fields if field is not held]
    return b"\r\n".join([*(field for field in fields if field), b"", body])


def _without(mark: bytes, field: bytes) -> bytes:
    """A subject without our mark, empty where there was none before."""
    words = field.partition(b":")[2].lstrip(b" ")
    if _name(field) != b"subject" or not words.startswith(mark):
        return field
    return b"" if words == mark else b"Subject: " + words.removeprefix(mark + b" ")


def _goes_out(name: bytes, *, written_here: bool) -> bool:
    return name not in _BLIND and not (written_here and name.startswith(_NOTES))


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body of a mail whose lines end in CRLF."""
    if raw.startswith(b"\r\n"):
        return b"", raw[2:]
    header, gap, body = raw.partition(b"\r\n\r\n")
    return (header, body) if gap else (raw.removesuffix(b"\r\n"), b"")


def _header(raw: bytes) -> bytes:
    return _split(_LONE_LF.sub(b"\r\n", raw))[0]


def _fields_of(raw: bytes) -> Iterator[bytes]:
    return (field for field in _FIELD.split(_header(raw)) if field)


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()
