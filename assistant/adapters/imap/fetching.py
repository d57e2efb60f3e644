"""Fetches messages in as few bytes as possible, and finds another way where the usual one fails.

Nothing here sets a flag: every section is fetched with PEEK from a folder selected with EXAMINE.
"""

from __future__ import annotations

import imaplib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assistant.adapters.imap import answers
from assistant.adapters.imap.connection import Connection
from assistant.adapters.imap.structure import Structure, TextPart, read_structure
from assistant.core.message import MessageKey, RawMail, RawPart
from assistant.services.ports import Fetched

Split = Callable[[bytes], RawMail]
MAX_PART = 1024 * 1024  # bytes of one text; what comes after that much is not somebody's own words
MAX_WHOLE = 4 * 1024 * 1024  # bytes of a message whose structure cannot be read
_ABOUT = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE")
_HEADER = "BODY.PEEK[HEADER]"
#: What servers write for each other: more bytes than all else in a letter's header, and nothing that is read here.
_TRACE = (
    *("Received", "X-Received", "Received-SPF", "Authentication-Results", "DKIM-Signature", "X-Google-DKIM-Signature"),
    *("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "X-Gm-Message-State", "Autocrypt"),
    *("X-MS-Exchange-AntiSpam-MessageData-0", "X-Microsoft-Antispam-Message-Info", "UI-OutboundReport"),
)
_BRIEF_HEADER = f"BODY.PEEK[HEADER.FIELDS.NOT ({' '.join(_TRACE)})]"


class Unreadable(Exception):
    """The answer about these messages could not be read, or the server refused it."""


def head_only(raw: bytes) -> RawMail:
    """A message cut down to its header."""
    end = raw.find(b"\r\n\r\n")
    return RawMail(header=raw if end < 0 else raw[: end + 4], size=len(raw))


class Reader:
    """Ways of reading messages from one folder, from the thrifty to the desperate; all give messages by UID.

    Raises ``Gone`` when the folder is not there or its UIDVALIDITY is another, ``Unreadable`` when a way does not work.
    """

    def __init__(self, connection: Connection, folder: str, uidvalidity: int, split: Split) -> None:
        self._connection = connection
        self._folder = folder
        self._uidvalidity = uidvalidity
        self._split = split
        connection.numbered(folder, uidvalidity, writable=False)

    def texts(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Header without its trace fields, and text parts as the structure shows them."""
        found = self._described(uids)
        structures = {uid: _structure(items) for uid, items in found.items()}
        broken = [uid for uid, structure in structures.items() if structure.hollow and _has_body(found[uid])]
        bodies = self._bodies({uid: structure for uid, structure in structures.items() if uid not in broken})
        whole = self.whole(broken) if broken else {}
        return whole | {uid: self._texts(found[uid], structures[uid], body) for uid, body in bodies.items()}

    def whole(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """The beginning of each message, split here instead of by the server."""
        found = self._fetch(uids, (*_ABOUT, f"BODY.PEEK[]<0.{MAX_WHOLE}>"))
        return {uid: self._fetched(items, self._split(answers.octets(items, "BODY[]"))) for uid, items in found.items()}

    def headers(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Headers alone."""
        found = self._fetch(uids, (*_ABOUT, _HEADER))
        return {uid: self._fetched(items, RawMail(header=_header(items))) for uid, items in found.items()}

    def bare(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """What is known of messages that cannot be read in any way: they are there."""
        return {uid: self._fetched({b"UID": uid}, RawMail(header=b"")) for uid in self._still_there(uids)}

    def _described(self, uids: Sequence[int]) -> dict[int, dict[bytes, Any]]:
        """Structure and header; a server that can give the header only whole is not asked in another way again."""
        if self._connection.usable_selection:
            try:
                return self._fetch(uids, (*_ABOUT, "BODYSTRUCTURE", _BRIEF_HEADER))
            except Unreadable:
                found = self._fetch(uids, (*_ABOUT, "BODYSTRUCTURE", _HEADER))
                self._connection.usable_selection = False
                return found
        return self._fetch(uids, (*_ABOUT, "BODYSTRUCTURE", _HEADER))

    def _fetch(self, uids: Sequence[int], items: Iterable[str]) -> dict[int, dict[bytes, Any]]:
        try:
            answer = self._connection.fetch(uids, items)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise Unreadable(str(error)) from error
        if answer.unreadable and not all(uid in answer.messages for uid in uids):
            raise Unreadable(f"{answer.unreadable} of {len(uids)}")
        found = {uid: answer.messages[uid] for uid in uids if uid in answer.messages}
        empty = [uid for uid, got in found.items() if not _delivered(got)]
        if empty and self._still_there(empty):
            raise Unreadable("no content")
        return {uid: got for uid, got in found.items() if uid not in empty}

    def _still_there(self, uids: Sequence[int]) -> tuple[int, ...]:
        self._connection.examine(self._folder)
        return tuple(uid for uid in self._connection.search("UID", ",".join(map(str, uids))) if uid in uids)

    def _bodies(self, structures: Mapping[int, Structure]) -> dict[int, dict[bytes, Any]]:
        """The sections with text, one FETCH for all messages of the same shape."""
        shapes: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for uid, structure in structures.items():
            shapes[tuple(item for text in structure.texts for item in _sections(text))].append(uid)
        bodies: dict[int, dict[bytes, Any]] = {uid: {} for uid in shapes.pop((), ())}
        for items, uids in shapes.items():
            bodies |= self._fetch(uids, ("UID", *items))
        return bodies

    def _texts(self, items: Mapping[bytes, Any], structure: Structure, body: Mapping[bytes, Any]) -> Fetched:
        header = _header(items)
        parts = tuple(_part(text, header, body) for text in structure.texts)
        return self._fetched(items, RawMail(header=header, parts=parts, types=structure.types))

    def _fetched(self, items: Mapping[bytes, Any], mail: RawMail) -> Fetched:
        size = items.get(b"RFC822.SIZE")
        mail = RawMail(
            header=mail.header, parts=mail.parts, types=mail.types, size=size if isinstance(size, int) else mail.size
        )
        account = self._connection.settings.account
        key = MessageKey(account=account, folder=self._folder, uidvalidity=self._uidvalidity, uid=items[b"UID"])
        return Fetched(key=key, mail=mail, received=answers.received(items), flags=answers.flags(items))


def _structure(items: Mapping[bytes, Any]) -> Structure:
    try:
        return read_structure(items.get(b"BODYSTRUCTURE"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("BODYSTRUCTURE") from error


def _header(items: Mapping[bytes, Any]) -> bytes:
    """The header, or what was chosen of it; servers spell the name of a choice in their own ways."""
    value = next((value for name, value in items.items() if name.startswith(b"BODY[HEADER")), None)
    return answers.octets({b"HEADER": value}, "HEADER")


def _delivered(items: Mapping[bytes, Any]) -> bool:
    """Whether content came; of a message that vanishes servers send NIL, or nothing but its flags."""
    return any(value is not None for name, value in items.items() if name.startswith(b"BODY["))


def _has_body(items: Mapping[bytes, Any]) -> bool:
    size = items.get(b"RFC822.SIZE")
    return isinstance(size, int) and size > len(_header(items))


def _sections(text: TextPart) -> tuple[str, ...]:
    limit = f"<0.{MAX_PART}>" if text.size > MAX_PART else ""
    if not text.section:
        return (f"BODY.PEEK[TEXT]{limit}",)
    return f"BODY.PEEK[{text.section}.MIME]", f"BODY.PEEK[{text.section}]{limit}"


def _part(text: TextPart, header: bytes, body: Mapping[bytes, Any]) -> RawPart:
    if not text.section:
        return RawPart(header=header, body=answers.octets(body, "BODY[TEXT]"))
    mime = answers.octets(body, f"BODY[{text.section}.MIME]")
    return RawPart(header=mime, body=answers.octets(body, f"BODY[{text.section}]"))
