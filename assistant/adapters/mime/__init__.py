"""From bytes to words: a mail taken apart, decoded, and reduced to what its sender wrote in it.

``split`` and ``parse`` never raise, whatever the bytes, and take time linear in their length.
"""

from __future__ import annotations

from assistant.adapters.mime.body import html_text, newest_text
from assistant.adapters.mime.language import language
from assistant.adapters.mime.message import parse
from assistant.adapters.mime.structure import split

__all__ = ["html_text", "language", "newest_text", "parse", "split"]
