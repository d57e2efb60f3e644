"""Moves, stores, deletes and marks single messages, with what the server offers for it.

A plain EXPUNGE is never sent: it would take away what other programs have marked.  Where the server has no UIDPLUS, a
message that was moved or removed stays behind with ``\\Deleted``, and everything here regards it as gone.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from assistant.adapters.imap import answers
from assistant.adapters.imap.connection import Connection, Selected, Snapshot
from assistant.adapters.imap.discovery import create
from assistant.adapters.imap.login import code_of
from assistant.core.message import MessageKey
from assistant.errors import Gone, PermanentFailure

_DELETED = "\\Deleted"
_FINGERPRINT = ("UID", "FLAGS", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
_KEYWORD = re.compile(r"[A-Za-z0-9$_.+-]+|\\Answered")
_LONE_LF = re.compile(rb"(?<!\r)\n")


class Fingerprint(NamedTuple):
    """What tells a message that just arrived from others that arrived at the same time."""

    size: int
    message_id: bytes


def move(connection: Connection, key: MessageKey, folder: str) -> MessageKey | None:
    """Moves one message; see ``ports.Mailbox.move``."""
    selected, message = _present(connection, key)
    before = _before(connection, folder)
    if connection.offers("MOVE"):
        told = _carry(connection, "MOVE", key.uid, folder)
    else:
        _may_delete(connection, selected)
        told = _carry(connection, "COPY", key.uid, folder)
        _delete(connection, key.uid)
    return told or _arrived(connection, folder, before, message)


def remove(connection: Connection, key: MessageKey) -> None:
    """Deletes one message; see ``ports.Mailbox.remove``."""
    try:
        selected, _ = _present(connection, key)
    except Gone:
        return
    _may_delete(connection, selected)
    _delete(connection, key.uid)


def append(
    connection: Connection, folder: str, raw: bytes, flags: Iterable[str], at: datetime | None
) -> MessageKey | None:
    """Stores a message; see ``ports.Mailbox.append``.

    The bytes are sent as they are, except that a lone LF becomes CRLF: RFC 9051 (4.3.1) demands it, Cyrus refuses else.
    """
    raw = _LONE_LF.sub(b"\r\n", raw)
    before = _before(connection, folder)
    connection.untagged("APPENDUID")
    _creating(connection, folder, lambda: _append(connection, folder, raw, flags, at))
    told = _told(connection, folder, "APPENDUID")
    return told or _arrived(
        connection, folder, before, Fingerprint(len(raw), answers.message_id(raw.partition(b"\r\n\r\n")[0]))
    )


def add_keyword(connection: Connection, key: MessageKey, keyword: str) -> bool:
    """Sets a keyword or ``\\Answered``, no other system flag; see ``ports.Mailbox.add_keyword``."""
    try:
        selected, _ = _present(connection, key)
    except (Gone, PermanentFailure):
        return False
    if not _KEYWORD.fullmatch(keyword) or not _permits(selected, keyword, new=not keyword.startswith("\\")):
        return False
    if connection.tried("STORE", str(key.uid), "+FLAGS.SILENT", f"({keyword})", uid=True):
        return False
    # Some servers say OK and keep nothing.
    stored = connection.fetch([key.uid], ("UID", "FLAGS")).messages.get(key.uid, {})
    return keyword.lower() in {flag.lower() for flag in answers.flags(stored)}


def allows_keywords(connection: Connection, folder: str) -> bool:
    """Whether the folder keeps keywords that it does not know yet."""
    try:
        selected = connection.writing(folder)
    except imaplib.IMAP4.readonly:
        return False
    return _permits(selected, "\\*")


def _present(connection: Connection, key: MessageKey) -> tuple[Selected, Fingerprint]:
    """Selects the message's folder for changes and makes sure that the message is there and not deleted."""
    selected = connection.numbered(key.folder, key.uidvalidity, writable=True)
    found = connection.fetch([key.uid], _FINGERPRINT).messages.get(key.uid)
    if found is None or _DELETED.lower() in {flag.lower() for flag in answers.flags(found)}:
        raise Gone(f"{connection.settings.server}: message {key.uid} is no longer in {key.folder}")
    return selected, _fingerprint(found)


