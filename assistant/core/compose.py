"""A draft with another text: headers, recipients, thread and attachments stay as they are (RFC 5322, 2045)."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Final

#: Lines end in CRLF as on the wire; long lines are folded by the encoding, never cut.
_POLICY: Final = policy.SMTP.clone(max_line_length=998, cte_type="7bit")
_CONTENT_HEADERS: Final = frozenset(
    {"content-type", "content-transfer-encoding", "content-disposition", "content-language", "mime-version"}
)


def with_text(raw: bytes, text: str) -> bytes:
    """The mail ``raw`` with ``text`` as its body, in plain UTF-8.

    An HTML twin of the old text goes, for it would say something else; every other part (attachments, pictures)
    is kept byte for byte.
    """
    line = "\r\n" if b"\r\n" in raw[:4096] else "\n"
    header, _, _ = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = [
        field for field in _fields(header.decode("utf-8", "surrogateescape")) if _name(field) not in _CONTENT_HEADERS
    ]
    body = _body(message_from_bytes(raw, policy=policy.compat32), text)
    head = "\n".join(kept).encode("utf-8", "surrogateescape")
    whole = head + b"\n" + body
    return whole.replace(b"\r\n", b"\n").replace(b"\n", line.encode())


def _fields(header: str) -> list[str]:
    """Header fields with their folded lines."""
    return re.split(r"\n(?![ \t])", header)


def _name(field: str) -> str:
    return field.partition(":")[0].strip().lower()


def _body(old: Message, text: str) -> bytes:
    """The content headers and the body: the new text, then what was attached."""
    fresh = EmailMessage(policy=_POLICY)
    fresh.set_content(text if text.endswith("\n") else f"{text}\n", charset="utf-8", cte="quoted-printable")
    attached = _attached(old)
    if attached:
        mixed = EmailMessage(policy=_POLICY)
        mixed["Content-Type"] = "multipart/mixed"
        mixed.set_payload([fresh, *attached])
        fresh = mixed
    if "MIME-Version" not in fresh:
        fresh["MIME-Version"] = "1.0"
    return fresh.as_bytes(policy=_POLICY)


def _attached(old: Message) -> list[Message]:
    """Parts that are neither the text nor its HTML twin, the outermost ones."""
    if not old.is_multipart():
        return []
    found: list[Message] = []
    for part in old.get_payload():
        assert isinstance(part, Message)
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if is_file or part.get_content_maintype() not in {"text", "multipart"}:
            found.append(part)
        elif part.is_multipart() and part.get_content_type() != "message/rfc822":
            found.extend(_attached(part))
    return found
