"""Asks the server for its folders and creates the cooling-off folder."""

from __future__ import annotations

from typing import Any

from assistant.adapters.imap.answers import folder_name, parsed, records
from assistant.adapters.imap.connection import Connection
from assistant.adapters.imap.folders import Directory, Listed, assign, make_directory, meant
from assistant.adapters.imap.login import code_of
from assistant.services.ports import Folders


def find_folders(connection: Connection) -> Folders:
    """The special folders; the cooling-off folder is there afterwards, and subscribed if it is new.

    Raises ``PermanentFailure`` as ``folders.assign`` does.
    """
    folders, missing = assign(directory(connection), connection.settings)
    if missing:
        create(connection, folders.cooling_off)
    return folders


def find_folder(connection: Connection, name: str) -> str:
    """The folder that the user means by a name; raises ``PermanentFailure`` as ``folders.meant`` does."""
    return meant(directory(connection), connection.settings, name)


def directory(connection: Connection) -> Directory:
    """All folders of the account."""
    personal, foreign = _namespaces(connection)
    return make_directory(_list(connection), personal, foreign)


def create(connection: Connection, folder: str) -> None:
    """Creates and subscribes a folder; no error if it came into being meanwhile."""
    refusal = connection.tried("CREATE", connection.quoted(folder))
    if refusal and code_of(refusal) != "ALREADYEXISTS" and not connection.exists(folder):
        raise refusal
    # Without a subscription the folder works all the same, only some mail clients do not show it.
    connection.tried("SUBSCRIBE", connection.quoted(folder))


def _list(connection: Connection) -> list[Listed]:
    """LIST of everything; SPECIAL-USE attributes are asked for where they would otherwise be kept back (RFC 6154)."""
    if connection.offers("SPECIAL-USE") and connection.offers("LIST-EXTENDED"):
        return _listed(connection, b'"*"', b"RETURN (SPECIAL-USE)") or _listed(connection, b'"*"')
    return _listed(connection, b'"*"')


def _listed(connection: Connection, *arguments: bytes) -> list[Listed]:
    connection.untagged("LIST")
    refusal = connection.tried("LIST", b'""', *arguments)
    if refusal and len(arguments) == 1:
        raise refusal
    found = []
    for record in records(connection.untagged("LIST")):
        response = parsed(record)
        name = folder_name(response[2]) if response and len(response) > 2 else None
        if response and name and isinstance(response[0], tuple):
            found.append(Listed(name=name, delimiter=_text(response[1]), attributes=_attributes(response[0])))
    return found


def _attributes(words: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(_text(word).lower() for word in words)


def _text(word: object) -> str:
    return word.decode("ascii", "replace") if isinstance(word, bytes) else ""


def _namespaces(connection: Connection) -> tuple[list[tuple[str, str]] | None, list[str]]:
    """The user's own namespaces (None where the server does not tell), and the prefixes of all others."""
    if not connection.offers("NAMESPACE"):
        return None, []
    connection.untagged("NAMESPACE")
    if connection.tried("NAMESPACE"):
        return None, []
    groups = [parsed(record) or () for record in records(connection.untagged("NAMESPACE"))]
    personal, *others = (*groups[0], None, None, None)[:3] if groups else (None,)
    return _prefixes(personal) or None, [prefix for group in others for prefix, _ in _prefixes(group)]


def _prefixes(group: object) -> list[tuple[str, str]]:
    entries = group if isinstance(group, tuple) else ()
    pairs = [entry for entry in entries if isinstance(entry, tuple) and len(entry) > 1]
    return [(folder_name(entry[0]) or "", _text(entry[1])) for entry in pairs]
