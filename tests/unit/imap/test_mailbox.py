"""The mailbox as a whole against scripted servers: refusals, broken connections, use from several places."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.core.message import MessageKey
from assistant.errors import Disconnected, PermanentFailure, TemporaryFailure
from tests.servers import until
from tests.unit.imap.scripted import Answer, Peer, ScriptedServer

KEY = MessageKey(account="studio", folder="INBOX", uidvalidity=7, uid=1)


def _saying(text: str, *before: str) -> Answer:
    """Untagged lines, then a tagged one."""

    def answer(peer: Peer, _command: str) -> None:
        for line in before:
            peer.send(f"{line}\r\n")
        peer.send(f"{peer.tag} {text} so\r\n")

    return answer


def _fetch(peer: Peer, _command: str) -> None:
    """A message of 20 bytes with a Message-ID."""
    header = b"Message-ID: <1@example.org>\r\n\r\n"
    peer.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 20 BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n" % len(header))
    peer.send(header + b")\r\n")
    peer.ok()


def _select(*lines: str) -> Answer:
    return _saying("OK [READ-WRITE] x", "* 1 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 2] x", *lines)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("NO [OVERQUOTA] full", PermanentFailure),
        ("BAD what", PermanentFailure),
        ("NO [UNAVAILABLE] later", Disconnected),
        ("NO [INUSE] locked", TemporaryFailure),
    ],
)
def test_refusals_are_for_good_or_for_now(answer: str, error: type[Exception]) -> None:
    """The response code decides (RFC 5530); after a temporary one the connection is made anew."""
    with ScriptedServer({"UID SEARCH": _saying(answer)}) as server, server.mailbox() as mailbox:
        with pytest.raises(error, match=answer.rpartition(" ")[2]):
            mailbox.state("INBOX")
        del server.answers["UID SEARCH"]
        assert mailbox.state("INBOX").uids == (1,)
        assert server.count("LOGIN") == (1 if error is PermanentFailure else 2)


def test_quota_stops_a_move_and_the_message_stays() -> None:
    """The server's words reach the user, and nothing was marked as deleted."""
    answers = {"UID FETCH": _fetch, "UID COPY": _saying("NO [OVERQUOTA] the box is full")}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        with pytest.raises(PermanentFailure, match="the box is full"):
            mailbox.move(KEY, "Cooling off")
        assert not server.count("UID STORE")


def test_no_copy_is_made_where_the_original_cannot_be_deleted() -> None:
    """PERMANENTFLAGS without ``\\Deleted``: a move would end with two messages."""
    answers = {"UID FETCH": _fetch, "SELECT": _select("* OK [PERMANENTFLAGS (\\Seen)] x")}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        with pytest.raises(PermanentFailure, match="may not be deleted"):
            mailbox.move(KEY, "Cooling off")
        assert not server.count("UID COPY")


def test_a_new_key_is_not_guessed() -> None:
    """Without UIDPLUS and without counters nobody knows which message is the copy."""
    answers = {
        "UID FETCH": _fetch,
        "UID COPY": _saying("OK"),
        "STATUS": _saying("OK", '* STATUS "Cooling off" (MESSAGES 0)'),
    }
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        assert mailbox.move(KEY, "Cooling off") is None
        assert server.count("UID STORE 1 +FLAGS.SILENT (\\Deleted)") == 1
        assert not server.count("EXPUNGE")
        assert not server.count("UID EXPUNGE")


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        (["* OK [PERMANENTFLAGS (\\Deleted \\*)] x"], True),
        (["* OK [PERMANENTFLAGS (\\Deleted)] x"], False),
        (["* OK [PERMANENTFLAGS ()] x"], False),
        ([], False),
        (["* OK [READ-ONLY] x"], False),
    ],
)
def test_keywords_only_where_permanentflags_allows_them(lines: list[str], allowed: bool) -> None:
    """Asked beforehand, and not even tried where it is not allowed."""
    answers = {"SELECT": _select(*lines), "UID FETCH": _fetch}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        assert mailbox.allows_keywords("INBOX") == allowed
        assert not mailbox.add_keyword(KEY, "Probe")  # this server says OK and keeps nothing
        assert bool(server.count("UID STORE")) == allowed


def test_a_refused_keyword_is_no_error() -> None:
    """Marking a mail is a courtesy."""
    answers = {
        "SELECT": _select("* OK [PERMANENTFLAGS (\\*)] x"),
        "UID FETCH": _fetch,
        "UID STORE": _saying("NO too many keywords"),
    }
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        assert not mailbox.add_keyword(KEY, "Probe")


def test_a_known_keyword_counts_as_set_without_an_asterisk() -> None:
    """Servers with a fixed list name it in PERMANENTFLAGS."""

    def fetch(peer: Peer, _command: str) -> None:
        peer.send("* 1 FETCH (UID 1 FLAGS ($LABEL1) RFC822.SIZE 20)\r\n")
        peer.ok()

    answers = {"SELECT": _select("* OK [PERMANENTFLAGS ($label1)] x"), "UID FETCH": fetch}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox:
        assert mailbox.add_keyword(KEY, "$Label1")


