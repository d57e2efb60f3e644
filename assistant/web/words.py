"""What the pages say: the sentences stand in English in code and templates, German comes from ``locale/de.po``.

Babel reads the gettext catalogue as it is, so that nothing has to be compiled before the program runs.

Levels, signals, states and events are those of :mod:`assistant.texts`, as the terminal says them.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import Translations

from assistant.texts import Lang


@cache
def translations(lang: Lang) -> NullTranslations:
    """The catalogue of a language; English needs none."""
    if lang == "en":
        return NullTranslations()
    with (files("assistant.web") / "locale" / f"{lang}.po").open("rb") as source:
        catalogue = read_po(source, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def language(wanted: str, accepted: str) -> Lang:
    """The language of a page: the setting, or with ``auto`` what the browser prefers (RFC 9110, 12.5.4)."""
    if wanted in {"de", "en"}:
        return "de" if wanted == "de" else "en"
    found = negotiate_locale(_preferred(accepted), ["de", "en"], sep="-")
    return "de" if found == "de" else "en"


def _preferred(accepted: str) -> list[str]:
    weighed = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.strip()))
        except ValueError:
            continue
    return [name for weight, _, name in sorted(weighed) if weight and name]


def day(at: date, lang: Lang) -> str:
    """A date as people of that language write it."""
    return format_date(at, "medium", locale=_locale(lang))


def stamp(at: datetime, lang: Lang) -> str:
    """A date with its time of day."""
    return format_datetime(at, "short", locale=_locale(lang))


def number(value: float, lang: Lang) -> str:
    """A number with that language's separators."""
    return format_decimal(value, locale=_locale(lang))


def percent(share: float, lang: Lang) -> str:
    """A share as a percentage without decimals."""
    return format_percent(share, locale=_locale(lang))


def _locale(lang: Lang) -> str:
    return "de_DE" if lang == "de" else "en_GB"
