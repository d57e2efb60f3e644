"""Waiting, against a server whose every byte is known (imapclient's own idle_check fails the first ones)."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.adapters.imap.idle import _SIGN_OF_LIFE
from assistant.errors import Disconnected
from tests.servers import until
from tests.servers.certificate import self_signed
from tests.unit.imap.scripted import Peer, ScriptedServer, idle_quietly


def never() -> bool:
    """Nobody interrupts."""
    return False


def _idle_saying(*segments: str) -> Callable[[Peer, str], None]:
    """Answers IDLE with these segments, then waits for DONE."""

    def answer(peer: Peer, _command: str) -> None:
        for segment in segments:
            peer.send(segment)
        peer.line()
        peer.ok()

    return answer


def test_a_response_split_over_two_segments_is_put_together() -> None:
    """Half a line is kept, the stream stays in step, and the change is reported."""
    asked = threading.Event()

    def answer(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n* 2 EXI")
        asked.wait(5)  # the client has looked at the half line and found nothing
        peer.send("STS\r\n")
        peer.line()
        peer.ok()

    def interrupted() -> bool:
        if server.count("IDLE"):
            asked.set()
        return False

    with ScriptedServer({"IDLE": answer}) as server, server.mailbox() as mailbox:
        assert mailbox.wait("INBOX", 5, interrupted)
        assert mailbox.state("INBOX").uids == (1,)


def test_a_response_in_the_same_segment_as_the_continuation_is_seen_at_once() -> None:
    """The news does not lie in a buffer until the next news comes."""
    with ScriptedServer({"IDLE": _idle_saying("+ idling\r\n* 2 EXISTS\r\n")}) as server, server.mailbox() as mailbox:
        start = time.monotonic()
        assert mailbox.wait("INBOX", 5, never)
        assert time.monotonic() - start < 1


def test_a_response_in_the_same_tls_record_as_the_continuation_is_seen_at_once(tmp_path: Path) -> None:
    """Neither does it lie in the TLS layer, where the socket looks empty."""
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    answers = {"IDLE": _idle_saying("+ idling\r\n* 2 EXISTS\r\n")}
    with (
        ScriptedServer(answers, context=context) as server,
        server.mailbox(security="tls", ca_file=str(certificate.cert)) as mailbox,
    ):
        start = time.monotonic()
        assert mailbox.wait("INBOX", 5, never)
        assert time.monotonic() - start < 1


def test_a_server_that_hangs_up_is_noticed_at_once_and_only_once() -> None:
    """The end of the stream is an outage, not silence; the next call connects anew."""

    def answer(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n")
        peer.hang_up()

    with ScriptedServer({"IDLE": answer}) as server, server.mailbox() as mailbox:
        with pytest.raises(Disconnected, match=rf"127\.0\.0\.1:{server.port}"):
            mailbox.wait("INBOX", 5, never)
        assert server.count("IDLE") == 1
        assert mailbox.state("INBOX").uidvalidity == 7
        assert server.count("LOGIN") == 2


@pytest.mark.parametrize("news", ["* BYE shutting down\r\n", "* 2 EXISTS\r\n* BYE shutting down\r\n"])
def test_bye_ends_the_wait(news: str) -> None:
    """BYE is an announced end of the connection, whatever came before it."""
    with ScriptedServer({"IDLE": _idle_saying("+ idling\r\n", news)}) as server, server.mailbox() as mailbox:
        with contextlib.suppress(Disconnected):
            assert mailbox.wait("INBOX", 5, never)  # the news was read before the BYE
            mailbox.state("INBOX")
        assert mailbox.state("INBOX").uidvalidity == 7


def test_bye_alone_is_a_lost_connection() -> None:
    """Nothing changed, and the server is gone."""
    answers = {"IDLE": _idle_saying("+ idling\r\n* BYE shutting down\r\n")}
    with ScriptedServer(answers) as server, server.mailbox() as mailbox, pytest.raises(Disconnected):
        mailbox.wait("INBOX", 5, never)


def test_news_before_the_continuation_counts() -> None:
    """A server may tell what happened before it begins to idle."""
    with ScriptedServer({"IDLE": _idle_saying("* 2 EXISTS\r\n+ idling\r\n")}) as server, server.mailbox() as mailbox:
        assert mailbox.wait("INBOX", 5, never)


@pytest.mark.parametrize(
    "news", ["* 1 EXPUNGE", "* VANISHED 1", "* 1 FETCH (FLAGS (\\Seen))", "* 0 EXISTS", "* 1 FETCH (FLAGS ({2}\r\nab))"]
)
def test_what_counts_as_a_change(news: str) -> None:
    """Fewer messages, other flags, and messages gone end the wait."""
    with ScriptedServer({"IDLE": _idle_saying(f"+ idling\r\n{news}\r\n")}) as server, server.mailbox() as mailbox:
        assert mailbox.wait("INBOX", 5, never)


@pytest.mark.parametrize("news", ["* OK Still here", "* 1 EXISTS", "* 0 RECENT"])
def test_what_does_not_count_as_a_change(news: str) -> None:
    """Signs of life do not wake anybody."""
    with ScriptedServer({"IDLE": _idle_saying(f"+ idling\r\n{news}\r\n")}) as server, server.mailbox() as mailbox:
        assert not mailbox.wait("INBOX", 0.3, never)


def test_mail_that_came_between_looking_and_waiting_ends_the_wait_at_once() -> None:
    """No gap: the counters of the last look are compared before waiting."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        mailbox.state("INBOX")
        server.messages, server.uidnext = 2, 3
        assert mailbox.wait("INBOX", 5, never)
        assert not server.count("IDLE")


