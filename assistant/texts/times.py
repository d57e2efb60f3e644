"""Days, times and spans as people say them.  All take aware datetimes; local times are those of ``now``'s zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import ceil

from assistant.texts.catalogue import Lang, text

_WEEK = 7


def moment(at: datetime, now: datetime, lang: Lang) -> str:
    """When something is or was: ``heute 14:30``, ``Montag 09:00`` within a week ahead, else with the date."""
    local = at.astimezone(now.tzinfo)
    clock = local.strftime("%H:%M")
    days = (local.date() - now.date()).days
    if days == 0:
        return text("time.today", lang, clock=clock)
    if 0 < days < _WEEK:
        return text("time.weekday", lang, weekday=text(f"weekday.{local.weekday()}", lang), clock=clock)
    return text("time.date", lang, day=day(local.date(), now.date(), lang), clock=clock)


def day(value: date, today: date, lang: Lang) -> str:
    """A date with its weekday: ``Montag, 4. Januar``, and the year when it is another one."""
    key = "time.day" if value.year == today.year else "time.day_and_year"
    weekday = text(f"weekday.{value.weekday()}", lang)
    month = text(f"month.{value.month}", lang)
    return text(key, lang, weekday=weekday, day=value.day, month=month, year=value.year)


def countdown(until: datetime, now: datetime, lang: Lang) -> str:
    """How long still: ``noch 2 h 05 min``; when the time is over, ``abgekühlt``."""
    left = until.astimezone(UTC) - now.astimezone(UTC)
    if left <= timedelta(0):
        return text("time.over", lang)
    return text("time.left", lang, span=span(left, lang))


def span(length: timedelta, lang: Lang) -> str:
    """A duration in its two greatest units: ``3 Tage 4 h``, ``2 h 05 min``, ``12 min``, ``40 s``.

    The smaller unit is rounded up, so that nobody is told less than what is left.
    """
    seconds = ceil(length.total_seconds())
    if seconds < 60:
        return text("time.seconds", lang, seconds=seconds)
    minutes = ceil(seconds / 60)
    if minutes < 60:
        return text("time.minutes", lang, minutes=minutes)
    if minutes < 24 * 60:
        return text("time.hours", lang, hours=minutes // 60, minutes=f"{minutes % 60:02}")
    days, hours = divmod(ceil(minutes / 60), 24)
    return text("time.day_span" if days == 1 else "time.days_span", lang, days=days, hours=hours)
