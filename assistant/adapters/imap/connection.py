"""A session with its selected folder: the commands that everything else is made of.

imaplib's errors pass through; ``mailbox`` translates them.  Reading selects with EXAMINE, so that nothing can change,
``\\Recent`` included.  CLOSE is never sent, because it expunges: another SELECT or EXAMINE leaves the folder as it is.
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from imapclient.imapclient import _literal, _quote

from assistant import __version__
from assistant.adapters.imap.answers import (
    FetchAnswer,
    fetch_answer,
    fetched_message_id,
    folder_name,
    numbers,
    parsed,
    records,
)
from assistant.adapters.imap.login import log_in
from assistant.adapters.imap.settings import ImapSettings
from assistant.errors import Gone, PermanentFailure

_NEWEST = 200  # messages that are looked at when a search finds nothing


class Snapshot(NamedTuple):
    """A folder's counters: if none has changed, no message came and none went.  None: the server did not tell."""

    uidvalidity: int | None = None
    uidnext: int | None = None
    messages: int | None = None

    def differs(self, other: Snapshot) -> bool:
        """Whether a counter that both tell has another value."""
        return any(old != new for old, new in zip(self, other, strict=True) if old is not None and new is not None)


class Selected(NamedTuple):
    """The selected folder."""

    folder: str
    writable: bool
    snapshot: Snapshot
    permanent_flags: frozenset[str] | None


