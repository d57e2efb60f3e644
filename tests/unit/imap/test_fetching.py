"""Fetching from servers that answer badly: one bad message never costs the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from assistant.core.message import RawMail, RawPart
from assistant.errors import Disconnected, Gone, PermanentFailure
from tests.unit.imap.scripted import Peer, ScriptedServer

HEADER = b"Subject: x\r\n\r\n"
STRUCTURE = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
BAD = 2  # the UID that makes trouble


def split(raw: bytes) -> RawMail:
    """Stands for adapters.mime.split."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return RawMail(header=head, parts=(RawPart(header=head, body=body),), types=("text/plain",), size=len(raw))


def _uids(command: str) -> list[int]:
    words = command.split()[2]
    return [int(word) for word in words.split(",")]


def _literal(name: str, value: bytes) -> bytes:
    return f" {name} {{{len(value)}}}\r\n".encode() + value


def _message(peer: Peer, uid: int, command: str) -> None:
    """One ordinary FETCH response with everything that was asked for."""
    text = f'* {uid} FETCH (UID {uid} FLAGS () RFC822.SIZE 19 INTERNALDATE "21-Nov-2026 10:00:00 +0100"'.encode()
    if "BODYSTRUCTURE" in command:
        text += f" BODYSTRUCTURE {STRUCTURE}".encode()
    if header := re.search(r"BODY\.PEEK(\[HEADER.*?\])", command):
        text += _literal(f"BODY{header[1]}", HEADER)
    if "[TEXT]" in command:
        text += _literal("BODY[TEXT]", b"Hallo")
    if "PEEK[]" in command:
        text += _literal("BODY[]<0>" if "<0." in command else "BODY[]", HEADER + b"Hallo")
    peer.send(text + b")\r\n")


def _fetch(trouble: Callable[[Peer, str], bool]) -> Callable[[Peer, str], None]:
    """Answers FETCH; ``trouble`` is asked about the bad message and says whether it dealt with it."""

    def answer(peer: Peer, command: str) -> None:
        for uid in _uids(command):
            if uid == BAD and trouble(peer, command):
                continue
            _message(peer, uid, command)
        if not peer.sock._closed:  # type: ignore[attr-defined]
            peer.ok()

    return answer


def _cannot_be_parsed(peer: Peer, command: str) -> bool:
    if "BODYSTRUCTURE" in command:
        peer.send(f'* {BAD} FETCH (UID {BAD} BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "a"b") NIL NIL "7BIT" 5 1)\r\n')
    return "BODYSTRUCTURE" in command


def _breaks_the_protocol(peer: Peer, command: str) -> bool:
    if "BODYSTRUCTURE" in command:
        peer.send(f'* {BAD} FETCH (UID {BAD} BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "a\r\nb") NIL NIL "7BIT" 5 1))\r\n')
    return "BODYSTRUCTURE" in command


def _kills_the_server(peer: Peer, command: str) -> bool:
    if "BODYSTRUCTURE" in command:
        peer.hang_up()
    return "BODYSTRUCTURE" in command


def _has_no_structure(peer: Peer, command: str) -> bool:
    if "BODYSTRUCTURE" in command:
        peer.send(f"* {BAD} FETCH (UID {BAD} BODYSTRUCTURE NIL)\r\n")
    return "BODYSTRUCTURE" in command


def _has_a_header_and_no_structure(peer: Peer, command: str) -> bool:
    if "BODYSTRUCTURE" in command:
        peer.send(f"* {BAD} FETCH (UID {BAD} BODYSTRUCTURE NIL".encode() + _literal("BODY[HEADER]", HEADER) + b")\r\n")
    return "BODYSTRUCTURE" in command


