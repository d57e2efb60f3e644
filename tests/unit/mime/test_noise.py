"""What is set aside, and what is not: by headers first."""

from __future__ import annotations

import pytest

from assistant.adapters.mime import parse, split
from assistant.core.message import Message, SetAside

OWN = frozenset({"mara@studio.example"})
HEAD = """\
From: Kai Nord <kai@nord.example>
To: mara@studio.example
Subject: Re: Plakat
Date: Tue, 13 Jan 2026 10:00:00 +0100
Message-ID: <1@nord.example>"""


def read(head: str, body: str, *flags: str) -> Message:
    """A mail as the user's mailbox would hold it."""
    raw = f"{head}\n\n{body}".replace("\n", "\r\n").encode()
    return parse(split(raw), own=OWN, flags=frozenset(flags))


NOISE = {
    "newsletter mailchimp": (
        HEAD + "\nX-Mailer: MailChimp Mailer - **CID1**\nX-Campaign: mailchimp1\n"
        "List-ID: 1mc list <1.mc.example>\nPrecedence: bulk",
        "x",
        SetAside.BULK,
    ),
    "shop order": (
        "From: Shop <service@shop.example>\nSubject: Ihre Bestellung\nAuto-Submitted: auto-generated",
        "Danke",
        SetAside.AUTOMATIC,
    ),
    "no-reply de": (
        "From: Bank <keine-antwort@bank.example>\nSubject: Neue Nachricht",
        "Sie haben Post",
        SetAside.AUTOMATIC,
    ),
    "noreply plus": ("From: Portal <noreply+4711@portal.example>\nSubject: x", "x", SetAside.AUTOMATIC),
    "do.not.reply": ("From: Portal <do.not.reply@portal.example>\nSubject: x", "x", SetAside.AUTOMATIC),
    "bitte-nicht-antworten": ("From: X <bitte.nicht.antworten@x.example>\nSubject: x", "x", SetAside.AUTOMATIC),
    "github": (
        "From: kai <notifications@github.example>\nList-ID: a/b <b.a.github.example>\n"
        "List-Unsubscribe: <x>\nPrecedence: list",
        "x",
        SetAside.LIST,
    ),
    "ooo exchange de": (
        HEAD.replace("Re: Plakat", "Automatische Antwort: Plakat")
        + "\nX-MS-Exchange-Inbox-Rules-Loop: a@b\nAuto-Submitted: auto-generated",
        "Ich bin im Urlaub",
        SetAside.AUTOMATIC,
    ),
    "ooo en nohdr": (
        HEAD.replace("Re: Plakat", "Out of Office: Plakat"),
        "I am away until Monday with limited access to email.",
        SetAside.AUTOMATIC,
    ),
    "ooo abwesend": (
        HEAD.replace("Re: Plakat", "Abwesenheitsnotiz"),
        "Vielen Dank für Ihre Nachricht. Ich bin bis zum 20.01. nicht im Büro.",
        SetAside.AUTOMATIC,
    ),
    "vacation unix": (HEAD + "\nPrecedence: junk", "away", SetAside.BULK),
    "autorespond": (HEAD + "\nX-Autorespond: Plakat", "x", SetAside.AUTOMATIC),
    "google invite": (
        HEAD + "\nContent-Type: multipart/mixed; boundary=a",
        "--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
        "Content-Type: text/plain\n\nEinladung\n--b\nContent-Type: text/html\n\n"
        "<p>Einladung\n--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN\n--b--\n"
        "--a\nContent-Type: application/ics; name=invite.ics\n"
        "Content-Disposition: attachment\n\nx\n--a--",
        SetAside.CALENDAR,
    ),
    "ical only": (
        HEAD + "\nContent-Type: text/calendar; method=CANCEL; charset=utf-8",
        "BEGIN:VCALENDAR",
        SetAside.CALENDAR,
    ),
    "teams": (
        HEAD.replace("Re: Plakat", "Abgesagt: Jour fixe") + "\nContent-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: text/plain\n\n"
        "Microsoft Teams-Besprechung, diese Besprechung wurde leider abgesagt.\n--b\n"
        "Content-Type: text/calendar\n\nx\n--b--",
        SetAside.CALENDAR,
    ),
    "dsn exchange": (
        "From: postmaster@outlook.example\nSubject: Unzustellbar: Plakat\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "--b\nContent-Type: text/html\n\n"
        "<p>Die Nachricht konnte nicht zugestellt werden\n--b\n"
        "Content-Type: message/delivery-status\n\nx\n--b--",
        SetAside.BOUNCE,
    ),
    "dsn qmail": (
        "Return-Path: <>\nFrom: MAILER-DAEMON@nord.example\nSubject: failure notice",
        "Hi. This is the qmail-send program",
        SetAside.BOUNCE,
    ),
    "dsn plain gmx": (
        'Return-Path: <>\nFrom: "Mail Delivery System" <mailer-daemon@gmx.example>\n'
        "Subject: Mail delivery failed: returning message to sender",
        "x",
        SetAside.BOUNCE,
    ),
    "spam assassin": (HEAD + "\nX-Spam-Status: Yes, score=12.2 required=5.0", "x", SetAside.SPAM),
    "spam exch": (HEAD + "\nX-Forefront-Antispam-Report: CIP:1.2.3.4;CTRY:DE;SFV:SPM;", "x", SetAside.SPAM),
    "mailman2": (
        HEAD + "\nX-BeenThere: liste@l.example\nX-Mailman-Version: 2.1\nErrors-To: liste-bounces@l.example",
        "x",
        SetAside.LIST,
    ),
    "google group": (
        HEAD + "\nPrecedence: list\nMailing-list: list abc@groups.example; contact "
        "abc+owners@groups.example\nX-Google-Group-Id: 1",
        "x",
        SetAside.LIST,
    ),
    "own": ("From: Mara <MARA@Studio.example>\nTo: x@y.example\nSubject: x", "x", SetAside.OWN),
    "fax": (
        "From: Fax <fax@box.example>\nSubject: Fax\nAuto-Submitted: auto-generated; owner",
        "x",
        SetAside.AUTOMATIC,
    ),
    "voicemail bulk": ("From: Box <mailbox@telekom.example>\nPrecedence: BULK\nSubject: x", "x", SetAside.BULK),
    "sieve": (
        HEAD.replace("Re: Plakat", "Auto: Re: Plakat")
        + "\nAuto-Submitted: auto-replied (vacation)\nX-Sieve: Pigeonhole",
        "x",
        SetAside.AUTOMATIC,
    ),
    "linkedin": ("From: LinkedIn <messages-noreply@linkedin.example>\nSubject: x", "x", SetAside.AUTOMATIC),
    "feedback": ("From: Laden <info@laden.example>\nFeedback-ID: 123:456:campaign:esp\nSubject: x", "x", SetAside.BULK),
    "dmarc": ("From: DMARC <noreply-dmarc-support@google.example>\nSubject: Report domain", "x", SetAside.AUTOMATIC),
    "mdn": (
        HEAD + "\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "--b\nContent-Type: text/plain\n\nGelesen\n--b--",
        SetAside.AUTOMATIC,
    ),
}
HUMAN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "notjunk flags": (HEAD, "x y", ("$NotJunk", "NonJunk")),
    "importance": (HEAD + "\nImportance: high\nX-Priority: 1 (Highest)\nX-MSMail-Priority: High", "x", ()),
    "suppress": (HEAD + "\nX-Auto-Response-Suppress: All", "x", ()),
    "spam no": (HEAD + "\nX-Spam-Status: No, score=-1\nX-Spam-Flag: NO", "x", ()),
    "zendesk": (
        "From: Klara <support@kunde.example>\nReply-To: support+id1@kunde.example\n"
        "Subject: [Ticket 12] Wo bleibt der Entwurf?\nX-Mailer: Zendesk Mailer",
        "Wo bleibt er?",
        (),
    ),
    "form own domain": (
        "From: Website <wordpress@studio.example>\nReply-To: kunde@gmx.example\nSubject: Formular\nX-Mailer: PHPMailer",
        "Hallo",
        (),
    ),
    "form own addr": (
        "From: Mara <mara@studio.example>\nTo: mara@studio.example\nReply-To: kunde@gmx.example\nSubject: Formular",
        "Hallo",
        (),
    ),
    "form noreply": (
        "From: noreply@jimdo.example\nReply-To: Kunde <kunde@gmx.example>\nSubject: Formular",
        "Hallo",
        (),
    ),
    "ses feedback": (HEAD + "\nFeedback-ID: 1.eu-central-1.x:AmazonSES", "Hallo", ()),
    "noreen": ("From: Noreen Reply <noreen.reply@x.example>\nSubject: x", "Hallo", ()),
    "norbert": (
        "From: Norbert <norbert@x.example>\nSubject: Absage: ich komme nicht",
        "Hallo, ich komme leider nicht.",
        (),
    ),
    "urlaub human": (HEAD.replace("Re: Plakat", "Im Urlaub: Fotos"), "Schau mal, unsere Fotos! Schön hier.", ()),
    "away human": (
        HEAD.replace("Re: Plakat", "Away days: agenda"),
        "Here is the agenda you asked for, please design it.",
        (),
    ),
    "auto human": (
        HEAD.replace("Re: Plakat", "Auto: Beschriftung"),
        "Wir brauchen eine Beschriftung für unser Auto.",
        (),
    ),
    "auto reply human": (
        HEAD.replace("Re: Plakat", "Autohaus: Logo"),
        "Das Logo ist nicht erreichbar unter dem Link",
        (),
    ),
    "precedence normal": (HEAD + "\nPrecedence: normal", "x", ()),
    "dkim arc": (HEAD + "\nARC-Seal: x\nSender: kai@nord.example", "x", ()),
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_set_aside(name: str) -> None:
    """Machines' mail is set aside with the reason, and has no other reason."""
    head, body, reason = NOISE[name]
    message = read(head, body)
    assert (message.set_aside, message.unassessed) == (reason, None)


