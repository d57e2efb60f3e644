"""Sentences that are put together from several texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from assistant.texts.catalogue import Lang, text
from assistant.texts.times import moment


class Coded(Protocol):
    """A reason as the core gives it: a code and its parameters."""

    @property
    def code(self) -> str:
        """``answer_to``, ``draft_level``, ``night``."""

    @property
    def params(self) -> Mapping[str, int | str]:
        """``level``, ``time``."""


def level_name(level: int, lang: Lang) -> str:
    """``gereizt (2)``, ``heated (2)``."""
    return f"{text(f'level.{level}', lang)} ({level})"


def why(reasons: Iterable[Coded], lang: Lang) -> str:
    """The reasons of a hold in one line: „Antwort auf eine eskalierte Mail (3), Entwurf gereizt (2), nach 22 Uhr“."""
    line = ", ".join(_reason(reason, lang) for reason in reasons)
    return line[:1].upper() + line[1:]


def hold_sentence(reasons: Iterable[Coded], until: datetime, now: datetime, lang: Lang) -> str:
    """The reasons and the end of a hold: „…, nach 22 Uhr: bis Montag 09:00“; ``now`` is in the user's zone."""
    return text("hold.sentence", lang, why=why(reasons, lang), until=moment(until, now, lang))


def _reason(reason: Coded, lang: Lang) -> str:
    return _told(reason.code, tuple(reason.params.items()), lang)


@lru_cache  # the same few reasons stand at thousands of drafts
def _told(code: str, about: tuple[tuple[str, int | str], ...], lang: Lang) -> str:
    params: dict[str, object] = dict(about)
    if "level" in params:
        params["name"] = text(f"level.{params['level']}", lang)
        params["mail"] = text(f"level.{params['level']}.mail", lang)
    if "time" in params:
        params["time"] = _since(str(params["time"]), lang)
    return text(f"reason.{code}", lang, **params)


def _since(clock: str, lang: Lang) -> str:
    """``22 Uhr`` or ``22:30 Uhr``; in English as on the clock."""
    hours, minutes = clock.split(":")
    return text("time.clock", lang, clock=clock, short=hours.lstrip("0") or "0" if minutes == "00" else clock)
