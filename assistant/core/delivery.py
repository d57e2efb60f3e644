"""Handing a mail to a relay: who it goes to, what was answered, and what follows from it (RFC 5321, 6409).

The rule behind everything here: what was accepted is delivered once, or the user is told exactly what is not known.
A recipient is asked for again only while it is certain that the relay has not taken the mail for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from assistant.core.draft import State

#: How long a mail is tried again before it counts as failed (DESIGN section 11).
GIVE_UP_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """Who a mail is from and goes to, apart from what its header says (RFC 5321, 2.3.1).

    Attributes:
        sender: the reverse-path, without angle brackets.
        recipients: forward-paths in the order given, each once.
        smtputf8: an address or the header needs SMTPUTF8 (RFC 6531).
        eight_bit: the body holds octets above 127 (8BITMIME, RFC 6152).
    """

    sender: str
    recipients: tuple[str, ...]
    smtputf8: bool = False
    eight_bit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a relay said: its reply code and its words in one line; code 0 are our own words where it said nothing."""

    code: int
    text: str

    @property
    def final(self) -> bool:
        """Whether asking again will not help (5yz)."""
        return self.code >= 500

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code else self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """How one attempt ended for the recipients that it was made for; each of them is in exactly one of the three.

    Attributes:
        accepted: the relay has taken the mail for them.
        refused: it has not, and why: by RCPT one by one, or all by anything else, a lost connection before the end of
            the text included.
        unknown: the whole text was handed over and no answer came.
        answer: what the relay said when it took the mail, where anybody was accepted.
    """

    accepted: tuple[str, ...] = ()
    refused: Mapping[str, Answer] = field(default_factory=dict, hash=False)
    unknown: tuple[str, ...] = ()
    answer: Answer | None = None

    @classmethod
    def all_refused(cls, recipients: Iterable[str], answer: Answer) -> Attempt:
        """Nobody was accepted, for one reason."""
        return cls(refused=dict.fromkeys(recipients, answer))


class Standing(StrEnum):
    """How it stands with one recipient."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One recipient of a mail, and what the relay last said about them."""

    address: str
    standing: Standing = Standing.PENDING
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What follows from an attempt.

    Attributes:
        state: ``sent``, ``released`` (to be tried again at ``again``), ``failed`` or ``uncertain``.
        recipients: all recipients of the mail as they stand now.
        again: when to try the pending ones again; only with ``released``.
    """

    state: State
    recipients: tuple[Recipient, ...]
    again: datetime | None = None


def outcome(
    recipients: Sequence[Recipient],
    attempt: Attempt,
    *,
    tried: int,
    since: datetime,
    now: datetime,
    pauses: Sequence[timedelta],
) -> Outcome:
    """What becomes of a mail after an attempt for its pending recipients.

    Args:
        tried: attempts so far, this one included.
        since: when it was to be sent first.
        pauses: between attempts, the last one repeated until a day is over; none: a temporary refusal is final.
    """
    stand = tuple(_after(recipient, attempt) for recipient in recipients)
    found = {recipient.standing for recipient in stand}
    if Standing.UNKNOWN in found:
        return Outcome(state=State.UNCERTAIN, recipients=stand)
    if Standing.PENDING in found:
        again = now + pauses[min(tried, len(pauses)) - 1] if pauses else None
        if again is not None and again <= since + GIVE_UP_AFTER:
            return Outcome(state=State.RELEASED, recipients=stand, again=again)
        stand = tuple(_given_up(recipient) for recipient in stand)
    everybody = all(recipient.standing is Standing.ACCEPTED for recipient in stand)
    return Outcome(state=State.SENT if everybody else State.FAILED, recipients=stand)


def found_out(recipients: Sequence[Recipient], *, went_out: bool, now: datetime) -> Outcome:
    """What follows when it becomes known whether the relay has taken a text whose answer was lost.

    One answer counts for the whole text, so it is the same for everybody it was asked about. Whoever the relay had
    put off or refused before has not got it in either case.

    Args:
        went_out: it was taken: then those put off are tried again; else the mail is held, for the user to decide.
    """
    became = Standing.ACCEPTED if went_out else Standing.PENDING
    stand = tuple(replace(one, standing=became) if one.standing is Standing.UNKNOWN else one for one in recipients)
    if not went_out:
        return Outcome(state=State.HELD, recipients=stand)
    found = {recipient.standing for recipient in stand}
    if Standing.PENDING in found:
        return Outcome(state=State.RELEASED, recipients=stand, again=now)
    return Outcome(state=State.SENT if found == {Standing.ACCEPTED} else State.FAILED, recipients=stand)


def pending(recipients: Iterable[Recipient]) -> tuple[str, ...]:
    """The addresses that the relay is still to be asked for."""
    return tuple(recipient.address for recipient in recipients if recipient.standing is Standing.PENDING)


def asked_again(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """The user wants it sent to those who did not get it: everybody but the accepted is pending again."""
    return tuple(
        one if one.standing is Standing.ACCEPTED else Recipient(address=one.address, answer=one.answer)
        for one in recipients
    )


def _after(recipient: Recipient, attempt: Attempt) -> Recipient:
    if recipient.standing is not Standing.PENDING:
        return recipient
    if recipient.address in attempt.accepted:
        return Recipient(address=recipient.address, standing=Standing.ACCEPTED, answer=attempt.answer)
    if recipient.address in attempt.unknown:
        return Recipient(address=recipient.address, standing=Standing.UNKNOWN)
    answer = attempt.refused[recipient.address]
    standing = Standing.REFUSED if answer.final else Standing.PENDING
    return Recipient(address=recipient.address, standing=standing, answer=answer)


def _given_up(recipient: Recipient) -> Recipient:
    if recipient.standing is not Standing.PENDING:
        return recipient
    return Recipient(address=recipient.address, standing=Standing.REFUSED, answer=recipient.answer)
