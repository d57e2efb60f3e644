"""A whole mail in the words of the core: from ``RawMail`` to ``Message``."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from assistant.adapters.mime import sealed
from assistant.adapters.mime.attribution import is_separator, strength
from assistant.adapters.mime.body import Body, chosen, read_text
from assistant.adapters.mime.decode import charset_decoded, is_garbage, transfer_decoded, unflowed, without_data_uris
from assistant.adapters.mime.header import Header, date, message_ids, typed, words
from assistant.adapters.mime.language import language, recognised
from assistant.adapters.mime.lines import visible
from assistant.adapters.mime.noise import Seen, set_aside
from assistant.adapters.mime.people import mailboxes
from assistant.adapters.mime.structure import TEXTS, content_type
from assistant.core.message import Address, Message, RawMail, RawPart, Unassessed, base_subject

Side = Literal["client", "own"]

#: Header fields that other parts of the program need, as they are to be spelled.
_KEPT: Final = ("X-Send-Later-At", "X-Mozilla-Draft-Info", "X-Identity-Key", "Fcc", "Auto-Submitted")
_HTML: Final = re.compile(
    r"\s{0,1000}(?:<!--.{0,500}?-->\s{0,100})?<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_META: Final = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_FORWARDED: Final = re.compile(r"\s*(?:wg|fw|fwd|weitergeleitet|i)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_FOOTER: Final = 200  # characters that a server may have added in clear to an encrypted mail


@dataclass(frozen=True, slots=True)
class _Text:
    """A decoded part."""

    kind: str
    text: str


def parse(
    mail: RawMail, *, own: frozenset[str] = frozenset(), flags: frozenset[str] = frozenset(), side: Side = "client"
) -> Message:
    """Everything the program wants to know of a mail. Never raises, whatever the bytes.

    Args:
        own: the user's addresses; a mail from one of them is set aside as OWN.
        flags: the server's flags and keywords; those for junk set a mail aside as SPAM.
        side: ``own`` for a draft, which is never set aside.
    """
    header = Header.read(mail.header)
    texts = _texts(mail)
    if not header.fields and mail.header.strip() and not any(text.text.strip() for text in texts):
        texts = [_Text("text/plain", charset_decoded(mail.header, ""))]  # a text without any header, as servers see it
    body, obstacle = _body(header, texts, mail.types)
    if not body.own and _may_be_own(header, body, side):
        body = Body(own=body.whole, whole=body.whole)
    message = replace(_envelope(header), newest_text=body.own, quoted_text=body.quoted, digest=_digest(header, texts))
    addresses = frozenset(one.strip().lower() for one in own)
    if side == "client" and (reason := set_aside(Seen(header, mail.types, addresses, flags, message))):
        return replace(message, language=language(body.own, message.subject), set_aside=reason)
    found = recognised(body.own, message.subject)
    return replace(
        message,
        language=found if found in {"de", "en"} else None,
        unassessed=_unassessed(body, found, obstacle),
    )


def _envelope(header: Header) -> Message:
    """What the header says."""
    sender = next(iter((*_people(header, "From"), *_people(header, "Sender"))), None)
    return Message(
        message_id=next(iter(message_ids(header.get("Message-ID"))), None),
        in_reply_to=message_ids(header.get("In-Reply-To")),
        references=message_ids(header.get("References")),
        sender=sender,
        reply_to=_people(header, "Reply-To"),
        to=_people(header, "To"),
        cc=_people(header, "Cc"),
        bcc=_people(header, "Bcc"),
        subject=words(visible(header.get("Subject"))),
        date=date(header.get("Date")),
        headers={name: words(header.get(name)) for name in _KEPT if header.has(name)},
    )


def _people(header: Header, name: str) -> tuple[Address, ...]:
    return mailboxes(", ".join(header.all(name)))


def _texts(mail: RawMail) -> list[_Text]:
    """The text parts, decoded, attachments left out however the mail was fetched."""
    found: list[_Text] = []
    for part in mail.parts:
        fields = Header.read(part.header)
        kind, parameters = content_type(fields)
        disposition, more = typed(fields.get("Content-Disposition"))
        named = "filename" in more or "name" in parameters
        if kind not in TEXTS:
            kind = "text/plain"  # a container that could not be opened
        elif disposition == "attachment" or (named and found and "multipart" not in kind):
            continue
        found.append(_decoded(part, fields, kind, parameters))
    return found


def _decoded(part: RawPart, fields: Header, kind: str, parameters: dict[str, str]) -> _Text:
    octets = transfer_decoded(part.body, fields.get("Content-Transfer-Encoding"))
    if kind == "text/html":
        octets = without_data_uris(octets)
    label = parameters.get("charset", "")
    if not label and (meta := _META.search(octets[:4000])):
        label = meta[1].decode("ascii")
    text = charset_decoded(octets, label)
    if kind == "text/plain" and _HTML.match(text):
        kind = "text/html"
    if kind == "text/plain" and parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    return _Text(kind, text)


def _body(header: Header, texts: list[_Text], types: tuple[str, ...]) -> tuple[Body, Unassessed | None]:
    """The body to be judged, and what stands in the way of reading (all of) it."""
    unsealed = [(text.kind, *sealed.unsealed(text.text)) for text in texts]
    encrypted = sealed.is_encrypted(header, types) or any(hidden for _, _, hidden in unsealed)
    readable = [_Text(kind, text) for kind, text, _ in unsealed if not is_garbage(text)]
    alternatives = "multipart/alternative" in types or {"text/plain", "text/html"} <= {text.kind for text in readable}
    body = _alternative(readable) if alternatives else _all(readable)
    if encrypted:
        return body, Unassessed.ENCRYPTED
    lost = len(readable) < len(unsealed) or sealed.is_unreadable(types)
    return body, Unassessed.UNREADABLE if lost else None


def _may_be_own(header: Header, body: Body, side: Side) -> bool:
    """Whether the sender's words may be among what was taken for a quotation, so that all of it is to be kept.

    An answer below a quotation without marks cannot be told from it, nor can a letter whose lines are all marked. An
    own draft is different: a reply that is only begun holds nothing but the quotation.
    """
    if body.unmarked and side == "client":
        return not _FORWARDED.match(words(header.get("Subject")))
    return bool(body.quoted) and _is_new(header, body.quoted)


def _is_new(header: Header, quoted: str) -> bool:
    """Whether nothing says that the mail answers or passes on another."""
    if any(strength(line) or is_separator(line) for line in quoted.split("\n", 20)[:20]):
        return False
    subject = words(header.get("Subject"))
    return base_subject(subject) == subject and not header.has("In-Reply-To") and not header.has("References")


def _alternative(texts: list[_Text]) -> Body:
    """One of the alternatives, with what stands behind both (list footers, an answer beside an attachment)."""
    kinds = [text.kind for text in texts]
    if "text/html" not in kinds or "text/plain" not in kinds:
        return _all(texts)
    first = kinds.index("text/html")
    last = len(kinds) - 1 - kinds[::-1].index("text/html")
    plain = _all([text for text in texts[:first] if text.kind == "text/plain"])
    html = _all([text for text in texts if text.kind == "text/html"])
    after = [text for text in texts[last + 1 :] if text.kind == "text/plain"]
    if not first:
        return chosen(html, _all(after))
    body = chosen(html, plain)
    return _together([body, *(_read(text) for text in after)]) if after else body


def _all(texts: list[_Text]) -> Body:
    return _together([_read(text) for text in texts])


def _read(text: _Text) -> Body:
    return read_text(text.text, text.kind)


def _together(bodies: list[Body]) -> Body:
    return Body(
        own="\n\n".join(body.own for body in bodies if body.own),
        quoted="\n\n".join(body.quoted for body in bodies if body.quoted),
        whole="\n\n".join(body.whole for body in bodies if body.whole),
        unmarked=any(body.unmarked for body in bodies),
    )


def _unassessed(body: Body, found: str | None, obstacle: Unassessed | None) -> Unassessed | None:
    if obstacle is Unassessed.ENCRYPTED and len(body.own) < _FOOTER:
        return obstacle
    if not body.own:
        return obstacle or Unassessed.NO_TEXT
    return Unassessed.LANGUAGE if found == "other" else None


def _digest(header: Header, texts: list[_Text]) -> str:
    """The same whether the mail came whole or in parts: over decoded values and texts, not over their framing."""
    values = [words(header.get(name)) for name in ("Message-ID", "From", "Date", "Subject")]
    bodies = ["\n".join(line.rstrip() for line in visible(text.text).split("\n")).strip() for text in texts]
    return hashlib.sha256("\x00".join([*values, *bodies]).encode("utf-8", "replace")).hexdigest()
