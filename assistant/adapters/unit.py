"""Starting at every login: a systemd user unit, or a launchd agent."""

from __future__ import annotations

import os
import plistlib
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.adapters.paths import log_dir
from assistant.errors import PermanentFailure

#: Directives that need a mount or user namespace, or a capability to drop capabilities, are left out: an unprivileged
#: manager ignores them or does not start the unit.  No MemoryDenyWriteExecute: PyTorch makes machine code as it runs.
_UNIT: Final = """\
[Unit]
Description=Gelassen: holds heated replies until they have cooled
StartLimitIntervalSec=10min
StartLimitBurst=5

[Service]
Type=notify
ExecStart={command}
{environment}Restart=on-failure
RestartSec=20s
TimeoutStartSec=5min
TimeoutStopSec=2min
WatchdogSec=2min
StandardOutput=journal
StandardError=journal
SyslogIdentifier=gelassen

UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

LimitCORE=0
MemoryHigh=1G
MemoryMax=2G
TasksMax=512
CPUWeight=50
Nice=5

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """What is to run.

    Attributes:
        command: program and arguments, absolute.
        environment: what it needs beyond what the manager gives.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Whether the service is installed, and whether it runs at the moment."""

    installed: bool
    running: bool


class Systemd:
    """A user unit, under the user's own systemd."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        base = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self.file = base / "systemd" / "user" / "gelassen.service"

    def install(self, service: Service) -> None:
        """Write the unit, start it now and at every login. Raises ``PermanentFailure``."""
        _write(self.file, unit(service).encode())
        _do("systemctl", "--user", "daemon-reload")
        _do("systemctl", "--user", "enable", "gelassen.service")
        _do("systemctl", "--user", "restart", "gelassen.service")

    def uninstall(self) -> None:
        """Stop it and take the unit away. Raises ``PermanentFailure``."""
        _do("systemctl", "--user", "disable", "--now", "gelassen.service")
        self.file.unlink(missing_ok=True)
        _do("systemctl", "--user", "daemon-reload")

    def state(self) -> State:
        """How it is. Raises ``PermanentFailure``."""
        running = _asked("systemctl", "--user", "is-active", "--quiet", "gelassen.service").returncode == 0
        return State(installed=self.file.exists(), running=running)


class Launchd:
    """An agent of the user's, under macOS's launchd."""

    label: Final = "gelassen"

    def __init__(self) -> None:
        self.file = Path.home() / "Library" / "LaunchAgents" / f"{self.label}.plist"
        self._domain = f"gui/{os.getuid()}"

    def install(self, service: Service) -> None:
        """Write the agent, start it now and at every login. Raises ``PermanentFailure``."""
        _write(self.file, agent(service, self.label, log_dir() / "daemon.log"))
        _asked("launchctl", "bootout", f"{self._domain}/{self.label}")
        _do("launchctl", "bootstrap", self._domain, str(self.file))

    def uninstall(self) -> None:
        """Stop it and take the agent away. Raises ``PermanentFailure``."""
        _do("launchctl", "bootout", f"{self._domain}/{self.label}")
        self.file.unlink(missing_ok=True)

    def state(self) -> State:
        """How it is. Raises ``PermanentFailure``."""
        told = _asked("launchctl", "print", f"{self._domain}/{self.label}")
        return State(installed=self.file.exists(), running=b"state = running" in told.stdout)


def unit(service: Service) -> str:
    """The text of the systemd unit."""
    lines = (f"Environment={_quoted(f'{name}={value}')}\n" for name, value in service.environment.items())
    # In a command line $ stands for a variable as well.
    command = " ".join(_quoted(word).replace("$", "$$") for word in service.command)
    return _UNIT.format(command=command, environment="".join(lines))


def _quoted(word: str) -> str:
    """As systemd.syntax(7) has it; % is a specifier everywhere."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def agent(service: Service, label: str, log: Path) -> bytes:
    """The property list of the launchd agent (launchd.plist(5))."""
    return plistlib.dumps(
        {
            "Label": label,
            "ProgramArguments": list(service.command),
            "EnvironmentVariables": dict(service.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 20,
            "ProcessType": "Background",
            "Umask": 0o077,
            "HardResourceLimits": {"Core": 0},
            "StandardOutPath": str(log),
            "StandardErrorPath": str(log),
        }
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise PermanentFailure(f"{path} cannot be written: {error.strerror}") from error


def _do(*command: str) -> None:
    done = _asked(*command)
    if done.returncode != 0:
        words = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
        raise PermanentFailure(f"{' '.join(command)} failed with status {done.returncode}: {words}")


def _asked(*command: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=180, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed words
    except FileNotFoundError:
        raise PermanentFailure(f"{command[0]} is not on this machine; docs/operations.md tells other ways") from None
    except subprocess.TimeoutExpired:
        raise PermanentFailure(f"{' '.join(command)} gave no answer within three minutes") from None
