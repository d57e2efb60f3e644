"""What every mailbox must do: the port's contract.

``every`` is also the tests' own mailbox in memory; ``mailbox`` is the IMAP adapter alone, where the one in memory is
simpler on purpose (it keeps no dates, cuts no texts, rewrites no line ends).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.core.message import MessageKey
from assistant.errors import Gone
from assistant.services.ports import Mailbox
from tests.contract import mails
from tests.contract.places import Place, put

pytestmark = pytest.mark.system


def test_state_lists_the_uids_in_order(every: Mailbox) -> None:
    """All messages; none in an empty folder."""
    assert every.state("INBOX").uids == ()
    keys = [put(every, mails.plain(message_id=f"<{number}@example.org>")) for number in range(3)]
    state = every.state("INBOX")
    assert state.uids == tuple(key.uid for key in keys)
    assert {key.uidvalidity for key in keys} == {state.uidvalidity}


def test_state_since_a_day(mailbox: ImapMailbox) -> None:
    """By the day on which the server received it."""
    old = put(mailbox, mails.plain(), at=datetime(2026, 1, 10, 12, tzinfo=UTC))
    new = put(mailbox, mails.plain(), at=datetime(2026, 5, 20, 12, tzinfo=UTC))
    assert mailbox.state("INBOX", since=date(2026, 5, 20)).uids == (new.uid,)
    assert mailbox.state("INBOX", since=date(2026, 1, 10)).uids == (old.uid, new.uid)


def test_what_servers_write_for_each_other_is_not_fetched(mailbox: ImapMailbox) -> None:
    """Trace fields stay on the server, whatever their case; all others come in their order."""
    trace = b"Received: from a\r\n\tby b\r\nDKIM-SIGNATURE: v=1;\r\n\tb=x\r\n"
    rest = b"List-Id: <l.example.org>\r\nX-Spam-Flag: NO\r\n"
    key = put(mailbox, trace + rest + mails.plain())
    (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert found.mail.header.startswith(rest + b"From: Anna")
    assert b"by b" not in found.mail.header
    assert b"b=x" not in found.mail.header
    assert found.mail.parts[0].body.startswith(b"Gr")


def test_state_of_a_size(every: Mailbox) -> None:
    """Exactly so many octets; neither one more nor one less, and none that is marked for deletion."""
    raws = [mails.plain() + b"x" * number for number in (0, 1, 1, 2)]
    keys = [put(every, raw) for raw in raws]
    size = len(raws[1])
    assert every.state("INBOX", size=size).uids == (keys[1].uid, keys[2].uid)
    assert every.state("INBOX", size=size + 2).uids == ()
    assert every.state("INBOX", size=0).uids == ()
    every.remove(keys[1])
    assert every.state("INBOX", size=size).uids == (keys[2].uid,)


def test_find_by_message_id(mailbox: ImapMailbox) -> None:
    """Exactly this one, with its angle brackets; strange ones do no harm."""
    first, _ = put(mailbox, mails.plain()), put(mailbox, mails.plain(message_id="<11@example.org>"))
    odd = put(mailbox, mails.plain().replace(b"<1@", b'<"a b\\c"@'))
    assert mailbox.find("INBOX", "<1@example.org>") == (first.uid,)
    assert mailbox.find("INBOX", '<"a b\\c"@example.org>') == (odd.uid,)
    folded = put(mailbox, mails.plain().replace(b" <1@", b"\r\n <5@"))
    assert mailbox.find("INBOX", "<5@example.org>") == (folded.uid,)
    assert mailbox.find("INBOX", "<none@example.org>") == ()
    assert mailbox.find("INBOX", "<ü@example.org>") == ()
    assert mailbox.find(mailbox.folders.drafts, "<1@example.org>") == ()


def test_texts_come_with_their_headers_and_without_attachments(every: Mailbox) -> None:
    """Plain and HTML text in transfer encoding, each with its MIME header, and the types of everything."""
    raw = mails.with_attachment()
    key = put(every, raw)
    (found,) = every.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert found.key == key
    assert found.mail.size == len(raw)
    assert found.mail.header.rstrip() == raw.partition(b"\r\n\r\n")[0]
    assert [part.body.strip() for part in found.mail.parts] == [
        b"Im Anhang die Datei.",
        b"<p>Im Anhang die <b>Datei</b>.</p>",
    ]
    assert all(b"content-type: text/" in part.header.lower() for part in found.mail.parts)
    assert found.mail.types == (
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html"),
        *("application/pdf", "text/plain"),
    )


def test_a_simple_mail_has_one_part_with_the_mails_header(mailbox: ImapMailbox) -> None:
    """Not multipart: the message header describes the text."""
    key = put(mailbox, mails.plain(), at=datetime(2026, 5, 3, 23, 30, tzinfo=timezone(timedelta(hours=2))))
    (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    (part,) = found.mail.parts
    assert part.header == found.mail.header
    assert part.body.rstrip() == "Grüße aus Köln".encode()
    assert found.mail.types == ("text/plain",)
    assert found.received == datetime(2026, 5, 3, 21, 30, tzinfo=UTC)


def test_the_text_of_an_attached_mail_is_not_the_senders(every: Mailbox) -> None:
    """message/rfc822 is left alone."""
    key = put(every, mails.forwarded())
    (found,) = every.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert [part.body.strip() for part in found.mail.parts] == [b"Siehe unten."]
    assert found.mail.types == ("multipart/mixed", "text/plain", "message/rfc822")


def test_messages_come_in_the_order_asked_for_and_vanished_ones_are_left_out(every: Mailbox) -> None:
    """Newest first is the caller's choice."""
    keys = [put(every, mails.plain(subject=f"Nr. {number}")) for number in range(3)]
    uids = (keys[2].uid, keys[2].uid + 50, keys[0].uid)
    assert [one.key.uid for one in every.fetch_texts("INBOX", keys[0].uidvalidity, uids)] == [uids[0], uids[2]]
    headers = list(every.fetch_headers("INBOX", keys[0].uidvalidity, uids))
    assert [one.key.uid for one in headers] == [uids[0], uids[2]]
    assert b"Nr. 2" in headers[0].mail.header
    assert headers[0].mail.parts == ()


