"""A look at an account before it is set up: does the login work, and which folder is which.  Nothing is created."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.adapters.imap.connection import Connection
from assistant.adapters.imap.discovery import directory
from assistant.adapters.imap.settings import FolderNames


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What a set-up finds.

    Attributes:
        names: all folders that can be used, in order.
        found: the special folders; None where the server has none that can be told.
        abilities: the capabilities after login.
    """

    names: tuple[str, ...]
    found: FolderNames
    abilities: frozenset[str]

    def named(self, name: str) -> str | None:
        """The folder that the user means by a name, whatever its case; None when there is none."""
        return next((one for one in self.names if one.casefold() == name.strip().casefold()), None)


def look(connection: Connection) -> Survey:
    """Lists the folders."""
    folders = directory(connection)
    return Survey(
        names=tuple(sorted(item.name for item in folders.own)),
        found=FolderNames(
            inbox="INBOX",
            drafts=folders.find("drafts"),
            sent=folders.find("sent"),
            trash=folders.find("trash"),
            cooling_off=folders.find("cooling_off", first=connection.settings.new_cooling_off),
        ),
        abilities=connection.abilities,
    )
