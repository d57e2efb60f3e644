"""The system's clocks."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo


class SystemClock:
    """The only "now" of the running program (port ``Clock``)."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """The time, aware, in the user's zone."""
        return datetime.now(self._zone)


def elapsed() -> float:
    """Seconds by a clock that never goes back and goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
