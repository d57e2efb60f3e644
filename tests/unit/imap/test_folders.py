"""Which folder is which, at providers as they are."""

from __future__ import annotations

import unicodedata

import pytest

from assistant.adapters.imap import FolderNames, ImapSettings
from assistant.adapters.imap.folders import Directory, Listed, assign, make_directory
from assistant.errors import PermanentFailure


def _listed(*names: str, delimiter: str = "/") -> list[Listed]:
    """Folders given as ``Name`` or ``Name \\Attribute``."""
    pairs = (name.partition(" \\") for name in names)
    return [
        Listed(name=name, delimiter=delimiter, attributes=frozenset({f"\\{use}".lower()} if use else ()))
        for name, _, use in pairs
    ]


def _settings(**changes: object) -> ImapSettings:
    values: dict[str, object] = {"account": "studio", "host": "imap.example.org", "user": "anna", "secret": lambda: ""}
    return ImapSettings(**(values | changes))  # type: ignore[arg-type]


def _directory(*names: str, delimiter: str = "/", prefix: str | None = None, foreign: str = "") -> Directory:
    personal = None if prefix is None else [(prefix, delimiter)]
    return make_directory(_listed(*names, delimiter=delimiter), personal, [foreign])


@pytest.mark.parametrize(
    ("directory", "drafts", "sent", "trash"),
    [
        (_directory("INBOX", "Drafts", "Sent", "Trash"), "Drafts", "Sent", "Trash"),
        (_directory("INBOX", "Entwürfe", "Gesendet", "Papierkorb"), "Entwürfe", "Gesendet", "Papierkorb"),
        (
            _directory("INBOX", "Entwürfe", "Gesendete Elemente", "Gelöschte Elemente"),
            *("Entwürfe", "Gesendete Elemente", "Gelöschte Elemente"),
        ),
        (
            _directory("INBOX", "ENTWÜRFE", "gesendete objekte", "DELETED ITEMS"),
            *("ENTWÜRFE", "gesendete objekte", "DELETED ITEMS"),
        ),
        (_directory("INBOX", "Entwurf", "Sent Messages"), "Entwurf", "Sent Messages", None),
        (
            _directory("INBOX", unicodedata.normalize("NFD", "Entwürfe"), "Sent"),
            *(unicodedata.normalize("NFD", "Entwürfe"), "Sent", None),
        ),
        (
            _directory("INBOX", "INBOX.Drafts", "INBOX.Sent", "INBOX.Trash", delimiter="."),
            *("INBOX.Drafts", "INBOX.Sent", "INBOX.Trash"),
        ),
        (
            _directory("INBOX", "INBOX.Entwürfe", "INBOX.Gesendet", "Other", delimiter=".", prefix="INBOX."),
            *("INBOX.Entwürfe", "INBOX.Gesendet", None),
        ),
        (_directory("INBOX", "INBOX/Entwürfe", "INBOX/Gesendet", "x"), "INBOX/Entwürfe", "INBOX/Gesendet", None),
        (
            _directory("INBOX", "[Gmail]/Entwürfe \\Drafts", "[Gmail]/Gesendet \\Sent", "[Gmail]/Papierkorb \\Trash"),
            *("[Gmail]/Entwürfe", "[Gmail]/Gesendet", "[Gmail]/Papierkorb"),
        ),
        (_directory("INBOX", "[Gmail]/Entwürfe", "[Gmail]/Gesendet"), "[Gmail]/Entwürfe", "[Gmail]/Gesendet", None),
        (_directory("INBOX", "Drafts", "Kladde \\DRAFTS", "Ausgang \\sent", "Sent"), "Kladde", "Ausgang", None),
        (
            _directory("Other Users/bob/Drafts \\Drafts", "Entwürfe \\Drafts", "Sent", foreign="Other Users/"),
            *("Entwürfe", "Sent", None),
        ),
        (_directory("Archiv/Alt/Drafts \\Drafts", "Drafts \\Drafts", "Sent"), "Drafts", "Sent", None),
    ],
)
def test_special_folders_are_found(directory: Directory, drafts: str, sent: str, trash: str | None) -> None:
    """By attribute, then by name, in either language, whatever the case, below the usual containers."""
    folders, _ = assign(directory, _settings())
    assert (folders.drafts, folders.sent, folders.trash) == (drafts, sent, trash)


