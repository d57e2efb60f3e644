"""The real program as a process: its configuration, its daemon, its commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

_ROOT = Path(__file__).parents[2]
_CONFIG = """\
[general]
language = "en"
timezone = "Europe/Berlin"
[store]
url = "sqlite:///{store}"
[notify]
{notify}
[[account]]
name = "studio"
address = "mara@studio.example"
imap = {{ host = "127.0.0.1", port = {port}, security = "none", user = "{user}" }}
password_env = "GELASSEN_TEST_PASSWORD"
{account}
[web]
{web}
[cooling]
settle = "{settle}"
{more}
"""
_ACCOUNT = """\
[[account]]
name = "account{number}"
address = "mara{number}@studio.example"
imap = {{ host = "127.0.0.1", port = {port}, security = "none", user = "{user}{number}" }}
relay = {{ host = "127.0.0.1", port = {relay}, security = "none" }}
password_env = "GELASSEN_TEST_PASSWORD"
"""


class Gelassen:
    """One configuration in a folder of its own; commands and the daemon run as separate processes."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        user: str,
        settle: str = "2s",
        account: str = "",
        web: str = "enabled = false",
        notify: str = 'desktop = "off"',
        more: str = "",
    ) -> None:
        self.folder = folder
        self.port = port
        self.user = user
        self.store = folder / "gelassen.db"
        self.config = folder / "config.toml"
        self.config.write_text(
            _CONFIG.format(
                store=self.store,
                port=port,
                user=user,
                settle=settle,
                account=account,
                web=web,
                notify=notify,
                more=more,
            ),
            encoding="utf-8",
        )
        self.log = folder / "daemon.log"
        self._daemon: subprocess.Popen[bytes] | None = None

    def look_after(self, count: int, *, relay: int) -> None:
        """Instead of one account this many, ``account0`` and so on, of the users whose names end in the same number."""
        text = self.config.read_text(encoding="utf-8")
        before, account, rest = text.partition("[[account]]")
        assert account
        tables = [
            _ACCOUNT.format(number=number, port=self.port, user=self.user, relay=relay) for number in range(count)
        ]
        after = rest[rest.index("[cooling]") :]
        self.config.write_text(before + "".join(tables) + after, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """No real home, the password by environment, few threads."""
        home = str(self.folder)
        return {
            **os.environ,
            "HOME": home,
            "XDG_STATE_HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_CACHE_HOME": home,
            "GELASSEN_TEST_PASSWORD": "pw",
            "PYTHONPATH": str(_ROOT),
            "OMP_WAIT_POLICY": "PASSIVE",
        }

    def command(self, *arguments: str, check: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run ``gelassen ARGUMENTS``; ``check`` is the exit code it must give, None for any."""
        done = self._ran(arguments)
        if check is not None and done.returncode != check:
            raise AssertionError(f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def _ran(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "assistant", "--config", str(self.config), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def json(self, *arguments: str) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.command(*arguments, "--json").stdout)

    def start(self) -> None:
        """Start the daemon and wait until it watches."""
        place = self.log.stat().st_size if self.log.exists() else 0
        self.launch()
        self.until(lambda: self.log.read_bytes()[place:].count(b'"connected"') >= 2, seconds=90)

    def launch(self) -> None:
        """Start the daemon."""
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(
                [sys.executable, "-m", "assistant", "--config", str(self.config), "run", "--log-format", "json"],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._daemon is not None
        return self._daemon.pid

    def kill(self) -> None:
        """kill -9."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGTERM)
        return self._daemon.wait(20)

    def running(self) -> bool:
        """Whether the daemon lives."""
        return self._daemon is not None and self._daemon.poll() is None

    def until(self, condition: Callable[[], Any], *, seconds: float = 30) -> Any:
        """What the condition gives as soon as it is true; fails with the log after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise AssertionError("not in time; the daemon's log:\n" + self.log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        return found

    def client(self) -> IMAPClient:
        """The user's own mail client on the same mailbox."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(self.user, "pw")
        return client


def messages(client: IMAPClient, folder: str) -> dict[int, bytes]:
    """The exact bytes in a folder, by UID; nothing is marked as read."""
    if not client.folder_exists(folder):
        return {}
    client.select_folder(folder, readonly=True)
    uids = client.search("ALL")
    return {uid: data[b"BODY[]"] for uid, data in client.fetch(uids, ["BODY.PEEK[]"]).items()} if uids else {}
