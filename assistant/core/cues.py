"""Cues: what the circumstances of a mail add to its text.  They are named beside the verdict and never mixed into it.

The numbers are proposals, not measurements: a cue is for a person to weigh, so each needs a clear deviation from what
is usual for this very client, and none is given where there is too little to compare with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from assistant.core.escalation import Cue

#: How many earlier mails tell what is usual, the latest ones.
LOOK_BACK: Final = 50
#: Fewer earlier mails than this tell nothing about a client's tone, fewer pauses nothing about their rhythm.
FEWEST_MAILS: Final = 6
FEWEST_PAUSES: Final = 4
#: How far from the usual is "hotter": in robust standard deviations, and at least in levels, so that a client who is
#: always calm to the same decimal is not found heated for a raised eyebrow.
DEVIATIONS: Final = 3.0
LEAST_RISE: Final = 0.5
#: Mails that come within this time are one occasion.
OCCASION: Final = timedelta(hours=24)
#: What is a silence: so many times the usual pause, and never less than a week.
TIMES_USUAL: Final = 3
LEAST_SILENCE: Final = timedelta(days=7)
#: How many mails on one occasion are a rush; one less when the mail calls itself urgent.
RUSH: Final = 3

_NORMAL: Final = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
_LEAST_SPREAD: Final = 0.1  # levels; nobody's tone is steadier than the judgement of it
_URGENT: Final = re.compile(
    r"\b(?:dringend\w*|eil(?:t|ig\w*)|sofort\w*|umgehend\w*|unverzüglich\w*|asap|urgent(?:ly)?|immediate(?:ly)?"
    r"|right away|at once)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A judged mail of the same client that came before.

    Attributes:
        p: P(level ≥ 1), P(level ≥ 2), P(level ≥ 3).
        model: the version of the model that said so; only what one model said can be compared.
    """

    at: datetime
    p: tuple[float, float, float]
    model: str = ""


def cues_of_history(now: Past, earlier: Sequence[Past], *, urgent: bool) -> tuple[Cue, ...]:
    """The cues of a mail that its client's earlier mails give.

    Args:
        earlier: in any order; what did not come before ``now`` is left out.
        urgent: whether the mail presses (:func:`sounds_urgent`).
    """
    before = sorted((past for past in earlier if past.at < now.at), key=lambda past: past.at)[-LOOK_BACK:]
    found = []
    if rush_after_silence(now.at, [past.at for past in before], urgent=urgent):
        found.append(Cue.RUSH)
    if hotter_than_usual(now.p, [past.p for past in before if past.model == now.model]):
        found.append(Cue.HOTTER)
    return tuple(found)


def heat(p: tuple[float, float, float]) -> float:
    """How heated a mail is, 0 to 3: the level to be expected, which is the sum of P(level ≥ k)."""
    return sum(p)


def hotter_than_usual(p: tuple[float, float, float], earlier: Sequence[tuple[float, float, float]]) -> bool:
    """Whether a mail stands out from this client's own tone: far over the median, measured by the median deviation."""
    from statistics import median  # slow to import, and `gelassen queue` comes by this module

    if len(earlier) < FEWEST_MAILS:
        return False
    usual = [heat(one) for one in earlier]
    middle = median(usual)
    spread = max(_NORMAL * median(abs(one - middle) for one in usual), _LEAST_SPREAD)
    rise = heat(p) - middle
    return rise >= LEAST_RISE and rise >= DEVIATIONS * spread


def rush_after_silence(at: datetime, earlier: Sequence[datetime], *, urgent: bool) -> bool:
    """Whether a client who was silent for long, by their own rhythm, now writes several mails, or urgent ones, at once.

    Args:
        earlier: when the earlier mails came, rising.
        urgent: whether the mail that came at ``at`` presses.
    """
    from statistics import median

    *former, now = _occasions([*earlier, at])
    pauses = [(later[0] - before[-1]).total_seconds() for before, later in pairwise(former)]
    if len(pauses) < FEWEST_PAUSES:
        return False
    silence = now[0] - former[-1][-1]
    silent = silence >= max(TIMES_USUAL * timedelta(seconds=median(pauses)), LEAST_SILENCE)
    usual = median(len(occasion) for occasion in former)
    return silent and len(now) >= (RUSH - 1 if urgent else RUSH) and len(now) > usual


def _occasions(moments: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Rising moments in groups; a group ends where nothing comes for longer than one occasion lasts."""
    group: list[datetime] = []
    for moment in moments:
        if group and moment - group[-1] > OCCASION:
            yield group
            group = []
        group.append(moment)
    yield group


def beyond_revisions(*, agreed: int | None, used: int) -> tuple[Cue, ...]:
    """The cue of a mail that asks for more rounds of corrections than were agreed; ``agreed`` None: not known.

    Both numbers are the client book's, which does not exist yet: nothing calls this before it does.
    """
    return (Cue.BEYOND_REVISIONS,) if agreed is not None and used > agreed else ()


def sounds_urgent(subject: str, text: str) -> bool:
    """Whether a mail presses in so many words, in German or English."""
    return bool(_URGENT.search(subject) or _URGENT.search(text))
