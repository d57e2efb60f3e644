"""From a story's mail to the bytes that its mail program would have sent."""

from __future__ import annotations

import hashlib
from typing import Final

from assistant.demo import machines
from assistant.demo.envelopes import envelope
from assistant.demo.markup import page
from assistant.demo.parts import CRLF, Part, Transfer, flowed, multipart, text_part, wrapped
from assistant.demo.quoting import APPLE, OUTLOOK, attribution, plain
from assistant.demo.stories import Client, Form, StoryMail, Threads, message_id

_CRLF_TAB: Final = "\r\n\t"


def render(mail: StoryMail, threads: Threads) -> bytes:
    """The whole message with CRLF line ends; always the same for the same mail and dates."""
    content = _content(mail, threads)
    charset = "utf-8" if mail.client not in OUTLOOK else _legacy_charset(mail.text + mail.subject)
    fields = [*envelope(mail, threads, charset=charset), *content.headers]
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in fields) + CRLF + content.body


def _content(mail: StoryMail, threads: Threads) -> Part:
    if machines.is_bounce(mail):
        return machines.bounce(mail, _boundary(mail))
    if mail.form is Form.PLAIN:
        return _plain_part(mail, threads)
    readable = _html_part(mail, threads)
    if machines.is_calendar(mail):
        return machines.calendar(mail, readable, _boundary(mail))
    if mail.form is Form.HTML:
        return readable
    return multipart("alternative", _boundary(mail), (_plain_part(mail, threads), readable))


def _boundary(mail: StoryMail) -> str:
    digest = hashlib.sha256(message_id(mail).encode()).hexdigest().upper()
    if mail.client in OUTLOOK:
        return f"_000_{digest[:32]}_"
    if mail.client in APPLE:
        return f"Apple-Mail=_{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    if mail.client is Client.GMAIL_DE:
        return f"000000000000{digest[:16].lower()}"
    return f"------------{digest[:24].lower()}"


def _legacy_charset(text: str) -> str:
    """What Outlook takes: the smallest of its charsets that holds the text."""
    for charset in ("us-ascii", "iso-8859-1", "windows-1252"):
        try:
            text.encode(charset)
        except UnicodeEncodeError:
            continue
        return charset
    return "utf-8"


def _plain_part(mail: StoryMail, threads: Threads) -> Part:
    text = plain(mail, threads)
    match mail.client:
        case Client.THUNDERBIRD:
            kind = "text/plain; charset=UTF-8; format=flowed"
            return text_part(flowed(text), kind, transfer=_if_ascii(text, Transfer.EIGHT_BIT))
        case Client.GMAIL_DE:
            text = wrapped(_split_attribution(mail, threads, text))
            transfer = _if_ascii(text, _gmail_transfer(text))
            return text_part(text, 'text/plain; charset="UTF-8"', transfer=transfer)
        case Client.OUTLOOK_DE | Client.OUTLOOK_EN:
            return _outlook_part(text, "plain")
        case Client.APPLE_DE | Client.APPLE_EN:
            kind = f"text/plain;{_CRLF_TAB}charset={'us-ascii' if text.isascii() else 'utf-8'}"
            return text_part(text, kind, transfer=_if_ascii(text, Transfer.QUOTED_PRINTABLE))
        case Client.IPHONE:
            kind = f"text/plain; charset={'us-ascii' if text.isascii() else 'utf-8'}"
            return text_part(text, kind, transfer=_iphone_transfer(text))
        case _:
            return text_part(text, "text/plain; charset=UTF-8", transfer=_if_ascii(text, Transfer.QUOTED_PRINTABLE))


def _split_attribution(mail: StoryMail, threads: Threads, text: str) -> str:
    """Gmail breaks a long attribution line within the angle brackets."""
    parent = threads.parent(mail)
    if parent is None:
        return text
    line = attribution(mail, parent)
    return text.replace(line, line.replace(" <", " <\n")) if len(line) > 76 else text


def _html_part(mail: StoryMail, threads: Threads) -> Part:
    if mail.client in OUTLOOK:
        charset = _legacy_charset(page(mail, threads, charset=""))
        return _outlook_part(page(mail, threads, charset=charset), "html")
    text = page(mail, threads, charset="utf-8")
    if mail.client is Client.GMAIL_DE:
        return text_part(text, 'text/html; charset="UTF-8"', transfer=_gmail_transfer(text))
    if mail.client in APPLE:
        return text_part(text, f"text/html;{_CRLF_TAB}charset=utf-8", transfer=Transfer.QUOTED_PRINTABLE)
    transfer = Transfer.BASE64 if "List-Unsubscribe" in mail.headers else Transfer.QUOTED_PRINTABLE
    return text_part(text, "text/html; charset=UTF-8", transfer=transfer)


def _outlook_part(text: str, subtype: str) -> Part:
    charset = _legacy_charset(text)
    transfer = Transfer.BASE64 if charset == "utf-8" else Transfer.QUOTED_PRINTABLE
    return text_part(text, f'text/{subtype}; charset="{charset}"', charset=charset, transfer=transfer)


def _if_ascii(text: str, otherwise: Transfer) -> Transfer:
    """Seven bits, where the text and the length of its lines allow it (RFC 5322, 2.1.1)."""
    return Transfer.SEVEN_BIT if text.isascii() and max(map(len, text.split("\n"))) < 900 else otherwise


def _gmail_transfer(text: str) -> Transfer:
    """Gmail takes base64 when much is not ASCII."""
    foreign = sum(not sign.isascii() for sign in text)
    return Transfer.BASE64 if foreign * 25 > len(text) else Transfer.QUOTED_PRINTABLE


def _iphone_transfer(text: str) -> Transfer:
    """An iPhone takes base64 as soon as there is an emoji."""
    beyond = any(ord(sign) > 0xFFFF for sign in text)
    return Transfer.BASE64 if beyond else _if_ascii(text, Transfer.QUOTED_PRINTABLE)
