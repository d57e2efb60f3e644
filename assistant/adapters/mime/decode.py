"""From transferred bytes to text: transfer encodings (RFC 2045, 6), charsets, and flowed lines (RFC 3676).

Labels are hints here. What cannot be right (UTF-8 called Latin-1, a base64 block cut short) is read as what it is;
nothing raises, and every function is linear in its input.
"""

from __future__ import annotations

import binascii
import codecs
import re
from typing import Final

MAX_BYTES: Final = 8 * 2**20  # of one part in transfer encoding; more is not a letter
MAX_TEXT: Final = 1_000_000  # characters

_BASE64_GARBAGE: Final = re.compile(rb"[^A-Za-z0-9+/=]")
_BASE64_TEXT: Final = re.compile(rb"\s*(?:[A-Za-z0-9+/]{40,}\r?\n)*[A-Za-z0-9+/]{4,}={0,2}\s*\Z")
_QUOTED_PRINTABLE: Final = re.compile(rb"=C3=[89AB][0-9A-F]|=(?:E4|F6|FC|DF)[a-z]|=20\r?\n|=3D[\"']|[a-z]=\r?\n")
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_MOJIBAKE: Final = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2013-\u203a\u20ac]"
)
_DATA_URI: Final = re.compile(rb"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=\s]*")

