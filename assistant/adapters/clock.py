"""The system's clocks."""

from __future__ import annotations

import os
import time
from datetime import datetime, tzinfo
from pathlib import Path


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


def local_zone() -> str | None:
    """The system's time zone by its IANA name; None where the system does not tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    place = named if named and not named.startswith("/") else str(Path(named or "/etc/localtime").resolve())
    return place.rpartition("zoneinfo/")[2] or None
