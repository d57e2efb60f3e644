"""Answers taken apart: what imaplib hands over, with the oddities of real servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from assistant.adapters.imap import answers
from assistant.adapters.imap.connection import Snapshot, statuses


def test_one_unreadable_response_costs_one_message() -> None:
    """The others are parsed, and the bad one is counted."""
    data = [b"1 (UID 5 FLAGS (\\Seen))", b'2 (UID 6 BODYSTRUCTURE ("TEXT" "PL)', b"3 (UID 7 FLAGS ())"]
    answer = answers.fetch_answer(data)
    assert sorted(answer.messages) == [5, 7]
    assert answer.unreadable == 1


def test_literals_stay_with_their_message() -> None:
    """imaplib's flat list is cut at the right places, and several responses about one message come together."""
    data = [
        (b"1 (UID 5 BODY[HEADER] {6}", b"A: b\r\n"),
        (b" BODY[1.MIME] {2}", b"\r\n"),
        b" FLAGS (\\Seen))",
        b"1 (UID 5 INTERNALDATE NIL)",
    ]
    items = answers.fetch_answer(data).messages[5]
    assert answers.octets(items, "BODY[HEADER]") == b"A: b\r\n"
    assert answers.octets(items, "BODY[1.MIME]") == b"\r\n"
    assert answers.flags(items) == {"\\Seen"}


def test_a_response_without_uid_belongs_to_nobody() -> None:
    """An unsolicited flag change, numbered by sequence, must not be taken for the message with that UID."""
    assert not answers.fetch_answer([b"5 (FLAGS (\\Seen))"]).messages


def test_endless_nesting_is_unreadable_and_no_crash() -> None:
    """A structure nested deeper than the parser can follow."""
    assert answers.fetch_answer([b"1 (UID 5 BODYSTRUCTURE " + b"(" * 5000 + b")" * 5001]).unreadable == 1


@pytest.mark.parametrize(("value", "expected"), [(b"text", b"text"), (None, b""), (12, b"12")])
def test_sections_are_bytes(value: object, expected: bytes) -> None:
    """NIL is nothing, and an unquoted number is text."""
    assert answers.octets({b"BODY[1]<0>": value}, "BODY[1]") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"21-Nov-2026 23:59:01 +0100", datetime(2026, 11, 21, 23, 59, 1, tzinfo=timezone(timedelta(hours=1)))),
        (b" 1-Mar-2026 00:00:00 -0330", datetime(2026, 3, 1, tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
        (b"31-Feb-2026 00:00:00 +0000", datetime.fromtimestamp(0, UTC)),
        (b"1-Foo-2026 00:00:00 +0000", datetime.fromtimestamp(0, UTC)),
        (None, datetime.fromtimestamp(0, UTC)),
    ],
)
def test_internal_dates(text: bytes | None, expected: datetime) -> None:
    """In the server's zone; the epoch where there is none."""
    assert answers.received({b"INTERNALDATE": text}) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([b"38505 3955"], (38505, 3955)),
        ([b"38505 304 3956"], (38505, 3956)),
        ([b"38505 304:305 3956:3957"], None),
        ([b"38505 304 3956] Done [x"], (38505, 3956)),
        ([], None),
        ([b"x"], None),
    ],
)
def test_appenduid_and_copyuid(data: list[bytes], expected: tuple[int, int] | None) -> None:
    """About one message; everything else tells nothing."""
    assert answers.uid_pair(data) == expected


def test_search_results_over_several_lines() -> None:
    """Large results are split by some servers; MODSEQ is not a result."""
    assert answers.numbers([b"5 3", None, b"9 (MODSEQ 917162500)", b""]) == (3, 5, 9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [(b"Entw&APw-rfe", "Entwürfe"), (b"A&-B", "A&B"), (2026, "2026"), (b"&A", None), (None, None), ("ü".encode(), "ü")],
)
def test_folder_names(name: object, expected: str | None) -> None:
    """Modified UTF-7; a name that is none cannot be used, and must not end the listing."""
    assert answers.folder_name(name) == expected


def test_status_names_its_folder() -> None:
    """Answers about other folders (NOTIFY) are told apart; INBOX in any case; counters may be missing."""
    data = [b'"Entw&APw-rfe" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 4)', (b"{5}", b"inbox"), b" (UIDNEXT 9)"]
    assert statuses(data) == {"Entwürfe": Snapshot(4, 3, 2), "INBOX": Snapshot(None, 9, None)}