#: WHATWG reads these labels as windows-1252, and so does every mail client.
_WESTERN: Final = frozenset({"ascii", "iso8859-1", "cp1252"})
#: Labels that only a private convention explains.
_ALIASES: Final = {"unicode-1-1-utf-7": "utf-7", "utf8mb4": "utf-8", "x-mac-roman": "mac-roman", "windows-874": "cp874"}
#: Charsets whose bytes may also be valid UTF-8, so that the label decides.
_SEVEN_BIT: Final = frozenset({"utf-7", "iso2022_jp", "iso2022_kr", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32"})


#: Each byte as windows-1252, the five that it leaves open as in Latin-1.
_CP1252: Final = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]


def _rescue(error: UnicodeError) -> tuple[str, int]:
    """Reads bytes that are no UTF-8 as windows-1252: what a broken label most often hides."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(_CP1252[byte] for byte in error.object[error.start : error.end]), error.end


codecs.register_error("gelassen-rescue", _rescue)


def transfer_decoded(body: bytes, encoding: str) -> bytes:
    """The part's octets; ``encoding`` is the Content-Transfer-Encoding as written.

    An encoding that is missing or wrong is recognised by its marks.
    """
    body = body[:MAX_BYTES]
    name = encoding.partition(";")[0].strip().strip("\"'").lower()
    if name == "base64":
        return _base64(body)
    if name in {"quoted-printable", "quoted_printable", "qp"}:
        return _quoted_printable(body)
    if name in {"x-uuencode", "uuencode", "x-uue"}:
        return _uuencoded(body)
    return _unlabelled(body)


def _unlabelled(body: bytes) -> bytes:
    sample = body[:100_000]
    if len(sample) > 60 and _BASE64_TEXT.match(sample) and (text := _base64(body)) and _is_text(text):
        return text
    if _QUOTED_PRINTABLE.search(sample) and len(_QUOTED_PRINTABLE.findall(sample)) >= 2:
        return _quoted_printable(body)
    return body


def _is_text(octets: bytes) -> bool:
    """Whether octets read as text: nearly all of them UTF-8, and no control characters."""
    text = octets[:2000].decode("utf-8", "ignore")
    return not _UNREADABLE.search(text) and len(text.encode()) > 0.9 * min(len(octets), 2000)


def _quoted_printable(body: bytes) -> bytes:
    # Blanks at the end of a line were added on the way (RFC 2045, 6.7 rule 3) and would hide a soft line break.
    return binascii.a2b_qp(re.sub(rb"(?<![ \t])[ \t]+(?=\r?\n)", b"", body))


def _base64(body: bytes) -> bytes:
    """Everything that decodes; text that was appended behind the padding (list footers) is kept as it is."""
    clean, tail = _base64_tail(body)
    octets = b"".join(_base64_block(block) for block in clean.split(b"="))
    return octets + tail


def _base64_tail(body: bytes) -> tuple[bytes, bytes]:
    for match in re.finditer(rb"^[^\r\n]*[^A-Za-z0-9+/=\r\n][^\r\n]*", body, re.MULTILINE):
        if len(match.group().split()) > 2 and not body[: match.start()].strip():
            return b"", body  # declared base64, but written in clear
        if len(match.group().split()) > 2:
            return _BASE64_GARBAGE.sub(b"", body[: match.start()]), b"\n\n" + body[match.start() :]
    return _BASE64_GARBAGE.sub(b"", body), b""


def _base64_block(block: bytes) -> bytes:
    block = block[: len(block) - 1] if len(block) % 4 == 1 else block
    try:
        return binascii.a2b_base64(block + b"=" * (-len(block) % 4))
    except binascii.Error:
        return b""


def _uuencoded(body: bytes) -> bytes:
    lines = body.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(b"begin ")]
    if not starts:
        return body
    octets = bytearray()
    for line in lines[starts[0] + 1 :]:
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            octets += binascii.a2b_uu(line)
        except binascii.Error:
            continue
    return bytes(octets)


def without_data_uris(octets: bytes) -> bytes:
    """HTML without pictures written into it, so that they do not use up the space of the words."""
    return _DATA_URI.sub(b"", octets) if b"base64," in octets else octets


def charset_decoded(octets: bytes, label: str) -> str:
    """Text of at most ``MAX_TEXT`` characters, line ends as ``\\n``, without NUL.

    Valid UTF-8 wins over a Western label; then the label, then windows-1252 for each byte that does not fit.
    """
    text = _with_charset(octets, _normal(label))
    text = text.removeprefix("\ufeff").replace("\x00", "")
    return _repaired(text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))


def _normal(label: str) -> str:
    name = label.strip().strip("\"'").lower().partition("*")[0]
    try:
        return codecs.lookup(_ALIASES.get(name, name)).name
    except (LookupError, ValueError):  # ValueError: a NUL in the label
        return ""


def _with_charset(octets: bytes, name: str) -> str:
    if octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and name not in {"utf-32"}:
        return octets.decode("utf-16", "replace")
    if name in {"utf-16", "utf-16-le", "utf-16-be"}:
        return _utf16(octets, name)
    if name not in _SEVEN_BIT and _is_utf8(octets):
        return octets.decode("utf-8")
    if name and name not in _WESTERN and name != "utf-8":
        try:
            return octets.decode(name)
        except (ValueError, LookupError):  # LookupError: a codec that is not for text, such as "hex"
            pass
    return octets.decode("utf-8", "gelassen-rescue")


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf16(octets: bytes, name: str) -> str:
    if b"\x00" not in octets and _is_utf8(octets):
        return octets.decode("utf-8")  # the label of the program's memory, not of the mail
    if name == "utf-16":
        name = "utf-16-be" if octets[:200:2].count(0) > octets[1:200:2].count(0) else "utf-16-le"
    return octets.decode(name, "replace")


def _repaired(text: str) -> str:
    """Undoes UTF-8 that was read as windows-1252 and encoded again, where that explains every character."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def is_garbage(text: str) -> bool:
    """Whether text is no text: control characters and undecodable bytes in every tenth place or more."""
    return len(text) > 20 and len(_UNREADABLE.findall(text)) * 10 > len(text)


def unflowed(text: str, *, delete_space: bool) -> str:
    """Joins flowed lines to paragraphs (RFC 3676, 4); quotation marks stay in front, as ``>``-signs and one blank."""
    done: list[str] = []
    parts: list[str] = []
    depth = 0
    for line in text.split("\n"):
        level, content = _unstuffed(line)
        if parts and level != depth:  # an improperly flowed line: the depth changes within the paragraph
            done.append(_quoted(depth, "".join(parts)))
            parts = []
        depth = level
        flowed = content.endswith(" ") and content != "-- "
        parts.append(content[:-1] if flowed and delete_space else content)
        if not flowed:
            done.append(_quoted(depth, "".join(parts)))
            parts = []
    if parts:
        done.append(_quoted(depth, "".join(parts)))
    return "\n".join(done)


def _unstuffed(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    return len(line) - len(content), content.removeprefix(" ")


def _quoted(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth else content
