"""German or English, also in a line."""

from __future__ import annotations

import pytest

from assistant.adapters.mime import language
from assistant.adapters.mime.language import is_foreign

GERMAN = """\
ok danke
Bitte asap das Meeting canceln.
Rechnung folgt
Geht klar
siehe Anhang
Gibt's was Neues?
Wo bleibt mein Logo???
Hallo?
Nein.
Passt.
Lächerlich!
Deadline ist Montag
Das Briefing für den Newsletter-Launch ist im Sharepoint, Feedback asap please
380 Euro. Für einen Schriftzug, den jemand einmal mit der Hand hinschreibt. Wow.
SO NICHT!!! Ich hab gesagt GRÜN nicht TÜRKIS
Update zum Call: Go von uns, bitte Invoice schicken""".splitlines()

ENGLISH = """\
thanks, will do
Perfect, ship it
Meeting tomorrow 10 am?
see attached
sounds good
Any news?
Hello?
Fine by me, but please add the postcode.
I want my money back.
This is ridiculous and you know it.
The Autobahn photo is lovely, Herr Kunde will be pleased""".splitlines()


@pytest.mark.parametrize("text", GERMAN)
def test_german(text: str) -> None:
    """German lines, also with English words in them."""
    assert language(text) == "de"


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text: str) -> None:
    """English lines, also with German names in them."""
    assert language(text) == "en"


@pytest.mark.parametrize("text", ["", "???", "👍", "1.200", "-"])
def test_nothing_to_tell(text: str) -> None:
    """Without words there is no language."""
    assert language(text) is None


def test_subject_helps_a_short_text() -> None:
    """Where the text does not say, the subject may."""
    assert language("ok", "Rechnung für die neuen Plakate") == "de"
    assert language("ok", "Invoice for the new posters") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour Madame, nous avons bien reçu votre facture, mais elle ne correspond pas à ce que nous avions convenu.",
        "Buongiorno, abbiamo ricevuto la vostra fattura ma il prezzo non è quello che avevamo concordato al telefono.",
        "Goedemorgen, wij hebben uw factuur ontvangen, maar het bedrag klopt niet met wat wij hebben afgesproken.",
        "Dzień dobry, otrzymaliśmy państwa fakturę, ale kwota nie zgadza się z tym, co uzgodniliśmy przez telefon.",
    ],
)
def test_other_languages_are_named_when_it_is_clear(text: str) -> None:
    """A whole sentence in another language is neither German nor English."""
    assert is_foreign(text)
    assert language(text) is None
