"""A letter: a mail that the program itself writes for the user, who has read it and lets it go at once.

It never waits in the cooling-off folder and is no version of any draft, though an acknowledgement answers the same mail
as the reply that cools.  Its Message-ID tells it apart, and is the same each time the same letter is written: so the
ledger knows that it was.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from assistant.core.message import Address


class Kind(StrEnum):
    """What a letter is for; the first word of its Message-ID."""

    RECEIPT = "receipt"  # tells a client that their mail has come and when it will be answered
    OPINION = "opinion"  # asks a friend what they think of a case


_ID: Final = re.compile(rf"<(?:{'|'.join(Kind)})\.[0-9a-f]{{24}}@")
_WIDTH: Final = 998  # octets of a line at most (RFC 5322, 2.1.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What is sent to whom; one recipient.

    Attributes:
        references: of the thread, the mail that is answered last; ``in_reply_to`` is that mail.
    """

    message_id: str
    sender: Address
    to: Address
    subject: str
    text: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """By what the letter that was shown is known again: SHA-256 over all but the Message-ID, hexadecimal."""
        parts = (self.sender.address, self.to.address, self.subject, self.text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def letter_id(kind: Kind, about: str, account: str) -> str:
    """The Message-ID of the letter about something, in the domain of the account's address."""
    domain = account.rpartition("@")[2]
    digest = hashlib.sha256(about.encode()).hexdigest()[:24]
    return f"<{kind}.{digest}@{domain if domain.isascii() and domain else 'gelassen.invalid'}>"


def is_letter(message_id: str | None) -> bool:
    """Whether a mail is a letter, by its Message-ID."""
    return message_id is not None and _ID.match(message_id) is not None


def letter_bytes(letter: Letter, at: datetime) -> bytes:
    """The letter as a mail (RFC 5322, 2045): plain text, lines end in CRLF."""
    plain = (letter.sender.address + letter.to.address).isascii()
    policy = (SMTP if plain else SMTPUTF8).clone(max_line_length=_WIDTH, cte_type="7bit")
    mail = EmailMessage(policy=policy)
    mail["From"] = _mailbox(letter.sender)
    mail["To"] = _mailbox(letter.to)
    mail["Subject"] = _one_line(letter.subject)
    mail.set_content(f"{letter.text.rstrip()}\n", charset="utf-8", cte="quoted-printable")
    return _thread(letter, at).encode("ascii", "ignore") + mail.as_bytes()


def _thread(letter: Letter, at: datetime) -> str:
    """The fields that must not be folded inside a token; each Message-ID has a line."""
    fields = [f"Date: {format_datetime(at)}", f"Message-ID: {letter.message_id}"]
    if letter.in_reply_to:
        fields.append(f"In-Reply-To: {_one_line(letter.in_reply_to)}")
    if letter.references:
        fields.append("References: " + "\r\n ".join(_one_line(one) for one in letter.references))
    return "\r\n".join(fields) + "\r\n"


def _mailbox(person: Address) -> HeaderAddress:
    return HeaderAddress(display_name=_one_line(person.name), addr_spec=person.address)


def _one_line(words: str) -> str:
    return " ".join(words.split())
