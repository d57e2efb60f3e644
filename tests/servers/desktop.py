"""A desktop of its own: a session bus and dunst, a notification server, on a screen in memory.

    with Desktop(folder) as desktop:
        desktop.click()     # on the newest notice
        desktop.clear()     # what was on all of them, the oldest first

Needs Debian's ``dbus``, ``dunst`` and ``xvfb``.  Ready in half a second.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from PIL import ImageGrab

from tests.servers import until
from tests.servers.thunderbird import Screen

#: Nothing goes away by itself; of what went, everything is kept.
_DUNSTRC = """\
[global]
    width = (300, 600)
    height = 300
    origin = top-right
    offset = 20x20
    notification_limit = 0
    history_length = 100
    font = DejaVu Sans 13
    format = "<b>%s</b>\\n%b"
    markup = full
    frame_width = 1
    frame_color = "#5b6b7a"
[urgency_normal]
    background = "#1d2733"
    foreground = "#f2f5f8"
    timeout = 0
"""
_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One notice, as the server has it: the body is markup."""

    title: str
    body: str


class Desktop:
    """A context manager.

    Attributes:
        environment: what a program needs to find it.
        screen: where it is to be seen.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._dunst: subprocess.Popen[bytes] | None = None
        self.screen = Screen()
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "dunstrc").write_text(_DUNSTRC, encoding="utf-8")
        with ExitStack() as stack:
            stack.enter_context(self.screen)
            self.environment = {"DISPLAY": self.screen.display, "DBUS_SESSION_BUS_ADDRESS": self._bus(stack)}
            stack.callback(self.leave)
            self.arrive()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def arrive(self) -> None:
        """The notification server starts, as at a login."""
        with (self._folder / "dunst.log").open("ab") as log:
            command = ["dunst", "-config", str(self._folder / "dunstrc")]
            self._dunst = subprocess.Popen(command, env=self._variables, stdout=log, stderr=log)
        assert until(self._answers, seconds=_SECONDS), (self._folder / "dunst.log").read_text(encoding="utf-8")

    def leave(self) -> None:
        """It ends, and what it shows with it."""
        if self._dunst is not None:
            self._dunst.terminate()
            self._dunst.wait(_SECONDS)

    def count(self) -> int:
        """How many notices are to be seen."""
        return int(self._ctl("count", "displayed")) + int(self._ctl("count", "waiting"))

    def is_lit(self) -> bool:
        """Whether there is anything on the screen but black."""
        return ImageGrab.grab(xdisplay=self.screen.display).convert("RGB").getbbox() is not None

    def click(self) -> None:
        """On the newest notice, as soon as one is there."""
        assert until(lambda: int(self._ctl("count", "displayed")) > 0, seconds=_SECONDS)
        self._ctl("action", "0")

    def clear(self) -> list[Shown]:
        """Closes all notices; what was on them, the oldest first."""
        before = len(self._history())
        closed = self.count()
        self._ctl("close-all")
        assert until(lambda: len(self._history()) == before + closed, seconds=_SECONDS)
        found = self._history()[:closed]
        return [Shown(title=one["summary"]["data"], body=one["body"]["data"]) for one in reversed(found)]

    def _history(self) -> list[Any]:
        found: list[Any] = json.loads(self._ctl("history"))["data"][0]
        return found

    def _answers(self) -> bool:
        return (
            subprocess.run(["dunstctl", "count"], env=self._variables, capture_output=True, check=False).returncode == 0
        )

    def _ctl(self, *words: str) -> str:
        done = subprocess.run(
            ["dunstctl", *words], env=self._variables, capture_output=True, text=True, check=True, timeout=_SECONDS
        )
        return done.stdout

    def _bus(self, stack: ExitStack) -> str:
        """A session bus; its address."""
        reading, writing = os.pipe()
        command = ["dbus-daemon", "--session", "--nofork", f"--print-address={writing}"]
        with os.fdopen(reading) as told:
            bus = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
            os.close(writing)
            stack.callback(bus.wait, _SECONDS)
            stack.callback(bus.terminate)
            return told.readline().strip()

    @property
    def _variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment, "HOME": str(self._folder)}