@pytest.mark.parametrize("name", HUMAN)
def test_people_are_judged(name: str) -> None:
    """A person's mail is judged, also when it is urgent, comes through a form, or only looks automatic."""
    head, body, flags = HUMAN[name]
    message = read(head, body, *flags)
    assert (message.set_aside, message.unassessed) == (None, None)


def test_calendar_file_beside_a_formatted_letter() -> None:
    """A person who attaches a date to a letter with HTML has written a letter."""
    letter = "Ich finde es unmöglich, dass der Termin schon wieder verschoben wurde."
    body = (
        "--a\nContent-Type: multipart/alternative; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{letter}\n"
        f"--b\nContent-Type: text/html; charset=utf-8\n\n<p>{letter}</p>\n--b--\n"
        "--a\nContent-Type: text/calendar\nContent-Disposition: attachment\n\nBEGIN:VCALENDAR\n--a--\n"
    )
    message = read(f"{HEAD}\nContent-Type: multipart/mixed; boundary=a", body)
    assert (message.set_aside, message.newest_text) == (None, letter)


@pytest.mark.parametrize("flag", ["$Junk", "Junk", "$Phishing"])
def test_junk_keywords(flag: str) -> None:
    """What the server or another program marked as junk is spam."""
    assert read(HEAD, "x", flag, "\\Seen").set_aside is SetAside.SPAM


def test_contradicting_keywords() -> None:
    """A mail that was taken back from junk is judged."""
    assert read(HEAD, "x", "Junk", "NonJunk").set_aside is None
