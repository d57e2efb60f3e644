"""The words: both languages complete, sentences and times as people say them."""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

import pytest

from assistant.core.cooling import CoolingRules, ReasonCode, decide
from assistant.core.draft import Effect, Obstacle, State
from assistant.core.escalation import Cue, Level, Signal
from assistant.core.message import SetAside, Unassessed
from assistant.services.submission import Fate
from assistant.texts import CATALOGUES, Lang, countdown, day, hold_sentence, level_name, moment, pick, span, text, why

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    """A moment by the clocks of Berlin; ``fold=1`` is the second run through the hour in October."""
    return datetime(year, month, day, hour, minute, second, tzinfo=BERLIN, fold=fold)


FRIDAY_NIGHT = berlin(2026, 11, 20, 22, 10)
LANGUAGES: tuple[Lang, ...] = ("de", "en")


def placeholders(words: str) -> set[str]:
    """Names of the placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def test_both_catalogues_have_the_same_keys() -> None:
    """Nothing is said in one language only."""
    assert set(CATALOGUES["de"]) == set(CATALOGUES["en"])


def test_placeholders_are_named_and_known_in_english() -> None:
    """A language may leave a placeholder out, but not use one of its own; the exceptions are listed."""
    extra = {"time.clock": {"short"}}
    for key, words in CATALOGUES["de"].items():
        english = placeholders(CATALOGUES["en"][key])
        assert placeholders(words) - extra.get(key, set()) <= english, key
        assert "" not in placeholders(words), key


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("level", Level),
        ("signal", Signal),
        ("cue", Cue),
        ("set_aside", SetAside),
        ("unassessed", Unassessed),
        ("state", State),
        ("obstacle", Obstacle),
        ("effect", Effect),
        ("fate", Fate),
        ("reason", ReasonCode),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_words(group: str, codes: Iterable[Enum], lang: Lang) -> None:
    """A code that was added to the core needs its words."""
    assert {f"{group}.{code.value}" for code in codes} <= set(CATALOGUES[lang])


def test_an_unknown_key_is_a_bug() -> None:
    """It raises instead of showing something odd."""
    with pytest.raises(KeyError):
        text("no.such.key", "de")
    with pytest.raises(KeyError):
        text("reason.night", "de")


def test_english_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that German lacks is told in English."""
    monkeypatch.setitem(CATALOGUES["en"], "only.english", "hello {name}")
    assert text("only.english", "de", name="you") == "hello you"


@pytest.mark.parametrize(
    ("choice", "environ", "lang"),
    [
        ("de", {"LANG": "en_US.UTF-8"}, "de"),
        ("en", {"LANG": "de_DE.UTF-8"}, "en"),
        ("auto", {"LANG": "de_AT.UTF-8"}, "de"),
        (None, {"LANG": "de"}, "de"),
        (None, {"LANG": "de_DE", "LC_MESSAGES": "en_GB"}, "en"),
        (None, {"LANG": "en_GB", "LC_MESSAGES": "en_GB", "LC_ALL": "de_CH.UTF-8"}, "de"),
        (None, {"LC_ALL": "", "LANG": "de_DE@euro"}, "de"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "fr_FR.UTF-8"}, "en"),
        (None, {}, "en"),
    ],
)
def test_language_is_chosen_or_the_locales(choice: str | None, environ: dict[str, str], lang: Lang) -> None:
    """The choice goes before the locale; what is not German is English."""
    assert pick(choice, environ) == lang


def sentence(incoming: int | None, own: int, now: datetime, lang: Lang) -> str:
    """What is said of a decision."""
    decision = decide(
        incoming=None if incoming is None else Level(incoming),
        own=Level(own),
        now=now,
        rules=CoolingRules(),
        is_working_day=lambda day: day.weekday() < 5,
    )
    assert decision.hold_until is not None
    return hold_sentence(decision.reasons, decision.hold_until, now, lang)


def test_a_hold_is_explained_in_one_sentence() -> None:
    """Both sides, the night, and until when."""
    german = "Antwort auf eine eskalierte Mail (3), Entwurf gereizt (2), nach 22 Uhr: bis Montag 09:00"
    assert sentence(3, 2, FRIDAY_NIGHT, "de") == german
    english = "Answer to an escalated mail (3), draft heated (2), after 22:00: until Monday 09:00"
    assert sentence(3, 2, FRIDAY_NIGHT, "en") == english
    assert sentence(None, 1, FRIDAY_NIGHT, "de") == "Entwurf angespannt (1): bis heute 22:20"
    assert sentence(None, 1, FRIDAY_NIGHT, "en") == "Draft tense (1): until today 22:20"


