"""An IMAP server in memory, a clock that is set by hand, a classifier that reads its verdict from the text.

``MemoryMailbox`` is a real implementation of the port ``Mailbox``: it passes the contract suite of the IMAP adapter but
for the cases that are about the protocol (dates of APPEND, line ends, texts over 1 MB).  Every change to the server
goes through ``MemoryServer.strike``, where a test can let the process die.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from assistant.adapters.mime import split
from assistant.core.escalation import JudgeInput, Policy, Scores, Side
from assistant.core.message import MessageKey, RawMail
from assistant.errors import Gone
from assistant.services.ports import Fetched, Folders, FolderState


class Crash(BaseException):
    """The process dies here: not an Exception, so that no handler of the program may catch it."""


@dataclass
class Stored:
    """A message in a folder."""

    raw: bytes
    flags: set[str]
    received: datetime


@dataclass
class Folder:
    """A folder of the server."""

    uidvalidity: int = 1
    next_uid: int = 1
    messages: dict[int, Stored] = field(default_factory=dict)


FOLDERS = Folders(inbox="INBOX", drafts="Drafts", sent="Sent", cooling_off="Cooling off", trash="Trash")


class MemoryServer:
    """What lies on the server; it survives a crash of the program.

    Attributes:
        strike: called with a name before and after every change; a test may raise ``Crash`` in it.
        atomic_move: False plays a server without MOVE, where a crash can fall between COPY and the deletion.
    """

    def __init__(self) -> None:
        self.folders = {name: Folder() for name in ("INBOX", "Drafts", "Sent", "Cooling off", "Trash")}
        self.strike: Callable[[str], None] = lambda place: None
        self.atomic_move = True
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def add(self, folder: str, raw: bytes, flags: Iterable[str] = ()) -> int:
        """Append a message as another program would; its UID."""
        box = self.folders[folder]
        uid, box.next_uid = box.next_uid, box.next_uid + 1
        box.messages[uid] = Stored(raw, set(flags), self.now())
        return uid

    def delete(self, folder: str, uid: int) -> None:
        """Expunge a message as another program would."""
        self.folders[folder].messages.pop(uid, None)

    def renumber(self, folder: str) -> dict[int, int]:
        """Another UIDVALIDITY, and UIDs from 1, as after a folder was restored; the new UID of each message."""
        box = self.folders[folder]
        new = {uid: number for number, uid in enumerate(sorted(box.messages), 1)}
        box.messages = {new[uid]: stored for uid, stored in box.messages.items()}
        box.uidvalidity, box.next_uid = box.uidvalidity + 1, len(new) + 1
        return new

    def raws(self, *folders: str) -> list[bytes]:
        """The bytes of all messages in some folders."""
        return [stored.raw for name in folders for stored in self.folders[name].messages.values()]


class MemoryMailbox:
    """The port ``Mailbox`` on a ``MemoryServer``."""

    def __init__(self, server: MemoryServer, account: str = "studio") -> None:
        self._server = server
        self._account = account

    folders = FOLDERS
    abilities = frozenset({"IDLE", "MOVE", "UIDPLUS"})

    def connect(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def state(self, folder: str, *, since: date | None = None, size: int | None = None) -> FolderState:
        """UIDs that are not deleted: all, or those received since a day, or of so many octets."""
        box = self._server.folders[folder]
        uids = (
            uid
            for uid, mail in sorted(box.messages.items())
            if "\\Deleted" not in mail.flags
            and (since is None or mail.received.date() >= since)
            and (size is None or len(mail.raw) == size)
        )
        return FolderState(uidvalidity=box.uidvalidity, uids=tuple(uids))

    def fetch_texts(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Header and text parts."""
        for uid, stored in self._messages(folder, uidvalidity, uids):
            yield self._fetched(folder, uidvalidity, uid, stored, split(stored.raw))

    def fetch_headers(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers only."""
        for uid, stored in self._messages(folder, uidvalidity, uids):
            header = stored.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            yield self._fetched(folder, uidvalidity, uid, stored, RawMail(header=header, size=len(stored.raw)))

    def _messages(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[tuple[int, Stored]]:
        box = self._server.folders[folder]
        if box.uidvalidity != uidvalidity:
            raise Gone(folder)
        return ((uid, box.messages[uid]) for uid in uids if uid in box.messages)

    def _fetched(self, folder: str, uidvalidity: int, uid: int, stored: Stored, mail: RawMail) -> Fetched:
        key = MessageKey(account=self._account, folder=folder, uidvalidity=uidvalidity, uid=uid)
        return Fetched(key=key, mail=mail, received=stored.received, flags=frozenset(stored.flags))

    def fetch_whole(self, key: MessageKey) -> bytes:
        """The exact bytes."""
        return self._there(key).raw

    def _there(self, key: MessageKey) -> Stored:
        box = self._server.folders[key.folder]
        if box.uidvalidity != key.uidvalidity or key.uid not in box.messages:
            raise Gone(f"{key.folder} {key.uid}")
        return box.messages[key.uid]

    def move(self, key: MessageKey, folder: str) -> MessageKey | None:
        """Move one message."""
        stored = self._there(key)
        self._server.strike("move")
        new = self._server.add(folder, stored.raw, stored.flags)
        if not self._server.atomic_move:
            self._server.strike("copied")
        self._server.delete(key.folder, key.uid)
        self._server.strike("moved")
        return self._key(folder, new)

    def _key(self, folder: str, uid: int) -> MessageKey:
        validity = self._server.folders[folder].uidvalidity
        return MessageKey(account=self._account, folder=folder, uidvalidity=validity, uid=uid)

    def append(
        self, folder: str, raw: bytes, *, flags: Iterable[str] = (), at: datetime | None = None
    ) -> MessageKey | None:
        """Store a message."""
        del at
        self._server.strike("append")
        uid = self._server.add(folder, raw, flags)
        self._server.strike("appended")
        return self._key(folder, uid)

    def remove(self, key: MessageKey) -> None:
        """Delete exactly this message."""
        self._server.strike("remove")
        if self._server.folders[key.folder].uidvalidity == key.uidvalidity:
            self._server.delete(key.folder, key.uid)
        self._server.strike("removed")

    def add_keyword(self, key: MessageKey, keyword: str) -> bool:
        """Set a keyword."""
        with suppress(Gone):
            self._there(key).flags.add(keyword)
            return True
        return False

    def allows_keywords(self, folder: str) -> bool:
        """In every folder."""
        del folder
        return True

    def find(self, folder: str, message_id: str) -> tuple[int, ...]:
        """UIDs with this Message-ID."""
        wanted = f"message-id: {message_id}".lower().encode()
        box = self._server.folders[folder]
        return tuple(uid for uid, stored in sorted(box.messages.items()) if wanted in stored.raw.lower())

    def wait(self, folder: str, seconds: float, interrupted: Callable[[], bool]) -> bool:
        """Nothing changes by itself in memory."""
        return False


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The time it is set to."""
        return self._now

    def set(self, now: datetime) -> None:
        """Set it."""
        self._now = now

    def forward(self, by: timedelta) -> None:
        """Move it, across a change of clocks by real hours."""
        self._now = (self._now.astimezone(UTC) + by).astimezone(self._now.tzinfo)


class MarkedClassifier:
    """Reads the level from a mark in the text, ``(2)``; none means calm.  For tests that are not about the model."""

    policy = Policy()
    version = "marked"

    def policies(self) -> dict[float, Policy]:
        """Three budgets: at 0.5 nothing is heated, at 1 what is marked so, at 5 whatever is marked tense, too."""
        strict, loose = (0.5, 0.95, 0.95), (0.5, 0.05, 0.5)
        return {0.5: Policy(levels=strict), 1.0: Policy(), 5.0: Policy(levels=loose)}

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """Certain about every text."""
        return [_scores(item.text) for item in inputs]

    def score_sentences(self, sentences: Sequence[str], side: Side) -> list[float]:
        """Hot where a sentence carries a mark."""
        del side
        return [_scores(sentence).p[0] for sentence in sentences]


def _scores(text: str) -> Scores:
    mark = re.search(r"\(([0-3])\)", text)
    level = int(mark.group(1)) if mark else 0
    first, second, third = (0.9 if level > n else 0.1 for n in range(3))
    return Scores(p=(first, second, third))