class Connection:
    """One logged-in session."""

    def __init__(self, settings: ImapSettings) -> None:
        self.settings = settings
        self.client = log_in(settings)
        self.wire = self.client.wire
        try:
            self._greet()
        except BaseException:
            self.wire.shutdown()
            raise
        self.selected: Selected | None = None
        self.notified: tuple[str, ...] = ()
        self.news: dict[str, Snapshot] = {}
        self.quick_ends = 0
        self.usable_idle = True
        self.usable_notify = True
        self.usable_selection = True  # whether FETCH can give a header without some of its fields

    def _greet(self) -> None:
        self.abilities = self._capability()
        if "ID" in self.abilities:
            # Some providers serve only programs that name themselves.
            self.tried("ID", f'("name" "Gelassen" "version" "{__version__}")')

    def _capability(self) -> frozenset[str]:
        self.untagged("CAPABILITY")  # what was true before the login
        return _words(self.client.capabilities())

    def offers(self, ability: str) -> bool:
        """Whether the server announced this capability."""
        return ability in self.abilities

    def command(self, name: str, *arguments: str | bytes, uid: bool = False) -> bytes:
        """Sends a command; the text of its OK. NO and BAD raise ``imaplib.IMAP4.error`` with the server's words."""
        words = [word.encode("ascii") if isinstance(word, str) else word for word in arguments]
        typ, data = self.client._raw_command(name.encode("ascii"), words, uid=uid)
        self.client._checkok(name, typ, data)
        text: bytes = data[0] or b""
        return text

    def tried(self, name: str, *arguments: str | bytes, uid: bool = False) -> imaplib.IMAP4.error | None:
        """Sends a command that may be refused; the refusal, or None when it was carried out."""
        try:
            self.command(name, *arguments, uid=uid)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            return error
        return None

    def untagged(self, name: str) -> list[Any]:
        """Takes the responses of one kind that came so far."""
        taken: list[Any] = self.wire.untagged_responses.pop(name, [])
        return taken

    def quoted(self, folder: str) -> bytes:
        """A folder's name as an argument."""
        name: bytes = self.client._normalise_folder(folder)
        return name

    def examine(self, folder: str) -> Selected:
        """Selects for reading; anew even if it is selected, so that the counters are of now."""
        return self._select(folder, writable=False)

    def reading(self, folder: str) -> Selected:
        """Selects for reading unless it is selected so already."""
        if self.selected and self.selected.folder == folder and not self.selected.writable:
            return self.selected
        return self.examine(folder)

    def writing(self, folder: str) -> Selected:
        """Selects for changing, with counters of now."""
        return self._select(folder, writable=True)

    def numbered(self, folder: str, uidvalidity: int, *, writable: bool) -> Selected:
        """Selects a folder whose messages are known by their UIDs, for reading or for changing.

        Raises ``Gone`` when the folder is no longer there or its UIDs were given anew, ``PermanentFailure`` when the
        server gives it out read-only and it is to be changed.
        """
        try:
            selected = self.writing(folder) if writable else self.reading(folder)
        except imaplib.IMAP4.readonly as error:
            raise PermanentFailure(f"{self.settings.server}: {folder} is read-only on the server") from error
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            if self.exists(folder):
                raise
            raise Gone(f"{self.settings.server}: the folder {folder} is no longer there") from error
        if selected.snapshot.uidvalidity != uidvalidity:
            raise Gone(f"{self.settings.server}: the messages in {folder} were numbered anew (UIDVALIDITY)")
        return selected

    def _select(self, folder: str, *, writable: bool) -> Selected:
        self.selected = None
        try:
            told = self.client.select_folder(folder, readonly=not writable)
        except (AttributeError, TypeError, ValueError) as error:  # imapclient on a response code without its argument
            raise imaplib.IMAP4.abort("the answer to SELECT") from error
        permanent = told.get(b"PERMANENTFLAGS")
        self.selected = Selected(
            folder=folder,
            writable=writable,
            snapshot=Snapshot(told.get(b"UIDVALIDITY"), told.get(b"UIDNEXT"), told.get(b"EXISTS")),
            permanent_flags=None if permanent is None else _words(permanent),
        )
        return self.selected

    def search(self, *criteria: str | bytes) -> tuple[int, ...]:
        """UIDs in the selected folder, ascending."""
        self.untagged("SEARCH")
        self.command("SEARCH", *criteria, uid=True)
        return numbers(self.untagged("SEARCH"))

    def with_message_id(self, message_id: str) -> tuple[int, ...]:
        """UIDs in the selected folder that carry this Message-ID and are not deleted.

        Some servers do not find what came a moment ago, or what is spelt oddly: when they find nothing, the newest
        messages are looked at here.
        """
        found = self._search_message_id(message_id)
        if found:
            return found
        newest = self.search("UNDELETED")[-_NEWEST:]
        items = ("UID", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
        seen = self.fetch(newest, items).messages if newest else {}
        wanted = b" ".join(message_id.encode("utf-8", "surrogateescape").split())
        return tuple(uid for uid in newest if uid in seen and fetched_message_id(seen[uid]) == wanted)

    def _search_message_id(self, message_id: str) -> tuple[int, ...]:
        if message_id.isascii() and message_id.isprintable():
            return self.search("UNDELETED HEADER Message-ID", _quote(message_id))
        return self.search(
            "CHARSET UTF-8 UNDELETED HEADER Message-ID", _literal(message_id.encode("utf-8", "surrogateescape"))
        )

    def fetch(self, uids: Sequence[int], items: Iterable[str]) -> FetchAnswer:
        """FETCH by UID from the selected folder."""
        self.untagged("FETCH")
        self.command("FETCH", ",".join(map(str, uids)), f"({' '.join(items)})", uid=True)
        return fetch_answer(self.untagged("FETCH"))

    def status(self, folder: str) -> Snapshot | None:
        """The counters of a folder that is not selected; None when it is not there or the server does not tell.

        What NOTIFY tells of other folders in the same breath is kept in ``news``.
        """
        refusal = self.tried("STATUS", self.quoted(folder), "(MESSAGES UIDNEXT UIDVALIDITY)")
        told = statuses(self.untagged("STATUS"))
        asked = told.pop("INBOX" if folder.upper() == "INBOX" else folder, None)
        self.news |= told
        return None if refusal else asked

    def exists(self, folder: str) -> bool:
        """Whether LIST knows a folder."""
        self.untagged("LIST")
        self.command("LIST", b'""', self.quoted(folder))
        return any(self.untagged("LIST"))


def _words(words: Iterable[bytes]) -> frozenset[str]:
    return frozenset(word.decode("utf-8", "replace") for word in words)


def statuses(data: Iterable[Any]) -> dict[str, Snapshot]:
    """STATUS responses by folder; ``INBOX`` in capitals."""
    found = {}
    for record in records(data):
        response = parsed(record)
        name = folder_name(response[0]) if response else None
        if response and name and isinstance(response[-1], tuple):
            words = response[-1]
            items = {words[i].upper(): words[i + 1] for i in range(0, len(words) - 1, 2) if isinstance(words[i], bytes)}
            key = "INBOX" if name.upper() == "INBOX" else name
            found[key] = Snapshot(items.get(b"UIDVALIDITY"), items.get(b"UIDNEXT"), items.get(b"MESSAGES"))
    return found