def test_a_night_that_begins_at_half_past_is_told_so() -> None:
    """Full hours are said short in German, others with minutes."""
    now = FRIDAY_NIGHT.replace(hour=23)
    for clock, german in ((time(22, 30), "nach 22:30 Uhr"), (time(0), "nach 0 Uhr")):
        rules = CoolingRules(night=(clock, time(23, 59)))
        reasons = decide(
            incoming=Level.HEATED, own=Level.CALM, now=now, rules=rules, is_working_day=lambda day: True
        ).reasons
        assert why(reasons, "de").endswith(german)


def test_levels_have_names_and_numbers() -> None:
    """As shown in lists."""
    assert [level_name(level, "de") for level in Level] == [
        "ruhig (0)",
        "angespannt (1)",
        "gereizt (2)",
        "eskaliert (3)",
    ]
    assert [level_name(level, "en") for level in Level] == ["calm (0)", "tense (1)", "heated (2)", "escalated (3)"]


@pytest.mark.parametrize(
    ("at", "german", "english"),
    [
        (berlin(2026, 11, 20, 23, 5), "heute 23:05", "today 23:05"),
        (berlin(2026, 11, 20, 1, 5), "heute 01:05", "today 01:05"),
        (berlin(2026, 11, 21, 9), "Samstag 09:00", "Saturday 09:00"),
        (berlin(2026, 11, 26, 9), "Donnerstag 09:00", "Thursday 09:00"),
        (berlin(2026, 11, 27, 9), "Freitag, 27. November, 09:00", "Friday 27 November, 09:00"),
        (berlin(2026, 11, 19, 9), "Donnerstag, 19. November, 09:00", "Thursday 19 November, 09:00"),
        (berlin(2027, 1, 4, 9), "Montag, 4. Januar 2027, 09:00", "Monday 4 January 2027, 09:00"),
    ],
)
def test_moments_are_told_as_people_do(at: datetime, german: str, english: str) -> None:
    """Today, a weekday of the coming week, or the date; in the user's zone whatever zone the moment is in."""
    moment_in_utc = at.astimezone(UTC)
    assert moment(moment_in_utc, FRIDAY_NIGHT, "de") == german
    assert moment(moment_in_utc, FRIDAY_NIGHT, "en") == english


def test_a_day_names_its_year_when_it_is_another() -> None:
    """This year goes without saying."""
    today = FRIDAY_NIGHT.date()
    assert day(today, today, "de") == "Freitag, 20. November"
    assert day(today.replace(year=2025), today, "en") == "Thursday 20 November 2025"


@pytest.mark.parametrize(
    ("length", "german", "english"),
    [
        (timedelta(seconds=0.2), "1 s", "1 s"),
        (timedelta(seconds=40), "40 s", "40 s"),
        (timedelta(seconds=61), "2 min", "2 min"),
        (timedelta(minutes=59, seconds=59), "1 h 00 min", "1 h 00 min"),
        (timedelta(hours=2, minutes=5), "2 h 05 min", "2 h 05 min"),
        (timedelta(hours=24), "1 Tag 0 h", "1 day 0 h"),
        (timedelta(days=2, hours=9, minutes=50), "2 Tage 10 h", "2 days 10 h"),
    ],
)
def test_spans_have_two_units_and_round_up(length: timedelta, german: str, english: str) -> None:
    """Nobody is told less than what is left."""
    assert (span(length, "de"), span(length, "en")) == (german, english)


def test_countdown_ends_when_it_has_cooled() -> None:
    """Then it says so; before, how long still, over the change of the clocks too."""
    assert countdown(FRIDAY_NIGHT + timedelta(hours=2, minutes=5), FRIDAY_NIGHT, "de") == "noch 2 h 05 min"
    assert countdown(FRIDAY_NIGHT + timedelta(hours=2, minutes=5), FRIDAY_NIGHT, "en") == "2 h 05 min left"
    assert countdown(FRIDAY_NIGHT, FRIDAY_NIGHT, "de") == "abgekühlt"
    before = berlin(2026, 10, 25, 2, 30, fold=0)
    assert countdown(before.replace(fold=1), before, "de") == "noch 1 h 00 min"
