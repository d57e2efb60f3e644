"""Working days and public holidays of a region, from the ``holidays`` package (no network)."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING

from assistant.errors import ConfigError

if TYPE_CHECKING:
    from holidays import HolidayBase


class RegionCalendar:
    """The port ``WorkingDays`` for a region such as ``DE-BE``, ``AT-9``, ``CH-ZH`` or ``DE`` (ISO 3166).

    Weekends and public holidays are off; half holidays such as Christmas Eve are working days, as the law has it.
    The package is loaded at the first question.  Thread-safe.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._holidays: HolidayBase | None = None
        self._lock = Lock()  # the package fills in a year at its first question, and not atomically

    def check(self) -> None:
        """Raises ``ConfigError`` when the region is not known, naming a near one."""
        with self._lock:
            self._loaded()

    def __call__(self, day: date) -> bool:
        """Whether people work on that day.  Raises ``ConfigError`` as ``check`` does."""
        with self._lock:
            return bool(self._loaded().is_working_day(day))

    def _loaded(self) -> HolidayBase:
        if self._holidays is None:
            self._holidays = _holidays_of(self._region)
        return self._holidays


def country_of(zone: str) -> str | None:
    """The country of a time zone (ISO 3166), by the time zone database's own table."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((row[0] for row in rows if row[2] == zone), None)


def _holidays_of(region: str) -> HolidayBase:
    from holidays import country_holidays  # takes 0.2 s the first time

    country, _, part = region.partition("-")
    try:
        return country_holidays(country, subdiv=part or None)
    except NotImplementedError:  # its word for "not known"
        raise ConfigError([f'config.toml: general.region: "{region}" is not known{_hint(country, region)}']) from None


def _hint(country: str, region: str) -> str:
    from holidays import list_supported_countries

    supported = list_supported_countries(include_aliases=False)
    if country not in supported:
        return "; write a country such as DE, AT or CH"  # of two letters, any other would be a near one
    parts = [f"{country}-{part}" for part in supported[country] if part.isupper() or part.isdigit()]
    close = get_close_matches(region, parts, n=1, cutoff=0.9)
    if close:
        return f', did you mean "{close[0]}"?'
    return f"; known are {', '.join([country, *parts])}" if parts else f'; write "{country}"'
