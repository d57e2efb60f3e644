"""Mail that is encrypted or signed: S/MIME (RFC 8551), OpenPGP (RFC 3156, 9580), Microsoft's rights management."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from assistant.adapters.mime.header import Header, typed

_ENCRYPTED: Final = frozenset(
    {"multipart/encrypted", "application/pgp-encrypted", "application/x-microsoft-rpmsg-message"}
)
_PKCS7: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_NOT_OPENED: Final = frozenset(
    {"application/ms-tnef", "application/vnd.ms-tnef", "text/rtf", "text/enriched", "text/richtext", *_PKCS7}
)
_ARMOR: Final = re.compile(r"^-----BEGIN PGP MESSAGE(?:, PART [^\n]{1,20})?-----[ \t]*$", re.MULTILINE)
_ARMOR_END: Final = re.compile(r"^-----END PGP MESSAGE(?:, PART [^\n]{1,20})?-----[ \t]*$", re.MULTILINE)
_KEY_END: Final = "-----END PGP PUBLIC KEY BLOCK-----"
_SIGNED: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE: Final = "-----BEGIN PGP SIGNATURE-----"
_SIGNATURE_END: Final = "-----END PGP SIGNATURE-----"


def is_encrypted(header: Header, types: Sequence[str]) -> bool:
    """Whether the message, or a part of it, is encrypted by its structure; attached mails are not in ``types``."""
    _, parameters = typed(header.get("Content-Type"))
    renamed = parameters.get("name", "").lower().endswith(".p7m") and not _PKCS7.intersection(types)
    if renamed or _ENCRYPTED.intersection(types):
        return True
    return bool(_PKCS7.intersection(types)) and parameters.get("smime-type", "").lower() != "signed-data"


def is_unreadable(types: Sequence[str]) -> bool:
    """Whether there are words in a form that is not opened (winmail.dat, an opaque signature, rich text)."""
    return bool(_NOT_OPENED.intersection(types))


def unsealed(text: str) -> tuple[str, bool]:
    """Plain text without OpenPGP's armour, and whether some of it was encrypted.

    A clear-signed text comes without its frame and without the dashes that escape its lines.
    """
    text, encrypted = _without_armor(text)
    begin = text.find(_SIGNED)
    if begin < 0 or (begin and text[begin - 1] != "\n"):
        return text, encrypted
    head, body = text[:begin], text[begin + len(_SIGNED) :]
    body, _, after = body.partition(_SIGNATURE)
    fields, empty, content = body.lstrip("\r\n").partition("\n\n")
    content = content if empty and all(":" in line for line in fields.splitlines()) else body
    after = after.partition(_SIGNATURE_END)[2]
    return head + re.sub(r"^- ", "", content, flags=re.MULTILINE) + after, encrypted


def _without_armor(text: str) -> tuple[str, bool]:
    text = _without_key(text)
    begin = _ARMOR.search(text)
    if not begin:
        return text, False
    end = _ARMOR_END.search(text, begin.end())
    return text[: begin.start()] + (text[end.end() :] if end else ""), True


def _without_key(text: str) -> str:
    """A public key below a letter is no word of it."""
    begin, end = text.find("-----BEGIN PGP PUBLIC KEY BLOCK-----"), text.find(_KEY_END)
    return text[:begin] + text[end + len(_KEY_END) :] if 0 <= begin < end else text
