"""``gelassen service``: systemd takes the unit and is told the right commands, and the daemon reports to it."""

from __future__ import annotations

import json
import os
import plistlib
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.supervisor import NotifySocket
from assistant.adapters.unit import Service, agent, unit
from tests.servers import until
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen

pytestmark = pytest.mark.system

ODD = Service(
    command=["/opt/my programs/python", "-m", "assistant", "run", "--config", '/home/a b/100%$x"y.toml'],
    environment={"XDG_STATE_HOME": "/home/a b/%state"},
)
#: What systemd 252 says is 6.6; above 7 something was lost.
_MOST_EXPOSED = 7.0


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``systemd-analyze`` on the unit as it is written."""
    if not shutil.which("systemd-analyze"):
        if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
            pytest.fail("systemd-analyze is missing (Debian: apt-get install systemd), and GELASSEN_REQUIRE_SERVERS=1")
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    (folder / "run").mkdir(mode=0o700)
    file = folder / "gelassen.service"
    program = folder / "a program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file.write_text(unit(Service(command=[str(program), *ODD.command[1:]], environment=ODD.environment)))
    return subprocess.run(
        ["systemd-analyze", *arguments, "--user", str(file)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder / "run"), "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Not a word against any line of it, also with blanks, quotes and percent signs in paths."""
    done = analyze(tmp_path, "verify")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_as_closed_as_a_users_can_be(tmp_path: Path) -> None:
    """The exposure that systemd itself reckons; the rest needs privileges that a user's manager does not have."""
    done = analyze(tmp_path, "security", "--offline=true")
    level = re.search(r"Overall exposure level for gelassen.service: ([\d.]+)", done.stdout)
    assert level, done.stdout + done.stderr
    assert float(level[1]) <= _MOST_EXPOSED


def test_odd_signs_are_quoted() -> None:
    """As systemd.syntax(7) and systemd.service(5) want it; the plist keeps them as they are."""
    text = unit(ODD)
    assert 'ExecStart="/opt/my programs/python" "-m"' in text
    assert '"/home/a b/100%%$$x\\"y.toml"' in text
    assert 'Environment="XDG_STATE_HOME=/home/a b/%%state"' in text
    told = plistlib.loads(agent(ODD, "gelassen", Path("/log")))
    assert told["ProgramArguments"] == ODD.command
    assert told["KeepAlive"] == {"SuccessfulExit": False}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for systemctl notes how it was called; it fails while a file ``broken`` is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "systemctl"
    script.write_text(
        f'#!/bin/sh\necho "$*" >>"{tmp_path}/calls"\n'
        f'test -e "{tmp_path}/broken" && {{ echo "no bus" >&2; exit 1; }}\n'
        f'case "$*" in *is-active*) test -e "{tmp_path}/active";; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path / "calls"


def test_install_status_uninstall(dovecot: Dovecot, user: str, tmp_path: Path, calls: Path) -> None:
    """The unit starts this Python with this config.toml; systemd is told in the right order; nothing is left."""
    gelassen = Gelassen(tmp_path, port=dovecot.port, user=user)
    assert json.loads(gelassen.command("service", "status", "--json", check=1).stdout) == {
        "installed": False,
        "running": False,
        "file": str(tmp_path / "systemd/user/gelassen.service"),
    }
    done = gelassen.command("service", "install")
    assert "environment variable" in done.stderr  # the password would be missing
    text = (tmp_path / "systemd/user/gelassen.service").read_text()
    assert f'"run" "--config" "{gelassen.config}"' in text
    assert f'Environment="XDG_STATE_HOME={tmp_path}"' in text
    (tmp_path / "active").touch()
    assert "running" in gelassen.command("service", "status").stdout
    gelassen.command("service", "uninstall")
    assert not (tmp_path / "systemd/user/gelassen.service").exists()
    told = [line.removeprefix("--user ") for line in calls.read_text().splitlines() if "is-active" not in line]
    assert told == [
        "daemon-reload",
        "enable gelassen.service",
        "restart gelassen.service",
        "disable --now gelassen.service",
        "daemon-reload",
    ]


def test_a_system_without_a_user_manager_is_explained(dovecot: Dovecot, user: str, tmp_path: Path, calls: Path) -> None:
    """What systemctl says is passed on."""
    (tmp_path / "broken").touch()
    done = Gelassen(tmp_path, port=dovecot.port, user=user).command("service", "install", check=1)
    assert "systemctl --user daemon-reload" in done.stderr
    assert "no bus" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a service manager is told."""
    told: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def listen() -> None:
            while (word := listening.recv(100).decode()) != "end":
                told.append(word)

        thread = threading.Thread(target=listen)
        thread.start()
        yield told
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", str(tmp_path / "notify"))
        thread.join(5)


def test_the_daemon_reports_to_its_manager(manager: list[str], dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Ready when it watches, alive while its loops turn, stopping before it ends."""
    gelassen = Gelassen(tmp_path, port=dovecot.port, user=user)
    gelassen.start()
    try:
        assert until(lambda: manager.count("WATCHDOG=1") >= 2, seconds=120), manager
    finally:
        code = gelassen.stop()
    assert until(lambda: manager[-1] == "STOPPING=1")
    assert (code, manager[0]) == (0, "READY=1")
    assert set(manager[1:-1]) == {"WATCHDOG=1"}


def test_no_manager_or_a_deaf_one_is_no_error(tmp_path: Path) -> None:
    """Nothing is said, nothing fails."""
    NotifySocket({}).ready()
    NotifySocket({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


@pytest.mark.skipif(not hasattr(socket, "SO_PASSCRED"), reason="abstract sockets are Linux's")
def test_an_abstract_socket_is_reached() -> None:
    """``@`` stands for the null character."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0gelassen-{os.getpid()}")
        NotifySocket({"NOTIFY_SOCKET": f"@gelassen-{os.getpid()}"}).ready()
        assert listening.recv(100) == b"READY=1"
