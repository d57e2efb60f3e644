"""How each mail program quotes the mail it answers: attribution lines and marks, and the whole mail as plain text."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from assistant.core.message import Address
from assistant.demo.stories import Client, Quote, StoryMail, Threads

OUTLOOK: Final = frozenset({Client.OUTLOOK_DE, Client.OUTLOOK_EN})
APPLE: Final = frozenset({Client.APPLE_DE, Client.APPLE_EN, Client.IPHONE})

_LABELS: Final = ("Von:", "Gesendet:", "An:", "Cc:", "Betreff:")
_LABELS_EN: Final = ("From:", "Sent:", "To:", "Cc:", "Subject:")
_DAYS: Final = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_MONTHS_SHORT: Final = (
    *("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni"),
    *("Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
)
_MONTHS_EN: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def in_answer(mail: StoryMail, parent: StoryMail) -> datetime:
    """When the quoted mail was written, by the clock of the one who answers."""
    return parent.date.astimezone(mail.date.tzinfo)


def attribution(mail: StoryMail, parent: StoryMail) -> str:
    """The line (or the block) that introduces a quotation, without marks; may have line breaks."""
    when = in_answer(mail, parent)
    name = parent.sender.name or parent.sender.address
    match mail.client:
        case Client.THUNDERBIRD:
            return f"Am {when:%d.%m.%y} um {when:%H:%M} schrieb {name}:"
        case Client.GMAIL_DE:
            day = f"{_DAYS[when.weekday()][:2]}., {when.day}. {_MONTHS_SHORT[when.month - 1]} {when.year}"
            return f"Am {day} um {when:%H:%M} Uhr schrieb {parent.sender}:"
        case Client.APPLE_EN:
            return (
                f"On {when.day} {_MONTHS_EN[when.month - 1][:3]} {when.year}, at {when:%H:%M}, {parent.sender} wrote:"
            )
        case Client.APPLE_DE | Client.IPHONE:
            return f"Am {when:%d.%m.%Y} um {when:%H:%M} schrieb {parent.sender}:"
        case _:
            return "\n".join(f"{label} {value}" for label, value in header_block(mail, parent))


def header_block(mail: StoryMail, parent: StoryMail) -> tuple[tuple[str, str], ...]:
    """The block of From, Sent, To, Cc, Subject that Outlook and German web mail put above a quotation."""
    when = in_answer(mail, parent)
    english = mail.client is Client.OUTLOOK_EN
    labels = (
        ("From:", "Sent:", "To:", "Cc:", "Subject:") if english else ("Von:", "Gesendet:", "An:", "Cc:", "Betreff:")
    )
    values = (str(parent.sender), _sent(mail.client, when), _people(parent.to), _people(parent.cc), parent.subject)
    rows = [(label, value) for label, value in zip(labels, values, strict=True) if value]
    if mail.client is Client.WEBMAIL:  # which names the time first, and the sender in quotation marks
        sender = f'"{parent.sender.name}" <{parent.sender.address}>'
        rows = [rows[1], ("Von:", sender), *rows[2:]]
    return tuple(rows)


def _sent(client: Client, when: datetime) -> str:
    if client is Client.OUTLOOK_EN:
        return f"{when:%d} {_MONTHS_EN[when.month - 1]} {when.year} {when:%H:%M}"
    day = f"{_DAYS[when.weekday()]}, {when.day}. {_MONTHS[when.month - 1]} {when.year}"
    return f"{day} um {when:%H:%M} Uhr" if client is Client.WEBMAIL else f"{day} {when:%H:%M}"


def _people(people: tuple[Address, ...]) -> str:
    return "; ".join(map(str, people))


def plain(mail: StoryMail, threads: Threads) -> str:
    """The whole mail as plain text, quotation included, before any wrapping."""
    parent = threads.parent(mail)
    if parent is None or mail.quote is Quote.NONE:
        return mail.text
    introduction = attribution(mail, parent)
    if mail.quote is Quote.INLINE:
        return _introduced(mail, introduction)
    quotation = _quotation(mail.client, introduction, plain(parent, threads))
    return f"{mail.text}\n\n{quotation}" if mail.quote is Quote.TOP else f"{quotation}\n\n{mail.text}"


def _introduced(mail: StoryMail, introduction: str) -> str:
    """An inline answer: the introduction stands where the quotation begins."""
    above, mark, below = f"\n{mail.text}".partition("\n> ")
    line = f"{marked(introduction)}\n> " if mail.client in APPLE else introduction
    return f"{above}\n{line}{mark}{below}".lstrip("\n")


def _quotation(client: Client, introduction: str, text: str) -> str:
    if client in OUTLOOK:  # which marks nothing
        return f"{introduction}\n\n{text}"
    if client in APPLE or client is Client.WEBMAIL:  # which mark the introduction as well
        return marked(f"{introduction}\n\n{text}")
    gap = "\n\n" if client is Client.GMAIL_DE else "\n"
    return f"{introduction}{gap}{marked(text)}"


def marked(text: str) -> str:
    """Every line behind a quotation mark; marks of earlier quotations stand close together."""
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in text.split("\n"))