def test_a_cooling_off_folder_that_cannot_be_created() -> None:
    """The server's reason is told."""
    lists = _saying("OK", *(f'* LIST () "/" "{name}"' for name in ("INBOX", "Drafts", "Sent")))
    answers = {"LIST": lists, "CREATE": _saying("NO [NOPERM] not allowed here")}

    def only_first(peer: Peer, command: str) -> None:
        (lists if command.endswith('"*"') else _saying("OK"))(peer, command)

    answers["LIST"] = only_first
    with (
        ScriptedServer(answers) as server,
        server.mailbox() as mailbox,
        pytest.raises(PermanentFailure, match="not allowed here"),
    ):
        mailbox.connect()


def test_a_cooling_off_folder_that_came_into_being_meanwhile() -> None:
    """CREATE says NO without a code, and the folder is there: that is all that was wanted."""
    lists = _saying("OK", *(f'* LIST () "/" "{name}"' for name in ("INBOX", "Drafts", "Sent")))

    def answer(peer: Peer, command: str) -> None:
        (lists if command.endswith('"*"') else _saying("OK", '* LIST () "/" "Cooling off"'))(peer, command)

    with ScriptedServer({"LIST": answer, "CREATE": _saying("NO exists")}) as server, server.mailbox() as mailbox:
        assert mailbox.folders.cooling_off == "Cooling off"


@pytest.mark.parametrize("answer", [_saying("NO"), _saying("OK", "* NAMESPACE NIL NIL NIL"), _saying("OK")])
def test_namespaces_that_tell_nothing(answer: Answer) -> None:
    """Announced and empty, or refused: the folders themselves show how they are called."""
    with (
        ScriptedServer({"NAMESPACE": answer}, capabilities="IMAP4rev1 NAMESPACE") as server,
        server.mailbox() as mailbox,
    ):
        assert mailbox.folders.drafts == "Drafts"


def test_folders_of_other_people_are_left_alone() -> None:
    """NAMESPACE tells whose they are."""
    answers = {
        "NAMESPACE": _saying("OK", '* NAMESPACE (("" "/")) (("Other/" "/")) (("Public/" "/"))'),
        "LIST": _saying(
            "OK",
            *('* LIST (\\Drafts) "/" "Other/bob/Drafts"', '* LIST (\\Drafts) "/" "Public/Drafts"', "* LIST (bad"),
            *('* LIST () "/" Entwurf', '* LIST (\\sent) "/" {3}\r\nRaus'.replace("{3}", "{4}"), '* LIST () NIL "&A"'),
            '* LIST () "/" "Cooling off"',
        ),
    }
    with ScriptedServer(answers, capabilities="IMAP4rev1 NAMESPACE") as server, server.mailbox() as mailbox:
        assert (mailbox.folders.drafts, mailbox.folders.sent) == ("Entwurf", "Raus")


def test_special_use_is_asked_for_where_it_would_be_kept_back() -> None:
    """RFC 6154: some servers tell it only on request; where the request fails, plain LIST helps."""

    def answer(peer: Peer, command: str) -> None:
        if "RETURN" in command:
            peer.send(f"{peer.tag} BAD what?\r\n")
        else:
            lines = (f'* LIST () "/" "{name}"' for name in ("INBOX", "Drafts", "Sent", "Cooling off"))
            _saying("OK", *lines)(peer, command)

    capabilities = "IMAP4rev1 SPECIAL-USE LIST-EXTENDED"
    with ScriptedServer({"LIST": answer}, capabilities=capabilities) as server, server.mailbox() as mailbox:
        assert mailbox.folders.sent == "Sent"
        assert server.commands[-2:] == ['LIST "" "*"', "NOOP"]


def test_a_list_that_is_refused() -> None:
    """Without folders there is nothing to do."""
    with (
        ScriptedServer({"LIST": _saying("NO no")}) as server,
        server.mailbox() as mailbox,
        pytest.raises(PermanentFailure),
    ):
        mailbox.connect()


@pytest.mark.parametrize("command", ["CAPABILITY", "ID", "LIST", "EXAMINE", "UID SEARCH", "NOOP"])
def test_a_connection_that_breaks_anywhere_is_made_anew(command: str) -> None:
    """``Disconnected`` each time, no half-read stream, and the next use works."""
    broken = threading.Event()

    def hang_up(peer: Peer, text: str) -> None:
        if broken.is_set():
            del server.answers[command]
            server.answers.get(command, _usual(command))(peer, text)
        elif command != "CAPABILITY" or server.count("LOGIN"):
            broken.set()
            peer.send("* 5 FE")
            peer.hang_up()
        else:
            _usual(command)(peer, text)

    with (
        ScriptedServer({command: hang_up}, capabilities="IMAP4rev1 ID") as server,
        server.mailbox(language="de") as mailbox,
    ):
        with pytest.raises(Disconnected):
            _connect_and_look(mailbox)
        assert mailbox.state("INBOX").uids == (1,)