def _carry(connection: Connection, verb: str, uid: int, folder: str) -> MessageKey | None:
    """MOVE or COPY; the new key if the server tells it."""
    connection.untagged("COPYUID")
    _creating(connection, folder, lambda: connection.tried(verb, str(uid), connection.quoted(folder), uid=True))
    return _told(connection, folder, "COPYUID")


def _creating(connection: Connection, folder: str, attempt: Callable[[], imaplib.IMAP4.error | None]) -> None:
    """Makes an attempt again when its folder had to be created first (TRYCREATE)."""
    refusal = attempt()
    if refusal and code_of(refusal) == "TRYCREATE":
        create(connection, folder)
        refusal = attempt()
    if refusal:
        raise refusal


def _append(
    connection: Connection, folder: str, raw: bytes, flags: Iterable[str], at: datetime | None
) -> imaplib.IMAP4.error | None:
    # Not imaplib's or imapclient's append: they rewrite line ends in the message.
    words = [f"({' '.join(flags)})", imaplib.Time2Internaldate(at) if at else None]
    connection.wire.literal = raw  # type: ignore[assignment]  # typeshed has it wrong
    typ, data = connection.wire._simple_command("APPEND", connection.quoted(folder), *words)
    return None if typ == "OK" else imaplib.IMAP4.error(f"APPEND failed: {data[0].decode('utf-8', 'replace')}")


def _may_delete(connection: Connection, selected: Selected) -> None:
    """Asks before a COPY, so that no second message is left when the first cannot be deleted."""
    if not _permits(selected, _DELETED, new=False):
        raise PermanentFailure(f"{connection.settings.server}: messages in {selected.folder} may not be deleted")


def _delete(connection: Connection, uid: int) -> None:
    connection.command("STORE", str(uid), "+FLAGS.SILENT", f"({_DELETED})", uid=True)
    if connection.offers("UIDPLUS"):
        connection.command("EXPUNGE", str(uid), uid=True)


def _permits(selected: Selected, flag: str, *, new: bool = True) -> bool:
    """Whether PERMANENTFLAGS lets this flag be kept; ``new``: a keyword that the folder need not know yet."""
    if selected.permanent_flags is None:  # RFC 9051, 6.3.2: then all flags can be changed
        return not new
    return flag.lower() in {known.lower() for known in selected.permanent_flags} or (
        new and "\\*" in selected.permanent_flags
    )


def _before(connection: Connection, folder: str) -> Snapshot | None:
    """The target's counters before something is put there; None where there is no such folder yet."""
    if connection.selected and connection.selected.folder == folder:
        return connection.examine(folder).snapshot
    return connection.status(folder)


def _told(connection: Connection, folder: str, code: str) -> MessageKey | None:
    pair = answers.uid_pair(connection.untagged(code))
    return _key(connection, folder, *pair) if pair else None


def _arrived(connection: Connection, folder: str, before: Snapshot | None, message: Fingerprint) -> MessageKey | None:
    """The message that came into a folder since; None unless it is exactly one."""
    now = connection.examine(folder).snapshot
    first = before.uidnext if before else 1
    if first is None or now.uidvalidity is None or (before and before.uidvalidity != now.uidvalidity):
        return None
    new = [uid for uid in connection.search("UNDELETED", "UID", f"{first}:*") if uid >= first]
    found = connection.fetch(new, _FINGERPRINT).messages if new else {}
    same = [uid for uid in new if uid in found and _fingerprint(found[uid]) == message]
    return _key(connection, folder, now.uidvalidity, same[0]) if len(same) == 1 else None


def _key(connection: Connection, folder: str, uidvalidity: int, uid: int) -> MessageKey:
    return MessageKey(account=connection.settings.account, folder=folder, uidvalidity=uidvalidity, uid=uid)


def _fingerprint(items: dict[bytes, object]) -> Fingerprint:
    size = items.get(b"RFC822.SIZE")
    return Fingerprint(size if isinstance(size, int) else 0, answers.fetched_message_id(items))
