"""Mail as the rest of the program sees it: frozen values, nothing that touches a server.

Words follow RFC 5322 (message format), RFC 3501/9051 (IMAP) and RFC 3834 (automatic mail).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class MessageKey:
    """Where a message lies on a server (RFC 9051, 2.3.1.1): valid as long as UIDVALIDITY stands."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RawPart:
    """One text part of a message, still in its transfer encoding.

    Attributes:
        header: the part's MIME header (``BODY[n.MIME]``); for a message that is not multipart the message header.
        body: the part's bytes as transferred (``BODY[n]``), not decoded.
    """

    header: bytes
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class RawMail:
    """What is fetched of a message: its header, its text parts, and the *types* of all parts, attachments unread.

    Attributes:
        header: the message header, with the empty line or without; fields that only servers read may be left out.
        parts: text/plain and text/html parts in order, attachments left out.
        types: lower-case content types of every part of the structure, containers included, in order.
        size: size of the whole message in bytes (RFC822.SIZE).
    """

    header: bytes
    parts: tuple[RawPart, ...] = ()
    types: tuple[str, ...] = ()
    size: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A mailbox (RFC 5322, 3.4). ``address`` is compared in lower case."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class SetAside(StrEnum):
    """Why a mail is not judged although it could be read."""

    BULK = "bulk"
    LIST = "list"
    AUTOMATIC = "automatic"
    CALENDAR = "calendar"
    BOUNCE = "bounce"
    OWN = "own"
    SPAM = "spam"


class Unassessed(StrEnum):
    """Why a mail has no level although it should have one."""

    ENCRYPTED = "encrypted"
    NO_TEXT = "no_text"
    UNREADABLE = "unreadable"
    NO_MODEL = "no_model"
    LANGUAGE = "language"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A parsed mail.

    Attributes:
        message_id: with angle brackets, or None where the mail has none (neomutt's drafts).
        date: the Date header in the sender's own zone; None where missing or broken.
        newest_text: what the sender wrote in this mail: no quotes, signature block, disclaimer.
        quoted_text: what was removed as a quotation, for reviews; may be empty.
        language: ``de``, ``en``, or None when there is too little text to tell or it is another language.
        digest: SHA-256 over header and text parts, hexadecimal: the same mail after a UIDVALIDITY change.
    """

    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    newest_text: str = ""
    quoted_text: str = ""
    language: str | None = None
    set_aside: SetAside | None = None
    unassessed: Unassessed | None = None
    digest: str = ""
    headers: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def thread(self) -> tuple[str, ...]:
        """Message-IDs of the mails before this one, the direct parent first, each once."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everyone it is addressed to: To, Cc and Bcc."""
        return (*self.to, *self.cc, *self.bcc)


_REPLY_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|sv|wg|fw|fwd|weitergeleitet)\s*(?:\[\d+\]|\(\d+\))?\s*:\s*)+", re.IGNORECASE
)


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks in German and English, blanks folded (after RFC 5256, 2.1)."""
    return " ".join(_REPLY_PREFIX.sub("", subject).split())


def without_detail(address: str) -> str:
    """An address without its subaddress (RFC 5233): ``mara+shop@…`` is delivered to ``mara@…``.

    Only with ``+``, which Gmail, Microsoft, Fastmail, Dovecot and Postfix have in common; a quoted local part is left
    alone.
    """
    local, at, domain = address.rpartition("@")
    user, plus, _ = local.partition("+")
    return f"{user}{at}{domain}" if plus and user and not local.startswith('"') else address


def addresses(people: Iterable[Address]) -> frozenset[str]:
    """The bare addresses in lower case, for comparing recipients."""
    return frozenset(person.address.lower() for person in people)
