"""A bar that shows how far a long command is: on a terminal only, on standard error."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TextIO

from assistant.cli.output import columns
from assistant.services.replay import Progress
from assistant.texts import Lang, decimal, span, text, thousands

_PAUSE: Final = 0.1  # seconds between two drawings
_NARROW: Final = 10  # columns below which a bar says nothing
_WIDE: Final = 40
_CLEAR: Final = "\r\x1b[K"


class Bar:
    """One line that is drawn over and over.

    Args:
        now: seconds on a clock that only runs forward.
    """

    def __init__(self, out: TextIO, lang: Lang, total: int, now: Callable[[], float]) -> None:
        self._out = out
        self._lang = lang
        self._total = total
        self._now = now
        self._filled, self._empty = "█░" if "utf" in (out.encoding or "").lower() else "#-"
        self._drawn = -_PAUSE
        self._began: tuple[float, int] | None = None

    def draw(self, progress: Progress) -> None:
        """Show the state, unless that was done a moment ago."""
        if self._began is None:  # what went before was loading the model, and says nothing about the rate
            self._began = (self._now(), progress.done - progress.known)
        if self._now() - self._drawn >= _PAUSE:
            self._drawn = self._now()
            self._out.write(_CLEAR + self.line(progress, shutil.get_terminal_size().columns - 1))
            self._out.flush()

    def clear(self) -> None:
        """Take the line away."""
        self._out.write(_CLEAR)
        self._out.flush()

    def line(self, progress: Progress, width: int) -> str:
        """The line for a state, at most so many columns wide."""
        share = min(progress.done / self._total, 1.0) if self._total else 1.0
        words = " · ".join(self._words(progress))
        room = min(width - columns(words) - 9, _WIDE)
        percent = f"{100 * share:3.0f} %"
        if room < _NARROW:
            return f"{percent}  {words}"[:width]
        filled = round(room * share)
        return f"{percent}  {self._filled * filled}{self._empty * (room - filled)}  {words}"

    def _words(self, progress: Progress) -> list[str]:
        done, total = (thousands(number, self._lang) for number in (progress.done, max(self._total, progress.done)))
        words = [text("replay.bar", self._lang, done=done, total=total)]
        rate = self._rate(progress)
        if rate > 0:
            words.append(
                text("replay.bar_rate", self._lang, rate=decimal(round(rate, 1 if rate < 10 else None), self._lang))
            )
            left = timedelta(seconds=max(0, self._total - progress.done) / rate)
            words.append(text("replay.bar_left", self._lang, span=span(left, self._lang)))
        return words

    def _rate(self, progress: Progress) -> float:
        """Mails a second, those left out that were known before."""
        if self._began is None:
            return 0.0
        at, number = self._began
        passed = self._now() - at
        return (progress.done - progress.known - number) / passed if passed > 0 else 0.0
