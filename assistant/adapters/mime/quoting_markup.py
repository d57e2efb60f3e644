"""How mail programs mark up a quotation in HTML, as seen in the mail of each."""

from __future__ import annotations

import re
from typing import Final

from assistant.adapters.mime.markup import Start

_QUOTE_CLASSES: Final = frozenset(
    {
        "yahoo_quoted",
        "zmail_extra",
        "gmx_quote",
        "tutanota_quote",
        "outlook_quote",
        "freebirdfxos_quote",
        "moz-forward-container",
        "ms-outlook-mobile-reference-message",
    }
)
_QUOTE_IDS: Final = frozenset({"mail-editor-reference-message-container", "olk_src_body_section", "yahoo_quoted"})
_ATTRIBUTION_CLASSES: Final = frozenset({"gmail_attr", "moz-cite-prefix", "moz-email-headers-table", "outlook_attr"})
_CUT_IDS: Final = re.compile(r"(?:x_)*divRplyFwdMsg$", re.IGNORECASE)
_BORDER: Final = re.compile(
    r"border-left(?:-width|-style)?\s*:\s*(?!\s|0|none)|border-width\s*:\s*0(?:px)?\s+0(?:px)?\s+0(?:px)?\s+[1-9]"
)


def _classes(tag: Start) -> frozenset[str]:
    return frozenset(tag.attributes.get("class", "").lower().split())


def is_quotation(tag: Start) -> bool:
    """Whether everything inside this element was written by somebody else.

    Gmail's and Proton's outer containers are not: an answer between the quoted lines stands in them. A blockquote
    without any mark is how people indent their own words (Gmail, Outlook on the web).
    """
    classes = _classes(tag)
    if tag.name == "blockquote":
        style = tag.attributes.get("style", "").lower()
        by_class = any("quote" in one or "cite" in one for one in classes)
        return (
            tag.attributes.get("type", "").lower() == "cite"
            or "cite" in tag.attributes
            or by_class
            or bool(_BORDER.search(style))
        )
    identifier = tag.attributes.get("id", "").lower()
    if classes & _QUOTE_CLASSES or identifier in _QUOTE_IDS or identifier.startswith("yahoo_quoted"):
        return True
    return tag.name == "div" and tag.attributes.get("name", "").lower() == "quote"  # GMX and WEB.DE


def is_indented(tag: Start) -> bool:
    """Whether this element may be a quotation: set in, or with a line at its left side."""
    return tag.name == "blockquote" or (
        tag.name == "div" and bool(_BORDER.search(tag.attributes.get("style", "").lower()))
    )


def is_attribution(tag: Start) -> bool:
    """Whether this element is the line that announces a quotation."""
    return bool(_classes(tag) & _ATTRIBUTION_CLASSES) or tag.attributes.get("id", "").lower() == "reply-intro"


def is_cut(tag: Start) -> bool:
    """Whether the mail that is answered begins here and goes on to the end (Outlook)."""
    return bool(_CUT_IDS.match(tag.attributes.get("id", "")))


def is_divider(tag: Start) -> bool:
    """Whether this rule is the one above the mail that is answered (Zimbra)."""
    return tag.name == "hr" and (tag.attributes.get("id", "") == "zwchr" or "data-marker" in tag.attributes)
