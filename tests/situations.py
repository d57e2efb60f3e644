"""What a user fills into the six replies in two real situations: a late catalogue, and a wrong label."""

from __future__ import annotations

from typing import Final

#: ``catalogue``: late material and a pressing date; ``invoice``: a price contested after the fact, and a wrong label.
SITUATIONS: Final[dict[str, dict[str, dict[str, str]]]] = {
    "de": {
        "catalogue": {
            "topic": "Katalog 2027",
            "next_day": "Montag, 23. November",
            "signature": "Mara Lindner",
            "heard": "Der Katalog soll sicher vor der Hausmesse fertig sein.",
            "question": "Welche Seiten sind für die Messe unverzichtbar?",
            "mistake": "Der Bericht am Freitag ist nicht gekommen, obwohl er zugesagt war.",
            "fix": "Der Bericht hängt an dieser Mail, und den nächsten schickt Henning Kolb, wenn ich krank bin.",
            "deadline": "Freitag, 27. November",
            "prevention": "Jeder Bericht hat ab jetzt eine Vertretung, die ihn am Freitag um 12 Uhr verschickt.",
            "effect": "In drei Wochen ist Hausmesse, und der Katalog ist noch nicht gedruckt.",
            "facts": "- 2. September: Terminplan verschickt, Unterlagen bis zum 11.\n"
            "- 25. September: Platz beim Buchbinder bis zum 2. Oktober verlängert\n"
            "- 13. Oktober: Fotos, Texte und Preise sind vollständig da",
            "next_step": "Ich setze die acht Seiten mit den neuen Modellen und der Preisliste.",
            "change": "24 statt 16 Seiten",
            "agreed": "16 Seiten und zwei Korrekturrunden, von denen eine genutzt ist.",
            "agreed_date": "Donnerstag, 3. Dezember",
            "price": "640 Euro netto",
            "new_date": "Donnerstag, 10. Dezember",
            "no": "24 Seiten bis morgen Mittag kann ich nicht zusagen.",
            "reason": "Der Digitaldruck und der Buchbinder brauchen zusammen fünf Werktage.",
            "instead": "Acht Seiten mit den neuen Modellen sind am 22. bei Ihnen, der Rest folgt Mitte Dezember.",
        },
        "invoice": {
            "topic": "Rechnung 2026-118",
            "next_day": "Dienstag, 24. November",
            "signature": "Jonas Wendt\nWendt Webdesign",
            "heard": "Der Preis soll zu dem passen, was mit dem Logo geliefert wurde.",
            "question": "Was fehlt bei den vier Entwürfen am meisten?",
            "mistake": "Auf dem Etikett steht Haselnuss, und im Glas ist Walnuss.",
            "fix": "Neue Etiketten sind im Druck, Henning bringt sie vorbei und hilft beim Umkleben.",
            "deadline": "Donnerstag, 26. November",
            "prevention": "Bei Zutaten lesen wir ab jetzt immer zu zweit Korrektur.",
            "effect": "400 Gläser sind beklebt und können so nicht in den Laden.",
            "facts": "- 10. September: Liste der vier Sorten erhalten\n"
            "- 22. September: Abzug verschickt\n"
            "- 23. September: gedruckt",
            "next_step": "Ich lasse 400 neue Etiketten drucken.",
            "change": "der Flyer wird beidseitig",
            "agreed": "ein einseitiger Flyer und eine Korrekturrunde, die Runde ist schon genutzt.",
            "agreed_date": "Freitag, 27. November",
            "price": "180 Euro netto",
            "new_date": "Mittwoch, 2. Dezember",
            "no": "Bei der Rechnung über 1.250 Euro bleibt es.",
            "reason": "Im Auftrag vom 4. September steht dieser Betrag für zwei Entwürfe und eine Korrekturrunde.",
            "instead": "Zwei Raten richte ich gern ein, die zweite im Januar.",
        },
    },
    "en": {
        "catalogue": {
            "topic": "Supplier review",
            "next_day": "Monday, 23 November",
            "signature": "Mara Lindner",
            "heard": "The team wants to hear about a new date before the old one has passed.",
            "question": "Which moments are behind the score for responsiveness?",
            "mistake": "The price list came six days late, and there was no word from me in between.",
            "fix": "The corrected price list is attached, and the stand panels follow.",
            "deadline": "Friday, 27 November",
            "prevention": "Every Friday there will be half a page from me: done, next, waiting.",
            "effect": "A director was waiting for a date, and there was none to give.",
            "facts": "- 2 July: brief received\n"
            "- 9 July: first draft sent\n"
            "- 18 July: final price list sent, six days late",
            "next_step": "I will send a list of the 14 jobs of the half-year with their dates.",
            "change": "three banners for LinkedIn",
            "agreed": "Four panels and two rounds of corrections, one of which has been used.",
            "agreed_date": "Thursday, 3 December",
            "price": "£320 net",
            "new_date": "Thursday, 10 December",
            "no": "A full catalogue by noon tomorrow is not something I can promise.",
            "reason": "Printing and binding take five working days.",
            "instead": "Eight pages with the new models can be with you on the 27th, and the rest in December.",
        },
        "invoice": {
            "topic": "Invoice 2026-118",
            "next_day": "Tuesday, 24 November",
            "signature": "Tom Archer\nArcher Design",
            "heard": "The price should match what was delivered with the logo.",
            "question": "What is missing most from the four drafts?",
            "mistake": "The label says hazelnut, and there is walnut in the jar.",
            "fix": "New labels are at the printer's, and Henning will bring them and help with the relabelling.",
            "deadline": "Thursday, 26 November",
            "prevention": "Two people proofread every list of ingredients.",
            "effect": "400 jars are labelled and can't go into the shop like this.",
            "facts": "- 10 September: list of four kinds received\n- 22 September: proof sent\n- 23 September: printed",
            "next_step": "I'll have 400 new labels printed.",
            "change": "printing the flyer on both sides",
            "agreed": "A one-sided flyer and one round of corrections, which has been used.",
            "agreed_date": "Friday, 27 November",
            "price": "£180 net",
            "new_date": "Wednesday, 2 December",
            "no": "The invoice stays at £1,250.",
            "reason": "That is the sum in the order of 4 September, for two drafts and one round of corrections.",
            "instead": "I'm glad to split it into two payments, the second in January.",
        },
    },
}

#: A greeting for each register, as :func:`assistant.core.wording.greeting` makes it.
GREETINGS: Final[dict[str, str]] = {
    "Sie": "Guten Tag Herr Brinkmann",
    "Du": "Hallo Katrin",
    "formal": "Dear Claire Whitcombe",
    "casual": "Hi Claire",
}


def filled(language: str, register: str, situation: str) -> dict[str, str]:
    """A value for every slot of the shipped templates."""
    values = SITUATIONS[language][situation] | {"greeting": GREETINGS[register]}
    if register == "Du":
        return {slot: value.replace("bei Ihnen", "bei dir") for slot, value in values.items()}
    return values
