"""Error messages in the user's language.

Errors are raised in English with their values filled in, so that what raises them need not know who listens.  Here
their pieces are found again and said in German, as gettext does with whole messages.
"""

from __future__ import annotations

import re
from functools import cache

from assistant.texts.catalogue import Lang

_HOLE = re.escape("{}")


def spoken(message: str, lang: Lang) -> str:
    """The message in a language; pieces that nobody has translated stay English."""
    if lang == "de":
        for pattern, german in _phrases():
            message = pattern.sub(german, message)
    return message


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    from assistant.texts.outside_de import OUTSIDE_DE
    from assistant.texts.relay_de import RELAY_DE
    from assistant.texts.settings_de import SETTINGS_DE
    from assistant.texts.shared_de import SHARED_DE

    pairs = (*SETTINGS_DE, *RELAY_DE, *SHARED_DE, *OUTSIDE_DE)
    return tuple((_pattern(english), _replacement(german)) for english, german in pairs)


def _pattern(english: str) -> re.Pattern[str]:
    """The piece as an expression: a hole is as short as what follows allows, at the end as long as the line."""
    open_end = english.endswith("{}")
    holes = re.escape(english).replace(_HOLE, "(.+?)")
    return re.compile(holes + ("$" if open_end else ""), re.MULTILINE)


def _replacement(german: str) -> str:
    return re.sub(r"\{(\d)\}", lambda hole: rf"\g<{int(hole[1]) + 1}>", german.replace("\\", r"\\"))
