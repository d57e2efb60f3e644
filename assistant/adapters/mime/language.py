"""German or English: by the small words of the text, and only in doubt by a model.

Small words decide most mails in microseconds; the model (py3langid, 130 to 360 ms to load) is asked for the rest and
for the clear case of another language. Restricted languages: unrestricted it takes "ok danke" for Dutch.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE: Final = 4000  # characters that are looked at
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CANDIDATES: Final = (
    "de",
    "en",
    "fr",
    "nl",
    "it",
    "es",
    "pt",
    "pl",
    "tr",
    "da",
    "sv",
    "no",
    "cs",
    "ru",
    "uk",
    "zh",
    "ja",
    "ar",
    "el",
)
_LAST_LATIN: Final = "\u024f"
_ENOUGH: Final = 12  # words from which on another language can be named with certainty
_LETTERS: Final = re.compile(r"[äöüß]", re.IGNORECASE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_GERMAN: Final = _set(
    "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine keinen"
    " ich du er sie es wir ihr "
    "ihnen ihre ihren ihrem ihrer mir mich uns euch dir dich ist sind war waren hat habe haben"
    " hatte wird werden wurde kann können "
    "könnte könnten konnte muss müssen soll sollte sollten mit auf für von vom zum zur zu bei beim"
    " nach aus über unter wenn dass daß "
    "weil auch noch nur schon mal jetzt heute morgen gestern bitte danke dank vielen viele gruß"
    " grüße grüßen hallo guten tag liebe "
    "lieber sehr geehrte geehrter geehrten moin servus passt ja nein doch als wie wo was wer wann"
    " warum so dann da hier bis seit "
    "ab im am ins um mfg lg vg freundlichen freundliche herzliche schöne schönen kurz gerne gern"
    " anbei rechnung angebot rückmeldung "
    "entwurf änderung änderungen termin stornieren canceln melden schicken geht macht mache machen"
    " gut alles klar okay"
) - {"okay", "was", "war", "die", "am", "so", "also", "tag", "hat", "an", "um"}
_ENGLISH: Final = _set(
    "the a an and or but not no of to in on at for from with by is are was were be been has have"
    " had do does did will would can "
    "could should shall may might must i you he she it we they me him us them my your his our their"
    " this that these those there "
    "here what which who when where why how if as than then so just now today tomorrow yesterday"
    " please thanks thank hi hello dear "
    "regards best kind cheers yes sure great done sounds good looks let know would'nt don't can't"
    " won't it's i'm i'll we'll you're "
    "sorry asap about back up out call invoice draft again any all more will"
) - {"so", "in", "an", "am", "was", "a", "i", "hi", "asap", "up", "best", "done", "as", "on"}


def language(text: str, subject: str = "") -> str | None:
    """``de``, ``en``, or None when there is too little to tell or it is another language."""
    found = recognised(text, subject)
    return found if found in {"de", "en"} else None


def is_foreign(text: str) -> bool:
    """Whether a text is clearly in another language: enough words, and no doubt."""
    return recognised(text) == "other"


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_CANDIDATES))
    identifier._full_model = None  # 28 MB for languages that are never asked for
    return identifier


def recognised(text: str, subject: str = "") -> str | None:
    """``de``, ``en``, ``other`` for the clear case of another language, or None."""
    sample = text[:_SAMPLE]
    words = _words(sample)
    if not words:
        return None
    if _is_other_script(words):
        return "other"
    verdict = _by_small_words(words)
    if verdict:
        return verdict
    if len(words) < _ENOUGH and subject:
        sample = f"{sample}\n{subject}"
        words = _words(sample)
        if verdict := _by_small_words(words):
            return verdict
    return _by_model(sample, words)


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _is_other_script(words: list[str]) -> bool:
    """Whether most letters are not Latin; such a text may have no blanks between its words."""
    letters = "".join(words)
    return len(letters) >= 8 and sum(letter > _LAST_LATIN for letter in letters) * 2 > len(letters)


def _by_small_words(words: list[str]) -> str | None:
    """The language whose small words clearly outweigh the other's, in proportion to the text."""
    german = sum(word in _GERMAN for word in words)
    english = sum(word in _ENGLISH for word in words)
    share = max(german, english) / max(len(words), 1)
    if share < (0.15 if len(words) >= _ENOUGH else 0.2):
        return None
    if german >= 2 * english + 1:
        return "de"
    return "en" if english >= 2 * german + 1 else None


def _by_model(sample: str, words: list[str]) -> str | None:
    ranked = _identifier().rank(sample)
    best, probability = ranked[0]
    if best not in {"de", "en"} and len(words) >= _ENOUGH and probability > 0.8:
        return "other"
    if best not in {"de", "en"} and len(words) >= 3 and probability > 0.6:
        return None
    german, english = (dict(ranked)[code] for code in ("de", "en"))
    german += 0.3 * bool(_LETTERS.search(sample))
    if len(words) < 2 and max(german, english) < 0.5:
        return None
    return "de" if german >= english else "en"
