"""Header fields in the order, spelling and company that each mail program gives them (RFC 5322)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final

from assistant.core.message import base_subject
from assistant.demo.parts import header_addresses, header_text
from assistant.demo.stories import Client, Folder, StoryMail, Threads, message_id

Fields = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """How a program writes its headers.

    Attributes:
        order: names as spelled, in order; ``*`` is where its own fields go.
        own: fields that only this program writes.
        mime_version: some programs add a comment.
    """

    order: tuple[str, ...]
    own: tuple[tuple[str, str], ...] = ()
    mime_version: str = "1.0"


_OUTLOOK: Final = (
    *("From", "To", "CC", "Subject", "Thread-Topic", "Thread-Index", "Date", "Message-ID", "References", "In-Reply-To"),
    *("*", "MIME-Version"),
)
_APPLE: Final = ("From", "Mime-Version", "Subject", "Date", "References", "To", "Cc", "In-Reply-To", "Message-Id", "*")
_EXCHANGE: Final = (("X-MS-Has-Attach", ""), ("X-MS-TNEF-Correlator", ""))
_HANDS: Final[Mapping[Client, Hand]] = {
    Client.OUTLOOK_DE: Hand(
        order=_OUTLOOK, own=(("Accept-Language", "de-DE, en-US"), ("Content-Language", "de-DE"), *_EXCHANGE)
    ),
    Client.OUTLOOK_EN: Hand(
        order=_OUTLOOK, own=(("Accept-Language", "en-GB, en-US"), ("Content-Language", "en-GB"), *_EXCHANGE)
    ),
    Client.GMAIL_DE: Hand(
        order=(
            *("MIME-Version", "References", "In-Reply-To", "From", "Date", "Message-ID", "*"),
            *("Subject", "To", "Cc"),
        )
    ),
    Client.APPLE_DE: Hand(
        order=_APPLE,
        own=(("X-Mailer", "Apple Mail (2.3864.200.81.1.6)"),),
        mime_version="1.0 (Mac OS X Mail 16.0 \\(3864.200.81.1.6\\))",
    ),
    Client.APPLE_EN: Hand(
        order=_APPLE,
        own=(("X-Mailer", "Apple Mail (2.3826.700.81)"),),
        mime_version="1.0 (Mac OS X Mail 16.0 \\(3826.700.81\\))",
    ),
    Client.IPHONE: Hand(
        order=("From", "Mime-Version", "Date", "Subject", "Message-Id", "References", "In-Reply-To", "To", "Cc", "*"),
        own=(("X-Mailer", "iPhone Mail (23B85)"),),
        mime_version="1.0 (1.0)",
    ),
    Client.THUNDERBIRD: Hand(
        order=(
            *("Message-ID", "Date", "MIME-Version", "*", "Subject", "To", "Cc"),
            *("References", "From", "In-Reply-To"),
        ),
        own=(("User-Agent", "Mozilla Thunderbird"), ("Content-Language", "de-DE")),
    ),
    Client.WEBMAIL: Hand(
        order=("MIME-Version", "Message-ID", "From", "To", "Cc", "Subject", "*", "Date", "References", "In-Reply-To")
    ),
}
_THUNDERBIRD_DRAFT: Final = (
    ("X-Identity-Key", "id1"),
    ("X-Account-Key", "account1"),
    ("Fcc", "imap://mara@127.0.0.1/Gesendet"),
)


def envelope(mail: StoryMail, threads: Threads, *, charset: str) -> Fields:
    """All header fields but those of the content; values folded and encoded."""
    values = _values(mail, threads, charset)
    own = [*_HANDS[mail.client].own, *(_THUNDERBIRD_DRAFT if mail.folder is Folder.DRAFTS else ())]
    own = [(name, value) for name, value in own if name not in mail.headers]
    fields = _trace(mail)
    for name in _HANDS[mail.client].order:
        if name == "*":
            fields += [*own, *((n, header_text(v, charset=charset)) for n, v in _record_fields(mail))]
        elif values.get(name.lower()):
            fields.append((name, values[name.lower()]))
    return fields


def _record_fields(mail: StoryMail) -> Fields:
    """The record's extra fields; Return-Path stands among the trace fields."""
    return [(name, value) for name, value in mail.headers.items() if name != "Return-Path"]


def _values(mail: StoryMail, threads: Threads, charset: str) -> Mapping[str, str]:
    references = threads.references(mail)
    return {
        "from": header_addresses([mail.sender], charset=charset),
        "to": header_addresses(mail.to, charset=charset),
        "cc": header_addresses(mail.cc, charset=charset),
        "subject": header_text(mail.subject, charset=charset),
        "date": format_datetime(mail.date),
        "message-id": message_id(mail),
        "in-reply-to": references[-1] if references else "",
        "references": "\r\n ".join(references),
        "mime-version": _HANDS[mail.client].mime_version,
        "thread-topic": header_text(base_subject(mail.subject), charset=charset),
        "thread-index": _thread_index(mail),
    }


def _thread_index(mail: StoryMail) -> str:
    return "Ad" + hashlib.sha256(f"{mail.story}/{base_subject(mail.subject)}".encode()).hexdigest()[:28] + "=="


def _trace(mail: StoryMail) -> Fields:
    """What the servers on the way wrote (RFC 5321, 4.4); one's own mail has none."""
    if mail.folder is not Folder.INBOX:
        return []
    domain = mail.sender.address.rpartition("@")[2].lower()
    digest = hashlib.sha256(message_id(mail).encode()).hexdigest()
    host = f"mail.{domain}"
    received = (
        f"from {host} ({host} [192.0.2.{1 + int(digest[:2], 16) % 250}])\r\n"
        f"\tby mx.lindner-kolb.example (Postfix) with ESMTPS id {digest[2:12].upper()}\r\n"
        f"\tfor <mara@lindner-kolb.example>; {format_datetime(mail.date)}"
    )
    path = mail.headers.get("Return-Path", f"<{mail.sender.address}>")
    return [("Return-Path", path), ("Delivered-To", "mara@lindner-kolb.example"), ("Received", received)]
