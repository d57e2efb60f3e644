"""Where a password comes from: a command, the environment, or the system's keyring.

Nothing here repeats a command, its output, or a variable's name: each may be the password, put in the wrong place.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
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
    from keyring.errors import KeyringError, KeyringLocked  # finding the backends takes a while

    try:
        found = (backend.get_password(KEYRING_SERVICE, name) for backend in _safe_backends(key))
        password = next((one for one in found if one), None)
    except KeyringLocked:
        raise TemporaryFailure(f"{key}: the keyring is locked; unlock it") from None
    except KeyringError as error:
        raise PermanentFailure(f"{key}: the keyring does not work ({type(error).__name__})") from None
    if password is None:
        raise PermanentFailure(
            f"{key} has no password; store it with: keyring set {KEYRING_SERVICE} {shlex.quote(name)}"
        )
    return password


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
