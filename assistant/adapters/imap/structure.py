"""BODYSTRUCTURE (RFC 9051, 7.5.2): which parts of a message are its text, without reading the message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

_TEXTS = ("text/plain", "text/html")


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPart:
    """A text to be fetched.

    Attributes:
        section: what to fetch: ``1.2`` in a multipart message, empty for a message that is one text.
        size: bytes in transfer encoding.
    """

    section: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """The types of all parts in order, containers included, and the texts that are not attachments.

    ``hollow``: every part is empty; if the message is not, its boundaries are broken and the text lies between them.

    The inside of an attached message (message/rfc822) is somebody else's mail: neither its types nor its texts count.
    """

    types: tuple[str, ...]
    texts: tuple[TextPart, ...]
    hollow: bool = False


def read_structure(value: Any) -> Structure:  # noqa: ANN401  # nested tuples of bytes, int and None
    """Reads what imapclient's parser made of a BODYSTRUCTURE.

    Raises ValueError when it is none.
    """
    found = list(_walk(value, ""))
    return Structure(
        types=tuple(leaf.kind for leaf in found),
        texts=tuple(TextPart(section=leaf.section, size=leaf.size) for leaf in found if leaf.is_text),
        hollow=not any(leaf.size for leaf in found),
    )


class _Leaf(NamedTuple):
    kind: str
    section: str = ""
    size: int = 0
    is_text: bool = False


def _walk(value: Any, section: str) -> Iterator[_Leaf]:  # noqa: ANN401
    if not isinstance(value, tuple) or not value:
        raise ValueError("not a body structure")
    children = _children(value)
    if not children:
        yield _leaf(value, section)
        return
    rest = value[len(children) :]
    yield _Leaf(f"multipart/{_word(rest, 0) or 'mixed'}")
    attached = _disposition(rest) == "attachment"
    for number, child in enumerate(children, 1):
        for leaf in _walk(child, f"{section}.{number}" if section else str(number)):
            yield leaf._replace(is_text=leaf.is_text and not attached)


def _children(value: tuple[Any, ...]) -> tuple[Any, ...]:
    count = 0
    while count < len(value) and isinstance(value[count], tuple):
        count += 1
    return value[:count]


def _leaf(value: tuple[Any, ...], section: str) -> _Leaf:
    main, sub = _word(value, 0), _word(value, 1)
    kind = f"{main}/{sub}" if main and sub else "text/plain"  # what a broken type counts as (RFC 2045, 5.2)
    size = value[6] if len(value) > 6 and isinstance(value[6], int) else 0
    return _Leaf(kind, section, size, kind in _TEXTS and _disposition(value[7:]) != "attachment")


def _word(value: tuple[Any, ...], index: int) -> str:
    """A type or subtype in lower case; empty, or NIL, where a message has none."""
    word = value[index] if len(value) > index else None
    return word.decode("ascii", "replace").lower() if isinstance(word, bytes) else ""


def _disposition(fields: tuple[Any, ...]) -> str:
    """The disposition among extension fields, whose number and place differ by type and by server."""
    for item in fields:
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], bytes) and not isinstance(item[1], bytes):
            return item[0].decode("ascii", "replace").lower()
    return ""
