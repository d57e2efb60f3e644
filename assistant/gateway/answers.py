"""What the mail client is told: one line, printable ASCII, at most 512 octets (RFC 5321, 4.5.3.1.5; RFC 3463)."""

from __future__ import annotations

import unicodedata
from typing import Final

from assistant.core.delivery import Answer
from assistant.errors import GelassenError, Refused
from assistant.services.submission import Fate, Receipt

_LONGEST: Final = 510  # octets, without the CRLF
_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})

#: Something broke on our side; the mail client keeps the mail and tries again.
BROKEN: Final = Answer(code=451, text="4.3.0 Gelassen could not take the mail (see its log); keep it and try again")


class Rejected(Exception):
    """A rule of the gateway forbids the mail; ``answer`` says which, and what to do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.answer = Answer(code=code, text=text)


def line(answer: Answer) -> str:
    """The answer as it goes over the wire: whatever the words hold, they stay one line of printable ASCII."""
    return plain(f"{answer.code} {answer.text}")


def plain(words: str) -> str:
    """One line of printable ASCII, at most 510 octets; umlauts are written out, other signs lose their marks."""
    spelled = unicodedata.normalize("NFKD", words.translate(_GERMAN))
    without_marks = (sign for sign in spelled if not unicodedata.combining(sign))
    printable = "".join(sign if " " <= sign <= "~" else " " if sign.isspace() else "?" for sign in without_marks)
    return printable[:_LONGEST]


def of_receipt(receipt: Receipt) -> Answer:
    """Success only for what is stored or relayed, and nothing but failure for what is not.

    The relay's own code is passed on where it can be an answer to the end of the text (RFC 5321, 4.3.2); others (421
    closes the channel, 535 asks for another password) would be taken for the gateway's.
    """
    code, text = receipt.answer.code, receipt.answer.text
    if receipt.fate is not Fate.REFUSED:
        return Answer(code=250, text=text or "2.0.0 Accepted")
    if not 400 <= code < 600:
        return Answer(code=451, text=text or BROKEN.text)
    if code // 10 in {45, 55}:
        return receipt.answer
    return Answer(code=554 if code >= 500 else 451, text=text)


def of_error(error: GelassenError) -> Answer:
    """A rule is final; everything else may be mended by the user, so a queueing mail client had better try again."""
    words = str(error).splitlines()[0] if str(error) else BROKEN.text
    return (
        Answer(code=550, text=f"5.7.1 {words}")
        if isinstance(error, Refused)
        else Answer(code=451, text=f"4.3.0 {words}")
    )
