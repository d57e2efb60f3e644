"""Cues from circumstances: only a clear deviation from what is usual for this client is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.cues import (
    FEWEST_MAILS,
    LEAST_RISE,
    LEAST_SILENCE,
    Past,
    beyond_revisions,
    cues_of_history,
    heat,
    hotter_than_usual,
    rush_after_silence,
    sounds_urgent,
)
from assistant.core.escalation import Cue

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
CALM = (0.04, 0.01, 0.0)
TENSE = (0.9, 0.3, 0.05)
HOT = (0.99, 0.9, 0.3)

chances = st.floats(0.0, 1.0)
beliefs = st.tuples(chances, chances, chances)


def weekly(count: int, *, until: timedelta) -> list[datetime]:
    """So many mails a week apart, the last one so long ago."""
    return [NOW - until - timedelta(weeks=n) for n in reversed(range(count))]


def hours_ago(*hours: float) -> list[datetime]:
    """Moments before now."""
    return [NOW - timedelta(hours=hour) for hour in hours]


# --- tone ------------------------------------------------------------------------------------------------------------


def test_a_calm_client_who_gets_hot_stands_out() -> None:
    """Six calm mails are enough to know the tone."""
    assert hotter_than_usual(HOT, [CALM] * FEWEST_MAILS)
    assert not hotter_than_usual(HOT, [CALM] * (FEWEST_MAILS - 1))


def test_a_client_who_is_always_hot_does_not() -> None:
    """What is heated for one is the usual tone of another; and nobody stands out by being calmer."""
    assert not hotter_than_usual(HOT, [HOT] * 10)
    assert not hotter_than_usual(HOT, [CALM, HOT] * 5)
    assert not hotter_than_usual(CALM, [HOT] * 10)


def test_one_outburst_of_the_past_does_not_blunt_the_cue() -> None:
    """Median and median deviation: a single hot mail among calm ones changes nothing."""
    assert hotter_than_usual(HOT, [CALM] * 9 + [HOT])


def test_small_differences_are_none() -> None:
    """The same calm to the decimal, and then a touch less calm."""
    assert not hotter_than_usual((0.3, 0.05, 0.0), [CALM] * 20)
    assert hotter_than_usual(TENSE, [CALM] * 20)


@given(beliefs, st.lists(beliefs, max_size=30))
def test_hotter_is_always_hotter(p: tuple[float, float, float], earlier: list[tuple[float, float, float]]) -> None:
    """A mail that stands out is half a level over more than half of the others, and a hotter one stands out too."""
    if hotter_than_usual(p, earlier):
        assert sum(heat(p) - heat(one) >= LEAST_RISE for one in earlier) * 2 >= len(earlier)
        assert hotter_than_usual((1.0, 1.0, 1.0), earlier)


# --- rush ------------------------------------------------------------------------------------------------------------


def test_three_mails_in_a_day_after_a_silence() -> None:
    """A weekly writer, four weeks of nothing, then one mail after the other."""
    earlier = weekly(8, until=timedelta(weeks=4))
    assert rush_after_silence(NOW, earlier + hours_ago(5, 2), urgent=False)
    assert not rush_after_silence(NOW, earlier + hours_ago(5), urgent=False)
    assert rush_after_silence(NOW, earlier + hours_ago(5), urgent=True)
    assert not rush_after_silence(NOW, earlier, urgent=True)


def test_silence_is_measured_by_the_clients_own_rhythm() -> None:
    """Four weeks are nothing for somebody who writes once a month."""
    monthly = [NOW - timedelta(weeks=4 * n) for n in range(8, 0, -1)]
    assert not rush_after_silence(NOW, monthly + hours_ago(5, 2), urgent=False)


def test_a_weekend_is_no_silence() -> None:
    """Never less than a week, however often somebody writes otherwise."""
    daily = [NOW - timedelta(days=4 + 1.5 * n) for n in range(10, 0, -1)]
    assert not rush_after_silence(NOW, daily + hours_ago(5, 2), urgent=False)
    assert timedelta(days=7) == LEAST_SILENCE


def test_who_always_writes_in_bundles_is_in_no_rush() -> None:
    """Four mails an occasion are usual for this one; five would not be."""
    bundles = [NOW - timedelta(weeks=4 + week, minutes=n) for week in range(6, 0, -1) for n in (30, 20, 10, 0)]
    assert not rush_after_silence(NOW, bundles + hours_ago(3, 2, 1), urgent=False)
    assert rush_after_silence(NOW, bundles + hours_ago(4, 3, 2, 1), urgent=False)


@pytest.mark.parametrize("count", range(5))
def test_too_little_history_tells_nothing(count: int) -> None:
    """The first mails of a client, and a client of whom four pauses are not known yet."""
    assert not rush_after_silence(NOW, weekly(count, until=timedelta(weeks=9)) + hours_ago(2, 1), urgent=True)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("DRINGEND: Katalog", ""),
        ("", "Ich brauche das sofort."),
        ("", "Bitte melden Sie sich umgehend!"),
        ("Banner", "We need this ASAP."),
        ("urgent", ""),
        ("", "Das eilt."),
    ],
)
def test_words_that_press(subject: str, text: str) -> None:
    """In German and English, in subject or text."""
    assert sounds_urgent(subject, text)


def test_words_that_do_not_press() -> None:
    """Inside other words, and in calm mail."""
    assert not sounds_urgent("Frist im Januar", "Der Heilige Abend fällt aus. Resurgent design trends, attached.")


# --- together --------------------------------------------------------------------------------------------------------


def test_both_cues_in_one_mail() -> None:
    """A weekly calm client, silent for a month, then three mails and the last one hot."""
    earlier = [Past(at=at, p=CALM) for at in weekly(8, until=timedelta(weeks=4)) + hours_ago(5, 2)]
    assert cues_of_history(Past(at=NOW, p=HOT), earlier, urgent=False) == (Cue.RUSH, Cue.HOTTER)


def test_what_came_later_does_not_count() -> None:
    """An old mail that is judged late, in a first pass, is seen with what came before it."""
    later = [Past(at=NOW + timedelta(days=n), p=CALM) for n in range(10)]
    assert cues_of_history(Past(at=NOW, p=HOT), later, urgent=True) == ()


def test_only_one_models_words_are_compared() -> None:
    """What another model said of earlier mails is another scale."""
    earlier = [Past(at=NOW - timedelta(hours=n), p=CALM, model="old") for n in range(1, 20)]
    assert cues_of_history(Past(at=NOW, p=HOT, model="new"), earlier, urgent=False) == ()


@pytest.mark.parametrize(("agreed", "used", "cue"), [(2, 3, True), (2, 2, False), (0, 1, True), (None, 9, False)])
def test_beyond_the_agreed_revisions(agreed: int | None, used: int, cue: bool) -> None:
    """One round more than agreed; nothing agreed is nothing known."""
    assert beyond_revisions(agreed=agreed, used=used) == ((Cue.BEYOND_REVISIONS,) if cue else ())
