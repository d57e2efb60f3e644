"""What the user's corrections do to the thresholds, for everybody and for one client.

A level that the user names answers three questions, one for each threshold: was this mail at least tense, heated,
escalated?  Each threshold learns from the answer to its own question alone, on the logit scale, where a step means the
same change of the odds at 5 % and at 95 %.  A false alarm asks its threshold to lie a little above the mail's
probability, a miss a little below; an answer that the threshold gives by itself asks for nothing and only resists a
shift that would spoil it.

The shift ``s`` of a client is the common one ``g`` and its own ``s - g``, found together as the minimum of

    ``COMMON_WEIGHT / 2 * g²  +  Σ clients (CLIENT_WEIGHT / 2 * (s - g)²  +  Σ corrections cost(s))``

which is partial pooling: a client's shift shrinks to the common one, the common one to nothing.  ``cost`` is convex and
its slope lies between -1 and 1 (full until the mail is judged right, then falling to 0 within ``MARGIN``), so it
follows for every set of corrections, and tests/property/test_adaptation.py tries to refute it:

- one correction more or less moves the common shift by at most ``1 / COMMON_WEIGHT`` and the client's by at most
  ``1 / COMMON_WEIGHT + 1 / CLIENT_WEIGHT``; a logit is at most a quarter in probability, so no threshold moves by more
  than ``STEP_COMMON`` for others and ``STEP_CLIENT`` for that client (2.5 and 7.5 percentage points);
- a false alarm never lowers a threshold and a miss never raises one, for whomever;
- as many misses as false alarms, equally far from the threshold, leave it where it was;
- ten agreeing corrections of one client's like mails are enough to judge such a mail right, if it is in reach;
- the order of corrections does not matter, and one that is taken back leaves nothing.

A mail out of reach of every shift counts less, by the square of its distance, so that a slip of the user's or a
misreading of the model's does not drag along what was judged well.

No shift is larger than ``FARTHEST``: beyond it the budget of false alarms that the thresholds were chosen for would
mean nothing any more, and mail that strange is a case for another model, not for another threshold.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from assistant.core.escalation import Level, Policy

#: How much the absence of a shift weighs against corrections: for all, and for a client against all.
COMMON_WEIGHT: Final = 10.0
CLIENT_WEIGHT: Final = 5.0
#: How far on the right side of the threshold a corrected mail should come to lie, in logits.
MARGIN: Final = 0.25
#: The largest shift of a threshold in logits: odds times or divided by 20; from 50 % to 95 % or 5 %.
FARTHEST: Final = 3.0
#: No shifted threshold leaves these bounds, so that every level can still be reached by what a model really says; one
#: that is set beyond them stays where it is or moves towards them.
LOWEST: Final = 0.01
HIGHEST: Final = 0.995
#: The farthest that a single correction can move a threshold, as a probability.
STEP_COMMON: Final = 0.25 / COMMON_WEIGHT
STEP_CLIENT: Final = 0.25 / COMMON_WEIGHT + 0.25 / CLIENT_WEIGHT

_CERTAIN: Final = 1e-9
_HALVINGS: Final = 44  # of the interval of possible shifts: far below the nine digits that are kept

Thresholds = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What one correction says.

    Attributes:
        client: whose mail it was; empty when nobody is known to have sent it.
        level: what the user says that it is.
        p: the model's P(level ≥ 1), P(level ≥ 2), P(level ≥ 3) of that mail.
    """

    client: str
    level: Level
    p: Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class Adaptation:
    """The thresholds for client mail as the corrections have left them.

    Attributes:
        base: the model's own.
        common: shifts of the three thresholds in logits, for whoever was never corrected.
        clients: the shifts for the clients whose mail was.
    """

    base: Policy
    common: Thresholds = (0.0, 0.0, 0.0)
    clients: Mapping[str, Thresholds] = field(default_factory=dict, hash=False)

    def policy(self, client: str = "") -> Policy:
        """The policy for a client's mail; that for own drafts and all that is not a level's threshold is the base's."""
        shifts = self.clients.get(client, self.common)
        first, second, third = (shifted(t, shift) for t, shift in zip(self.base.levels, shifts, strict=True))
        return replace(self.base, levels=(first, second, third))


