"""Passwords from a command, the environment, or the keyring; and that none is ever repeated in a message."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keyring
import keyring.errors
import pytest
from keyring.backends import fail, null

from assistant.adapters import secrets
from assistant.adapters.secrets import KeptInFile, check_keyring, secret_for
from assistant.config import PasswordSource
from assistant.errors import PermanentFailure, TemporaryFailure
from tests.servers.keyring_file import FileKeyring


def by_command(command: str, folder: Path | None = None) -> str:
    """The password that a command gives."""
    return secret_for(
        PasswordSource(password_command=command), owner='account "studio"', name="studio", folder=folder
    )()


def python(code: str) -> str:
    """A command line that runs Python code."""
    return shlex.join([sys.executable, "-c", code])


def refusal(command: str) -> str:
    """The message when a command does not give a password."""
    with pytest.raises(PermanentFailure) as caught:
        by_command(command)
    return str(caught.value)


@pytest.mark.parametrize(
    ("printed", "password"),
    [
        (r"geheim\n", "geheim"),
        (r"geheim", "geheim"),
        (r"geheim\r\n", "geheim"),
        (r" mit Leerzeichen \nuser: me\n", " mit Leerzeichen "),
        (r"grün\n", "grün"),
    ],
)
def test_the_first_line_is_the_password(printed: str, password: str) -> None:
    """Further lines, as password stores keep them, are not part of it; blanks are."""
    assert by_command(python(f"import sys; sys.stdout.buffer.write('{printed}'.encode())")) == password


def test_no_shell_is_involved() -> None:
    """Signs that a shell would act on are plain text."""
    assert by_command("echo $HOME;`id`") == "$HOME;`id`"


def test_home_is_expanded_and_the_folder_is_the_configs(home: Path, tmp_path: Path) -> None:
    """`cat ~/.secret` works although there is no shell, and so does a script beside config.toml."""
    (home / ".secret").write_text("one\n")
    (tmp_path / "beside").write_text("two\n")
    assert by_command("cat ~/.secret") == "one"
    assert by_command("cat beside", tmp_path) == "two"


def test_a_failing_command_names_the_key_and_nothing_else() -> None:
    """Neither the command nor what it printed: both may hold the password."""
    message = refusal(python("import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)"))
    assert message == 'account "studio": password_command failed with status 3; try it in a terminal'


def test_a_password_in_place_of_a_command_is_not_repeated() -> None:
    """Whoever mistakes the key for the password does not find it in the log."""
    assert refusal("hunter2") == 'account "studio": password_command cannot be started: No such file or directory'


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "gave an empty first line, which should be the password"),
        (r"print('\nhunter2')", "gave an empty first line, which should be the password"),
        (r"import sys; sys.stdout.buffer.write(b'\xff\n')", "gave something that is not UTF-8 text"),
    ],
)
def test_output_that_is_no_password_is_refused(code: str, reason: str) -> None:
    """An empty password would only be refused by the server, with a worse message."""
    assert refusal(python(code)) == f'account "studio": password_command {reason}'


def test_a_null_character_cannot_be_started() -> None:
    """TOML allows it in a string, the system does not in a command."""
    assert refusal("pass\0word") == 'account "studio": password_command cannot be started: it holds a null character'


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase dialog that nobody answers must not stop an account for ever."""
    monkeypatch.setattr(secrets, "_SECONDS", 0.2)
    assert "gave no answer within" in refusal(python("import time; time.sleep(60)"))


def test_the_command_is_asked_anew(tmp_path: Path) -> None:
    """A password that was changed, or a token that was renewed, is used at the next login."""
    file = tmp_path / "secret"
    file.write_text("old\n")
    secret = secret_for(PasswordSource(password_command=f"cat {file}"), owner="gateway", name="gateway")
    assert secret() == "old"
    file.write_text("new\n")
    assert secret() == "new"


def test_two_connections_ask_one_after_the_other(tmp_path: Path) -> None:
    """Else two passphrase dialogs would open: the command fails when it runs twice at once."""
    code = f"import os, time; os.mkdir(r'{tmp_path}/once'); time.sleep(0.2); os.rmdir(r'{tmp_path}/once'); print('pw')"
    secret = secret_for(PasswordSource(password_command=python(code)), owner="gateway", name="gateway")
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(secret())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["pw"] * 3


def test_the_environment_is_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable's value is the password; without it the message does not repeat the name, which may be one."""
    secret = secret_for(PasswordSource(password_env="hunter2"), owner="gateway", name="gateway")
    with pytest.raises(PermanentFailure) as caught:
        secret()
    assert str(caught.value) == "gateway: password_env: the environment variable that it names is not set"
    monkeypatch.setenv("hunter2", "geheim")
    assert secret() == "geheim"


class Kept:
    """A protected keyring in memory.

    No subclass of the package's own class: those register themselves, and later tests could be served by them.
    """

    def __init__(self, passwords: dict[tuple[str, str], str]) -> None:
        self.passwords = passwords

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))


