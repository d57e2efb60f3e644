"""The parts of a replay: where its mails come from, where its results are kept, which settings are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from assistant import __version__
from assistant.adapters.imap import ImapMailbox
from assistant.adapters.mailfiles import count_mails, walk_mails
from assistant.adapters.mime import parse, split
from assistant.adapters.paths import replay_file
from assistant.adapters.replaynotes import SqliteNotes
from assistant.config import Account
from assistant.core.escalation import Side
from assistant.core.message import Message, RawMail
from assistant.core.replay import settings_for
from assistant.daemon.parts import Parts
from assistant.errors import PermanentFailure
from assistant.services.archives import Archive, FileArchive, FolderArchive
from assistant.services.notes import hashed
from assistant.services.replay import Replay

#: What begins the name of a folder on a mail server: ``imap:ACCOUNT/FOLDER``.
IMAP: Final = "imap:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A replay that can be run."""

    replay: Replay
    archives: Sequence[Archive]


@contextmanager
def prepared(parts: Parts, places: Sequence[str], *, me: Sequence[str], fresh: bool) -> Iterator[Prepared]:
    """A replay of files and folders; its file and its connections are closed at the end.

    Args:
        places: files, folders, or ``imap:ACCOUNT/FOLDER``.
        me: addresses of the user's beside those of the accounts.
        fresh: forget what earlier replays have found.

    Raises ``ModelError``, ``StoreError``, and ``PermanentFailure`` for a place that cannot be.
    """
    own = own_addresses(parts, me)
    with ExitStack() as stack:
        notes = _notes(parts, own)
        stack.callback(notes.close)
        if fresh:
            notes.forget()
        archives = [_archive(parts, place, notes, stack) for place in places]
        yield Prepared(replay=_replay(parts, notes, own), archives=archives)


def own_addresses(parts: Parts, me: Sequence[str] = ()) -> frozenset[str]:
    """The user's own addresses: those of all accounts, and those that were named."""
    return frozenset(address.lower() for address in me).union(*(account.own for account in parts.config.accounts))


def _notes(parts: Parts, own: frozenset[str]) -> SqliteNotes:
    version = f"{parts.classifier.version} {__version__}"
    return SqliteNotes(replay_file(parts.config.store.url), version.encode(), frozenset(map(hashed, own)))


def _replay(parts: Parts, notes: SqliteNotes, own: frozenset[str]) -> Replay:
    def read(mail: RawMail, flags: frozenset[str], side: Side) -> Message:
        return parse(mail, own=own, flags=flags, side=side)

    return Replay(
        notes=notes,
        classifier=parts.classifier,
        parse=read,
        settings=settings_for(parts.classifier.policies(), parts.config.judge.false_alarms_per_100),
        rules=parts.rules,
        clock=parts.clock,
    )


def _archive(parts: Parts, place: str, notes: SqliteNotes, stack: ExitStack) -> Archive:
    if not place.startswith(IMAP):
        if not Path(place).exists():
            raise PermanentFailure(f"{place}: cannot be read (No such file or directory)")
        return FileArchive(walk=partial(walk_mails, place), number=partial(count_mails, place), split=split)
    account, name = _folder(parts, place)
    mailbox: ImapMailbox = parts.reading_mailbox(account)
    stack.callback(mailbox.close)
    folder = mailbox.folder_named(name)  # now, not after an hour of judging what comes before it
    server = f"{account.imap.user}@{account.imap.host}:{account.imap.port}"
    return FolderArchive(mailbox=mailbox, server=server, folder=folder, placed=notes.placed)


def _folder(parts: Parts, place: str) -> tuple[Account, str]:
    """``imap:ACCOUNT/FOLDER`` taken apart; without a folder it is INBOX."""
    if not parts.config.accounts:
        raise PermanentFailure(f"{place}: no account is set up; add one as [[account]] in {parts.config.path}")
    name = place.removeprefix(IMAP)
    named = [one for one in parts.config.accounts if name == one.name or name.startswith(f"{one.name}/")]
    if not named:
        known = ", ".join(account.name for account in parts.config.accounts)
        raise PermanentFailure(f"{place}: there is no such account; write imap:ACCOUNT/FOLDER with one of: {known}")
    account = max(named, key=lambda one: len(one.name))  # a name may hold a slash, too
    return account, name[len(account.name) + 1 :] or account.folders.inbox or "INBOX"
