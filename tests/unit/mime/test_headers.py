"""Header fields: identifiers, people, dates, encoded words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from assistant.adapters.mime import parse, split
from assistant.adapters.mime.header import date, message_ids, typed, words
from assistant.adapters.mime.people import mailboxes
from assistant.core.message import Address, Message


def read(head: str) -> Message:
    """A message with this header and a short text."""
    return parse(split(f"{head}\r\n\r\nJa.".encode()))


def test_thread_is_read_in_order() -> None:
    """In-Reply-To and References keep their order and their brackets."""
    message = read("Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x>\r\n <b@x>")
    assert message.message_id == "<c@x>"
    assert message.thread == ("<b@x>", "<a@x>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@x> <b@x>", ("<a@x>", "<b@x>")),
        ("<a@x><b@x>", ("<a@x>", "<b@x>")),
        ("<a@\r\n x>", ("<a@x>",)),
        ("a@x b@x", ("<a@x>", "<b@x>")),
        ('Ihre Nachricht vom 3. Januar <a@x>, "Betreff"', ("<a@x>",)),
        ("<a@x> <a@x>", ("<a@x>",)),
        ("<>", ()),
        ("kein Bezug", ()),
    ],
)
def test_message_ids(value: str, expected: tuple[str, ...]) -> None:
    """Identifiers survive folding, missing blanks and missing brackets."""
    assert message_ids(value) == expected


def test_missing_message_id() -> None:
    """A mail without an identifier has none."""
    assert read("Subject: x").message_id is None


def test_many_references_are_bounded() -> None:
    """Of a flood of references the first and the last ones are kept."""
    found = message_ids(" ".join(f"<{n}@x>" for n in range(5000)))
    assert (found[0], found[-1], len(found)) == ("<0@x>", "<4999@x>", 200)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tim <t@x.example>", [Address(address="t@x.example", name="Tim")]),
        ('"Weiß, Tim" <t@x.example>', [Address(address="t@x.example", name="Weiß, Tim")]),
        ("t@x.example (Tim Weiß)", [Address(address="t@x.example", name="Tim Weiß")]),
        ("=?utf-8?Q?Wei=C3=9F,_Tim?= <t@x.example>", [Address(address="t@x.example", name="Weiß, Tim")]),
        (
            "Team: a@x.example, B <b@x.example>;",
            [Address(address="a@x.example"), Address(address="b@x.example", name="B")],
        ),
        ("undisclosed-recipients:;", []),
        ("<t@x.example>", [Address(address="t@x.example")]),
        ("mailto:t@x.example", [Address(address="t@x.example")]),
        ("'Tim' <'t@x.example'>", [Address(address="t@x.example", name="Tim")]),
        ('"O\\"Neill" <o@x.example>', [Address(address="o@x.example", name='O"Neill')]),
        ("<@relay.example:t@x.example>", [Address(address="t@x.example")]),
        ("a@x.example; b@x.example", [Address(address="a@x.example"), Address(address="b@x.example")]),
        ("", []),
        ("<", []),
        ("Tim <t@x.example", [Address(address="t@x.example", name="Tim")]),
    ],
)
def test_mailboxes(value: str, expected: list[Address]) -> None:
    """People are found in every spelling of an address field."""
    assert list(mailboxes(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Wed, 14 Jan 2026 09:12:44 +0100", datetime(2026, 1, 14, 9, 12, 44, tzinfo=timezone(timedelta(hours=1)))),
        ("14 Jan 2026 09:12 -0500 (EST)", datetime(2026, 1, 14, 9, 12, tzinfo=timezone(timedelta(hours=-5)))),
        ("Wed, 14 Jan 2026 09:12:44 -0000", datetime(2026, 1, 14, 9, 12, 44, tzinfo=UTC)),
        ("Mi, 14 Dez 2025 09:12:44 +0100", datetime(2025, 12, 14, 9, 12, 44, tzinfo=timezone(timedelta(hours=1)))),
        ("Wed, 14 Jan 2026 09:12:44 CET", datetime(2026, 1, 14, 9, 12, 44, tzinfo=timezone(timedelta(hours=1)))),
        ("Wed, 14 Jan 2026 09:12:44", datetime(2026, 1, 14, 9, 12, 44, tzinfo=UTC)),
        ("Wed, 14 Jan 1902 09:12:44 +0000", None),
        ("Wed, 14 Jan 9999 09:12:44 +0000", None),
        ("Wed, 14 Jan 2026 09:12:44 +9900", None),
        ("gestern", None),
        ("", None),
    ],
)
def test_dates(value: str, expected: datetime | None) -> None:
    """The sender's own zone is kept; what cannot be a date is none."""
    found = date(value)
    assert found == expected
    assert found is None or expected is None or found.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8*de?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("AW: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus =?utf-8?Q?K=C3=B6ln?=", "AW: Grüße aus Köln"),
        ("=?utf-8?Q?=41?= =?utf-8?Q?=42?=", "AB"),
        ("=?utf-8?X?kaputt?=", "=?utf-8?X?kaputt?="),
        ("50 % =?", "50 % =?"),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    """Encoded words are decoded, broken ones as far as they go (RFC 2047)."""
    assert words(value) == expected


def test_parameters() -> None:
    """Parameters in pieces and percent-encoded are put together (RFC 2231)."""
    value = 'attachment; filename*0*=utf-8\'\'R%C3%A4; filename*1=tsel.txt; size = 3; x="a;\\"b"'
    assert typed(value) == ("attachment", {"filename": "Rätsel.txt", "size": "3", "x": 'a;"b'})


def test_kept_headers() -> None:
    """Only the fields that others need are kept, in their usual spelling."""
    message = read("x-identity-key: id1\r\nFCC: imap://x/Sent\r\nX-Other: y")
    assert message.headers == {"X-Identity-Key": "id1", "Fcc": "imap://x/Sent"}


def test_sender_stands_in_for_a_missing_from() -> None:
    """Where From is missing, Sender says who it was."""
    assert read("Sender: Büro <b@x.example>").sender == Address(address="b@x.example", name="Büro")
