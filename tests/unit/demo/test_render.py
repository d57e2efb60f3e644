"""Stories as mail: sound MIME, the marks of each mail program, threads and dates as in the record."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

import pytest

from assistant.adapters.mime import parse, split
from assistant.demo.parts import flowed
from assistant.demo.render import render
from assistant.demo.stories import BERLIN, Folder, Form, StoryMail, Threads, load, message_id, shift

MAILS = shift(load(), datetime(2026, 11, 21, 20, 0, tzinfo=BERLIN))
THREADS = Threads(MAILS)
KEYS = {(mail.story[:2], mail.n): mail for mail in MAILS}

each_mail = pytest.mark.parametrize("mail", MAILS, ids=lambda mail: f"{mail.story[:5]}-{mail.n}")


def parsed(mail: StoryMail) -> EmailMessage:
    """The rendered mail, read by the standard library."""
    return email.message_from_bytes(render(mail, THREADS), policy=email.policy.default)


def raw_text(story: str, n: int) -> str:
    """The first readable part of a mail, decoded."""
    part = parsed(KEYS[story, n]).get_body(("html", "plain"))
    assert part is not None
    return decoded(part)


def decoded(part: MIMEPart) -> str:
    """The text of a part, with LF line ends."""
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


@each_mail
def test_mail_is_sound(mail: StoryMail) -> None:
    """No defect in any part, CRLF everywhere, no line too long, the same bytes at every call."""
    raw = render(mail, THREADS)
    assert not [part.defects for part in parsed(mail).walk() if part.defects]
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert render(mail, THREADS) == raw


@each_mail
def test_header_says_what_the_record_says(mail: StoryMail) -> None:
    """Sender, recipients, subject, date with offset, thread and the record's own headers survive."""
    message = parsed(mail)
    assert str(message["From"].addresses[0].display_name) == mail.sender.name
    assert [a.addr_spec for a in message["To"].addresses] == [a.address for a in mail.to]
    assert message["Subject"] == mail.subject
    date = parsedate_to_datetime(message["Date"])
    assert date == mail.date
    assert date.utcoffset() == mail.date.utcoffset()
    assert message["Message-ID"] == message_id(mail)
    assert tuple((message["References"] or "").split()) == THREADS.references(mail)
    for name, value in mail.headers.items():
        assert message.get_all(name) == [value]


@each_mail
def test_newest_text_is_in_every_plain_part(mail: StoryMail) -> None:
    """No word of the writer's gets lost on the way; line breaks may differ."""
    part = parsed(mail).get_body(("plain",))
    assert part is not None or mail.form is Form.HTML
    if part is not None:
        together = " ".join(decoded(part).split())
        assert all(" ".join(line.split()) in together for line in mail.newest_text.split("\n"))


STORIES = tuple(mail for mail in MAILS if not mail.is_noise)


@pytest.mark.parametrize("mail", STORIES, ids=lambda mail: f"{mail.story[:5]}-{mail.n}")
def test_mime_adapter_finds_the_newest_text(mail: StoryMail) -> None:
    """What the program reads is what the story tells, to the word, whatever program wrote it."""
    message = parse(split(render(mail, THREADS)))
    assert message.newest_text.split() == mail.newest_text.split()
    assert message.set_aside is None
    assert message.message_id == message_id(mail)
    assert message.in_reply_to == THREADS.references(mail)[-1:]


@pytest.mark.parametrize("mail", [mail for mail in MAILS if mail.is_noise], ids=lambda mail: f"{mail.n}")
def test_mime_adapter_sets_noise_aside(mail: StoryMail) -> None:
    """All but the friend's mail (n = 8), which a person wrote to Mara."""
    assert (parse(split(render(mail, THREADS))).set_aside is None) == (mail.n == 8)


def test_own_mail_has_no_trace_of_servers() -> None:
    """What Mara keeps in Sent and Drafts never travelled."""
    for mail in MAILS:
        assert ("Received" in parsed(mail)) == (mail.folder is Folder.INBOX)


