"""What a mail asks and names, in German and English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.facts import matter_of

GERMAN = """Guten Morgen Frau Winter,

wo bleibt der Katalog?! Sie hatten ihn für Freitag, den 20.11. zugesagt, spätestens bis 14 Uhr.
Die 1.200 € Anzahlung haben wir am 3. November 2026 überwiesen, weitere 850,50 EUR sind offen.
Können Sie mir bis morgen sagen, wann wir ihn bekommen? Sonst gehen wir Ende Dezember zu Version 2.1.2 zurück.
"""
ENGLISH = """Hi Mara,

where is the draft? You promised it by Friday at 5 pm, and it was due on March 3rd, 2026.
We paid $1,200.50 up front and £300 for the fonts. "Will it be there tomorrow?" is what my boss asks.
It may take 3 rounds, fine, but I need it by the end of next week.
"""


def test_german() -> None:
    """Questions, days with their times, and sums; a greeting is no date and a version number none either."""
    matter = matter_of(GERMAN)
    assert matter.questions == ("wo bleibt der Katalog?!", "Können Sie mir bis morgen sagen, wann wir ihn bekommen?")
    assert matter.dates == ("Freitag, den 20.11.", "14 Uhr", "3. November 2026", "morgen", "Ende Dezember")
    assert matter.sums == ("1.200 €", "850,50 EUR")


def test_english() -> None:
    """The same in English; "may" is no month and a plain number no sum."""
    matter = matter_of(ENGLISH)
    assert matter.questions == ("where is the draft?", '"Will it be there tomorrow?" is what my boss asks.') or (
        matter.questions == ("where is the draft?", '"Will it be there tomorrow?"')
    )
    assert matter.dates == ("Friday at 5 pm", "March 3rd, 2026", "tomorrow", "the end of next week")
    assert matter.sums == ("$1,200.50", "£300")


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("bis 24.12.2026, 14:30 Uhr", ("24.12.2026, 14:30 Uhr",)),
        ("am 2026-12-24", ("2026-12-24",)),
        ("by 24/12/2026", ("24/12/2026",)),
        ("Montag um 9 Uhr", ("Montag um 9 Uhr",)),
        ("in KW 12", ("KW 12",)),
        ("übermorgen", ("übermorgen",)),
        ("nächste Woche", ("nächste Woche",)),
        ("10.0.0.1", ()),
        ("Punkt 32.13. gibt es nicht", ()),
        ("May I ask?", ()),
        ("May 5, please", ("May 5",)),
        ("the 24th of December", ("24th of December",)),
        ("Version 3.4.1", ()),
    ],
)
def test_dates(text: str, dates: tuple[str, ...]) -> None:
    """Each way to write a day or a time, and what looks like one."""
    assert matter_of(text).dates == dates


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("1.234.567,89 €", ("1.234.567,89 €",)),
        ("EUR 500", ("EUR 500",)),
        ("500 Euro", ("500 Euro",)),
        ("350,- €", ("350,- €",)),
        ("€5k", ("€5k",)),
        ("CHF 1'200.50", ("CHF 1'200.50",)),
        ("3 Runden, 20 Seiten", ()),
        ("Europa 2026", ()),
    ],
)
def test_sums(text: str, sums: tuple[str, ...]) -> None:
    """Amounts with the sign before or behind, and numbers that are none."""
    assert matter_of(text).sums == sums


@given(st.text(max_size=300))
def test_everything_found_is_in_the_text(text: str) -> None:
    """Nothing is made up: all that is found is a piece of the text, but for blanks."""
    matter = matter_of(text)
    squeezed = " ".join(text.split())
    assert all(one in squeezed for one in (*matter.questions, *matter.dates, *matter.sums))