class Locked(Kept):
    """A keyring that is locked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("hunter2")


class Broken(Kept):
    """A keyring that does not work."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.InitError("hunter2")


class Plain(Kept):
    """A keyring as the package keyrings.alt has it: a file that everybody can read."""


Plain.__module__ = "keyrings.alt.file"


class Several(Kept):
    """Several keyrings, as the package's chainer puts them together."""

    def __init__(self, *backends: Kept) -> None:
        super().__init__({})
        self.backends = backends


Ask = Callable[[object], str]


@pytest.fixture
def by_keyring(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The password of the account `studio` in a keyring."""

    def ask(backend: object) -> str:
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
        return secret_for(PasswordSource(keyring=True), owner='account "studio"', name="studio")()

    return ask


STUDIO = {("gelassen", "studio"): "geheim"}


def test_the_keyring_is_asked_by_the_accounts_name(by_keyring: Ask) -> None:
    """As documented: `keyring set gelassen studio`."""
    assert by_keyring(Kept(STUDIO)) == "geheim"


def test_a_missing_password_tells_how_to_store_it(by_keyring: Ask) -> None:
    """The message is the command to type."""
    with pytest.raises(PermanentFailure, match=r"has no password; store it with: keyring set gelassen studio$"):
        by_keyring(Kept({}))


def test_a_plaintext_keyring_is_refused(by_keyring: Ask) -> None:
    """Even if it has the password: it would lie there for everybody to read."""
    with pytest.raises(PermanentFailure, match=r"would keep the password unprotected \(keyrings\.alt\.file\)"):
        by_keyring(Plain(STUDIO))


def test_among_several_only_protected_ones_are_asked(by_keyring: Ask) -> None:
    """A plaintext one beside a real one is passed over."""
    several = Several(Plain({("gelassen", "studio"): "plain"}), Kept({}), Kept(STUDIO))
    assert by_keyring(several) == "geheim"


@pytest.mark.parametrize(
    ("backend", "kind", "reason"),
    [
        (fail.Keyring, PermanentFailure, "this system has no keyring"),
        (null.Keyring, PermanentFailure, "would keep the password unprotected"),
        (partial(Locked, {}), TemporaryFailure, "the keyring is locked; unlock it"),
        (partial(Broken, {}), PermanentFailure, r"the keyring does not work \(InitError\)"),
    ],
)
def test_a_keyring_that_cannot_serve_is_told(
    by_keyring: Ask, backend: Callable[..., object], kind: type[Exception], reason: str
) -> None:
    """Each in a line of its own, and nothing of what the keyring said."""
    with pytest.raises(kind, match=reason) as caught:
        by_keyring(backend())
    assert "hunter2" not in str(caught.value)


class Forgetful(FileKeyring):
    """A keyring that keeps nothing and says nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


@pytest.fixture
def file_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring in a file."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setattr(keyring, "get_keyring", FileKeyring)
    return tmp_path / "keyring.json"


def test_a_keyring_is_tried_before_it_is_trusted(file_keyring: Path) -> None:
    """A word goes in, comes back and leaves no trace; what is kept then is found by its name."""
    check_keyring()
    assert json.loads(file_keyring.read_text()) == {}
    secrets.Kept("studio", owner="o").save("geheim")
    assert secrets.Kept("studio", owner="o").load() == "geheim"


@pytest.mark.parametrize(
    ("backend", "kind", "reason"),
    [
        (Forgetful, PermanentFailure, "has nothing of it; set it up again with: gelassen init"),
        (fail.Keyring, PermanentFailure, "this system has no keyring"),
        (null.Keyring, PermanentFailure, "would keep the password unprotected"),
        (partial(Plain, {}), PermanentFailure, "would keep the password unprotected"),
    ],
)
def test_a_keyring_that_keeps_nothing_safely_is_found_out(
    file_keyring: Path,
    monkeypatch: pytest.MonkeyPatch,
    backend: Callable[..., object],
    kind: type[Exception],
    reason: str,
) -> None:
    """Before anybody types a password for it."""
    monkeypatch.setattr(keyring, "get_keyring", backend)
    with pytest.raises(kind, match=reason):
        check_keyring()
    assert not file_keyring.exists()


def test_a_secret_in_a_file_is_the_users_alone(tmp_path: Path) -> None:
    """Mode 0600 from the first byte on, replaced as a whole; one that others may read is refused."""
    kept = KeptInFile(tmp_path / "below" / "token", owner='account "studio"')
    kept.save("one")
    kept.save("two")
    file = tmp_path / "below" / "token"
    assert (kept.load(), file.stat().st_mode & 0o777) == ("two", 0o600)
    assert [path.name for path in file.parent.iterdir()] == ["token"]
    file.chmod(0o644)
    with pytest.raises(PermanentFailure, match=r"others may read .*chmod 600"):
        kept.load()
    file.unlink()
    with pytest.raises(PermanentFailure, match=r"cannot be read \(No such file or directory\); set it up again"):
        kept.load()