TROUBLES = [
    *(_cannot_be_parsed, _breaks_the_protocol, _kills_the_server),
    *(_has_no_structure, _has_a_header_and_no_structure),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_a_message_whose_structure_makes_trouble_comes_whole(trouble: Callable[[Peer, str], bool]) -> None:
    """All three arrive in order, the bad one taken apart here."""
    with ScriptedServer({"UID FETCH": _fetch(trouble)}) as server, server.mailbox() as mailbox:
        server.messages = 3
        mailbox._split = split
        found = list(mailbox.fetch_texts("INBOX", 7, (3, BAD, 1)))
        assert [one.key.uid for one in found] == [3, BAD, 1]
        assert [one.mail.parts[0].body for one in found] == [b"Hallo"] * 3
        assert {one.mail.size for one in found} == {19}


def test_a_server_that_cannot_choose_fields_is_asked_for_the_whole_header() -> None:
    """BAD to HEADER.FIELDS.NOT costs one command a connection; all messages arrive in parts."""

    def answer(peer: Peer, command: str) -> None:
        if "FIELDS.NOT" in command:
            peer.send(f"{peer.tag} BAD what is this\r\n")
        else:
            _fetch(lambda *_: False)(peer, command)

    with ScriptedServer({"UID FETCH": answer}) as server, server.mailbox() as mailbox:
        for uids in ((1, 2), (3,)):
            found = list(mailbox.fetch_texts("INBOX", 7, uids))
            assert [one.mail for one in found] == [
                RawMail(header=HEADER, parts=(RawPart(header=HEADER, body=b"Hallo"),), types=("text/plain",), size=19)
            ] * len(uids)
        assert sum("FIELDS.NOT" in command for command in server.commands) == 1


def test_one_bad_message_is_no_reason_to_fetch_whole_headers() -> None:
    """The others' headers still come without their trace fields afterwards."""
    with ScriptedServer({"UID FETCH": _fetch(_cannot_be_parsed)}) as server, server.mailbox() as mailbox:
        server.messages = 3
        mailbox._split = split
        list(mailbox.fetch_texts("INBOX", 7, (1, BAD)))
        list(mailbox.fetch_texts("INBOX", 7, (3,)))
        (last,) = [command for command in server.commands if command.startswith("UID FETCH 3 (UID FLAGS")]
        assert "FIELDS.NOT" in last


def test_a_refused_batch_is_fetched_one_by_one() -> None:
    """NO to a FETCH (a file that the server cannot read) costs only the message that it is about."""

    def answer(peer: Peer, command: str) -> None:
        if BAD in _uids(command) and "INTERNALDATE" in command:
            peer.send(f"{peer.tag} NO [SERVERBUG] input/output error\r\n")
        else:
            _fetch(lambda *_: False)(peer, command)

    with ScriptedServer({"UID FETCH": answer}) as server, server.mailbox() as mailbox:
        server.messages = 3
        found = {one.key.uid: one.mail for one in mailbox.fetch_texts("INBOX", 7, (1, BAD, 3))}
        assert found[1].parts
        assert found[3].parts
        assert found[BAD] == RawMail(header=b"")


def test_without_split_a_message_without_structure_comes_with_its_header() -> None:
    """At least it can be listed."""
    with ScriptedServer({"UID FETCH": _fetch(_has_no_structure)}) as server, server.mailbox() as mailbox:
        server.messages = 3
        (found,) = mailbox.fetch_texts("INBOX", 7, (BAD,))
        assert found.mail == RawMail(header=HEADER, size=19)


def test_vanished_messages_are_left_out() -> None:
    """No answer about a UID means that it is gone."""
    with ScriptedServer({"UID FETCH": _fetch(lambda *_: True)}) as server, server.mailbox() as mailbox:
        assert [one.key.uid for one in mailbox.fetch_texts("INBOX", 7, (1, BAD, 3))] == [1, 3]
        assert [one.key.uid for one in mailbox.fetch_headers("INBOX", 7, (BAD, 3))] == [3]
        assert server.count("UID FETCH") == 3


@pytest.mark.parametrize("content", ["", " BODY[HEADER] NIL BODYSTRUCTURE NIL"])
def test_a_message_that_is_just_vanishing_is_left_out(content: str) -> None:
    """Flags without content, or NIL: a look at the folder decides that it is gone."""

    def vanish(peer: Peer, _command: str) -> bool:
        peer.send(f"* {BAD} FETCH (UID {BAD} FLAGS (\\Deleted){content})\r\n")
        return True

    def search(peer: Peer, _command: str) -> None:
        peer.ok()

    answers = {"UID FETCH": _fetch(vanish), "UID SEARCH": search}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        assert [one.key.uid for one in mailbox.fetch_texts("INBOX", 7, (1, BAD, 3))] == [1, 3]
        assert [one.key.uid for one in mailbox.fetch_headers("INBOX", 7, (BAD,))] == []


def test_a_server_that_stays_away_ends_it() -> None:
    """When connecting anew fails as well it was the network, not the message."""

    def die(peer: Peer, _command: str) -> None:
        server._listener.close()
        peer.hang_up()

    with (
        ScriptedServer({"UID FETCH": die}) as server,
        server.mailbox(timeout=0.5) as mailbox,
        pytest.raises(Disconnected),
    ):
        list(mailbox.fetch_texts("INBOX", 7, (1, BAD)))


def test_flags_of_another_message_with_that_sequence_number_are_not_taken() -> None:
    """An unsolicited ``* 1 FETCH`` without UID is not about UID 1 (imapclient would think so)."""

    def answer(peer: Peer, command: str) -> None:
        peer.send("* 1 FETCH (FLAGS (\\Seen))\r\n")
        _fetch(lambda *_: False)(peer, command)
        peer.server.answers["UID FETCH"] = _fetch(lambda *_: False)

    with ScriptedServer({"UID FETCH": answer}) as server, server.mailbox() as mailbox:
        (found,) = mailbox.fetch_headers("INBOX", 7, (1,))
        assert not found.flags


def test_another_uidvalidity_is_gone() -> None:
    """UIDs of an earlier numbering are never used."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        with pytest.raises(Gone, match="UIDVALIDITY"):
            list(mailbox.fetch_texts("INBOX", 8, (1,)))
        assert not server.count("UID FETCH")


def test_nothing_but_peeking_from_a_folder_opened_read_only() -> None:
    """No SELECT, no BODY[ without PEEK, no RFC822 that sets ``\\Seen``."""
    with ScriptedServer({"UID FETCH": _fetch(lambda *_: False)}) as server, server.mailbox() as mailbox:
        uidvalidity = mailbox.state("INBOX").uidvalidity
        list(mailbox.fetch_texts("INBOX", uidvalidity, (1,)))
        list(mailbox.fetch_headers("INBOX", uidvalidity, (1,)))
        text = "\n".join(server.commands)
    assert not server.count("SELECT")
    assert not re.search(r"BODY\[|RFC822[ )]|RFC822\.(TEXT|HEADER)", text)
    assert "STORE" not in text


def test_large_folders_are_fetched_in_batches() -> None:
    """Fifty at a time, lazily: the caller decides how far to go."""
    with ScriptedServer({"UID FETCH": _fetch(lambda *_: False)}) as server, server.mailbox() as mailbox:
        server.messages = 120
        uids = mailbox.state("INBOX").uids
        assert len(uids) == 120
        found = mailbox.fetch_headers("INBOX", 7, tuple(uid for uid in uids if uid != BAD))
        assert next(found).key.uid == 1
        assert server.count("UID FETCH") == 1
        assert len(list(found)) == 118
        assert server.count("UID FETCH") == 3


def test_a_search_result_of_two_megabytes() -> None:
    """imaplib gives up at one; a mailbox with 300,000 mails has more."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        server.messages = 300_000
        assert len(mailbox.state("INBOX").uids) == 300_000


def test_the_mailbox_may_be_used_between_two_messages() -> None:
    """A consumer of the iterator can move or mark what it just got; reading goes on in the right folder."""
    with ScriptedServer({"UID FETCH": _fetch(lambda *_: False)}) as server, server.mailbox() as mailbox:
        server.messages = 60
        found = mailbox.fetch_headers("INBOX", 7, range(10, 70))
        for one in found:
            if one.key.uid == 10:
                mailbox.state("Sent")
        selected = [command for command in server.commands if command.startswith(("EXAMINE", "UID FETCH"))]
        assert [command.split("(")[0].strip() for command in selected][:3] == [
            'EXAMINE "INBOX"',
            f"UID FETCH {','.join(map(str, range(10, 60)))}",
            'EXAMINE "Sent"',
        ]
        assert selected[3] == 'EXAMINE "INBOX"'


def test_no_to_a_folder_is_for_good() -> None:
    """The server's words reach the user."""

    def refuse(peer: Peer, command: str) -> None:
        peer.send(f"{peer.tag} NO [NOPERM] you may not read this\r\n")

    with (
        ScriptedServer({"EXAMINE": refuse}) as server,
        server.mailbox() as mailbox,
        pytest.raises(PermanentFailure, match="you may not read this"),
    ):
        mailbox.state("INBOX")


def test_since_a_day() -> None:
    """SEARCH SINCE with English months whatever the locale, deleted messages left out."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        mailbox.state("INBOX", since=date(2026, 5, 3))
        assert "UID SEARCH UNDELETED SINCE 3-May-2026" in server.commands
