"""Mails the whole way with real parts only: Thunderbird, the daemon and its gateway, Dovecot, a submission server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple

import pytest
from imapclient import IMAPClient

from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import messages
from tests.servers.mailclients import need
from tests.servers.smtp import Sink
from tests.servers.thunderbird import CONTROL, RETURN, Account, Screen, Thunderbird
from tests.system.test_daemon import ANGRY_CLIENT, CALM, COOLING, HOT, incoming

pytestmark = pytest.mark.system

_NOW = ("--now", "--reason", "Frist heute")
_SECONDS = 180
_KIND_CLIENT = "Guten Tag, könnten Sie mir bitte die Datei schicken? Vielen Dank."


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The provider's submission server."""
    with Sink() as found:
        yield found


@pytest.fixture
def chain(tmp_path: Path, dovecot: Dovecot, user: str, sink: Sink) -> Iterator[Chain]:
    """The daemon has judged two angry mails and a kind one."""
    need("thunderbird")
    need("Xvfb")
    found = Chain(tmp_path, dovecot, user, sink)
    with found.program.client() as mail:
        for number, text in enumerate((ANGRY_CLIENT, ANGRY_CLIENT, _KIND_CLIENT), 1):
            mail.append("INBOX", incoming(number, text))
    try:
        found.program.start()
        found.program.until(lambda: len(found.program.json("mails")) == 3, seconds=_SECONDS)
        yield found
    finally:
        if found.program.running():
            found.program.stop()


@pytest.fixture
def account(chain: Chain, dovecot: Dovecot, user: str) -> Account:
    """The user's mailbox, and the gateway in place of the provider's server."""
    return Account(
        address="mara@studio.example",
        password="pw",
        imap_port=dovecot.port,
        imap_user=user,
        smtp_port=chain.port,
        smtp_user="mara",
        certificate=chain.program.folder / "gateway-cert.pem",
    )


def test_replies_are_saved_held_sent_held_and_released(
    chain: Chain, sink: Sink, account: Account, tmp_path: Path
) -> None:
    """A hot draft is taken away and given back; a hot mail goes out once, when it is released; a calm one at once.

    Both lie in Sent once, where Thunderbird has put them. Every window closes without a word: Thunderbird takes the
    gateway's 250 for the end of it.
    """
    program = chain.program
    with program.client() as mail, Screen() as screen, Thunderbird(tmp_path / "client", screen, account) as client:
        client.reply("Katalog 1", HOT)
        client.press(CONTROL, "s")
        draft = _held(chain, mail, "drafts")
        assert _parents(draft.copies) == ["<c1@firma.example>"]
        program.until(lambda: messages(mail, "Drafts") == {}, seconds=_SECONDS)
        client.press(CONTROL, "w")
        client.closed()
        program.command("release", draft.number, *_NOW)
        assert list(messages(mail, "Drafts").values()) == draft.copies

        client.reply("Katalog 2", HOT)
        client.press(CONTROL, "s")
        saved = _held(chain, mail, "drafts")
        client.press(CONTROL, RETURN)  # from the window whose draft has been taken away
        client.closed()
        sent = _held(chain, mail, "gateway")
        assert chain.state(int(saved.number)) == "superseded"
        assert sink.mails == []
        program.command("release", sent.number, *_NOW)
        program.until(lambda: chain.state(int(sent.number)) == "sent", seconds=_SECONDS)
        assert _parents(accepted.content for accepted in sink.mails) == ["<c2@firma.example>"]

        client.reply("Katalog 3", CALM)
        client.press(CONTROL, RETURN)
        client.closed()
        both = ["<c2@firma.example>", "<c3@firma.example>"]
        assert _parents(accepted.content for accepted in sink.mails) == both
        program.until(lambda: messages(mail, COOLING) == {}, seconds=_SECONDS)
        program.until(lambda: _parents(messages(mail, "Sent").values()) == both, seconds=_SECONDS)
    assert program.stop() == 0


class Held(NamedTuple):
    """What waits in the queue, and all copies in the cooling-off folder."""

    number: str
    copies: list[bytes]


def _held(chain: Chain, mail: IMAPClient, via: str) -> Held:
    """The one that is held, as soon as it is there and its copy in the folder is the only one."""

    def there() -> Held | None:
        copies = list(messages(mail, COOLING).values())
        if len(copies) != 1:
            return None
        rows = [row for row in chain.program.json("queue") if (row["state"], row["via"]) == ("held", via)]
        return Held(str(rows[0]["id"]), copies) if len(rows) == 1 else None

    found: Held = chain.program.until(there, seconds=_SECONDS)
    return found


def _parents(raws: Iterable[bytes]) -> list[str]:
    """The mails that these answer."""
    return [str(message_from_bytes(raw)["In-Reply-To"]) for raw in raws]
