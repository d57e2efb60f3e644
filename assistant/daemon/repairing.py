"""What is put together for the ledger's own health: its daily copy, and mails in the folder that it does not know."""

from __future__ import annotations

import time
from typing import Final

from assistant.adapters.imap import ImapMailbox
from assistant.config import Account
from assistant.daemon.parts import Parts, read_draft
from assistant.errors import GelassenError
from assistant.services.repair import Strays

_LOOK: Final = 600.0  # seconds between two looks at how old the copy is


def strays(parts: Parts, account: Account, mailbox: ImapMailbox) -> Strays:
    """What the cooling-off folder of an account holds beside the ledger."""
    return Strays(
        account=account.name,
        mailbox=mailbox,
        store=parts.store,
        deciding=parts.deciding(account, parts.intake(account, mailbox).find),
        effects=parts.effects(account, mailbox),
        read=read_draft,
        clock=parts.clock,
    )


def tell_strays(parts: Parts, account: Account, mailbox: ImapMailbox) -> None:
    """Tell of mails that lie in the cooling-off folder and in no queue: the ledger may have been lost."""
    if count := strays(parts, account, mailbox).count():
        parts.journal("strays", account=account.name, count=count)


class DailyCopy:
    """The daemon's care for the copy of the ledger; never raises what can be expected."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next = time.monotonic()

    def beat(self) -> None:
        """Copy the ledger when that is due."""
        from assistant.adapters.database.backup import back_up

        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _LOOK
        try:
            if back_up(self._parts.store.engine, self._parts.clock.now()):
                self._parts.journal("backed_up")
        except GelassenError as error:
            self._parts.journal("backup_failed", error=str(error))
