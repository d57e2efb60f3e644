"""Which folder is which: by SPECIAL-USE (RFC 6154), then by the names that mail programs give in German and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.adapters.imap.settings import DEFAULT_COOLING_OFF, ImapSettings
from assistant.errors import PermanentFailure
from assistant.services.ports import Folders

_NAMES = {
    "drafts": ("Drafts", "Entwürfe", "Entwurf", "Draft"),
    "sent": (
        *("Sent", "Gesendet", "Gesendete Objekte", "Gesendete Elemente", "Gesendete Nachrichten", "Gesendete"),
        *("Sent Items", "Sent Mail", "Sent Messages", "Sent-Mail", "Gesendete E-Mails", "Gesendete Mails"),
    ),
    "trash": (
        *("Trash", "Papierkorb", "Gelöschte Elemente", "Gelöschte Objekte", "Deleted Items", "Deleted Messages"),
        *("Gelöscht", "Gelöschte Nachrichten", "Deleted", "Bin"),
    ),
    "cooling_off": (*DEFAULT_COOLING_OFF.values(), "Cooling-off", "Abkuehlung"),
}
_ATTRIBUTES = {"drafts": "\\drafts", "sent": "\\sent", "trash": "\\trash"}
_UNUSABLE = {"\\noselect", "\\nonexistent"}
_CONTAINERS = ("INBOX", "[Gmail]", "[Google Mail]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A folder in the answer to LIST; attributes in lower case."""

    name: str
    delimiter: str
    attributes: frozenset[str]

    @property
    def usable(self) -> bool:
        """Whether it can be selected."""
        return not self.attributes & _UNUSABLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """All folders of an account.

    Attributes:
        prefix: what the names of the user's own folders begin with (``INBOX.`` or nothing).
        foreign: prefixes of other people's and shared folders, which are left alone.
    """

    listed: tuple[Listed, ...]
    prefix: str = ""
    foreign: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Listed, ...]:
        """The user's own folders that can be selected."""
        return tuple(item for item in self.listed if item.usable and not item.name.startswith(self.foreign))

    @property
    def delimiter(self) -> str:
        """The hierarchy delimiter; empty in a flat namespace."""
        return next((item.delimiter for item in self.listed if item.delimiter), "")

    def named(self, name: str) -> str | None:
        """The folder that the user means by a name: exact, else whatever the case, with or without the prefix."""
        usable = [item.name for item in self.listed if item.usable]
        if name in usable:
            return name
        wanted = {_folded(name), _folded(self.prefix + name)}
        return next((other for other in usable if _folded(other) in wanted), None)

    def find(self, role: str, *, first: str = "") -> str | None:
        """The folder for ``drafts``, ``sent``, ``trash`` or ``cooling_off``; ``first`` is the name to prefer."""
        attribute = _ATTRIBUTES.get(role)
        marked = [item.name for item in self.own if attribute in item.attributes]
        if marked:
            return min(marked, key=lambda name: (name.count(self.delimiter or "\0"), len(name)))
        leaves: dict[str, str] = {}
        for item in self.own:
            leaves.setdefault(_folded(self._leaf(item)), item.name)
        return next((leaves[name] for name in map(_folded, (first, *_NAMES[role])) if name in leaves), None)

    def _leaf(self, item: Listed) -> str:
        """The name without namespace prefix and the containers that hold everything at some providers."""
        starts = [self.prefix, *(container + item.delimiter for container in _CONTAINERS if item.delimiter)]
        for start in starts:
            if start and item.name.upper().startswith(start.upper()):
                return item.name[len(start) :]
        return item.name


def make_directory(
    listed: Iterable[Listed], personal: Sequence[tuple[str, str]] | None, foreign: Iterable[str]
) -> Directory:
    """A directory from LIST and NAMESPACE (RFC 2342); ``personal`` is None where the server does not tell."""
    folders = tuple(listed)
    prefix = personal[0][0] if personal else _common_prefix(folders)
    return Directory(listed=folders, prefix=prefix, foreign=tuple(name for name in foreign if name))


def _common_prefix(listed: Sequence[Listed]) -> str:
    """``INBOX.`` where every folder lies below INBOX (Courier, old Cyrus)."""
    others = [item for item in listed if item.name.upper() != "INBOX"]
    inside = all(item.delimiter and item.name.upper().startswith("INBOX" + item.delimiter) for item in others)
    return others[0].name[:6] if others and inside else ""


def assign(directory: Directory, settings: ImapSettings) -> tuple[Folders, bool]:
    """The special folders, and whether the cooling-off folder has yet to be created.

    Raises ``PermanentFailure`` when Drafts or Sent cannot be found, or a configured folder is not there.
    """
    names = settings.folders
    inbox = _configured(directory, settings, "inbox", names.inbox) if names.inbox else "INBOX"
    drafts = _configured(directory, settings, "drafts", names.drafts) or directory.find("drafts")
    sent = _configured(directory, settings, "sent", names.sent) or directory.find("sent")
    trash = _configured(directory, settings, "trash", names.trash) or directory.find("trash")
    if not drafts or not sent:
        raise _missing(directory, settings, "sent" if drafts else "drafts")
    cooling_off = _cooling_off(directory, settings)
    new = settings.new_cooling_off
    if not new.startswith(directory.prefix):
        new = directory.prefix + new
    folders = Folders(inbox=inbox or "INBOX", drafts=drafts, sent=sent, cooling_off=cooling_off or new, trash=trash)
    return folders, cooling_off is None


def _cooling_off(directory: Directory, settings: ImapSettings) -> str | None:
    if settings.folders.cooling_off:
        return directory.named(settings.folders.cooling_off)
    remembered = settings.remembered_cooling_off
    kept = directory.named(remembered) if remembered else None
    return kept or directory.find("cooling_off", first=settings.new_cooling_off)


def meant(directory: Directory, settings: ImapSettings, name: str) -> str:
    """The folder that the user means by a name; raises ``PermanentFailure`` when there is none."""
    found = "INBOX" if name.upper() == "INBOX" else directory.named(name)
    if found is None:
        raise PermanentFailure(
            f"{settings.server}: account {settings.account}: {name} is not on the server;"
            f" there are: {_names(directory)}"
        )
    return found


def _configured(directory: Directory, settings: ImapSettings, role: str, name: str | None) -> str | None:
    if not name:
        return None
    found = directory.named(name)
    if not found and not (role == "inbox" and name.upper() == "INBOX"):
        raise PermanentFailure(
            f"{settings.server}: account {settings.account}: folders.{role} = {name!r} is not on the server;"
            f" there are: {_names(directory)}"
        )
    return found or "INBOX"


def _missing(directory: Directory, settings: ImapSettings, role: str) -> PermanentFailure:
    return PermanentFailure(
        f"{settings.server}: account {settings.account}: no folder for {role} found;"
        f" set folders.{role} to one of: {_names(directory)}"
    )


def _names(directory: Directory) -> str:
    return ", ".join(sorted(item.name for item in directory.listed if item.usable)) or "none"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
