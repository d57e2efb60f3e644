"""Years of a freelancer's mail, made up the same way every time and written straight into a Maildir.

The words are those of the training corpus; header, HTML and attachments have the size and shape that Outlook on
Microsoft 365, Gmail, Thunderbird and newsletter services give them: what the judge reads is the least part of it.
"""

from __future__ import annotations

import json
import os
import random
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

from tests.servers.dovecot import Dovecot, give

_CORPUS: Final = Path(__file__).parents[2] / "models" / "training" / "data" / "w1.jsonl"
OWN: Final = "mara@studio.example"
_CLIENTS: Final = 150
_ATTACHED: Final = 1 / 3  # of the letters
_SIZES: Final = (50_000, 500_000)  # bytes of an attachment before base64
_NEWSLETTERS: Final = 0.1
_EVERY: Final = timedelta(minutes=40)  # 20,000 mails in a year and a half
_KINDS: Final = ("outlook", "outlook", "gmail", "thunderbird")
_FILES: Final = (("Entwurf", "pdf"), ("Bilder", "zip"), ("Layout", "jpg"), ("Angebot", "docx"))


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail, with CRLF, and when it came."""

    raw: bytes
    received: datetime


def letters(count: int, *, until: datetime, seed: int = 2026) -> Iterator[Letter]:
    """``count`` mails, oldest first, the last one at ``until``; the same for the same arguments."""
    chance = random.Random(seed)
    people = [_Client(number, chance.choice(_KINDS)) for number in range(_CLIENTS)]
    for number in range(count):
        at = until - (count - 1 - number) * _EVERY
        if chance.random() < _NEWSLETTERS:
            raw = _newsletter(number, at, chance)
        else:
            raw = chance.choice(people).write(number, at, chance)
        yield Letter(raw=raw.replace("\n", "\r\n").encode(), received=at)


def fill(server: Dovecot, user: str, mails: Iterator[Letter]) -> int:
    """Puts mails into INBOX behind the server's back, before the user's first login; their bytes together."""
    folder = server.directory(user)
    places = [folder / name for name in ("cur", "new", "tmp")]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    size = 0
    for number, mail in enumerate(mails):
        second = int(mail.received.timestamp())
        path = places[0] / f"{second}.M{number:06}P1.archive,S={len(mail.raw)}:2,S"
        path.write_bytes(mail.raw)
        os.utime(path, (second, second))
        size += len(mail.raw)
    give([folder, *folder.rglob("*")])
    return size


class _Client:
    """Somebody with a mail program, who writes in threads."""

    def __init__(self, number: int, program: str) -> None:
        self.name = f"Kunde {number}"
        self.address = f"kunde{number}@firma{number % 40}.example"
        self._program = program
        self._subject = ""
        self._references: list[str] = []
        self._former = ""

    def write(self, number: int, at: datetime, chance: random.Random) -> str:
        """The next mail: the same thread, or a new one."""
        subject, text = _words(chance.randrange(len(_corpus())))
        if not self._references or chance.random() < 0.3:
            self._subject, self._references, self._former = subject, [], ""
        message_id = f"<{number}.{chance.getrandbits(64):x}@{self.address.partition('@')[2]}>"
        head = [
            *_trace(self._program, self.address, at, chance),
            f"From: {self.name} <{self.address}>",
            f"To: Mara <{OWN}>",
            f"Subject: {'Re: ' if self._references else ''}{' '.join(self._subject.split())}",
            f"Message-ID: {message_id}",
            f"Date: {format_datetime(at)}",
            *([f"In-Reply-To: {self._references[-1]}"] if self._references else []),
            *(["References: " + "\n ".join(self._references[-8:])] if self._references else []),
            "MIME-Version: 1.0",
        ]
        text = f"{text}\n\nViele Grüße\n{self.name}\n"
        body = _text("plain", _plain(text, self._former, at, self.name))
        if self._program != "thunderbird":
            body = _multipart("alternative", number, [body, _text("html", _html(self._program, text, self._former))])
        attached = [_attachment(chance) for _ in range(chance.randint(1, 2))] if chance.random() < _ATTACHED else []
        if attached:
            body = _multipart("mixed", number, [body, *attached])
        self._references.append(message_id)
        self._former = f"{text}\n{self._former}"[:6000]
        return "\n".join(head) + "\n" + body


@cache
def _corpus() -> tuple[dict[str, Any], ...]:
    records = (json.loads(line) for line in _CORPUS.read_text(encoding="utf-8").splitlines())
    return tuple(record for record in records if record["side"] == "client")


def _words(number: int) -> tuple[str, str]:
    record = _corpus()[number]
    return record.get("subject") or "Projekt", record["text"]


def _plain(text: str, former: str, at: datetime, name: str) -> str:
    quoted = "\n".join(f"> {line}" for line in former.splitlines())
    return f"{text}\nAm {at:%d.%m.%Y um %H:%M} schrieb {name}:\n{quoted}\n" if former else text


def _html(program: str, text: str, former: str) -> str:
    if program == "gmail":
        quote = f'<div class="gmail_quote"><blockquote class="gmail_quote">{_lines(former, "div")}</blockquote></div>'
        return f'<div dir="ltr">{_lines(text, "div")}</div><br>{quote if former else ""}\n'
    paragraph = 'p class="MsoNormal" style="mso-fareast-language:EN-US"'
    border = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    quote = f"{border}<p><b>Von:</b> Mara</p>{_lines(former, paragraph)}</div>" if former else ""
    style = "\n".join(f"@font-face {{font-family:Schrift{n}; panose-1:2 4 5 3 5 4 6 3 2 4;}}" for n in range(8))
    style += "".join(f"\nspan.E-MailFormatvorlage{n} {{mso-style-type:personal;color:windowtext;}}" for n in range(15))
    return f"<html><head><style><!--\n{style}\n--></style></head><body>{_lines(text, paragraph)}{quote}</body></html>\n"


def _lines(text: str, tag: str) -> str:
    return "\n".join(f"<{tag}>{escape(line) or '<br>'}</{tag.split(maxsplit=1)[0]}>" for line in text.splitlines())


def _trace(program: str, address: str, at: datetime, chance: random.Random) -> list[str]:
    """What servers write above a mail."""
    domain = address.partition("@")[2]
    hops = {"outlook": 6, "gmail": 4, "thunderbird": 3, "newsletter": 3}[program]
    fields = [f"Return-Path: <{address}>", f"Delivered-To: {OWN}"]
    for hop in range(hops):
        fields.append(
            f"Received: from mx{hop}.{domain} (mx{hop}.{domain} [192.0.2.{chance.randrange(1, 255)}])\n"
            f"\tby in{hop}.studio.example (Postfix) with ESMTPS id {chance.getrandbits(40):X}\n"
            f"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\n"
            f"\tfor <{OWN}>; {format_datetime(at)}"
        )
    fields.append(f"Authentication-Results: studio.example; dkim=pass header.d={domain}; spf=pass; dmarc=pass")
    fields += [_signature("DKIM-Signature", domain, chance)]
    if program == "outlook":
        fields += [_signature(name, domain, chance) for name in ("ARC-Seal", "ARC-Message-Signature")]
        fields += [f"X-MS-Exchange-CrossTenant-{n}: {chance.getrandbits(128):x}" for n in ("id", "fromentityheader")]
        fields += [f"X-MS-Exchange-AntiSpam-MessageData-0: {_wrapped(1800, chance)}"]
        fields += [f"X-Microsoft-Antispam-Message-Info: {_wrapped(2200, chance)}"]
    elif program == "gmail":
        fields += [_signature("X-Google-DKIM-Signature", "1e100.net", chance)]
        fields += [f"X-Gm-Message-State: {_wrapped(600, chance)}", f"X-Google-Smtp-Source: {_wrapped(120, chance)}"]
    return fields


def _signature(name: str, domain: str, chance: random.Random) -> str:
    return (
        f"{name}: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\n"
        f"\th=From:To:Subject:Date:Message-ID; bh={_wrapped(44, chance)};\n\tb={_wrapped(344, chance)}"
    )


def _wrapped(size: int, chance: random.Random) -> str:
    return encodebytes(chance.randbytes(size * 3 // 4)).decode().strip().replace("\n", "\n\t")


def _newsletter(number: int, at: datetime, chance: random.Random) -> str:
    """Much HTML with few words, and pictures that lie elsewhere."""
    address = f"news@shop{chance.randrange(30)}.example"
    subject, text = _words(chance.randrange(len(_corpus())))
    cell = '<td align="left" style="font-family:Arial,sans-serif;font-size:14px;padding:10px 25px;word-break:normal">'
    rows = "\n".join(
        f'<tr>{cell}<a href="https://klick.shop.example/{chance.getrandbits(256):x}">{escape(line)}</a></td></tr>'
        for line in text.split(". ") * chance.randint(4, 12)
    )
    head = [
        *_trace("newsletter", address, at, chance),
        f"From: Angebote <{address}>",
        f"To: {OWN}",
        f"Subject: {' '.join(subject.split())}",
        f"Message-ID: <news.{number}@shop.example>",
        f"Date: {format_datetime(at)}",
        f"List-Unsubscribe: <https://klick.shop.example/{chance.getrandbits(256):x}>",
        "Precedence: bulk",
        "MIME-Version: 1.0",
    ]
    html = f"<html><body><table>{rows}</table></body></html>\n"
    return "\n".join(head) + "\n" + _multipart("alternative", number, [_text("plain", text), _text("html", html)])


def _text(kind: str, text: str) -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"


def _multipart(kind: str, number: int, parts: Sequence[str]) -> str:
    boundary = f"=_{kind}_{number}"
    inside = "".join(f"--{boundary}\n{part}" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


@cache
def _noise() -> str:
    """Incompressible lines of 76 characters; attachments are cut out of them."""
    return encodebytes(random.Random(1).randbytes(_SIZES[1] * 2)).decode()


def _attachment(chance: random.Random) -> str:
    name, kind = chance.choice(_FILES)
    lines = chance.randint(*_SIZES) // 57
    first = chance.randrange(_SIZES[1] // 57)
    return (
        f'Content-Type: application/{kind}; name="{name}.{kind}"\n'
        f'Content-Disposition: attachment; filename="{name}.{kind}"\nContent-Transfer-Encoding: base64\n\n'
        f"{_noise()[first * 77 : (first + lines) * 77]}\n"
    )
