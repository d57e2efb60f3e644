"""The lexicon rival: how negative the words of a mail are, without any learning from mails.

English: VADER (package vaderSentiment, MIT). German: textblob-de (MIT), whose word list is the German Polarity Lexicon
(Klenner et al. 2010, Apache-2.0). Both carry their lists in the package, nothing is downloaded. They were made for
sentences, so a mail's score is the mean over its sentences, as VADER's authors advise for longer texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from assistant.core.escalation import sentences
from models.training.corpus import Record
from models.training.metrics import Floats

LANGUAGES = ("de", "en")
Scorer = Callable[[str], float]


@cache
def scorers() -> dict[str, Scorer]:
    """A function for each language from a sentence to its score, -1 (negative) to 1."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    english = SentimentIntensityAnalyzer()
    return {"de": _german(), "en": lambda text: float(english.polarity_scores(text)["compound"])}


def _german() -> Scorer:
    # textblob-de reads its lists on the first call and leaves the files to the garbage collector.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        from textblob_de import PatternAnalyzer  # here, because it loads the whole of nltk, which takes seconds

        analyzer = PatternAnalyzer()
        analyzer.analyze("Das hat uns leider gar nicht gefallen.")
    return lambda text: float(analyzer.analyze(text).polarity)


def negativity(text: str, lang: str) -> float:
    """How negative a mail is: minus the mean score of its sentences, 0 without any."""
    score = scorers()[lang]
    found = [score(sentence) for sentence in sentences(text)]
    return -float(np.mean(found)) if found else 0.0


def features(records: Sequence[Record]) -> Floats:
    """Negativity and a constant, in columns of their own for each language (n x 4): two lists, two scales.

    A regression on these orders the mails of one language by their negativity alone.
    """
    found = np.zeros((len(records), 2 * len(LANGUAGES)))
    for row, record in enumerate(records):
        column = 2 * LANGUAGES.index(record.lang)
        found[row, column : column + 2] = (negativity(record.text, record.lang), 1.0)
    return found
