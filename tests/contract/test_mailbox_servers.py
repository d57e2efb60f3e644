"""What the IMAP mailbox must do beside other programs: find and create folders, change nothing, take nothing away."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from datetime import datetime

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.adapters.mime import split
from assistant.errors import Disconnected, Gone, LoginRefused
from tests.contract import mails
from tests.contract.places import Place, never, put

pytestmark = pytest.mark.system


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
    """Whoever comes second finds it there, at the latest at the next try.

    Dovecot 2.3 gives each connection a process, and two that create at once may lock each other out: one then dies
    ("Resource deadlock avoided" in its log), and its client loses the connection, as the daemon's watch expects.
    """
    found: list[str] = []

    def connect() -> None:
        with place.mailbox() as mailbox:
            for _ in range(5):
                with suppress(Disconnected):
                    found.append(mailbox.folders.cooling_off)
                    return

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


def test_messages_that_others_deleted_are_gone(place: Place, mailbox: ImapMailbox) -> None:
    """``\\Deleted`` and not yet expunged: the user no longer sees it, and neither do we."""
    kept, deleted = put(mailbox, mails.plain()), put(mailbox, mails.plain())
    with place.other() as client:
        client.select_folder("INBOX")
        client.delete_messages([deleted.uid])
    assert mailbox.state("INBOX").uids == (kept.uid,)
    assert mailbox.find("INBOX", "<1@example.org>") == (kept.uid,)
    with pytest.raises(Gone):
        mailbox.move(deleted, mailbox.folders.drafts)


def test_a_folder_that_is_gone(place: Place, mailbox: ImapMailbox) -> None:
    """A key in a deleted folder is gone, too."""
    name = mailbox.folders.cooling_off
    key = put(mailbox, mails.plain(), name)
    mailbox.state("INBOX")
    with place.other() as client:
        client.delete_folder(name)
    with pytest.raises(Gone):
        mailbox.fetch_whole(key)
    with pytest.raises(Gone):
        mailbox.move(key, "INBOX")
    mailbox.remove(key)


def test_a_message_that_vanishes_after_the_look(place: Place, mailbox: ImapMailbox) -> None:
    """A mail client saves its draft anew and expunges the old one: the old one is left out, not half there."""
    keys = [put(mailbox, mails.plain(message_id=f"<{number}@example.org>")) for number in range(3)]
    uids = mailbox.state("INBOX").uids
    list(mailbox.fetch_headers("INBOX", keys[0].uidvalidity, uids))
    with place.other() as client:
        client.select_folder("INBOX")
        client.delete_messages([keys[1].uid])
        client.expunge()
    found = list(mailbox.fetch_texts("INBOX", keys[0].uidvalidity, uids))
    assert [one.key.uid for one in found] == [keys[0].uid, keys[2].uid]
    assert all(one.mail.parts for one in found)
    assert [one.key for one in mailbox.fetch_headers("INBOX", keys[0].uidvalidity, uids)] == [keys[0], keys[2]]
    with pytest.raises(Gone):
        mailbox.fetch_whole(keys[1])
    with pytest.raises(Gone):
        mailbox.move(keys[1], mailbox.folders.cooling_off)


def test_nothing_changes_by_reading(place: Place, mailbox: ImapMailbox) -> None:
    """Odd and broken mails all come; bytes, flags and dates of the whole mailbox stay, ``\\Seen`` above all."""
    raws = {**mails.odd(), "attachment": mails.with_attachment(), "forwarded": mails.forwarded()}
    keys = {name: put(mailbox, raw) for name, raw in raws.items()}
    seen = put(mailbox, mails.plain(), flags=("\\Seen", "\\Flagged"))
    put(mailbox, mails.plain(), mailbox.folders.drafts, flags=("\\Draft",))
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
        key = put(mailbox, mails.odd()["boundary that never comes"])
        (found,) = mailbox.fetch_texts("INBOX", key.uidvalidity, (key.uid,))
    assert b"".join(part.body for part in found.mail.parts).strip() == b"Text ohne Grenze"


def test_moving_into_a_folder_that_is_not_there_creates_it(place: Place, mailbox: ImapMailbox) -> None:
    """TRYCREATE: the user deleted the cooling-off folder a moment ago."""
    name = mailbox.folders.cooling_off
    key = put(mailbox, mails.plain(), mailbox.folders.drafts)
    mailbox.state("INBOX")
    with place.other() as client:
        client.delete_folder(name)
    moved = mailbox.move(key, name)
    assert moved is not None
    assert mailbox.fetch_whole(moved) == mails.plain()


def test_what_others_deleted_is_not_expunged(place: Place, mailbox: ImapMailbox) -> None:
    """Moving, removing, and leaving the folder take away nothing but the message meant."""
    drafts = mailbox.folders.drafts
    keys = [put(mailbox, mails.plain(message_id=f"<{number}@example.org>"), drafts) for number in range(4)]
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


def test_a_keyword_is_set_where_the_server_keeps_it(place: Place, mailbox: ImapMailbox) -> None:
    """And nowhere else; the answer says whether it is there, and ``\\Seen`` is not."""
    key = put(mailbox, mails.plain())
    kept = mailbox.add_keyword(key, "GelassenProbe")
    assert kept == ("keywords" in place.can)
    (found,) = mailbox.fetch_headers("INBOX", key.uidvalidity, (key.uid,))
    assert ("gelassenprobe" in {flag.lower() for flag in found.flags}) == kept
    assert "\\Seen" not in found.flags
    assert not mailbox.add_keyword(key, "zwei Wörter")
    assert mailbox.add_keyword(key, "\\Answered")
    assert not mailbox.add_keyword(key, "\\Seen")
    mailbox.remove(key)
    assert not mailbox.add_keyword(key, "GelassenProbe")
