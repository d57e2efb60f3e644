"""``gelassen init``: time zone, public holidays, morning and night."""

from __future__ import annotations

from assistant.adapters.calendar import RegionCalendar, country_of
from assistant.adapters.clock import local_zone
from assistant.cli.asking import Dialog
from assistant.config import Config, values
from assistant.config.reading import wrong
from assistant.errors import ConfigError

Tables = dict[str, dict[str, object]]


def choose_hours(dialog: Dialog, former: Config, *, anew: bool) -> Tables:
    """What ``[general]`` and ``[cooling]`` say of the user's day; ``anew``: nobody has said so before."""
    dialog.heading("init.hours")
    general, cooling = former.general, former.cooling
    zone = dialog.ask("init.zone", _zone(general.timezone) if anew else general.timezone, values.timezone)
    region = _region(zone, general.region) if anew else general.region
    return {
        "general": {"timezone": zone, "region": dialog.ask("init.region", region, _known_region)},
        "cooling": {
            "morning": _time(dialog, "init.morning", f"{cooling.morning:%H:%M}"),
            "night": [
                _time(dialog, "init.night", f"{cooling.night[0]:%H:%M}"),
                _time(dialog, "init.night_end", f"{cooling.night[1]:%H:%M}"),
            ],
        },
    }


def _time(dialog: Dialog, question: str, default: str) -> str:
    answer = dialog.ask(question, default, values.time_of_day)
    return f"{values.time_of_day(answer):%H:%M}"


def _zone(default: str) -> str:
    """The system's, unless it has none of a place, as servers do."""
    local = local_zone() or ""
    return local if country_of(local) else default


def _region(zone: str, default: str) -> str:
    """The country of the zone; the default where it lies in it."""
    country = country_of(zone)
    return default if country is None or default.startswith(country) else country


def _known_region(answer: object) -> object:
    region = values.region(answer)
    try:
        RegionCalendar(region).check()
    except ConfigError as error:
        raise wrong(str(error)) from None
    return region
