"""The port ``Mailbox`` on an IMAP server."""

from __future__ import annotations

import contextlib
import imaplib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime

from assistant.adapters.imap import changing, login
from assistant.adapters.imap.answers import octets
from assistant.adapters.imap.connection import Connection, Snapshot
from assistant.adapters.imap.discovery import create, find_folder, find_folders
from assistant.adapters.imap.fetching import Reader, Split, Unreadable, head_only
from assistant.adapters.imap.idle import Watch
from assistant.adapters.imap.settings import ImapSettings
from assistant.adapters.imap.survey import Survey, look
from assistant.core.message import MessageKey
from assistant.errors import Disconnected, GelassenError, Gone, PermanentFailure
from assistant.services.ports import Fetched, Folders, FolderState

_BATCH = 50  # messages in one FETCH
_FAREWELL = 2.0  # seconds that the server may take to answer LOGOUT
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"

_Way = Callable[[Reader, Sequence[int]], dict[int, Fetched]]


class ImapMailbox:
    """One connection to one account; implements ``services.ports.Mailbox``, whose docstrings are the contract.

    Deleted messages (``\\Deleted``) count as gone in ``state``, ``find``, ``move`` and ``add_keyword``.

    Args:
        split: takes a whole message apart when the server's description of its structure cannot be read; without it
            such a message comes with its header only.
    """

    def __init__(self, settings: ImapSettings, *, split: Split = head_only) -> None:
        self._settings = settings
        self._split = split
        self._connection: Connection | None = None
        self._folders: Folders | None = None
        self._abilities: frozenset[str] = frozenset()
        self._known: dict[str, Snapshot] = {}
        self._turn = threading.Lock()
        self._closing = False

    def connect(self) -> None:
        """Connects, or makes sure that the connection still lives."""
        with self._session() as connection:
            connection.command("NOOP")

    def close(self) -> None:
        """Logs out; from another thread, or in the middle of something, cuts the connection. Never raises."""
        connection = self._connection
        if self._turn.acquire(blocking=False):
            try:
                self._drop(politely=True)
            finally:
                self._turn.release()
        elif connection is not None:
            self._closing = True
            connection.wire.cut()

    @property
    def folders(self) -> Folders:
        """The special folders; connects when they are not known yet."""
        if self._folders is None:
            self.connect()
        assert self._folders is not None
        return self._folders

    @property
    def abilities(self) -> frozenset[str]:
        """The server's capabilities after login; connects when they are not known yet."""
        if not self._abilities:
            self.connect()
        return self._abilities

    def folder_named(self, name: str) -> str:
        """The folder that the user means by a name, whatever its case, with or without the server's prefix.

        Raises ``PermanentFailure`` with the names that there are.
        """
        with self._session() as connection:
            return find_folder(connection, name)

    def survey(self) -> Survey:
        """What folders there are and which is which, for a set-up; a special folder that is missing is no error."""
        with self._session() as connection:
            return look(connection)

    def create(self, folder: str) -> None:
        """Creates and subscribes a folder."""
        with self._session() as connection:
            create(connection, folder)

    def state(self, folder: str, *, since: date | None = None, size: int | None = None) -> FolderState:
        """UIDs of messages that are not deleted: all, received since a day (by the server's clock), or of a size."""
        words = ["UNDELETED"]
        if since is not None:
            words += ["SINCE", _day(since)]
        if size is not None:
            words += ["SMALLER", str(size + 1), *(("LARGER", str(size - 1)) if size else ())]
        with self._session() as connection:
            snapshot = self._examine(connection, folder)
            uids = connection.search(*words)
            self._known[folder] = snapshot
        return FolderState(uidvalidity=snapshot.uidvalidity or 0, uids=uids)

    def fetch_texts(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers and text parts, fifty messages at a time; texts over 1 MB come without their end."""
        yield from self._fetch(folder, uidvalidity, uids, (Reader.texts, Reader.whole, Reader.headers, Reader.bare))

    def fetch_headers(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers only."""
        yield from self._fetch(folder, uidvalidity, uids, (Reader.headers, Reader.bare))

    def fetch_whole(self, key: MessageKey) -> bytes:
        """The message's exact bytes."""
        with self._session() as connection:
            Reader(connection, key.folder, key.uidvalidity, self._split)
            answer = connection.fetch([key.uid], ("UID", "BODY.PEEK[]"))
        if key.uid in answer.messages:
            return octets(answer.messages[key.uid], "BODY[]")
        if answer.unreadable:
            raise PermanentFailure(f"{self._settings.server}: message {key.uid} in {key.folder} cannot be read")
        raise Gone(f"{self._settings.server}: message {key.uid} is no longer in {key.folder}")

    def move(self, key: MessageKey, folder: str) -> MessageKey | None:
        """Moves one message; the new key is also found without UIDPLUS unless several arrived at the same time."""
        with self._session() as connection:
            return changing.move(connection, key, folder)

    def append(
        self, folder: str, raw: bytes, *, flags: Iterable[str] = (), at: datetime | None = None
    ) -> MessageKey | None:
        """Stores a message; the key as in ``move``."""
        with self._session() as connection:
            return changing.append(connection, folder, raw, flags, at)

    def remove(self, key: MessageKey) -> None:
        """Deletes exactly this message."""
        with self._session() as connection:
            changing.remove(connection, key)

    def add_keyword(self, key: MessageKey, keyword: str) -> bool:
        """Whether the keyword is set now; False, too, when the message is gone or its folder read-only."""
        with self._session() as connection:
            return changing.add_keyword(connection, key, keyword)

    def allows_keywords(self, folder: str) -> bool:
        """Whether messages in a folder can be marked with any keyword (PERMANENTFLAGS); nothing is changed."""
        with self._session() as connection:
            return changing.allows_keywords(connection, folder)

    def find(self, folder: str, message_id: str) -> tuple[int, ...]:
        """UIDs of messages with this Message-ID that are not deleted."""
        with self._session() as connection:
            self._examine(connection, folder)
            return connection.with_message_id(message_id)

    def wait(self, folder: str, seconds: float, interrupted: Callable[[], bool]) -> bool:
        """Waits for a change in one folder since the last ``state`` of it."""
        return self.wait_any((folder,), seconds, interrupted)

    def wait_any(self, folders: Sequence[str], seconds: float, interrupted: Callable[[], bool]) -> bool:
        """Waits for a change in one of several folders: the first by IDLE, the others by NOTIFY or by looking."""
        with self._session() as connection:
            try:
                return Watch(connection, folders, self._known, interrupted).run(seconds)
            except (OSError, imaplib.IMAP4.abort):
                if not interrupted():
                    raise
                self._drop()  # a dead connection is no news to somebody who wants to stop
                return False

    def _fetch(self, folder: str, uidvalidity: int, uids: Sequence[int], ways: Sequence[_Way]) -> Iterator[Fetched]:
        """Batch by batch; if one fails, message by message, so that only the bad one is fetched in another way.

        The connection is free while the caller looks at a message: it may use the mailbox meanwhile.
        """
        for start in range(0, len(uids), _BATCH):
            batch = uids[start : start + _BATCH]
            found = self._batch(folder, uidvalidity, batch, ways)
            yield from (found[uid] for uid in dict.fromkeys(batch) if uid in found)

    def _batch(self, folder: str, uidvalidity: int, uids: Sequence[int], ways: Sequence[_Way]) -> dict[int, Fetched]:
        """Tries the ways in turn.

        A broken connection also counts as a failure of the way, since there are messages at which servers or parsers
        fall over; if it was the network, connecting anew fails as well, and that ends it.
        """
        way, *others = ways
        try:
            with self._session() as connection:
                return way(Reader(connection, folder, uidvalidity, self._split), uids)
        except _Broken:
            if self._closing or not others:
                raise
        except Unreadable as error:
            if not others:
                raise PermanentFailure(f"{self._settings.server}: messages in {folder} cannot be read") from error
        if len(uids) == 1:
            return self._batch(folder, uidvalidity, uids, others)
        found: dict[int, Fetched] = {}
        for uid in uids:
            found |= self._batch(folder, uidvalidity, [uid], ways)
        return found

    def _examine(self, connection: Connection, folder: str) -> Snapshot:
        """Selects for reading; a cooling-off folder that the user deleted is created again."""
        try:
            return connection.examine(folder).snapshot
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            if self._folders is None or folder != self._folders.cooling_off or connection.exists(folder):
                raise
        create(connection, folder)
        return connection.examine(folder).snapshot

    @contextlib.contextmanager
    def _session(self) -> Iterator[Connection]:
        """The connection for one use, imaplib's errors translated; when it broke, the next use starts afresh."""
        if not self._turn.acquire(timeout=self._settings.timeout):
            raise RuntimeError("a mailbox is used by two threads, or from within its own wait")
        try:
            yield self._connected()
        except (GelassenError, Unreadable):
            raise
        except imaplib.IMAP4.abort as error:
            self._drop()
            raise _Broken(str(login.broken(self._settings, error))) from error
        except imaplib.IMAP4.error as error:
            failure = login.refused(self._settings, error)
            if isinstance(failure, Disconnected):
                self._drop()
            raise failure from error
        except OSError as error:
            self._drop()
            raise _Broken(str(login.broken(self._settings, error))) from error
        except BaseException:
            self._drop()  # wherever it stopped, the stream may be in the middle of an answer
            raise
        finally:
            self._turn.release()

    def _connected(self) -> Connection:
        self._closing = False
        if self._connection is None:
            self._connection = Connection(self._settings)
            try:
                self._abilities = self._connection.abilities
                self._folders = None if self._settings.only_reading else find_folders(self._connection)
            except BaseException:
                self._drop()
                raise
        return self._connection

    def _drop(self, *, politely: bool = False) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            if politely:
                connection.wire.limit(_FAREWELL)
                connection.wire._simple_command("LOGOUT")
        connection.wire.shutdown()


class _Broken(Disconnected):
    """The connection broke in the middle, as opposed to not coming about."""


def _day(day: date) -> str:
    """A date as SEARCH wants it, whatever the locale."""
    return f"{day.day}-{_MONTHS.split()[day.month - 1]}-{day.year}"
