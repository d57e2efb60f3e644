"""Mail that machines build: calendar invitations and answers (RFC 5545, 6047) and bounces (RFC 3462, 3464)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from assistant.core.message import base_subject
from assistant.demo.parts import Part, Transfer, multipart, text_part
from assistant.demo.stories import StoryMail, message_id

_CALENDAR_CLASS: Final = "urn:content-classes:calendarmessage"


def is_calendar(mail: StoryMail) -> bool:
    """Whether it is an invitation or the answer to one."""
    return mail.headers.get("Content-Class") == _CALENDAR_CLASS


def is_bounce(mail: StoryMail) -> bool:
    """Whether a mail server reports that something was not delivered."""
    return "X-Failed-Recipients" in mail.headers


def calendar(mail: StoryMail, readable: Part, boundary: str) -> Part:
    """The readable part and the event itself, as alternatives."""
    method = "REPLY" if mail.subject.startswith("Accepted:") else "REQUEST"
    event = text_part(
        _event(mail, method),
        f'text/calendar; charset="utf-8"; method={method}',
        transfer=Transfer.BASE64,
    )
    return multipart("alternative", boundary, (readable, event))


def _event(mail: StoryMail, method: str) -> str:
    start = mail.date.replace(hour=9, minute=0, second=0) + timedelta(days=10)
    organizer, attendee = (mail.to[0], mail.sender) if method == "REPLY" else (mail.sender, mail.to[0])
    state = "ACCEPTED" if method == "REPLY" else "NEEDS-ACTION"
    lines = (
        *("BEGIN:VCALENDAR", f"METHOD:{method}", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0"),
        "BEGIN:VEVENT",
        f"ORGANIZER;CN={organizer.name}:mailto:{organizer.address}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT={state};CN={attendee.name}:mailto:{attendee.address}",
        f"UID:{message_id(mail)[1:-1]}",
        f"SUMMARY:{base_subject(mail.subject.removeprefix('Accepted: ').removeprefix('Einladung: '))}",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(start + timedelta(minutes=45))}",
        f"DTSTAMP:{_utc(mail.date)}",
        *("END:VEVENT", "END:VCALENDAR"),
    )
    return "\n".join(lines)


def _utc(moment: datetime) -> str:
    return f"{moment - (moment.utcoffset() or timedelta()):%Y%m%dT%H%M%SZ}"


def bounce(mail: StoryMail, boundary: str) -> Part:
    """A delivery status notification: what happened, in words, for machines, and the headers of what was returned."""
    failed = mail.headers["X-Failed-Recipients"]
    status = (
        f"Reporting-MTA: dns; mx.lindner-kolb.example\n\nFinal-Recipient: rfc822; {failed}\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown, message rejected"
    )
    returned = f"From: {mail.to[0]}\nTo: {failed}\nSubject: Praktikum im Winter"
    parts = (
        text_part(mail.text, "text/plain; charset=us-ascii", transfer=Transfer.SEVEN_BIT),
        text_part(status, "message/delivery-status", transfer=Transfer.SEVEN_BIT),
        text_part(returned, "text/rfc822-headers", transfer=Transfer.SEVEN_BIT),
    )
    return multipart("report", boundary, parts, parameters=" report-type=delivery-status;")
