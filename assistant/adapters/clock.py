"""The system's clock."""

from __future__ import annotations

from datetime import datetime, tzinfo


class SystemClock:
    """The only "now" of the running program (port ``Clock``)."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """The time, aware, in the user's zone."""
        return datetime.now(self._zone)
