"""The live view: a screen that is drawn anew, or plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from assistant.demo.feeder import Wait
from assistant.demo.lines import news, opening
from assistant.demo.screen import Picture, draw
from assistant.demo.snapshot import Look, Setting, Snapshot
from assistant.texts import Lang

_BEAT: Final = 0.25  # seconds between two looks
_FRESH: Final = timedelta(seconds=3)  # how long a new mail is drawn in bold


class View:
    """Shows what happens, until it is told to stop.

    Args:
        look: gives a snapshot; called about four times a second.
        wait: waits the given seconds; True ends the view.
        plain: lines also on a terminal.
    """

    def __init__(
        self, look: Look, setting: Setting, *, lang: Lang, wait: Wait, console: Console, plain: bool = False
    ) -> None:
        self._look = look
        self._setting = setting
        self._lang = lang
        self._wait = wait
        self._console = console
        self._plain = plain or not console.is_terminal or not _speaks_utf8(console)
        self._seen: dict[int, datetime] = {}

    def run(self) -> Snapshot:
        """Show until the end; the last snapshot, for the summary."""
        return self._lines() if self._plain else self._screen()

    def _screen(self) -> Snapshot:
        snapshot = self._look()
        self._seen = dict.fromkeys((mail.id for mail in snapshot.mails), snapshot.now - _FRESH)
        with Live(self._picture(snapshot), console=self._console, screen=True, auto_refresh=False) as live:
            while not self._wait(_BEAT):
                snapshot = self._look()
                live.update(self._picture(snapshot), refresh=True)
        return snapshot

    def _picture(self, snapshot: Snapshot) -> RenderableType:
        for mail in snapshot.mails:
            self._seen.setdefault(mail.id, snapshot.now)
        fresh = {number for number, since in self._seen.items() if snapshot.now - since < _FRESH}
        picture = Picture(snapshot=snapshot, setting=self._setting, lang=self._lang, fresh=fresh)
        return draw(picture, self._console)

    def _lines(self) -> Snapshot:
        self._say(opening(self._setting, self._lang))
        before = Snapshot(now=self._look().now)
        while True:
            after = self._look()
            self._say(f"{after.now:%H:%M:%S}  {line}" for line in news(before, after, self._lang))
            before = after
            if self._wait(_BEAT):
                return after

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _speaks_utf8(console: Console) -> bool:
    return console.encoding.lower().replace("-", "").startswith("utf8")
