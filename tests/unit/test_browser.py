"""Opening the page: by the browser that the system names, from a service by the service manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.browser import open_browser

_ADDRESS = "http://127.0.0.1:8025/enter?ticket=t"


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was called with what: programs of the test's own stand in for the system's."""
    programs, log = tmp_path / "programs", tmp_path / "called"
    programs.mkdir()
    for name, code in (("systemd-run", "0"), ("browser", "0")):
        program = programs / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\nexit {code}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("BROWSER", str(programs / "browser"))
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    return log


def test_the_users_browser(called: Path) -> None:
    """As the environment or the desktop has it."""
    assert open_browser(_ADDRESS)
    assert called.read_text() == f"browser {_ADDRESS}\n"


def test_from_a_service(called: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of its limits, and under a name that does not hold the address."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/user/1000/systemd/notify")
    assert open_browser(_ADDRESS)
    (line,) = called.read_text().splitlines()
    assert line == f"systemd-run --user --quiet --collect --description=Gelassen xdg-open {_ADDRESS}"


def test_a_service_manager_that_refuses(called: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was opened, and that is said."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/user/1000/systemd/notify")
    program = called.parent / "programs" / "systemd-run"
    program.write_text("#!/bin/sh\nexit 1\n")
    assert not open_browser(_ADDRESS)
