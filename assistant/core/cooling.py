"""How long a draft is kept back, and why (DESIGN section 4).

The table looks at both sides: how heated the mail is that was answered, and how heated the answer.  Its numbers are a
proposal, not a measurement: minutes for an edge, a night's sleep over threats and insults.  The user can set each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal

from assistant.core.escalation import Level, within

#: A duration that counts from the moment of holding, or the next working morning.
Hold = timedelta | Literal["morning"]
#: 4 × 4, rows by the incoming level, columns by the draft's level.
HoldTable = tuple[tuple[Hold, ...], ...]

#: Waiting costs too: after this time most people give up on an answer (Eptica: 77 % of those who write a mail).
REMINDER_AFTER: Final = timedelta(hours=6)

_LONGEST_HOLIDAYS = 60  # days without a working day before the calendar is taken to be broken


def _row(*cells: int | Literal["morning"]) -> tuple[Hold, ...]:
    return tuple(cell if cell == "morning" else timedelta(minutes=cell) for cell in cells)


#: Rows: the incoming mail's level, 0 also for none.  Columns: the draft's level.
DEFAULT_HOLD: Final = (
    _row(0, 10, 60, "morning"),
    _row(0, 10, 60, "morning"),
    _row(30, 60, 240, "morning"),
    _row(60, 240, "morning", "morning"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoolingRules:
    """The user's rules.

    Attributes:
        hold: the table.
        morning: when the working day begins, local time.
        night: local times between which one should sleep over an answer; may cross midnight.
    """

    hold: HoldTable = DEFAULT_HOLD
    morning: time = time(9)
    night: tuple[time, time] = (time(22), time(6))


class ReasonCode(StrEnum):
    """What a hold rests on; the words for it are in assistant.texts."""

    ANSWER_TO = "answer_to"  # level: of the mail that is answered
    DRAFT_LEVEL = "draft_level"  # level: of the draft
    NIGHT = "night"  # time: when the night began, HH:MM


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason with its parameters, fit for JSON."""

    code: ReasonCode
    params: Mapping[str, int | str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Whether a draft is held.

    Attributes:
        hold_until: when it has cooled, in UTC (so that comparing and subtracting is right on the nights when the
            clocks change); None lets it go.
        reasons: what the decision rests on, in the order in which they are told; also when it lets go.
    """

    hold_until: datetime | None
    reasons: tuple[Reason, ...] = ()


def decide(
    *,
    incoming: Level | None,
    own: Level,
    now: datetime,
    rules: CoolingRules,
    is_working_day: Callable[[date], bool],
) -> Decision:
    """Whether and until when to hold a draft.

    Args:
        incoming: level of the mail that is answered; None when the draft answers none, or none that was judged.
        own: level of the draft.
        now: the moment of holding, in the user's zone (local time decides what is night and morning).
    """
    by_night = needs_morning(incoming=incoming, now=now, rules=rules)
    until = _by_table(incoming=incoming, own=own, now=now, rules=rules, is_working_day=is_working_day)
    if by_night:
        until = max(until, next_morning(now, rules.morning, is_working_day))
    return Decision(
        hold_until=until if until > now.astimezone(UTC) else None,
        reasons=tuple(_reasons(incoming, own, rules.night[0] if by_night else None)),
    )


def needs_morning(*, incoming: Level | None, now: datetime, rules: CoolingRules) -> bool:
    """Whether a draft written now must be slept over whatever its tone: at night, in answer to level 2 or 3."""
    return incoming is not None and incoming >= Level.HEATED and within(rules.night, now.time())


def next_morning(after: datetime, morning: time, is_working_day: Callable[[date], bool]) -> datetime:
    """The first working morning later than a moment, in UTC.

    After midnight this is the morning of the same day, if people work on it.  ``after`` is in the user's zone.
    A calendar that knows no working day for two months is ignored.
    """
    first = after.date()
    days = [first + timedelta(days=n) for n in range(_LONGEST_HOLIDAYS)]
    working = [day for day in days if is_working_day(day)]
    moments = (datetime.combine(day, morning, tzinfo=after.tzinfo).astimezone(UTC) for day in (*working, *days))
    return next(moment for moment in moments if moment > after.astimezone(UTC))


def reminder_at(received: datetime) -> datetime:
    """When the user is reminded that a client waits; ``received`` is the mail's arrival, the result is in UTC."""
    return received.astimezone(UTC) + REMINDER_AFTER


def _by_table(
    *,
    incoming: Level | None,
    own: Level,
    now: datetime,
    rules: CoolingRules,
    is_working_day: Callable[[date], bool],
) -> datetime:
    row = incoming or Level.CALM
    hold = rules.hold[row][own]
    if hold != "morning":
        return now.astimezone(UTC) + hold
    # Just before nine, "morning" would be minutes away: never sooner than a cooler draft, or a cooler client's, may go.
    longest = max((cell for cell in _cooler(rules.hold, row, own)), default=timedelta(0))
    earliest = (now.astimezone(UTC) + longest).astimezone(now.tzinfo)
    return next_morning(earliest, rules.morning, is_working_day)


def _cooler(table: HoldTable, row: int, column: int) -> Iterator[timedelta]:
    cells = (cell for line in table[: row + 1] for cell in line[: column + 1])
    return (cell for cell in cells if cell != "morning")


def _reasons(incoming: Level | None, own: Level, night_began: time | None) -> Iterator[Reason]:
    if incoming is not None:
        yield Reason(code=ReasonCode.ANSWER_TO, params={"level": int(incoming)})
    yield Reason(code=ReasonCode.DRAFT_LEVEL, params={"level": int(own)})
    if night_began is not None:
        yield Reason(code=ReasonCode.NIGHT, params={"time": night_began.strftime("%H:%M")})