def adapt(base: Policy, evidence: Iterable[Evidence]) -> Adaptation:
    """What all corrections together make of a model's thresholds."""
    by_client: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_client.setdefault(one.client, []).append(one)
    if not by_client:
        return Adaptation(base=base)
    fits = [_fit([[_ask(base, one, step) for one in found] for found in by_client.values()]) for step in range(3)]
    return Adaptation(
        base=base,
        common=(fits[0][0], fits[1][0], fits[2][0]),
        clients={
            name: (fits[0][1][place], fits[1][1][place], fits[2][1][place])
            for place, name in enumerate(by_client)
            if name
        },
    )


def shifted(threshold: float, shift: float) -> float:
    """A threshold moved on the logit scale and kept within bounds; 0 and 1 say "always" and "never" and stay."""
    if not shift or not 0 < threshold < 1:
        return threshold
    moved = 1 / (1 + math.exp(-(logit(threshold) + shift)))
    return min(max(moved, min(threshold, LOWEST)), max(threshold, HIGHEST))


def logit(p: float) -> float:
    """The logarithm of the odds; certainty counts as one in a billion short of it."""
    p = min(max(p, _CERTAIN), 1 - _CERTAIN)
    return math.log(p / (1 - p))


def in_reach(base: Policy, one: Evidence) -> bool:
    """Whether enough agreeing corrections could make such a mail be judged as the user says."""
    answers = zip(one.p, base.levels, strict=True)
    return all(
        (p >= threshold) == (one.level > step)  # right by itself
        or (LOWEST < p < HIGHEST and abs(logit(p) - logit(threshold)) <= FARTHEST - MARGIN)
        for step, (p, threshold) in enumerate(answers)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    """Where one mail wants a threshold: above ``edge`` (a shift in logits) or not above it.

    ``weight``, up to 1, is how much it counts.
    """

    edge: float
    above: bool
    weight: float

    def pull(self, shift: float) -> float:
        """Minus the slope of its cost at a shift: positive upwards, between -1 and 1."""
        if self.above:
            return self.weight * _ramp((self.edge + MARGIN - shift) / MARGIN)
        return -self.weight * _ramp((shift - self.edge + MARGIN) / MARGIN)

    @property
    def bends(self) -> tuple[float, float]:
        """The shifts between which the pull is neither full nor nothing."""
        return (self.edge, self.edge + MARGIN) if self.above else (self.edge - MARGIN, self.edge)


def _ramp(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def _ask(base: Policy, one: Evidence, step: int) -> _Ask:
    reach = FARTHEST - MARGIN
    distance = logit(one.p[step]) - logit(base.levels[step])
    # A mail that no shift could judge right was misread, by the model or by the user: it says little of the threshold.
    weight = 1.0 if abs(distance) <= reach else (reach / distance) ** 2
    return _Ask(edge=min(max(distance, -reach), reach), above=one.level <= step, weight=weight)


def _fit(asked: Sequence[Sequence[_Ask]]) -> tuple[float, list[float]]:
    """The common shift of one threshold and each client's."""
    clients = [_settling(asks) for asks in asked]

    def unrest(common: float) -> float:
        """The slope of what is minimised, each client having settled: rising, and 0 at the common shift."""
        return COMMON_WEIGHT * common - sum(CLIENT_WEIGHT * (settle(common) - common) for settle in clients)

    low, high = -FARTHEST, FARTHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if unrest(middle) >= 0 else (middle, high)
    common = (low + high) / 2
    return _neat(common), [_neat(settle(common)) for settle in clients]


def _settling(asks: Sequence[_Ask]) -> Callable[[float], float]:
    """Where a client's shift comes to rest for a given common one: the only zero of a rising line with bends."""
    bends = sorted({-FARTHEST, FARTHEST, *(bend for ask in asks for bend in ask.bends)})

    def settle(common: float) -> float:
        def unrest(shift: float) -> float:
            return CLIENT_WEIGHT * (shift - common) - sum(ask.pull(shift) for ask in asks)

        place = min(max(bisect_left(bends, 0.0, key=unrest), 1), len(bends) - 1)
        left, right = bends[place - 1], bends[place]
        below, above = unrest(left), unrest(right)
        return left - below * (right - left) / (above - below)

    return settle


def _neat(shift: float) -> float:
    """Without the last digits, which are the search's and not the user's."""
    return round(shift, 9) + 0.0