def test_a_change_is_told_once() -> None:
    """A caller that does not look again is not woken again by the same news."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        mailbox.state("INBOX")
        server.uidnext = 3
        assert mailbox.wait("INBOX", 5, never)
        assert not mailbox.wait("INBOX", 0.2, never)


def test_news_that_come_with_the_answer_to_done_are_not_lost() -> None:
    """The last words of IDLE count."""

    def answer(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n")
        peer.line()
        peer.send(f"* 1 EXPUNGE\r\n{peer.tag} OK done\r\n")

    with ScriptedServer({"IDLE": answer}) as server, server.mailbox() as mailbox:
        assert mailbox.wait("INBOX", 0.2, never)


def test_idle_is_issued_anew_in_time() -> None:
    """With ``idle`` seconds a command, a longer wait takes several; each answer shows that the server lives."""
    with ScriptedServer() as server, server.mailbox(idle=0.1) as mailbox:
        assert not mailbox.wait("INBOX", 0.55, never)
        assert 3 <= server.count("IDLE") <= 6


def test_a_dead_connection_shows_within_a_minute() -> None:
    """The default interval, the time for the answer to DONE, the first pause after a failure."""
    with ScriptedServer() as server:
        assert server.settings().idle + _SIGN_OF_LIFE + 1 < 60


def test_after_a_suspend_the_server_is_asked_at_once() -> None:
    """A clock that went on while the machine slept ends the IDLE, whatever time was left; a dead peer shows."""
    slept = 0.0

    def interrupted() -> bool:
        nonlocal slept
        slept = 3600.0 if server.count("IDLE") else 0.0
        return False

    def swallow(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n")
        done.append(peer.line())
        peer.line()

    done: list[bytes] = []
    with ScriptedServer({"IDLE": swallow}) as server:
        settings = server.settings(idle=600.0, timeout=0.3, elapsed=lambda: time.monotonic() + slept)
        with contextlib.closing(ImapMailbox(settings)) as mailbox, pytest.raises(Disconnected, match="timed out"):
            mailbox.wait("INBOX", 7200, interrupted)
    assert done == [b"DONE\r\n"]


def test_a_server_that_ends_idle_by_itself_is_asked_again() -> None:
    """A tagged answer without DONE (a server's own time-out) is followed by another IDLE."""
    turns = iter([False, True])

    def answer(peer: Peer, command: str) -> None:
        if next(turns):
            _idle_saying("+ idling\r\n* 2 EXISTS\r\n")(peer, command)
        else:
            peer.send(f"+ idling\r\n{peer.tag} OK timeout\r\n")

    with ScriptedServer({"IDLE": answer}) as server, server.mailbox() as mailbox:
        assert mailbox.wait("INBOX", 5, never)
        assert server.count("IDLE") == 2


def test_a_server_that_ends_idle_at_once_every_time_is_polled() -> None:
    """No hot loop of IDLE commands."""

    def answer(peer: Peer, _command: str) -> None:
        peer.send(f"+ idling\r\n{peer.tag} OK that was it\r\n")

    with ScriptedServer({"IDLE": answer}) as server, server.mailbox(poll=0.1) as mailbox:
        assert not mailbox.wait("INBOX", 0.5, never)
        assert server.count("IDLE") == 3


def test_a_server_that_refuses_idle_is_polled() -> None:
    """Announced and refused: the wait goes on by looking every ``poll`` seconds."""

    def refuse(peer: Peer, _command: str) -> None:
        peer.send(f"{peer.tag} NO not now\r\n")
        server.messages = 2

    with ScriptedServer({"IDLE": refuse}) as server, server.mailbox(poll=0.1) as mailbox:
        assert mailbox.wait("INBOX", 5, never)
        assert server.count("IDLE") == 1


def test_a_server_without_idle_is_polled() -> None:
    """Without IDLE a change is seen after at most ``poll`` seconds."""
    with ScriptedServer(capabilities="IMAP4rev1") as server, server.mailbox(poll=0.1) as mailbox:
        assert not mailbox.wait("INBOX", 0.35, never)
        assert 3 <= server.count("EXAMINE") <= 6
        server.messages = 0
        assert mailbox.wait("INBOX", 5, never)


def test_a_dead_connection_shows_when_idle_is_issued_anew() -> None:
    """A peer that swallows everything (a router that forgot the connection) is given up after ``timeout``."""

    def swallow(peer: Peer, _command: str) -> None:
        peer.send("+ idling\r\n")
        peer.line()
        peer.line()

    with ScriptedServer({"IDLE": swallow}) as server, server.mailbox(idle=0.1, timeout=0.3) as mailbox:
        start = time.monotonic()
        with pytest.raises(Disconnected, match="timed out"):
            mailbox.wait("INBOX", 10, never)
        assert time.monotonic() - start < 2


def test_an_interruption_ends_the_wait_within_a_second() -> None:
    """Asked at least once a second, and no error."""
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    with ScriptedServer() as server, server.mailbox() as mailbox:
        timer.start()
        start = time.monotonic()
        assert not mailbox.wait("INBOX", 30, stop.is_set)
        assert time.monotonic() - start < 1.3
        assert mailbox.state("INBOX").uids == (1,)
    timer.join()


def test_closing_from_another_thread_ends_the_wait() -> None:
    """The blocked thread gets ``Disconnected``; ``close`` itself returns at once."""
    with ScriptedServer() as server, server.mailbox() as mailbox:
        failures: list[BaseException] = []

        def wait() -> None:
            try:
                mailbox.wait("INBOX", 30, never)
            except Disconnected as error:
                failures.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        assert until(lambda: server.count("IDLE"))
        mailbox.close()
        thread.join(2)
        assert not thread.is_alive()
        assert len(failures) == 1


def test_several_folders_without_notify_are_looked_at_between_idles() -> None:
    """STATUS every ``poll`` seconds finds a change in a folder that is not selected."""
    counts = iter([0, 0, 1])

    def status(peer: Peer, _command: str) -> None:
        number = next(counts)
        peer.send(f'* STATUS "Sent" (MESSAGES {number} UIDNEXT {number + 1} UIDVALIDITY 7)\r\n')
        peer.ok()

    with ScriptedServer({"STATUS": status, "IDLE": idle_quietly}) as server, server.mailbox(poll=0.1) as mailbox:
        assert mailbox.wait_any(("Drafts", "Sent"), 5, never)
        assert server.count("IDLE") == 2


def test_a_server_that_refuses_notify_is_polled() -> None:
    """NOTIFY that was announced and is refused is not asked for again on this connection."""

    def refuse(peer: Peer, _command: str) -> None:
        peer.send(f"{peer.tag} NO [BADEVENT (MessageNew)] no\r\n")

    answers = {"NOTIFY": refuse}
    with (
        ScriptedServer(answers, capabilities="IMAP4rev1 IDLE NOTIFY") as server,
        server.mailbox(poll=0.1) as mailbox,
    ):
        assert not mailbox.wait_any(("Drafts", "Sent"), 0.3, never)
        assert not mailbox.wait_any(("Drafts", "Sent"), 0.3, never)
        assert server.count("NOTIFY") == 1
        assert server.count("STATUS") > 2


def test_news_of_another_folder_between_two_questions_is_kept() -> None:
    """A STATUS that NOTIFY sends along with the answer to another STATUS ends the wait."""

    def status(peer: Peer, command: str) -> None:
        name = command.split('"')[1]
        peer.send(f'* STATUS "{name}" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n')
        if name == "Cooling off":
            peer.send('* STATUS "Sent" (MESSAGES 1 UIDNEXT 2)\r\n')
        peer.ok()

    answers = {"NOTIFY": lambda peer, _command: peer.ok(), "STATUS": status}
    with ScriptedServer(answers, capabilities="IMAP4rev1 IDLE NOTIFY") as server, server.mailbox() as mailbox:
        assert mailbox.wait_any(("Drafts", "Sent", "Cooling off"), 5, never)
        assert server.count("NOTIFY") == 1


def test_a_server_that_stops_notifying_is_polled() -> None:
    """NOTIFICATIONOVERFLOW counts as a change, and from then on we look ourselves."""
    answers = {
        "NOTIFY": lambda peer, _command: peer.ok(),
        "IDLE": _idle_saying("+ idling\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n"),
    }
    with (
        ScriptedServer(answers, capabilities="IMAP4rev1 IDLE NOTIFY") as server,
        server.mailbox(poll=0.1) as mailbox,
    ):
        assert mailbox.wait_any(("Drafts", "Sent"), 5, never)
        server.answers["IDLE"] = idle_quietly
        before = server.count("STATUS")
        assert not mailbox.wait_any(("Drafts", "Sent"), 0.4, never)
        assert server.count("STATUS") - before > 2


def test_counters_that_a_server_does_not_tell_are_not_compared() -> None:
    """UIDNEXT that only one of two answers contains is no change."""

    def examine(peer: Peer, _command: str) -> None:
        turns.append(0)
        extra = "* OK [UIDNEXT 9] x\r\n" if len(turns) > 1 else ""
        peer.send(f"* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n{extra}")
        peer.ok("[READ-ONLY]")

    turns: list[int] = []
    with ScriptedServer({"EXAMINE": examine}) as server, server.mailbox() as mailbox:
        mailbox.state("INBOX")
        assert not mailbox.wait("INBOX", 0.2, never)
