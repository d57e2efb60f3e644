"""What every mailbox must do, whatever the server behind it can do.

One suite for Dovecot with everything, two Dovecots that play poorer servers, and the demo's embedded server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.adapters.mime import split
from assistant.core.message import MessageKey
from assistant.errors import Gone, LoginRefused
from tests.contract import mails
from tests.contract.places import KINDS, Place, Places, require

pytestmark = pytest.mark.system


def never() -> bool:
    """Nobody interrupts."""
    return False


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The servers, each started once."""
    found = Places(tmp_path_factory.mktemp("places"))
    yield found
    found.close()


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, places: Places) -> Place:
    """An empty mailbox on each server."""
    require(request.param)
    return places.get(request.param)


@pytest.fixture
def mailbox(place: Place) -> Iterator[ImapMailbox]:
    """The adapter on that mailbox."""
    with place.mailbox() as found:
        yield found


def _put(mailbox: ImapMailbox, raw: bytes, folder: str = "INBOX", **more: Any) -> MessageKey:
    """Stores a mail whose key is told."""
    key = mailbox.append(folder, raw, **more)
    assert key is not None
    return key


def _everything(place: Place) -> dict[str, dict[int, tuple[bytes, frozenset[bytes], datetime]]]:
    """All folders with all messages: bytes, flags but ``\\Recent``, date."""
    found: dict[str, dict[int, tuple[bytes, frozenset[bytes], datetime]]] = {}
    with place.other() as client:
        for _, _, name in client.list_folders():
            client.select_folder(name, readonly=True)
            rows = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
            found[name] = {
                uid: (row[b"BODY[]"], frozenset(row[b"FLAGS"]) - {b"\\Recent"}, row[b"INTERNALDATE"])
                for uid, row in rows.items()
            }
    return found


# --- folders ----------------------------------------------------------------------------------------------------------


def test_the_special_folders_are_found_and_the_cooling_off_folder_created(place: Place, mailbox: ImapMailbox) -> None:
    """Drafts, Sent and Trash are the server's; the new folder is called as the language wants and subscribed."""
    mailbox.connect()
    folders = mailbox.folders
    with place.other() as client:
        names = {name for _, _, name in client.list_folders()}
        assert {folders.drafts, folders.sent, folders.trash, folders.cooling_off} <= names
        assert folders.cooling_off in {name for _, _, name in client.list_sub_folders()}
    assert folders.cooling_off.endswith("Abkühlung")
    assert mailbox.state(folders.cooling_off).uids == ()


def test_the_cooling_off_folder_is_created_once(place: Place) -> None:
    """A second connection, in another language, uses the same."""
    with place.mailbox() as first, place.mailbox(language="en") as second:
        assert first.folders == second.folders


def test_two_connections_may_create_it_at_the_same_time(place: Place) -> None:
    """Whoever comes second finds it there."""
    found: list[str] = []

    def connect() -> None:
        with place.mailbox() as mailbox:
            found.append(mailbox.folders.cooling_off)

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_deleted_cooling_off_folder_is_created_again(place: Place, mailbox: ImapMailbox) -> None:
    """The user may clean up while the daemon runs."""
    name = mailbox.folders.cooling_off
    mailbox.state("INBOX")
    with place.other() as client:
        client.delete_folder(name)
    assert mailbox.state(name).uids == ()


def test_a_wrong_password_is_refused(place: Place) -> None:
    """With the server's name, without the password."""
    with place.mailbox(secret=lambda: "falsch") as mailbox, pytest.raises(LoginRefused) as caught:
        mailbox.connect()
    assert "127.0.0.1" in str(caught.value)
    assert "falsch" not in str(caught.value)


# --- looking ----------------------------------------------------------------------------------------------------------


