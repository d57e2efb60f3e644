"""A mail is the same whether it was read whole or fetched in parts from a real server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import imapclient
import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.adapters.mime import parse, split
from tests.fixtures.mails import render
from tests.fixtures.mails.odd import ODD
from tests.servers.dovecot import Dovecot
from tests.system.imap import settings_for

pytestmark = pytest.mark.system

MAILS = Path(render.__file__).parent
#: A server cannot store NUL, and reads these differently: what is their header, and which boundary was meant.
ELSEWISE = {"empty", "only-nul", "nul-bytes", "binary-as-text", "old-mac-line-ends", "file-in-utf16", "mbox-from-line"}
ELSEWISE |= {"bom-before-header", "no-header", "header-unfolded-line", "boundary-missing", "boundary-wrong"}
ELSEWISE |= {"multipart-without-parts", "html-data-picture"}  # the last is longer than what is fetched of a text


def test_same_message_whole_and_in_parts(dovecot: Dovecot, user: str) -> None:
    """Text, reasons and digest agree, so that a mail is known again after a change of UIDVALIDITY."""
    raws = {path.stem: path.read_bytes() for path in sorted(MAILS.glob("*/*.eml"))}
    raws |= {name: odd.raw for name, odd in ODD.items() if name not in ELSEWISE}
    with imapclient.IMAPClient("127.0.0.1", dovecot.port, ssl=False) as client:
        client.login(user, "pw")
        for raw in raws.values():
            client.append("INBOX", raw)
    mailbox = ImapMailbox(settings_for(dovecot.port, user), split=split)
    mailbox.connect()
    try:
        state = mailbox.state(mailbox.folders.inbox)
        fetched = list(mailbox.fetch_texts(mailbox.folders.inbox, state.uidvalidity, state.uids))
    finally:
        mailbox.close()
    assert len(fetched) == len(raws)
    for (name, raw), one in zip(raws.items(), fetched, strict=True):
        in_parts = parse(one.mail)
        assert (name, replace(in_parts, headers={})) == (name, replace(parse(split(raw)), headers={}))