@pytest.mark.parametrize(
    ("directory", "settings", "cooling_off", "new"),
    [
        (_directory("Drafts", "Sent"), _settings(language="de"), "Abkühlung", True),
        (_directory("Drafts", "Sent"), _settings(language="en"), "Cooling off", True),
        (_directory("Drafts", "Sent"), _settings(language="fr"), "Cooling off", True),
        (_directory("Drafts", "Sent", "Abkühlung"), _settings(language="en"), "Abkühlung", False),
        (_directory("Drafts", "Sent", "Cooling-off"), _settings(language="de"), "Cooling-off", False),
        (_directory("Drafts", "Sent", "Abkühlung", "Cooling off"), _settings(language="en"), "Cooling off", False),
        (_directory("Drafts", "Sent", "Pause"), _settings(remembered_cooling_off="Pause"), "Pause", False),
        (_directory("Drafts", "Sent"), _settings(remembered_cooling_off="Pause"), "Pause", True),
        (
            _directory("Drafts", "Sent", "Abkühlung", "Pause"),
            *(_settings(remembered_cooling_off="Pause", language="de"), "Pause", False),
        ),
        (
            _directory("Drafts", "Sent", "Abkühlung"),
            *(_settings(folders=FolderNames(cooling_off="Ruhe"), language="de"), "Ruhe", True),
        ),
        (
            _directory("INBOX", "INBOX.Drafts", "INBOX.Sent", delimiter=".", prefix="INBOX."),
            *(_settings(language="de"), "INBOX.Abkühlung", True),
        ),
        (
            _directory("INBOX", "INBOX.Drafts", "INBOX.Sent", delimiter="."),
            *(_settings(folders=FolderNames(cooling_off="Ruhe")), "INBOX.Ruhe", True),
        ),
    ],
)
def test_the_cooling_off_folder(directory: Directory, settings: ImapSettings, cooling_off: str, new: bool) -> None:
    """As configured, as remembered, an existing one of either language, or a new one in the user's language."""
    folders, missing = assign(directory, settings)
    assert (folders.cooling_off, missing) == (cooling_off, new)


def test_configured_folders_win() -> None:
    """Whatever the server says; the case and the namespace prefix need not be typed."""
    names = FolderNames(inbox="Kunden", drafts="kladde", sent="INBOX.Raus", trash="Müll")
    directory = _directory(
        *("INBOX", "INBOX.Kunden", "INBOX.Kladde", "INBOX.Raus", "INBOX.Müll", "INBOX.Drafts \\Drafts"),
        delimiter=".",
        prefix="INBOX.",
    )
    folders, _ = assign(directory, _settings(folders=names))
    assert (folders.inbox, folders.drafts) == ("INBOX.Kunden", "INBOX.Kladde")
    assert (folders.sent, folders.trash) == ("INBOX.Raus", "INBOX.Müll")


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (FolderNames(), r"no folder for drafts.*set folders\.drafts to one of: INBOX, Sent, Zeug"),
        (FolderNames(drafts="Entwürfe"), r"folders\.drafts = 'Entwürfe' is not on the server; there are: INBOX"),
        (FolderNames(drafts="Zeug", trash="Weg"), r"folders\.trash = 'Weg'"),
    ],
)
def test_a_missing_folder_is_named_with_the_key_and_the_choices(names: FolderNames, hint: str) -> None:
    """The user can copy the right name into config.toml."""
    with pytest.raises(PermanentFailure, match=hint):
        assign(_directory("INBOX", "Sent", "Zeug", "Fach \\NoSelect"), _settings(folders=names))


def test_folders_that_cannot_be_selected_do_not_count() -> None:
    """A container named like a special folder."""
    with pytest.raises(PermanentFailure, match="no folder for sent"):
        assign(_directory("Drafts", "Sent \\Noselect", "Sent/2026"), _settings())


def test_a_server_without_any_folder() -> None:
    """LIST may be empty."""
    with pytest.raises(PermanentFailure, match="one of: none"):
        assign(make_directory([], None, []), _settings())
