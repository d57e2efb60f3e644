"""Where mails of the past come from: files, and folders of an account.  Only ever read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from assistant.core.message import RawMail
from assistant.errors import Disconnected
from assistant.services.notes import hashed
from assistant.services.ports import Fetched, FolderState, Mailbox

_CHUNK: Final = 200  # messages asked for at once
_SPAM: Final = re.compile("junk|phishing", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One mail of an archive.

    Attributes:
        digest: SHA-256 of its bytes as they were read; None when they could not be.
        content: takes the mail apart; asked only when it was not judged before.
        flags: what the server says of it.
        place: where it lies, as a digest, when it can be known there without reading it again.
    """

    digest: bytes | None
    content: Callable[[], RawMail] | None = None
    flags: frozenset[str] = frozenset()
    place: bytes | None = None


class Archive(Protocol):
    """Mails of the past, in any order.  Reading them changes nothing."""

    def count(self) -> int:
        """How many there are, without reading more than that needs."""

    def items(self) -> Iterator[Item]:
        """One after the other; raises ``GelassenError`` when it cannot go on."""


class FileArchive:
    """Mails in files.

    Args:
        walk: their bytes, one after the other; None for one that cannot be read.
        number: how many there are.
        split: takes bytes apart.
    """

    def __init__(
        self,
        *,
        walk: Callable[[], Iterator[bytes | None]],
        number: Callable[[], int],
        split: Callable[[bytes], RawMail],
    ) -> None:
        self._walk = walk
        self._number = number
        self._split = split

    def count(self) -> int:
        """How many mails there are."""
        return self._number()

    def items(self) -> Iterator[Item]:
        """Each mail, its bytes held only until the next one is asked for."""
        for raw in self._walk():
            if raw is None:
                yield Item(digest=None)
            else:
                yield Item(digest=hashlib.sha256(raw).digest(), content=partial(self._split, raw))


class FolderArchive:
    """A folder of an account: opened with EXAMINE, fetched with PEEK, so that no flag can change.

    A mail that was noted before is known by its UID and is not fetched again.

    Args:
        server: what tells the account from others: user and server.
        placed: the digest of the mail at a place, if there is a note on it.
    """

    def __init__(self, *, mailbox: Mailbox, server: str, folder: str, placed: Callable[[bytes], bytes | None]) -> None:
        self._mailbox = mailbox
        self._server = server
        self._folder = folder
        self._placed = placed

    def count(self) -> int:
        """How many mails there are, those marked as deleted left out."""
        return len(self._mailbox.state(self._folder).uids)

    def items(self) -> Iterator[Item]:
        """Each mail, known ones without their content."""
        state = self._mailbox.state(self._folder)
        for chunk in _chunks(state.uids):
            places = {uid: self._place(state, uid) for uid in chunk}
            known = {uid: digest for uid, place in places.items() if place and (digest := self._placed(place))}
            yield from (Item(digest=digest) for digest in known.values())
            for fetched in self._fetched(state, [uid for uid in chunk if uid not in known]):
                yield _item(fetched, places[fetched.key.uid])

    def _fetched(self, state: FolderState, uids: Sequence[int]) -> Iterator[Fetched]:
        """Texts by UID; a broken connection is made anew as long as each one brings something."""
        while uids:
            left = uids
            try:
                for fetched in self._mailbox.fetch_texts(self._folder, state.uidvalidity, uids):
                    left = [uid for uid in left if uid != fetched.key.uid]
                    yield fetched
            except Disconnected:
                if len(left) == len(uids):
                    raise
                uids = left
            else:
                return

    def _place(self, state: FolderState, uid: int) -> bytes | None:
        if not state.uidvalidity:  # the server does not tell: its UIDs may mean another mail tomorrow
            return None
        return hashed("\0".join((self._server, self._folder, str(state.uidvalidity), str(uid))))


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), _CHUNK):
        yield uids[start : start + _CHUNK]


def _item(fetched: Fetched, place: bytes | None) -> Item:
    digest = hashlib.sha256(fetched.mail.header)
    for part in fetched.mail.parts:
        digest.update(b"\0" + part.header + b"\0" + part.body)
    # What the server thinks of a mail decides whether it counts as spam.
    digest.update("\0".join(sorted(flag for flag in fetched.flags if _SPAM.search(flag))).encode())
    return Item(digest=digest.digest(), content=lambda: fetched.mail, flags=fetched.flags, place=place)
