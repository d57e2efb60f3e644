"""Where config.toml is, and how it becomes a :class:`Config`."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from assistant.config.accounts import Account
from assistant.config.reading import Wrong, table_of
from assistant.config.settings import Clients, Config
from assistant.errors import ConfigError

#: The environment variable that names the file.
ENVIRONMENT: Final = "GELASSEN_CONFIG"

#: What `judge.model` says for the model that comes with Gelassen.
SHIPPED_MODEL: Final = "escalation"
_POSITION = re.compile(r"(?P<what>.*) \(at (?P<where>line \d+, column \d+|end of document)\)", re.DOTALL)
_ADVICE = "run gelassen init, which writes it (docs/configuration.md tells each key)"


def find(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The file to read: ``--config``, else ``GELASSEN_CONFIG``, else config.toml in the user's configuration folder.

    Raises ``ConfigError`` when there is none.  A file that was named but is missing is not replaced by another.
    """
    path = place(explicit, environ)
    if explicit is not None:
        return _existing(path, "given by --config")
    if environ.get(ENVIRONMENT):
        return _existing(path, f"given by {ENVIRONMENT}")
    return _existing(path, f"the default; --config FILE or {ENVIRONMENT} name another")


def place(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Where the file is, or belongs while there is none."""
    if explicit is not None:
        return explicit.expanduser()
    named = environ.get(ENVIRONMENT)
    return Path(named).expanduser() if named else _folder(environ) / "config.toml"


def _folder(environ: Mapping[str, str]) -> Path:
    """The user's configuration folder; the same as adapters.paths.config_dir, which a test compares."""
    chosen = Path(environ.get("XDG_CONFIG_HOME") or "")
    if chosen.is_absolute():  # the XDG base directory specification: relative paths are to be ignored
        return chosen / "gelassen"
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "gelassen"
    return home / ".config" / "gelassen"


def _existing(path: Path, origin: str) -> Path:
    if path.is_file():
        return path
    fault = "is a folder, not a file" if path.is_dir() else "does not exist"
    raise ConfigError([f"{path} ({origin}) {fault}: {_ADVICE}"])


def load(path: Path) -> Config:
    """Read and check a file.

    Raises ``ConfigError`` with all problems at once, one line each: file, path of the key, what is wrong.
    """
    path = path.expanduser().absolute()
    raw = _parsed(path)
    try:
        config = table_of(Config)(raw)
    except Wrong as error:
        lines = [f"{path.name}: {where.lstrip('.')}: {what}" for where, what in error.problems]
        raise ConfigError(lines) from None
    return _with_paths(replace(config, path=path))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # editors on Windows write a byte order mark
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path.name}: line {line}: is not UTF-8 text; save the file as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        match = _POSITION.fullmatch(str(error))
        where, what = (match["where"], match["what"]) if match else ("syntax", str(error))
        raise ConfigError([f"{path.name}: {where}: {what[:1].lower()}{what[1:]}"]) from None


def _with_paths(config: Config) -> Config:
    """Paths are relative to the file, and ``~`` is the user's home."""
    base = config.path.parent
    replies = config.replies
    if replies.directory is not None:
        replies = replace(replies, directory=_absolute(base, replies.directory))
    return replace(
        config,
        accounts=tuple(_account(base, account) for account in config.accounts),
        store=replace(config.store, url=_database(base, config.store.url)),
        judge=replace(config.judge, model=_model(base, config.judge.model)),
        replies=replies,
        clients=Clients(file=_absolute(base, config.clients.file)),
    )


def _account(base: Path, account: Account) -> Account:
    oauth = account.oauth
    if oauth is None:
        return account
    client, token = (path and _absolute(base, path) for path in (oauth.client_file, oauth.token_file))
    return replace(account, oauth=replace(oauth, client_file=client, token_file=token))


def _absolute(base: Path, path: str | Path) -> Path:
    return base / Path(path).expanduser()


def _database(base: Path, url: str | None) -> str | None:
    """SQLAlchemy's form: three slashes and the path, so four for an absolute one."""
    if url is None or not url.startswith("sqlite:///"):
        return url
    file, mark, query = url.removeprefix("sqlite:///").partition("?")
    return f"sqlite:///{_absolute(base, file)}{mark}{query}"


def _model(base: Path, name: str) -> str:
    """A folder beside the file, or a path by its look, becomes absolute; other names are for the model's loader."""
    if name == SHIPPED_MODEL:
        return name
    path = _absolute(base, name)
    is_path = name.startswith((".", "/", "~")) or path.is_dir()
    return str(path) if is_path else name