def _connect_and_look(mailbox: ImapMailbox) -> None:
    mailbox.connect()
    mailbox.state("INBOX")


def _usual(command: str) -> Answer:
    from tests.unit.imap.scripted import _USUAL

    return _USUAL.get(command, lambda peer, _: peer.ok())


@pytest.mark.parametrize("answer", ['* 1 FETCH (BODY[1] "Liebe Anna', '* 1 FETCH (BODY[1] "x\r\nLiebe Anna"\r\n'])
def test_what_is_said_of_a_broken_answer_does_not_quote_it(answer: str) -> None:
    """The answer may be somebody's mail, and the message goes into logs."""

    def broken(peer: Peer, _command: str) -> None:
        peer.send(answer)
        peer.hang_up()

    with ScriptedServer({"UID FETCH": broken}) as server, server.mailbox() as mailbox:
        with pytest.raises(Disconnected) as caught:
            mailbox.fetch_whole(KEY)
        assert "Anna" not in str(caught.value)


def test_a_select_that_is_not_understood() -> None:
    """A response code without its argument is a broken answer, not a bug of ours."""
    odd = _saying("OK [READ-ONLY]", "* 1 EXISTS", "* OK [UIDVALIDITY] x")
    with ScriptedServer({"EXAMINE": odd}) as server, server.mailbox() as mailbox, pytest.raises(Disconnected):
        mailbox.state("INBOX")


def test_a_mailbox_is_not_for_two_threads() -> None:
    """The second one is told so after a while, instead of mixing two answers."""
    with ScriptedServer() as server, server.mailbox(timeout=0.3) as mailbox:
        thread = threading.Thread(target=lambda: mailbox.wait("INBOX", 1.5, lambda: False))
        thread.start()
        assert until(lambda: server.count("IDLE"))
        with pytest.raises(RuntimeError, match="two threads"):
            mailbox.state("INBOX")
        thread.join(5)


def test_an_error_of_the_callers_own_does_not_leave_a_half_read_stream() -> None:
    """Whatever ``interrupted`` raises comes through, and the connection is made anew."""

    def broken() -> bool:
        raise KeyError("caller")

    with ScriptedServer() as server, server.mailbox() as mailbox:
        with pytest.raises(KeyError):
            mailbox.wait("INBOX", 5, broken)
        assert mailbox.state("INBOX").uids == (1,)
        assert server.count("LOGIN") == 2


def test_stopping_on_a_dead_connection_is_no_error() -> None:
    """Somebody who wants to stop need not hear that the server is gone, and need not wait long for it."""
    stop = threading.Event()

    def swallow(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n")
        stop.set()
        peer.line()
        peer.hang_up()

    with ScriptedServer({"IDLE": swallow}) as server, server.mailbox() as mailbox:
        assert not mailbox.wait("INBOX", 30, stop.is_set)


def test_what_the_server_offers_is_known_without_connecting_by_hand() -> None:
    """``abilities`` and ``folders`` connect by themselves, in upper case and decoded."""
    with ScriptedServer(capabilities="IMAP4rev1 idle Move") as server:
        with server.mailbox() as mailbox:
            assert mailbox.abilities == {"IMAP4REV1", "IDLE", "MOVE"}
        with server.mailbox() as mailbox:
            assert mailbox.folders.sent == "Sent"


def test_a_whole_message_that_cannot_be_read_is_not_gone() -> None:
    """An answer that is no answer is a failure, not a vanished message."""
    with (
        ScriptedServer({"UID FETCH": _saying("OK", "* 1 FETCH (UID 1 BODY[] ")}) as server,
        server.mailbox() as mailbox,
        pytest.raises(PermanentFailure, match="cannot be read"),
    ):
        mailbox.fetch_whole(KEY)


def _append(refusals: list[str]) -> Callable[[Peer, str], None]:
    def answer(peer: Peer, command: str) -> None:
        if refusals:
            peer.send(f"{peer.tag} NO {refusals.pop()}\r\n")
        else:
            peer.ok("[APPENDUID 7 9] stored")

    return answer


def test_appending_creates_the_folder_once() -> None:
    """TRYCREATE; flags and date as RFC 9051 wants them."""
    at = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
    with ScriptedServer({"APPEND": _append(["[TRYCREATE] none"])}) as server, server.mailbox() as mailbox:
        key = mailbox.append("Neu", b"Subject: x\r\n\r\n", flags=("\\Draft",), at=at)
        assert key == MessageKey(account="studio", folder="Neu", uidvalidity=7, uid=9)
        assert server.count('CREATE "Neu"') == 1
        line = next(command for command in server.commands if command.startswith("APPEND"))
        assert line.startswith('APPEND "Neu" (\\Draft) "01-Mar-2026 09:05:00 +0000" {14}')


def test_a_refused_append_is_told() -> None:
    """With the server's reason."""
    with (
        ScriptedServer({"APPEND": _append(["[OVERQUOTA] full"])}) as server,
        server.mailbox() as mailbox,
        pytest.raises(PermanentFailure, match="full"),
    ):
        mailbox.append("Drafts", b"Subject: x\r\n\r\n")