def test_state_lists_the_uids_in_order(mailbox: ImapMailbox) -> None:
    """All messages; none in an empty folder."""
    assert mailbox.state("INBOX").uids == ()
    keys = [_put(mailbox, mails.plain(message_id=f"<{number}@example.org>")) for number in range(3)]
    state = mailbox.state("INBOX")
    assert state.uids == tuple(key.uid for key in keys)
    assert {key.uidvalidity for key in keys} == {state.uidvalidity}


def test_state_since_a_day(mailbox: ImapMailbox) -> None:
    """By the day on which the server received it."""
    old = _put(mailbox, mails.plain(), at=datetime(2026, 1, 10, 12, tzinfo=UTC))
    new = _put(mailbox, mails.plain(), at=datetime(2026, 5, 20, 12, tzinfo=UTC))
    assert mailbox.state("INBOX", since=date(2026, 5, 20)).uids == (new.uid,)
    assert mailbox.state("INBOX", since=date(2026, 1, 10)).uids == (old.uid, new.uid)


def test_messages_that_others_deleted_are_gone(place: Place, mailbox: ImapMailbox) -> None:
    """``\\Deleted`` and not yet expunged: the user no longer sees it, and neither do we."""
    kept, deleted = _put(mailbox, mails.plain()), _put(mailbox, mails.plain())
    with place.other() as client:
        client.select_folder("INBOX")
        client.delete_messages([deleted.uid])
    assert mailbox.state("INBOX").uids == (kept.uid,)
    assert mailbox.find("INBOX", "<1@example.org>") == (kept.uid,)
    with pytest.raises(Gone):
        mailbox.move(deleted, mailbox.folders.drafts)


def test_find_by_message_id(mailbox: ImapMailbox) -> None:
    """Exactly this one, with its angle brackets; strange ones do no harm."""
    first, _ = _put(mailbox, mails.plain()), _put(mailbox, mails.plain(message_id="<11@example.org>"))
    odd = _put(mailbox, mails.plain().replace(b"<1@", b'<"a b\\c"@'))
    assert mailbox.find("INBOX", "<1@example.org>") == (first.uid,)
    assert mailbox.find("INBOX", '<"a b\\c"@example.org>') == (odd.uid,)
    folded = _put(mailbox, mails.plain().replace(b" <1@", b"\r\n <5@"))
    assert mailbox.find("INBOX", "<5@example.org>") == (folded.uid,)
    assert mailbox.find("INBOX", "<none@example.org>") == ()
    assert mailbox.find("INBOX", "<ü@example.org>") == ()
    assert mailbox.find(mailbox.folders.drafts, "<1@example.org>") == ()


# --- fetching ---------------------------------------------------------------------------------------------------------


