"""pymap's Maildir storage, mended where a mailbox must not be wrong.

Found in pymap 0.36.7 by reading and by trial, each with a test in tests/system/test_demo_server.py:

- APPEND parses a message and writes it anew, so that bytes change: here they are stored as they came;
- COPY writes an empty message: here it copies the file;
- a message moved away and back appears twice (its old UID finds the file again), and one that arrives while another
  connection looks may get two UIDs: here every arrival has a new file name, put in place under the UID list's lock;
- INTERNALDATE takes today's UTC offset for every date: here each date has its own;
- UID lists are written to the temporary folder and renamed, which fails across file systems: here beside the target;
- no SPECIAL-USE (RFC 6154), no keywords unless a file lists them, new folders are not subscribed.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from pymap.backend.maildir import Config, FilterSet, Identity, Login, Session
from pymap.backend.maildir.io import FileWriteable
from pymap.backend.maildir.layout import MaildirLayout
from pymap.backend.maildir.mailbox import MailboxData, MailboxSet, Maildir, Message
from pymap.backend.maildir.subscriptions import Subscriptions
from pymap.backend.maildir.uidlist import Record, UidList
from pymap.backend.maildir.users import UsersFile
from pymap.exceptions import AuthorizationFailure, UserNotFound
from pymap.flags import FlagOp
from pymap.interfaces.login import IdentityInterface
from pymap.interfaces.message import CachedMessage
from pymap.interfaces.token import TokensInterface
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import Flag, ObjectId
from pymap.selected import SelectedMailbox

from assistant.demo.stored import ExactMessage

_MAX_KEYWORDS: Final = 26  # the Maildir format names them by the letters a to z


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What the mailbox of every user offers.

    Attributes:
        folders: names and their special use (RFC 6154, without its backslash), or None for an ordinary folder.
        keywords: the flags of the user's own that every folder accepts, at most 26.
    """

    folders: Mapping[str, str | None]
    keywords: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.keywords) > _MAX_KEYWORDS:
            raise ValueError(f"a Maildir knows at most {_MAX_KEYWORDS} keywords")


def write_beside(file: FileWriteable) -> None:
    """Write one of pymap's metadata files atomically within its own folder (pymap goes by way of /tmp)."""
    target = file.get_file(file.path)
    with NamedTemporaryFile("w", dir=os.path.dirname(target), prefix=".", delete=False) as draft:
        file.write(draft)
    os.replace(draft.name, target)


def _new_key() -> str:
    return uuid.uuid4().hex


class ExactFolder(MailboxData):
    """A folder that keeps bytes and gives every arrival exactly one UID."""

    async def messages(self) -> AsyncIterable[Message]:
        """All messages, read exactly."""
        async for message in super().messages():
            yield ExactMessage.of(message)

    async def get(self, uid: int, cached_msg: CachedMessage) -> Message:
        """One message, read exactly."""
        return ExactMessage.of(await super().get(uid, cached_msg))

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> Message:
        """Change flags; of a message that is gone the last known form comes back."""
        return ExactMessage.of(await super().update(uid, cached_msg, flag_set, mode))

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        """Store the literal byte for byte."""
        received = append_msg.when or datetime.now().astimezone()
        codes = "".join(sorted(self.maildir_flags.to_maildir(append_msg.flag_set)))
        source = Path(self._path, "tmp", _new_key())
        source.write_bytes(append_msg.literal)
        os.utime(source, (received.timestamp(), received.timestamp()))
        ids = {"E": str(ObjectId.random_email_id()), "T": str(ObjectId.random_thread_id())}
        uid = await _arrive(source, self, info=f"2,{codes}", ids=ids, recent=recent)
        return ExactMessage(uid, received, self.maildir_flags.from_maildir(codes), recent=recent)

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        """Copy the file; None when the message is gone."""
        source = Path(destination._path, "tmp", _new_key())
        try:
            record, path = await self._locate(uid)
            shutil.copy2(path, source)
        except (KeyError, FileNotFoundError):
            return None
        return await _arrive(source, destination, info=_info(path), ids=record.fields, recent=recent)

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        """Rename the file; None when the message is gone."""
        try:
            record, path = await self._locate(uid)
            return await _arrive(path, destination, info=_info(path), ids=record.fields, recent=recent)
        except (KeyError, FileNotFoundError):
            return None

    async def _locate(self, uid: int) -> tuple[Record, Path]:
        async with UidList.with_read(self._path) as uids:
            record = uids.get(uid)
        return record, Path(self._path, self._maildir._lookup(record.key))


def _info(path: Path) -> str:
    return path.name.partition(":")[2] or "2,"


async def _arrive(source: Path, folder: MailboxData, *, info: str, ids: Mapping[str, str], recent: bool) -> int:
    """Put a file in its place under a new name, in one step with its UID, and give the UID."""
    name = f"{_new_key()}:{info}"
    async with UidList.with_write(folder._path) as uids:
        source.rename(Path(folder._path, "new" if recent else "cur", name))
        record = Record(uids.next_uid, ids, name)
        uids.next_uid += 1
        uids.set(record)
    return record.uid


