"""The German catalogue of the pages: whole, and nothing in it that nobody says."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from assistant.adapters.paths import shipped_templates

_ROOT = Path(__file__).parents[2]
_OPTIONS = {"trim_blocks": "true", "newstyle_gettext": "true"}
_HOLE = re.compile(r"%\((\w+)\)[sd]")


def _said() -> set[str | tuple[str, str]]:
    """Every sentence in the code and the templates of the pages; one with a plural as a pair."""
    words = {"_": None, "_words": None, "ngettext": (1, 2)}
    places = [(_ROOT / "assistant" / "web", "**.py", "python"), (shipped_templates() / "review", "**.j2", "jinja2")]
    return {
        message if isinstance(message, str) else (message[0], message[1])
        for folder, pattern, method in places
        for _, _, message, _, _ in extract_from_dir(
            folder, [(pattern, method)], {pattern: _OPTIONS} if method == "jinja2" else {}, keywords=words
        )
    }


def _german() -> Catalog:
    with (_ROOT / "assistant" / "web" / "locale" / "de.po").open("rb") as source:
        return read_po(source, locale="de")


def test_every_sentence_is_translated_and_every_translation_is_said() -> None:
    """Nothing English on a German page, nothing left over from an older one."""
    found = {tuple(one.id) if isinstance(one.id, tuple | list) else one.id for one in _german() if one.id}
    said = _said()
    assert len(said) > 50
    assert said - found == set()
    assert found - said == set()


def test_translations_keep_what_is_filled_in() -> None:
    """The same holes on both sides, and no translation is empty."""
    for message in _german():
        if not message.id:
            continue
        one, several = (message.id, message.id) if isinstance(message.id, str) else message.id
        first, *others = (message.string,) if isinstance(message.string, str) else message.string or ("",)
        assert first
        assert set(_HOLE.findall(first)) <= set(_HOLE.findall(one)) | set(_HOLE.findall(several))
        for other in others:
            assert set(_HOLE.findall(other)) == set(_HOLE.findall(several))
