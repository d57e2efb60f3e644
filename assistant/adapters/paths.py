"""Where things lie on this machine: the user's folders (platformdirs), and what is shipped with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platformdirs import PlatformDirs

from assistant.errors import PermanentFailure

_PRIVATE: Final = 0o700  # mail and drafts are nobody else's business
_PACKAGE: Final = Path(__file__).resolve().parents[1]


def _dirs() -> PlatformDirs:
    return PlatformDirs("gelassen", appauthor=False)


def config_dir() -> Path:
    """Where config.toml is looked for (not created); ``assistant.config.find`` names the same folder."""
    return _dirs().user_config_path


def state_dir() -> Path:
    """Where the database and the lock lie; created when missing, for the user only."""
    return private(_dirs().user_state_path)


def log_dir() -> Path:
    """Where logs lie; created when missing, for the user only."""
    return private(_dirs().user_log_path)


def private(folder: Path) -> Path:
    """The folder, created with mode 0700 when missing.  An existing folder keeps the mode that the user gave it.

    Raises ``PermanentFailure`` when it cannot be made.
    """
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise PermanentFailure(f"{folder} cannot be created: {error.strerror}; check the folder above it") from error
    return folder


def default_database_url() -> str:
    """The SQLite file that is used when ``store.url`` is not set."""
    return f"sqlite:///{state_dir() / 'gelassen.db'}"


def lock_file(database_url: str) -> Path:
    """The file whose lock makes a daemon the only one: beside an SQLite file, else in the state folder.

    So two configurations with two databases can run side by side, and two daemons on one database cannot.
    """
    file = _sqlite_file(database_url)
    return private(file.parent) / f"{file.name}.lock" if file else state_dir() / "gelassen.lock"


def replay_file(database_url: str | None) -> Path:
    """Where the results of replays are kept: beside an SQLite file, else in the state folder."""
    file = _sqlite_file(database_url) if database_url else None
    return (private(file.parent) if file else state_dir()) / "replay.db"


def _sqlite_file(database_url: str) -> Path | None:
    file = database_url.removeprefix("sqlite:///").partition("?")[0]
    return None if file == database_url else Path(file)


def shipped_models() -> Path:
    """The ``models`` folder of the checkout or of the installed wheel."""
    return _shipped("models")


def shipped_templates() -> Path:
    """The ``templates`` folder of the checkout or of the installed wheel."""
    return _shipped("templates")


def shipped_config() -> Path:
    """The commented ``config.toml`` with all defaults."""
    return _shipped("config.toml")


def _shipped(name: str) -> Path:
    packed = _PACKAGE / "_data" / name  # only in a wheel; there, a folder beside the package may be anybody's
    return packed if packed.exists() else _PACKAGE.parent / name
