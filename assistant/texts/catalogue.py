"""Looking up a text by its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from assistant.texts.cli_de import CLI_DE
from assistant.texts.cli_en import CLI_EN
from assistant.texts.correcting_de import CORRECTING_DE
from assistant.texts.correcting_en import CORRECTING_EN
from assistant.texts.de import DE
from assistant.texts.en import EN
from assistant.texts.init_de import INIT_DE
from assistant.texts.init_en import INIT_EN
from assistant.texts.noticing_de import NOTICING_DE
from assistant.texts.noticing_en import NOTICING_EN
from assistant.texts.repairing_de import REPAIRING_DE
from assistant.texts.repairing_en import REPAIRING_EN
from assistant.texts.replaying_de import REPLAYING_DE
from assistant.texts.replaying_en import REPLAYING_EN
from assistant.texts.sending_de import SENDING_DE
from assistant.texts.sending_en import SENDING_EN

Lang = Literal["de", "en"]

CATALOGUES: Final[Mapping[Lang, Mapping[str, str]]] = {
    "de": {**DE, **CLI_DE, **CORRECTING_DE, **INIT_DE, **NOTICING_DE, **REPAIRING_DE, **REPLAYING_DE, **SENDING_DE},
    "en": {**EN, **CLI_EN, **CORRECTING_EN, **INIT_EN, **NOTICING_EN, **REPAIRING_EN, **REPLAYING_EN, **SENDING_EN},
}


def text(key: str, lang: Lang, /, **params: object) -> str:
    """The words for a key, its placeholders filled; English where the language lacks it.

    Raises ``KeyError`` for a key that no catalogue has, or a placeholder without a value: both are bugs.
    """
    words = CATALOGUES[lang].get(key)
    return (CATALOGUES["en"][key] if words is None else words).format(**params)


def pick(choice: str | None, environ: Mapping[str, str]) -> Lang:
    """The language to speak: the choice, else the locale's, else English; ``auto`` and None are no choice.

    The locale is read as POSIX has it: LC_ALL, then LC_MESSAGES, then LANG, the first that is not empty.
    """
    wanted = choice if choice not in {None, "auto"} else _locale(environ)
    return "de" if wanted == "de" else "en"


def _locale(environ: Mapping[str, str]) -> str:
    names = (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "").replace("-", "_").split("_")[0].split(".")[0].lower()