def test_another_uidvalidity_is_gone(mailbox: ImapMailbox) -> None:
    """For reading and for changing alike, except for what may be gone."""
    key = put(mailbox, mails.plain())
    other = MessageKey(account=key.account, folder=key.folder, uidvalidity=key.uidvalidity + 1, uid=key.uid)
    with pytest.raises(Gone):
        list(mailbox.fetch_texts("INBOX", other.uidvalidity, (key.uid,)))
    with pytest.raises(Gone):
        list(mailbox.fetch_headers("INBOX", other.uidvalidity, (key.uid,)))
    with pytest.raises(Gone):
        mailbox.fetch_whole(other)
    with pytest.raises(Gone):
        mailbox.move(other, mailbox.folders.drafts)
    mailbox.remove(other)
    assert not mailbox.add_keyword(other, "$label1")
    assert mailbox.fetch_whole(key) == mails.plain()


def test_what_odd_mails_give(place: Place, mailbox: ImapMailbox) -> None:
    """The text where there is one, no text where it is encrypted or an invitation, a huge text cut at a megabyte.

    A text sixty levels deep comes where the server can name its part, and costs no more than itself where it cannot.
    """
    raws = mails.odd()
    keys = {name: put(mailbox, raw) for name, raw in raws.items()}
    uidvalidity = keys["no body"].uidvalidity
    fetched = mailbox.fetch_texts("INBOX", uidvalidity, [key.uid for key in keys.values()])
    found = dict(zip(keys, (one.mail for one in fetched), strict=True))
    assert found["long lines"].parts[0].body.count(b"x" * 2048) == 2
    assert found["base64 body"].parts[0].body.strip() == b"U2Now7ZuZSBHcsO8w59l"
    assert b"Gr\xfc\xdfe" in found["latin-1 in the header"].header
    assert found["encrypted"].parts == ()
    assert found["encrypted"].types[0] == "multipart/encrypted"
    assert found["calendar"].parts == ()
    assert found["calendar"].types == ("text/calendar",)
    assert len(found["text of three megabytes"].parts[0].body) == 1024 * 1024
    assert found["literal in the structure"].parts[0].body.strip() == b"Text"
    assert found["quotes in a filename"].parts[0].body.strip() == b"Text"
    assert found["nonsense as content type"].parts[0].body.strip() == b"Text"
    inmost = [part.body.strip() for part in found["nested deeply"].parts]
    assert inmost == ([b"ganz innen"] if "deep" in place.can else [])
    assert found["multipart without end"].parts[0].body.strip() == b"Text"


def test_a_moved_message_keeps_its_bytes_and_has_a_new_key(every: Mailbox) -> None:
    """Gone here, there byte for byte with its flags; the key is found even where the server does not tell it."""
    raw = mails.plain()
    key = put(every, raw, every.folders.drafts, flags=("\\Draft", "\\Seen"))
    moved = every.move(key, every.folders.cooling_off)
    assert moved is not None
    assert moved.folder == every.folders.cooling_off
    assert every.state(key.folder).uids == ()
    assert every.state(moved.folder).uids == (moved.uid,)
    assert every.fetch_whole(moved) == raw
    (found,) = every.fetch_headers(moved.folder, moved.uidvalidity, (moved.uid,))
    assert {"\\Draft", "\\Seen"} <= found.flags
    back = every.move(moved, every.folders.drafts)
    assert back is not None
    assert every.fetch_whole(back) == raw
    with pytest.raises(Gone):
        every.move(key, every.folders.cooling_off)


def test_a_draft_without_message_id_is_found_after_the_move(every: Mailbox) -> None:
    """neomutt's drafts have none."""
    raw = mails.plain(message_id=None)
    key = put(every, raw, every.folders.drafts)
    moved = every.move(key, every.folders.cooling_off)
    assert moved is not None
    assert every.fetch_whole(moved) == raw


def test_removing_twice_is_no_error(every: Mailbox) -> None:
    """Gone is what was wanted."""
    first, second = put(every, mails.plain()), put(every, mails.plain())
    every.remove(first)
    every.remove(first)
    assert every.state("INBOX").uids == (second.uid,)


@pytest.mark.parametrize("name", ["long lines", "latin-1 in the header", "no header", "base64 body"])
def test_appended_bytes_come_back_unchanged(mailbox: ImapMailbox, name: str) -> None:
    """Every byte, with flags and date."""
    raw = mails.odd()[name]
    at = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    key = put(mailbox, raw, mailbox.folders.drafts, flags=("\\Draft", "\\Seen"), at=at)
    assert mailbox.fetch_whole(key) == raw
    (found,) = mailbox.fetch_headers(key.folder, key.uidvalidity, (key.uid,))
    assert found.received == at
    assert {"\\Draft", "\\Seen"} <= found.flags


def test_lone_line_feeds_become_line_ends(mailbox: ImapMailbox) -> None:
    """RFC 9051 allows no others."""
    key = put(mailbox, b"Subject: x\n\nText\r\nmehr\n")
    assert mailbox.fetch_whole(key) == b"Subject: x\r\n\r\nText\r\nmehr\r\n"


def test_a_closed_mailbox_opens_again(every: Mailbox) -> None:
    """``close`` any number of times; the next use connects."""
    every.connect()
    every.close()
    every.close()
    assert every.state("INBOX").uids == ()
