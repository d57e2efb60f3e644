"""What settings would have done with mail of the past: counting, with the scores that the model gave.

Nothing is judged here.  The same probabilities are laid against the thresholds of every setting, so that one pass over
an archive answers for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from assistant.core.cooling import CoolingRules, needs_morning
from assistant.core.escalation import Level, Policy, Scores


class Month(NamedTuple):
    """A month of a year; months sort by time."""

    year: int
    month: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A mail that the user wrote.

    Attributes:
        scores: None where it could not be judged (no text, another language); a draft like that counts as calm.
        at: when it was written, in the user's zone; None when unknown.
    """

    scores: Scores | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A client's mail, judged, and what the user answered to it; without an answer ``replies`` is empty."""

    scores: Scores
    month: Month | None = None
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A budget of false alarms in 100 ordinary mails, and the thresholds that keep within it."""

    budget: float
    policy: Policy
    current: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthCount:
    """What one setting would have done with the client mail of a month."""

    mails: int
    flagged: int
    held: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one setting would have done.

    Attributes:
        levels: client mails by level.
        held: client mails whose answer would have been held: the user's own answer, or a calm one where there is none.
        answered: client mails that the user did answer.
        held_answered: those among them whose answer would have been held.
        held_alone: own mails that answer none of the client mails, and would have been held for their own tone.
        months: by month, for mails with a date.
    """

    setting: Setting
    levels: Mapping[Level, int]
    held: int
    answered: int
    held_answered: int
    held_alone: int
    months: Mapping[Month, MonthCount]

    @property
    def flagged(self) -> int:
        """Client mails of level 2 and 3."""
        return self.levels[Level.HEATED] + self.levels[Level.ESCALATED]

    @property
    def tense(self) -> int:
        """Client mails of level 1."""
        return self.levels[Level.TENSE]


def is_held(*, incoming: Level | None, reply: Reply, own: Level, rules: CoolingRules) -> bool:
    """Whether ``cooling.decide`` would have held a reply in the moment when it was written.

    Without that moment only the table speaks, not the night.
    """
    if rules.hold[incoming or Level.CALM][own] != timedelta(0):
        return True
    return reply.at is not None and needs_morning(incoming=incoming, now=reply.at, rules=rules)


@dataclass(slots=True)
class _Counts:
    """The running counts of one setting."""

    setting: Setting
    levels: Counter[Level] = field(default_factory=Counter)
    held: int = 0
    answered: int = 0
    held_answered: int = 0
    held_alone: int = 0
    flagged_in: Counter[Month] = field(default_factory=Counter)
    held_in: Counter[Month] = field(default_factory=Counter)

    def add(self, exchange: Exchange, rules: CoolingRules) -> None:
        level = self.setting.policy.level(exchange.scores)
        self.levels[level] += 1
        held = any(self._holds(level, reply, rules) for reply in exchange.replies or (Reply(),))
        self.held += held
        self.answered += bool(exchange.replies)
        self.held_answered += held and bool(exchange.replies)
        if exchange.month is not None:
            self.flagged_in[exchange.month] += level >= Level.HEATED
            self.held_in[exchange.month] += held

    def add_alone(self, reply: Reply, rules: CoolingRules) -> None:
        self.held_alone += self._holds(None, reply, rules)

    def _holds(self, incoming: Level | None, reply: Reply, rules: CoolingRules) -> bool:
        own = self.setting.policy.level(reply.scores, "own") if reply.scores else Level.CALM
        return is_held(incoming=incoming, reply=reply, own=own, rules=rules)


class Tally:
    """Counts what each of several settings would have done; as large for a million mails as for ten."""

    def __init__(self, settings: Sequence[Setting], rules: CoolingRules) -> None:
        self._rules = rules
        self._counts = [_Counts(setting) for setting in settings]
        self._months: Counter[Month] = Counter()

    def add(self, exchange: Exchange) -> None:
        """Count a client's mail with its answers."""
        if exchange.month is not None:
            self._months[exchange.month] += 1
        for counts in self._counts:
            counts.add(exchange, self._rules)

    def add_alone(self, reply: Reply) -> None:
        """Count an own mail that answers none of the client mails."""
        for counts in self._counts:
            counts.add_alone(reply, self._rules)

    def outcomes(self) -> tuple[Outcome, ...]:
        """One for each setting, in their order."""
        return tuple(self._outcome(counts) for counts in self._counts)

    def _outcome(self, counts: _Counts) -> Outcome:
        return Outcome(
            setting=counts.setting,
            levels={level: counts.levels[level] for level in Level},
            held=counts.held,
            answered=counts.answered,
            held_answered=counts.held_answered,
            held_alone=counts.held_alone,
            months={
                month: MonthCount(mails=mails, flagged=counts.flagged_in[month], held=counts.held_in[month])
                for month, mails in sorted(self._months.items())
            },
        )


def settings_for(policies: Mapping[float, Policy], current: float) -> tuple[Setting, ...]:
    """One setting for each budget, rising, the current one marked."""
    return tuple(Setting(budget=b, policy=policies[b], current=b == current) for b in sorted(policies))


def by_year(months: Iterable[tuple[Month, MonthCount]]) -> dict[int, MonthCount]:
    """The counts of months, added up by year."""
    found: dict[int, MonthCount] = {}
    for month, count in months:
        past = found.get(month.year, MonthCount(mails=0, flagged=0, held=0))
        found[month.year] = MonthCount(
            mails=past.mails + count.mails, flagged=past.flagged + count.flagged, held=past.held + count.held
        )
    return found
