"""The stories of the demo mailbox: typed records, dates moved to today, Message-IDs and threads.

The data (data/README.md) is Mara Lindner's mailbox over twelve weeks: eight clients and some noise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from assistant.core.escalation import Level, Signal
from assistant.core.message import Address

BERLIN: Final = ZoneInfo("Europe/Berlin")
_ZONES: Final = (BERLIN, ZoneInfo("Europe/London"))

NOISE: Final = "noise"

_DATA: Final = files("assistant.demo") / "data"
_TODAY_FILE: Final = "today.jsonl"


class Folder(StrEnum):
    """Where a mail lies, by special use; INBOX is a client's mail, the others are Mara's own."""

    INBOX = "INBOX"
    SENT = "Sent"
    DRAFTS = "Drafts"


class Form(StrEnum):
    """The MIME form."""

    HTML = "html"
    PLAIN = "plain"
    ALTERNATIVE = "alternative"


class Client(StrEnum):
    """The program that wrote the mail."""

    OUTLOOK_DE = "outlook-de"
    OUTLOOK_EN = "outlook-en"
    GMAIL_DE = "gmail-de"
    APPLE_DE = "apple-de"
    APPLE_EN = "apple-en"
    IPHONE = "iphone"
    THUNDERBIRD = "thunderbird"
    WEBMAIL = "webmail"


class Quote(StrEnum):
    """Where the newest text stands in relation to the mail answered."""

    TOP = "top"
    BOTTOM = "bottom"
    INLINE = "inline"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryMail:
    """One mail of a story; the fields are those of data/README.md.

    Attributes:
        date: in the sender's own zone.
        in_reply_to: ``n`` of the mail answered, in the same story.
        level: what an attentive reader finds; 0 for noise, where the right answer is to leave it alone.
    """

    story: str
    n: int
    date: datetime
    folder: Folder
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    headers: Mapping[str, str]
    in_reply_to: int | None
    form: Form
    client: Client
    quote: Quote
    text: str
    level: Level
    signals: tuple[Signal, ...]
    hot: tuple[str, ...]
    note: str

    @property
    def is_noise(self) -> bool:
        """Whether it is to be set aside or at least left alone."""
        return self.story == NOISE

    @property
    def newest_text(self) -> str:
        """What the sender wrote: without device line, signature block and quoted lines."""
        written = self.text.split("\n-- \n")[0]
        lines = [line for line in written.splitlines() if not line.startswith(">")]
        return _DEVICE.sub("", "\n".join(lines)).strip()


_DEVICE: Final = re.compile(r"^(?:Von meinem iPhone gesendet|Sent from my iPhone)$", re.MULTILINE)


def load() -> tuple[StoryMail, ...]:
    """All stories and the noise as they are written (31 August to 19 November 2026), in order of time."""
    names = (entry.name for entry in _DATA.iterdir() if entry.name.endswith(".jsonl"))
    mails = [mail for name in names if name != _TODAY_FILE for mail in _read(name)]
    return tuple(sorted(mails, key=lambda mail: mail.date))


def load_today(now: datetime) -> tuple[StoryMail, ...]:
    """Three heated exchanges of the last quarter of an hour; the last mail is of this moment."""
    mails = _read(_TODAY_FILE)
    by = now - mails[-1].date
    return tuple(replace(mail, date=(mail.date.astimezone(UTC) + by).astimezone(mail.date.tzinfo)) for mail in mails)


def _read(name: str) -> list[StoryMail]:
    return [_mail(json.loads(line)) for line in (_DATA / name).read_text(encoding="utf-8").splitlines()]


def _mail(record: Mapping[str, Any]) -> StoryMail:
    return StoryMail(
        story=record["story"],
        n=record["n"],
        date=_in_zone(datetime.fromisoformat(record["date"])),
        folder=Folder(record["folder"]),
        sender=_address(record["from"]),
        to=tuple(map(_address, record["to"])),
        cc=tuple(map(_address, record["cc"])),
        subject=record["subject"],
        headers=record["headers"],
        in_reply_to=record["in_reply_to"],
        form=Form(record["form"]),
        client=Client(record["client"]),
        quote=Quote(record["quote"]),
        text=record["text"],
        level=Level(record["level"]),
        signals=tuple(map(Signal, record["signals"])),
        hot=tuple(record["hot"]),
        note=record["note"],
    )


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(address=address, name=name)


def _in_zone(moment: datetime) -> datetime:
    """The same moment in the zone that has this offset then: Berlin or London."""
    for zone in _ZONES:
        if moment.astimezone(zone).utcoffset() == moment.utcoffset():
            return moment.astimezone(zone)
    return moment


def shift(mails: Sequence[StoryMail], now: datetime) -> tuple[StoryMail, ...]:
    """Move all dates by whole days, so that the last mail is of today; times of day stay, in the sender's zone.

    Weekdays and daylight saving follow the new dates.  No mail comes from the future: what would be later than
    ``now`` (before half past eight in the morning, the last mail) has just come.
    """
    last = max(mail.date.astimezone(BERLIN) for mail in mails)
    days = now.astimezone(BERLIN).date() - last.date()
    return tuple(replace(mail, date=min(_moved(mail.date, days), now.astimezone(mail.date.tzinfo))) for mail in mails)


def _moved(moment: datetime, by: timedelta) -> datetime:
    # Through UTC and back, for an hour that daylight saving skips on the new date.
    return (moment + by).astimezone(UTC).astimezone(moment.tzinfo)


class Threads:
    """Who answers whom, and under which Message-IDs."""

    def __init__(self, mails: Iterable[StoryMail]) -> None:
        self._mails = {(mail.story, mail.n): mail for mail in mails}

    def parent(self, mail: StoryMail) -> StoryMail | None:
        """The mail answered."""
        return None if mail.in_reply_to is None else self._mails[mail.story, mail.in_reply_to]

    def references(self, mail: StoryMail) -> tuple[str, ...]:
        """The Message-IDs before this mail, the oldest first (RFC 5322, 3.6.4)."""
        parent = self.parent(mail)
        return () if parent is None else (*self.references(parent), message_id(parent))

    def later_reply(self, draft: StoryMail) -> StoryMail | None:
        """The mail that Mara sent in the end, after this draft in the same story."""
        later = (m for m in self._mails.values() if m.story == draft.story and m.folder is Folder.SENT)
        return min((m for m in later if m.n > draft.n), key=lambda mail: mail.n, default=None)


def message_id(mail: StoryMail) -> str:
    """The Message-ID, always the same for a mail of a story, in the form that its program makes."""
    digest = hashlib.sha256(f"{mail.story}/{mail.n}".encode()).hexdigest()
    domain = mail.sender.address.rpartition("@")[2]
    return f"<{_ID_FORMS[mail.client](digest, domain)}>"


def _uuid(digest: str) -> str:
    return "-".join((digest[:8], digest[8:12], "4" + digest[13:16], "a" + digest[17:20], digest[20:32]))


def _exchange_id(digest: str, domain: str) -> str:
    host = f"{digest[:4]}P195MB{int(digest[4:8], 16) % 10000:04d}".upper()
    return f"{host}{digest[8:24].upper()}@{host}.eurp195.{domain}"


_ID_FORMS: Final[Mapping[Client, Callable[[str, str], str]]] = {
    Client.OUTLOOK_DE: _exchange_id,
    Client.OUTLOOK_EN: _exchange_id,
    Client.GMAIL_DE: lambda digest, _: f"CA{digest[:2]}+{digest[2:32]}=w{digest[32:46]}@mail.gmail.example",
    Client.APPLE_DE: lambda digest, domain: f"{_uuid(digest).upper()}@{domain}",
    Client.APPLE_EN: lambda digest, domain: f"{_uuid(digest).upper()}@{domain}",
    Client.IPHONE: lambda digest, domain: f"{_uuid(digest).upper()}@{domain}",
    Client.THUNDERBIRD: lambda digest, domain: f"{_uuid(digest)}@{domain}",
    Client.WEBMAIL: lambda digest, domain: f"trinity-{_uuid(digest)}-{int(digest[:10], 16)}@webmail-bs07.{domain}",
}