def test_outlook_quotes_behind_a_border() -> None:
    """Desktop Outlook: Word's paragraphs, and a block of headers under a line."""
    text = raw_text("a1", 8)
    assert 'class="MsoNormal"' in text
    assert "border-top:solid #E1E1E1" in text
    assert "<b>Gesendet:</b> Freitag, 16. Oktober 2026 07:55" in text


def test_outlook_on_the_web_quotes_behind_a_rule() -> None:
    """The other Outlook: divRplyFwdMsg, English, British date."""
    text = raw_text("a2", 7)
    assert '<div id="divRplyFwdMsg" dir="ltr">' in text
    assert "<b>Sent:</b> 07 November 2026 08:40" in text


def test_gmail_quotes_in_its_own_class() -> None:
    """Gmail: attribution with abbreviated day and month, blockquote of its class."""
    text = raw_text("a4", 9)
    assert '<blockquote class="gmail_quote"' in text
    assert "Am Mi., 21. Okt. 2026 um 08:35 Uhr schrieb Mara Lindner" in text


def test_apple_cites() -> None:
    """Apple Mail: blockquote of type cite with the attribution inside."""
    assert '<blockquote type="cite"><div>Am 16.10.2026 um 20:40 schrieb' not in raw_text("a3", 6)
    assert '<blockquote type="cite"><div>Am 04.10.2026 um 10:15 schrieb Mara Lindner' in raw_text("a3", 6)
    assert "On 15 Oct 2026, at 08:30, Mara Lindner" in raw_text("a5", 6)


def test_thunderbird_flows() -> None:
    """Thunderbird: format=flowed in 8 bit, attribution above marked lines, signature before the quotation."""
    mail = KEYS["a1", 2]
    message = parsed(mail)
    assert message["Content-Type"].params["format"] == "flowed"
    text = decoded(message)
    assert "\n-- \nLindner & Kolb" in text
    assert " \n> " in text  # quotations flow as well
    assert "Am 02.09.26 um 10:42 schrieb Ralf Brinkmann:\n> Guten Tag Frau Lindner," in text


def test_web_mail_answers_below() -> None:
    """Web mail's bottom answer: the quotation first, headers and all behind marks."""
    text = raw_text("a6", 9)
    assert text.startswith("> Gesendet: ")
    assert text.rstrip().endswith("gefällt mir übrigens auch nicht mehr.")


def test_bounce_is_a_report() -> None:
    """RFC 3462: multipart/report with a delivery status."""
    message = parsed(next(m for m in MAILS if "X-Failed-Recipients" in m.headers))
    assert message.get_content_type() == "multipart/report"
    assert [p.get_content_type() for p in message.iter_parts()][1] == "message/delivery-status"
    assert message["Return-Path"] == "<>"


def test_invitation_carries_a_calendar() -> None:
    """RFC 6047: text/calendar with its method."""
    methods = [
        part["Content-Type"].params["method"]
        for mail in MAILS
        for part in parsed(mail).walk()
        if part.get_content_type() == "text/calendar"
    ]
    assert methods == ["REQUEST", "REPLY"]


@pytest.mark.parametrize(
    "text",
    [
        "kurz",
        "ein langer Absatz, der " + "weiter " * 30 + "geht",
        "mit Unterschrift\n\n-- \nMara",
        "From hier an wird es heikel, weil " + "viele Wörter " * 9 + "folgen",
        "> zitiert\nAntwort",
        "> ein langes Zitat, das " + "weiter " * 30 + "geht\n> und noch eins\n>> und ein altes\nAntwort",
    ],
)
def test_flowed_text_can_be_joined_again(text: str) -> None:
    """RFC 3676: lines that end with a space go on, the signature's mark does not."""
    assert joined(flowed(text)) == text


def joined(text: str) -> str:
    """What a reader makes of format=flowed: paragraphs again, with their quotation marks."""
    paragraphs: list[str] = []
    open_end = False
    for line in text.split("\n"):
        marks = line[: len(line) - len(line.lstrip(">"))]
        words = line[len(marks) :].removeprefix(" ")
        if open_end:
            paragraphs[-1] += words
        else:
            paragraphs.append(f"{marks} {words}" if marks else words)
        open_end = line.endswith(" ") and line != "-- " and bool(words)
    return "\n".join(paragraphs)
