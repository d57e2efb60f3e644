"""Where a password comes from (a command, the environment, the system's keyring), and where a token is kept.

Nothing here repeats a command, its output, or a variable's name: each may be the password, put in the wrong place.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Final

from assistant.config import PasswordSource
from assistant.errors import PermanentFailure, TemporaryFailure

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

#: The service under which passwords are kept: ``keyring set gelassen ACCOUNT``.
KEYRING_SERVICE: Final = "gelassen"

_SECONDS: Final = 30  # time to type a passphrase

Secret = Callable[[], str]


def secret_for(source: PasswordSource, *, owner: str, name: str, folder: Path | None = None) -> Secret:
    """How to get a password, asked for anew at every call; calls of several threads wait for one another.

    Args:
        source: the settings, with exactly one source set.
        owner: whose it is in error messages: ``account "studio"``, ``gateway``.
        name: the user name in the keyring: the account's name, or ``gateway``.
        folder: working folder of a command: the folder of config.toml.

    The returned function raises ``PermanentFailure``, or ``TemporaryFailure`` while the keyring is locked.
    """
    ask = _asker(source, owner, name, folder)
    one_at_a_time = Lock()  # or two connections would open two passphrase dialogs

    def secret() -> str:
        with one_at_a_time:
            return ask()

    return secret


def _asker(source: PasswordSource, owner: str, name: str, folder: Path | None) -> Secret:
    if source.password_command is not None:
        command = source.password_command
        return lambda: _from_command(command, f"{owner}: password_command", folder)
    if source.password_env is not None:
        variable = source.password_env
        return lambda: _from_environment(variable, f"{owner}: password_env")
    return lambda: _from_keyring(name, f"{owner}: keyring")


def _from_command(command: str, key: str, folder: Path | None) -> str:
    words = [os.path.expanduser(word) for word in shlex.split(command)]  # no shell, but ~ is what people write
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PermanentFailure(f"{key} gave no answer within {_SECONDS} seconds; try it in a terminal") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds a null character"
        raise PermanentFailure(f"{key} cannot be started: {reason}") from None
    if done.returncode != 0:
        raise PermanentFailure(f"{key} failed with status {done.returncode}; try it in a terminal")
    return _first_line(done.stdout, key)


def _first_line(output: bytes, key: str) -> str:
    line = output.split(b"\n", 1)[0].rstrip(b"\r")
    try:
        password = line.decode("utf-8")
    except UnicodeDecodeError:
        raise PermanentFailure(f"{key} gave something that is not UTF-8 text") from None
    if not password:
        raise PermanentFailure(f"{key} gave an empty first line, which should be the password")
    return password


def _from_environment(variable: str, key: str) -> str:
    password = os.environ.get(variable)
    if not password:
        raise PermanentFailure(f"{key}: the environment variable that it names is not set")
    return password


def _from_keyring(name: str, key: str) -> str:
    password = _looked_up(name, key)
    if password is None:
        raise PermanentFailure(
            f"{key} has no password; store it with: keyring set {KEYRING_SERVICE} {shlex.quote(name)}"
        )
    return password


def _looked_up(name: str, key: str) -> str | None:
    from keyring.errors import KeyringError, KeyringLocked  # finding the backends takes a while

    try:
        found = (backend.get_password(KEYRING_SERVICE, name) for backend in _safe_backends(key))
        return next((one for one in found if one), None)
    except KeyringLocked:
        raise TemporaryFailure(f"{key}: the keyring is locked; unlock it") from None
    except KeyringError as error:
        raise PermanentFailure(f"{key}: the keyring does not work ({type(error).__name__})") from None


class Kept:
    """A secret in the keyring that Gelassen itself writes; implements ``adapters.oauth.Keeper``.

    Args:
        name: the user name in the keyring.
        owner: whose it is in error messages.
    """

    def __init__(self, name: str, *, owner: str) -> None:
        self._name = name
        self._owner = owner
        self._key = f"{owner}: keyring"

    def load(self) -> str:
        """The secret. Raises as the function of ``secret_for`` does."""
        secret = _looked_up(self._name, self._key)
        if secret is None:
            raise PermanentFailure(f"{self._owner}: keyring has nothing of it; set it up again with: gelassen init")
        return secret

    def save(self, secret: str) -> None:
        """Keep it instead of the former one. Raises ``PermanentFailure``, ``TemporaryFailure`` while it is locked."""
        from keyring.errors import KeyringError, KeyringLocked

        try:
            _safe_backends(self._key)[0].set_password(KEYRING_SERVICE, self._name, secret)
        except KeyringLocked:
            raise TemporaryFailure(f"{self._key}: the keyring is locked; unlock it") from None
        except KeyringError as error:
            raise PermanentFailure(f"{self._key}: the keyring does not work ({type(error).__name__})") from None

    def forget(self) -> None:
        """Take it out again, if it is there."""
        from keyring.errors import KeyringError, PasswordDeleteError

        with suppress(PasswordDeleteError, KeyringError):
            _safe_backends(self._key)[0].delete_password(KEYRING_SERVICE, self._name)


class KeptInFile:
    """A secret in a file that only the user may read; implements ``adapters.oauth.Keeper``."""

    def __init__(self, path: Path, *, owner: str) -> None:
        self._path = path
        self._owner = owner

    def load(self) -> str:
        """The secret. Raises ``PermanentFailure`` when it cannot be read, or others may read it."""
        try:
            if self._path.stat().st_mode & 0o077:
                raise PermanentFailure(f"{self._owner}: others may read {self._path}; take that away with chmod 600")
            return self._path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise PermanentFailure(
                f"{self._owner}: {self._path} cannot be read ({error.strerror}); set it up again with: gelassen init"
            ) from None

    def save(self, secret: str) -> None:
        """Keep it instead of the former one, whole or not at all. Raises ``PermanentFailure``."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
                file.write(secret + "\n")  # made with mode 0600
            Path(file.name).replace(self._path)
        except OSError as error:
            raise PermanentFailure(f"{self._owner}: {self._path} cannot be written: {error.strerror}") from None


def check_keyring() -> None:
    """Keeps a word, reads it and takes it out again.

    Raises ``PermanentFailure`` where there is no keyring, an unprotected one, or one that does not give back what it
    was given; ``TemporaryFailure`` while it is locked.
    """
    trial, word = Kept("trial", owner="init"), token_hex(8)
    trial.save(word)
    try:
        if trial.load() != word:
            raise PermanentFailure("init: keyring: the keyring does not work (another word came back)")
    finally:
        trial.forget()


def _safe_backends(key: str) -> tuple[KeyringBackend, ...]:
    """The backends that protect what they keep; without a real one ``keyring`` silently takes a plaintext file."""
    import keyring

    chosen = keyring.get_keyring()
    backends = tuple(getattr(chosen, "backends", None) or (chosen,))
    kept = tuple(backend for backend in backends if not _module(backend).startswith("keyring.backends.fail"))
    safe = tuple(
        backend for backend in kept if not _module(backend).startswith(("keyrings.alt", "keyring.backends.null"))
    )
    if safe:
        return safe
    if kept:
        raise PermanentFailure(
            f"{key}: this system's keyring would keep the password unprotected ({_module(kept[0])}); "
            "use password_command instead"
        )
    raise PermanentFailure(f"{key}: this system has no keyring; use password_command or password_env instead")


def _module(backend: KeyringBackend) -> str:
    return type(backend).__module__
