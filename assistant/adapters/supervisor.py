"""Telling the service manager how we are: systemd's notification socket (sd_notify(3)), in its plain datagrams."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping


class NotifySocket:
    """The socket that ``NOTIFY_SOCKET`` names; implements ``services.ports.Supervisor``.

    Without one nothing is said.  A manager that does not listen is no reason to stop, so errors are passed over.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name

    def ready(self) -> None:
        """Everything is at work."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Everything still moves."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """We are about to end."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(state.encode(), self._address)
