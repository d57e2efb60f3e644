"""Why a reply is suggested, as a code and in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a template is suggested; its sentence is in :func:`reason_text`."""

    AT_ONCE = "at_once"
    OWN_TEMPLATE = "own_template"
    INSULT = "insult"
    LEGAL = "legal"
    PAYMENT = "payment"
    SCOPE = "scope"
    PUBLIC = "public"
    ULTIMATUM = "ultimatum"
    HARDSHIP = "hardship"
    CHURN = "churn"
    ANGER = "anger"
    DOUBT = "doubt"
    FAREWELL = "farewell"
    HEATED = "heated"
    TENSE = "tense"
    ASK = "ask"
    FIX = "fix"
    FACTS = "facts"
    LINE = "line"


_REASON_TEXTS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.AT_ONCE: (
        "Kann sofort raus: bestätigt den Eingang, nennt einen Termin und verschafft Zeit.",
        "Can go at once: confirms receipt, names a day and buys time.",
    ),
    Reason.OWN_TEMPLATE: ("Ihre eigene Vorlage passt.", "Your own template fits."),
    Reason.INSULT: (
        "Die Mail wird persönlich: bei der Sache bleiben und ruhig eine Grenze ziehen.",
        "The mail gets personal: stay with the matter and draw a calm line.",
    ),
    Reason.LEGAL: (
        "Es ist von rechtlichen Schritten die Rede: nur Tatsachen, nichts vorschnell einräumen.",
        "Legal steps are mentioned: facts only, and nothing conceded in haste.",
    ),
    Reason.PAYMENT: (
        "Es geht um die Rechnung: freundlich bei der Vereinbarung bleiben.",
        "It is about the invoice: kindly stay with what was agreed.",
    ),
    Reason.SCOPE: (
        "Gewünscht wird mehr, als vereinbart ist: zwei Wege mit Preis und Termin anbieten.",
        "More is asked than was agreed: offer two ways, with price and date.",
    ),
    Reason.PUBLIC: (
        "Es wird mit Öffentlichkeit gedroht: sachlich bleiben und das Gespräch anbieten.",
        "There is talk of going public: stay factual and offer to talk.",
    ),
    Reason.ULTIMATUM: (
        "Es wird eine Frist gesetzt: sagen, was bis dahin wirklich geht.",
        "A deadline is set: say what is really possible by then.",
    ),
    Reason.HARDSHIP: (
        "Da hat jemand eigene Sorgen: zuerst helfen.",
        "Somebody has troubles of their own: help first.",
    ),
    Reason.CHURN: (
        "Der Kunde denkt ans Weggehen: fragen, was fehlt, statt zu werben.",
        "The client thinks of leaving: ask what is missing instead of selling.",
    ),
    Reason.ANGER: (
        "Der Ärger ist groß: Verantwortung übernehmen, wo sie bei uns liegt, und sagen, was jetzt geschieht.",
        "There is a lot of anger: take responsibility where it is ours, and say what happens now.",
    ),
    Reason.DOUBT: (
        "Es wird am Einsatz gezweifelt: nachfragen und zeigen, was getan wurde.",
        "Commitment is in doubt: ask, and show what was done.",
    ),
    Reason.FAREWELL: (
        "Es klingt nach Abschied: danken und fragen, was gefehlt hat.",
        "It sounds like goodbye: say thank you and ask what was missing.",
    ),
    Reason.HEATED: (
        "Die Mail ist hitzig: Verantwortung oder Bedauern zuerst, dann die Tatsachen.",
        "The mail is heated: responsibility or regret first, then the facts.",
    ),
    Reason.TENSE: (
        "Unzufriedenheit ist zu spüren: nachfragen, bevor daraus Ärger wird.",
        "Displeasure can be felt: ask before it turns into anger.",
    ),
    Reason.ASK: (
        "Oder erst verstehen: danken, nachfragen, das Gespräch anbieten.",
        "Or understand first: say thank you, ask, offer to talk.",
    ),
    Reason.FIX: (
        "Oder, wenn der Fehler bei uns liegt: benennen, um Entschuldigung bitten, beheben.",
        "Or, if the mistake is ours: name it, apologise, put it right.",
    ),
    Reason.FACTS: (
        "Oder die eigene Seite zeigen: Tatsachen mit Datum, keine Ausreden.",
        "Or show our side: facts with dates, no excuses.",
    ),
    Reason.LINE: (
        "Oder ruhig Nein sagen und anbieten, was geht.",
        "Or say no calmly, and offer what is possible.",
    ),
}


def reason_text(reason: Reason, language: str) -> str:
    """One line for the user, in the user's language."""
    german, english = _REASON_TEXTS[reason]
    return german if language == "de" else english