class ExactMailboxSet(MailboxSet):
    """The folders of one user."""

    def __init__(self, maildir: Maildir, layout: MaildirLayout[Maildir], shape: Shape) -> None:
        super().__init__(maildir, layout)
        self._shape = shape
        self.path: Final = layout.path

    async def prepare(self) -> None:
        """Make the folders of the shape, where they are missing."""
        self._allow_keywords("INBOX")
        for name in self._shape.folders:
            try:
                await self.add_mailbox(name)
            except ValueError:  # from an earlier run
                self._allow_keywords(name)

    async def get_mailbox(self, name: str) -> MailboxData:
        """A folder that exists; KeyError otherwise."""
        if name not in self._cache:
            self._cache[name] = await self._open(name)
        elif name != "INBOX":
            self._existing(name)
        return await self._cache[name].reset()

    async def add_mailbox(self, name: str) -> ObjectId:
        """Create a folder and subscribe to it, so that mail clients show it; ValueError when it exists."""
        try:
            mailbox_id = await super().add_mailbox(name)
        except KeyError as error:  # which the session does not expect, and would answer with a server error
            raise ValueError(name) from error
        self._allow_keywords(name)
        async with Subscriptions.with_write(self.path) as subscriptions:
            subscriptions.set(name, subscribed=True)
        return mailbox_id

    def _existing(self, name: str) -> Maildir:
        try:
            maildir: Maildir = self._layout.get_folder(name, self.delimiter)
        except FileNotFoundError as error:
            raise KeyError(name) from error
        return maildir

    async def _open(self, name: str) -> MailboxData:
        maildir = self._inbox_maildir if name == "INBOX" else self._existing(name)
        path = self._layout.get_path(name, self.delimiter)
        async with UidList.with_init(path) as uids:
            return ExactFolder(ObjectId(uids.global_uid), maildir, path)

    def _allow_keywords(self, name: str) -> None:
        path = Path(self._layout.get_path(name, self.delimiter), "dovecot-keywords")
        path.write_text("".join(f"{n} {keyword}\n" for n, keyword in enumerate(self._shape.keywords)))


class SpecialUseSession(Session):
    """A session whose LIST names the special folders."""

    def __init__(self, owner: str, config: Config, folders: ExactMailboxSet, filters: FilterSet, shape: Shape) -> None:
        super().__init__(owner, config, folders, filters)
        self._shape = shape

    async def list_mailboxes(
        self, ref_name: str, filter_: str, subscribed: bool = False, selected: SelectedMailbox | None = None
    ) -> tuple[Iterable[tuple[str, str | None, Sequence[bytes]]], SelectedMailbox | None]:
        """The folders with their attributes, special use added."""
        rows, updates = await super().list_mailboxes(ref_name, filter_, subscribed, selected)
        return [(name, delimiter, [*attributes, *self._uses(name)]) for name, delimiter, attributes in rows], updates

    def _uses(self, name: str) -> tuple[bytes, ...]:
        use = self._shape.folders.get(name)
        return (use.encode(),) if use else ()


class DemoConfig(Config):
    """Settings that hold for every connection."""

    @property
    def login_capability(self) -> Sequence[bytes]:
        """What is offered after login."""
        return [*super().login_capability, b"SPECIAL-USE"]

    @property
    def greeting(self) -> bytes:
        """A greeting that asks no name server for this machine's name (pymap's does)."""
        return b"Gelassen demo mailbox ready"


class DemoIdentity(Identity):
    """A user, and the way into the mailbox."""

    def __init__(self, config: Config, tokens: TokensInterface, name: str, shape: Shape) -> None:
        super().__init__(config, tokens, name, None, frozenset())
        self._shape = shape

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        """Open the user's mailbox."""
        async with UsersFile.with_read(self._base_dir) as users:
            if not users.has(self.name):
                raise UserNotFound(self.name)
        folders = open_mailbox(Path(self._base_dir, self.name), self._shape)
        yield SpecialUseSession(self.name, self.config, folders, FilterSet(folders.path), self._shape)


class DemoLogin(Login):
    """Checks passwords as pymap does, and lets the user in."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config)
        self._shape = shape

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> Identity:
        """Nobody acts for another."""
        if authenticated.name != authzid:
            raise AuthorizationFailure
        return DemoIdentity(self.config, self.tokens, authzid, self._shape)


def open_mailbox(path: Path, shape: Shape) -> ExactMailboxSet:
    """The mailbox in a folder, made when it is missing."""
    layout = MaildirLayout.get(str(path), "++", Maildir)
    return ExactMailboxSet(Maildir(str(path), create=not path.exists()), layout, shape)
