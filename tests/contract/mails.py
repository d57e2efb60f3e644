"""Mails for the mailbox suite, with CRLF as they lie on a server."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP

PDF = bytes(range(256)) * 4096 * 5  # 5 MB


def plain(
    subject: str = "Angebot", *, message_id: str | None = "<1@example.org>", body: str = "Grüße aus Köln\n"
) -> bytes:
    """A simple mail."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Anna <anna@example.org>", "ben@example.org", subject
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content(body)
    return mail.as_bytes()


def with_attachment(*, message_id: str = "<2@example.org>") -> bytes:
    """Plain and HTML text, and a PDF of 5 MB."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"], mail["Message-ID"] = "anna@example.org", "Mit Anhang", message_id
    mail.set_content("Im Anhang die Datei.\n")
    mail.add_alternative("<p>Im Anhang die <b>Datei</b>.</p>\n", subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="Müll.pdf")
    mail.add_attachment("nur eine Notiz\n", filename="notiz.txt")
    return mail.as_bytes()


def forwarded() -> bytes:
    """A mail with another mail attached."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"], mail["Message-ID"] = "anna@example.org", "WG", "<3@example.org>"
    mail.set_content("Siehe unten.\n")
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "innen"
    inner.set_content("Fremder Text\n")
    mail.add_attachment(inner)
    return mail.as_bytes()


def odd() -> dict[str, bytes]:
    """Mails that are unusual or broken, by what is odd about them."""
    long = b"x" * 2048
    return {
        "long lines": b"Subject: lang\r\nX-Long: " + long + b"\r\n\r\n" + long + b"\r\n" + long + b"\r\n",
        "no body": b"Subject: nichts\r\n\r\n",
        "no header": b"\r\nnur Text\r\n",
        "eight bits in the header": "Subject: Grüße\r\nFrom: Jürgen <j@example.org>\r\n\r\nText\r\n".encode(),
        "latin-1 in the header": "Subject: Grüße\r\n\r\nTäxt\r\n".encode("latin-1"),
        "boundary that never comes": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\nText ohne Grenze\r\n',
        "multipart without end": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nText\r\n',
        "nested deeply": _nested(60),
        "quotes in a filename": b'Content-Type: text/plain; name="a\\"b\\\\c"\r\n\r\nText\r\n',
        "literal in the structure": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n'
        b'Content-Type: text/plain; name="B\xc3\xbcro\x80.txt"\r\n\r\nText\r\n--x--\r\n',
        "nonsense as content type": b"Content-Type: ;;;///\r\nContent-Disposition: \x01\r\n\r\nText\r\n",
        "encrypted": b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--x\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--x--\r\n",
        "calendar": b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "text of three megabytes": b"Subject: viel\r\n\r\n" + (b"y" * 998 + b"\r\n") * 3146,
        "base64 body": b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes("Schöne Grüße".encode()).replace(b"\n", b"\r\n"),
    }


def _nested(depth: int) -> bytes:
    """A multipart in a multipart in a multipart …"""
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth)
    )
    return head + b"Content-Type: text/plain\r\n\r\nganz innen\r\n"