def test_texts_come_with_their_headers_and_without_attachments(mailbox: ImapMailbox) -> None:
    """Plain and HTML text in transfer encoding, each with its MIME header, and the types of everything."""
    raw = mails.with_attachment()
    key = _put(mailbox, raw)
    (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
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
    key = _put(mailbox, mails.plain(), at=datetime(2026, 5, 3, 23, 30, tzinfo=timezone(timedelta(hours=2))))
    (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    (part,) = found.mail.parts
    assert part.header == found.mail.header
    assert part.body.rstrip() == "Grüße aus Köln".encode()
    assert found.mail.types == ("text/plain",)
    assert found.received == datetime(2026, 5, 3, 21, 30, tzinfo=UTC)


def test_the_text_of_an_attached_mail_is_not_the_senders(mailbox: ImapMailbox) -> None:
    """message/rfc822 is left alone."""
    key = _put(mailbox, mails.forwarded())
    (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert [part.body.strip() for part in found.mail.parts] == [b"Siehe unten."]
    assert found.mail.types == ("multipart/mixed", "text/plain", "message/rfc822")


def test_messages_come_in_the_order_asked_for_and_vanished_ones_are_left_out(mailbox: ImapMailbox) -> None:
    """Newest first is the caller's choice."""
    keys = [_put(mailbox, mails.plain(subject=f"Nr. {number}")) for number in range(3)]
    uids = (keys[2].uid, keys[2].uid + 50, keys[0].uid)
    assert [one.key.uid for one in mailbox.fetch_texts("INBOX", keys[0].uidvalidity, uids)] == [uids[0], uids[2]]
    headers = list(mailbox.fetch_headers("INBOX", keys[0].uidvalidity, uids))
    assert [one.key.uid for one in headers] == [uids[0], uids[2]]
    assert b"Nr. 2" in headers[0].mail.header
    assert headers[0].mail.parts == ()


def test_another_uidvalidity_is_gone(mailbox: ImapMailbox) -> None:
    """For reading and for changing alike, except for what may be gone."""
    key = _put(mailbox, mails.plain())
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


def test_a_folder_that_is_gone(place: Place, mailbox: ImapMailbox) -> None:
    """A key in a deleted folder is gone, too."""
    name = mailbox.folders.cooling_off
    key = _put(mailbox, mails.plain(), name)
    mailbox.state("INBOX")
    with place.other() as client:
        client.delete_folder(name)
    with pytest.raises(Gone):
        mailbox.fetch_whole(key)
    with pytest.raises(Gone):
        mailbox.move(key, "INBOX")
    mailbox.remove(key)


def test_nothing_changes_by_reading(place: Place, mailbox: ImapMailbox) -> None:
    """Odd and broken mails all come; bytes, flags and dates of the whole mailbox stay, ``\\Seen`` above all."""
    raws = {**mails.odd(), "attachment": mails.with_attachment(), "forwarded": mails.forwarded()}
    keys = {name: _put(mailbox, raw) for name, raw in raws.items()}
    seen = _put(mailbox, mails.plain(), flags=("\\Seen", "\\Flagged"))
    _put(mailbox, mails.plain(), mailbox.folders.drafts, flags=("\\Draft",))
    before = _everything(place)
    state = mailbox.state("INBOX")
    found = {one.key: one for one in mailbox.fetch_texts("INBOX", state.uidvalidity, state.uids)}
    assert set(keys.values()) | {seen} == set(found)
    assert [one.key for one in mailbox.fetch_headers("INBOX", state.uidvalidity, state.uids)] == list(found)
    for name, raw in raws.items():
        assert mailbox.fetch_whole(keys[name]) == raw, name
    mailbox.find("INBOX", "<1@example.org>")
    mailbox.wait("INBOX", 0.1, never)
    assert _everything(place) == before
    assert "\\Seen" in found[seen].flags
    assert not any("\\Seen" in found[key].flags for key in keys.values())


def test_a_text_that_lies_outside_all_parts_is_found(place: Place) -> None:
    """A multipart whose boundary never comes: the message is taken apart here instead."""
    with closing(ImapMailbox(place.settings(), split=split)) as mailbox:
        key = _put(mailbox, mails.odd()["boundary that never comes"])
        (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert b"".join(part.body for part in found.mail.parts).strip() == b"Text ohne Grenze"


def test_what_odd_mails_give(mailbox: ImapMailbox) -> None:
    """The text where there is one, no text where it is encrypted or an invitation, a huge text cut at a megabyte."""
    raws = mails.odd()
    keys = {name: _put(mailbox, raw) for name, raw in raws.items()}
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
    assert found["nested deeply"].parts[0].body.strip() == b"ganz innen"
    assert found["multipart without end"].parts[0].body.strip() == b"Text"


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_moved_message_keeps_its_bytes_and_has_a_new_key(place: Place, mailbox: ImapMailbox) -> None:
    """Gone here, there byte for byte with its flags; the key is found even where the server does not tell it."""
    raw = mails.plain()
    key = _put(mailbox, raw, mailbox.folders.drafts, flags=("\\Draft", "\\Seen"))
    moved = mailbox.move(key, mailbox.folders.cooling_off)
    assert moved is not None
    assert moved.folder == mailbox.folders.cooling_off
    assert mailbox.state(key.folder).uids == ()
    assert mailbox.state(moved.folder).uids == (moved.uid,)
    assert mailbox.fetch_whole(moved) == raw
    (found,) = mailbox.fetch_headers(moved.folder, moved.uidvalidity, (moved.uid,))
    assert {"\\Draft", "\\Seen"} <= found.flags
    back = mailbox.move(moved, mailbox.folders.drafts)
    assert back is not None
    assert mailbox.fetch_whole(back) == raw
    with pytest.raises(Gone):
        mailbox.move(key, mailbox.folders.cooling_off)


def test_a_draft_without_message_id_is_found_after_the_move(mailbox: ImapMailbox) -> None:
    """neomutt's drafts have none."""
    raw = mails.plain(message_id=None)
    key = _put(mailbox, raw, mailbox.folders.drafts)
    moved = mailbox.move(key, mailbox.folders.cooling_off)
    assert moved is not None
    assert mailbox.fetch_whole(moved) == raw


def test_moving_into_a_folder_that_is_not_there_creates_it(place: Place, mailbox: ImapMailbox) -> None:
    """TRYCREATE: the user deleted the cooling-off folder a moment ago."""
    name = mailbox.folders.cooling_off
    key = _put(mailbox, mails.plain(), mailbox.folders.drafts)
    mailbox.state("INBOX")
    with place.other() as client:
        client.delete_folder(name)
    moved = mailbox.move(key, name)
    assert moved is not None
    assert mailbox.fetch_whole(moved) == mails.plain()


def test_what_others_deleted_is_not_expunged(place: Place, mailbox: ImapMailbox) -> None:
    """Moving, removing, and leaving the folder take away nothing but the message meant."""
    drafts = mailbox.folders.drafts
    keys = [_put(mailbox, mails.plain(message_id=f"<{number}@example.org>"), drafts) for number in range(4)]
    with place.other() as client:
        client.select_folder(drafts)
        client.delete_messages([keys[0].uid])
        mailbox.move(keys[1], mailbox.folders.cooling_off)
        mailbox.remove(keys[2])
        mailbox.state("INBOX")
        mailbox.close()
    with place.other() as client:
        client.select_folder(drafts, readonly=True)
        left = client.search()
    assert {keys[0].uid, keys[3].uid} <= set(left)
    assert mailbox.state(drafts).uids == (keys[3].uid,)


def test_removing_twice_is_no_error(mailbox: ImapMailbox) -> None:
    """Gone is what was wanted."""
    first, second = _put(mailbox, mails.plain()), _put(mailbox, mails.plain())
    mailbox.remove(first)
    mailbox.remove(first)
    assert mailbox.state("INBOX").uids == (second.uid,)


@pytest.mark.parametrize("name", ["long lines", "latin-1 in the header", "no header", "base64 body"])
def test_appended_bytes_come_back_unchanged(mailbox: ImapMailbox, name: str) -> None:
    """Every byte, with flags and date."""
    raw = mails.odd()[name]
    at = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    key = _put(mailbox, raw, mailbox.folders.drafts, flags=("\\Draft", "\\Seen"), at=at)
    assert mailbox.fetch_whole(key) == raw
    (found,) = mailbox.fetch_headers(key.folder, key.uidvalidity, (key.uid,))
    assert found.received == at
    assert {"\\Draft", "\\Seen"} <= found.flags


def test_lone_line_feeds_become_line_ends(mailbox: ImapMailbox) -> None:
    """RFC 9051 allows no others."""
    key = _put(mailbox, b"Subject: x\n\nText\r\nmehr\n")
    assert mailbox.fetch_whole(key) == b"Subject: x\r\n\r\nText\r\nmehr\r\n"


def test_a_keyword_is_set_where_the_server_keeps_it(place: Place, mailbox: ImapMailbox) -> None:
    """And nowhere else; the answer says whether it is there, and ``\\Seen`` is not."""
    key = _put(mailbox, mails.plain())
    kept = mailbox.add_keyword(key, "GelassenProbe")
    assert kept == ("keywords" in place.can)
    (found,) = mailbox.fetch_headers("INBOX", key.uidvalidity, (key.uid,))
    assert ("gelassenprobe" in {flag.lower() for flag in found.flags}) == kept
    assert "\\Seen" not in found.flags
    assert not mailbox.add_keyword(key, "zwei Wörter")
    mailbox.remove(key)
    assert not mailbox.add_keyword(key, "GelassenProbe")


# --- waiting ----------------------------------------------------------------------------------------------------------


@contextmanager
def _soon(place: Place, action: Any) -> Iterator[list[float]]:
    """Has another program do something a little later; the time of it is in the list."""
    done: list[float] = []

    def work() -> None:
        with place.other() as client:
            started.wait(5)
            action(client)
            done.append(time.monotonic())

    started = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    timer = threading.Timer(0.4, started.set)
    timer.start()
    yield done
    timer.join()
    thread.join(10)


def test_new_mail_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """Promptly, and it can be fetched then."""
    mailbox.state("INBOX")
    with _soon(place, lambda client: client.append("INBOX", mails.plain())) as done:
        assert mailbox.wait("INBOX", 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt
    assert len(mailbox.state("INBOX").uids) == 1


def test_a_message_taken_away_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """A draft that the user deleted or sent."""
    key = _put(mailbox, mails.plain(), mailbox.folders.drafts)
    mailbox.state(key.folder)

    def take(client: Any) -> None:
        client.select_folder(key.folder)
        client.delete_messages([key.uid])
        client.expunge()

    with _soon(place, take) as done:
        assert mailbox.wait(key.folder, 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt


@pytest.mark.parametrize("role", ["drafts", "sent", "cooling_off"])
def test_several_folders_are_watched_at_once(place: Place, mailbox: ImapMailbox, role: str) -> None:
    """A change in any of them ends the wait."""
    folders = mailbox.folders
    watched = (folders.drafts, folders.sent, folders.cooling_off)
    for folder in watched:
        mailbox.state(folder)
    assert not mailbox.wait_any(watched, 0.5, never)
    with _soon(place, lambda client: client.append(getattr(folders, role), mails.plain())) as done:
        assert mailbox.wait_any(watched, 10, never)
        noticed = time.monotonic()
    assert noticed - done[0] < place.prompt
    assert not mailbox.wait_any(watched, 0.5, never)


def test_what_came_between_looking_and_waiting_ends_the_wait(place: Place, mailbox: ImapMailbox) -> None:
    """In the folder itself and in the others."""
    folders = mailbox.folders
    for change, waited in ((folders.drafts, (folders.drafts,)), (folders.sent, (folders.drafts, folders.sent))):
        for folder in waited:
            mailbox.state(folder)
        with place.other() as client:
            client.append(change, mails.plain())
        start = time.monotonic()
        assert mailbox.wait_any(waited, 10, never)
        assert time.monotonic() - start < 1


def test_a_quiet_folder_lets_the_time_pass(mailbox: ImapMailbox) -> None:
    """False after the time, and the connection is good for the next command."""
    mailbox.state("INBOX")
    start = time.monotonic()
    assert not mailbox.wait("INBOX", 0.6, never)
    assert 0.5 < time.monotonic() - start < 3
    assert mailbox.state("INBOX").uids == ()


def test_waiting_can_be_interrupted(mailbox: ImapMailbox) -> None:
    """Within about a second."""
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    start = time.monotonic()
    assert not mailbox.wait("INBOX", 30, stop.is_set)
    assert time.monotonic() - start < 2
    timer.join()


def test_a_closed_mailbox_opens_again(mailbox: ImapMailbox) -> None:
    """``close`` any number of times; the next use connects."""
    mailbox.connect()
    mailbox.close()
    mailbox.close()
    assert mailbox.state("INBOX").uids == ()
