"""Every setting with its default, as frozen values (DESIGN section 7).

The annotations say how each key is read; config.toml in the repository and docs/configuration.md describe the same
keys, and tests keep all three equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from assistant.config import values as v
from assistant.config.accounts import Account, Gateway
from assistant.config.reading import list_of, table_of, wrong

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Language(StrEnum):
    """In which language Gelassen speaks; ``auto`` follows the locale."""

    AUTO = "auto"
    DE = "de"
    EN = "en"


class Place(StrEnum):
    """Where suggestions are shown: as drafts in the cooling-off folder too, or in the review only."""

    COOLING_OFF = "cooling-off"
    REVIEW_ONLY = "review-only"


class Desktop(StrEnum):
    """Desktop notifications: when there is a desktop, always (a failure is reported), or never."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class General:
    """``[general]``: the user's language, zone and calendar."""

    language: Annotated[Language, v.choice(Language)] = Language.AUTO
    timezone: Annotated[str, v.timezone] = "Europe/Berlin"
    region: Annotated[str, v.region] = "DE-BE"

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """``[store]``: where the database is; None is a file in the platform's state folder."""

    url: Annotated[str | None, v.database] = field(default=None, repr=False)  # may hold a password


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """``[judge]``: the model and how its belief becomes a decision (DESIGN section 5).

    Attributes:
        model: ``escalation`` is the shipped one; else a folder (absolute once loaded) or a hub name.
        labels: a foreign classifier's labels and the level each stands for.
        threads: for the model; 0 leaves it to the machine.
        false_alarms_per_100: accepted false alarms in 100 ordinary mails.
        mark_mail: set an IMAP keyword on heated mail.
        first_pass: how old mail may be to be judged at the first pass; None is all.
    """

    model: v.Word = "escalation"
    labels: Annotated[Mapping[str, int], v.labels] = field(default_factory=dict, hash=False)
    threads: Annotated[int, v.whole(0, 256)] = 0
    false_alarms_per_100: Annotated[float, v.percentage] = 1.0
    mark_mail: v.Switch = False
    first_pass: Annotated[timedelta | None, v.age] = None


def _minutes(*row: int | None) -> tuple[v.Hold, ...]:
    return tuple("morning" if minutes is None else minutes * _MINUTE for minutes in row)


_HOLD_ROW = list_of(v.hold, what="four holds, for a draft of level 0, 1, 2 and 3", length=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cooling:
    """``[cooling]``: when a draft is held, and for how long (DESIGN section 4).

    Attributes:
        settle: how long nothing newer of a draft must have come before it is judged.
        hold: rows: incoming level 0 (or none) to 3; columns: the draft's level 0 to 3.
        retry: pauses after a temporary refusal of a relay; the last one is repeated for a day.
    """

    settle: Annotated[timedelta, v.duration(timedelta(0), _DAY)] = 3 * _MINUTE
    morning: Annotated[time, v.time_of_day] = time(9)
    night: Annotated[tuple[time, time], v.night] = (time(22), time(6))
    hold: Annotated[
        tuple[tuple[v.Hold, ...], ...],
        list_of(_HOLD_ROW, what="four rows, for an incoming mail of level 0, 1, 2 and 3", length=4),
    ] = (
        _minutes(0, 10, 60, None),
        _minutes(0, 10, 60, None),
        _minutes(30, 60, 240, None),
        _minutes(60, 240, None, None),
    )
    require_review: v.Switch = True
    retry: Annotated[
        tuple[timedelta, ...],
        list_of(v.duration(timedelta(seconds=1), _DAY), what="a list of durations"),
    ] = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE)


def _path(value: object) -> Path:
    return Path(v.word(value))


def _optional_path(value: object) -> Path | None:
    text = v.optional(value)
    return None if text is None else Path(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Replies:
    """``[replies]``: own templates beside the shipped ones, and what stands under a reply."""

    directory: Annotated[Path | None, _optional_path] = None
    signature: v.Text = ""
    place: Annotated[Place, v.choice(Place)] = Place.COOLING_OFF


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """``[web]``: the review pages on loopback."""

    enabled: v.Switch = True
    port: v.Port = 8025


def _desktop(value: object) -> Desktop:
    if isinstance(value, bool):
        return Desktop.ON if value else Desktop.OFF
    return v.choice(Desktop)(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notify:
    """``[notify]``: how the user is told.

    Attributes:
        show_content: whether a notice may name sender, recipients and subject.
        quiet: when nobody is disturbed, local time.
    """

    desktop: Annotated[Desktop, _desktop] = Desktop.AUTO
    show_content: v.Switch = False
    quiet: Annotated[tuple[time, time], v.night] = (time(22), time(7))
    sound: v.Switch = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Clients:
    """``[clients]``: the client book; absolute once loaded, and it need not exist."""

    file: Annotated[Path, _path] = Path("clients.toml")


def _accounts(value: object) -> tuple[Account, ...]:
    if isinstance(value, dict):
        raise wrong("write [[account]] with two brackets: there may be several")
    return list_of(table_of(Account), what="[[account]] tables")(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All settings.

    Attributes:
        accounts: may be empty: judging files and the like need no account.
        path: the file they come from, absolute.
    """

    general: Annotated[General, table_of(General)] = General()
    store: Annotated[Store, table_of(Store)] = Store()
    accounts: Annotated[tuple[Account, ...], _accounts] = field(default=(), metadata={"key": "account"})
    judge: Annotated[Judge, table_of(Judge)] = field(default_factory=Judge)
    cooling: Annotated[Cooling, table_of(Cooling)] = Cooling()
    replies: Annotated[Replies, table_of(Replies)] = Replies()
    gateway: Annotated[Gateway, table_of(Gateway)] = field(default_factory=Gateway)
    web: Annotated[Web, table_of(Web)] = Web()
    notify: Annotated[Notify, table_of(Notify)] = Notify()
    clients: Annotated[Clients, table_of(Clients)] = Clients()
    path: Path = Path("config.toml")

    @staticmethod
    def checks(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Accounts are told apart by their names."""
        accounts = raw.get("account")
        names = [account.get("name") if isinstance(account, dict) else None for account in _listed(accounts)]
        seen: Counter[object] = Counter()
        for index, name in enumerate(names):
            if isinstance(name, str) and seen[name]:
                yield f".account[{index}].name", f'"{name}" is the name of an earlier account already'
            seen[name if isinstance(name, str) else None] += 1


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
