"""The user's browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import webbrowser
from typing import Final

_PATIENCE: Final = 30.0  # seconds


def open_browser(address: str) -> bool:
    """Open an address; whether something was found that does.

    A service has limits that a browser must not inherit (namespaces that its sandbox needs, memory), and may have
    started before there was a screen: there the service manager opens it.  It is given a name of its own, for it would
    write the address into the journal.
    """
    if "NOTIFY_SOCKET" in os.environ and shutil.which("systemd-run"):
        return _done("systemd-run", "--user", "--quiet", "--collect", "--description=Gelassen", "xdg-open", address)
    return webbrowser.open(address)


def _done(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed words and our own address
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
