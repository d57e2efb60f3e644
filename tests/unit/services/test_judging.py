"""Judging texts: levels, hot passages, cues, and bounds."""

from __future__ import annotations

from datetime import datetime

from assistant.core.escalation import Cue, Level
from assistant.services.judging import Judge, Writing
from tests.fakes import MarkedClassifier


def test_hot_passages_are_the_sentences_that_carry_the_heat() -> None:
    """Exact substrings of the text, and none in a calm one."""
    judge = Judge(MarkedClassifier())
    hot, calm = judge.assess([Writing(text="Guten Tag. Das ist frech (2)! Danke."), Writing(text="Guten Tag. Danke.")])
    assert (hot.level, hot.hot) == (Level.HEATED, ("Das ist frech (2)!",))
    assert (calm.level, calm.hot) == (Level.CALM, ())


def test_same_sentence_is_judged_by_who_writes_it() -> None:
    """Client's mails and own drafts in one batch do not mix their sentences."""
    judge = Judge(MarkedClassifier())
    both = judge.assess([Writing(text="So nicht (3)."), Writing(text="So nicht (3).", side="own")])
    assert [found.hot for found in both] == [("So nicht (3).",), ("So nicht (3).",)]


def test_huge_text_is_judged_by_its_beginning_and_its_end() -> None:
    """Megabytes cost no more than some pages; heat at either end is found."""
    filler = "Das Protokoll der Sitzung folgt hier im Wortlaut. " * 20_000
    judge = Judge(MarkedClassifier())
    first, last = judge.assess([Writing(text=f"Frech (2)! {filler}"), Writing(text=f"{filler} Frech (3)!")])
    assert (first.level, last.level) == (Level.HEATED, Level.ESCALATED)
    assert all(passage in filler + "Frech (2)! Frech (3)!" for passage in first.hot)


def test_night_is_the_senders_night() -> None:
    """The clock on the sender's wall decides; without a date there is no cue."""
    at = datetime.fromisoformat("2026-11-18T23:40:00+01:00")
    late, unknown = Judge(MarkedClassifier()).assess([Writing(text="Hm.", at=at), Writing(text="Hm.")])
    assert late.cues == (Cue.NIGHT,)
    assert unknown.cues == ()
