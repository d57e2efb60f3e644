"""A calm reply: which templates fit, what fills them, how the reply hangs on the mail it answers.

What a sentence needs (names, days, Sie or Du) is in :mod:`assistant.core.wording`, why a template is
suggested in :mod:`assistant.core.reason`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from assistant.core.escalation import Level, Signal
from assistant.core.message import Message, base_subject
from assistant.core.reason import Reason
from assistant.core.wording import day_in_words, greeting, person, topic

# --- choosing ------------------------------------------------------------------------------------------------------


class Offer(Protocol):
    """What choosing needs to know of a template (the front matter of DESIGN section 8)."""

    @property
    def name(self) -> str:
        """The template's name."""

    @property
    def language(self) -> str:
        """``de`` or ``en``."""

    @property
    def register(self) -> str:
        """``Sie``, ``Du``, ``formal`` or ``casual``."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Levels of the incoming mail that it answers."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Signals that speak for it; empty: any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A template that fits, and why."""

    template: str
    reason: Reason


_ACKNOWLEDGE: Final = "acknowledge"
_THANK: Final = "thank_and_ask"
_FIX: Final = "apologise_and_fix"
_OUR_SIDE: Final = "our_side"
_CHANGE: Final = "change_request"
_HOLD: Final = "hold_the_line"

#: The first signal that a mail carries decides; the two replies at level 2 and 3, then those at level 1.
_RULES: Final[tuple[tuple[Signal, Reason, tuple[str, str], tuple[str, str]], ...]] = (
    (Signal.INSULT, Reason.INSULT, (_HOLD, _THANK), (_HOLD, _THANK)),
    (Signal.LEGAL_THREAT, Reason.LEGAL, (_HOLD, _OUR_SIDE), (_OUR_SIDE, _HOLD)),
    (Signal.PAYMENT_DISPUTE, Reason.PAYMENT, (_HOLD, _OUR_SIDE), (_OUR_SIDE, _THANK)),
    (Signal.PUBLIC_THREAT, Reason.PUBLIC, (_HOLD, _THANK), (_THANK, _OUR_SIDE)),
    (Signal.ULTIMATUM, Reason.ULTIMATUM, (_HOLD, _FIX), (_HOLD, _THANK)),
    (Signal.SCOPE_CHANGE, Reason.SCOPE, (_CHANGE, _HOLD), (_CHANGE, _THANK)),
    (Signal.HARDSHIP, Reason.HARDSHIP, (_FIX, _THANK), (_FIX, _THANK)),
    (Signal.CHURN_THREAT, Reason.CHURN, (_THANK, _FIX), (_THANK, _OUR_SIDE)),
    (Signal.ANGER, Reason.ANGER, (_FIX, _OUR_SIDE), (_FIX, _THANK)),
    (Signal.COMMITMENT_DOUBT, Reason.DOUBT, (_THANK, _OUR_SIDE), (_THANK, _OUR_SIDE)),
    (Signal.FAREWELL, Reason.FAREWELL, (_THANK, _OUR_SIDE), (_THANK, _OUR_SIDE)),
)
#: Why the second one: it answers the same mail in another way.
_OTHER_WAY: Final = {
    _THANK: Reason.ASK,
    _FIX: Reason.FIX,
    _OUR_SIDE: Reason.FACTS,
    _HOLD: Reason.LINE,
    _CHANGE: Reason.SCOPE,
}
_WITHOUT_SIGNAL: Final = ((_FIX, _OUR_SIDE), (_THANK, _FIX))
_KNOWN: Final = (_THANK, _FIX, _OUR_SIDE, _HOLD, _CHANGE, _ACKNOWLEDGE)


def choose(
    level: int, signals: Collection[str], language: str, register: str, infos: Iterable[Offer]
) -> tuple[Choice, ...]:
    """Two or three really different ways to answer, the best first; none for a calm mail without a change of scope.

    From level 2 on the acknowledgement comes first, because it can go at once while the real reply cools; at level 1 it
    comes last. A template of the user's own, by another name than the shipped ones, goes before the shipped ones where
    its level and signals fit.
    """
    offers = [o for o in infos if o.language == language and o.register == register and level in o.levels]
    own = _best_own(level, signals, offers)
    if level == Level.CALM:
        scope = [Choice(template=_CHANGE, reason=Reason.SCOPE)] if Signal.SCOPE_CHANGE in signals else []
        return tuple(_offered([*own, *scope], offers))
    substance = _offered([*own, *_by_rule(level, signals), *_any(level)], offers)[:2]
    at_once = _offered([Choice(template=_ACKNOWLEDGE, reason=Reason.AT_ONCE)], offers)
    return tuple(at_once + substance) if level >= Level.HEATED else tuple(substance + at_once)


def _best_own(level: int, signals: Collection[str], offers: Sequence[Offer]) -> list[Choice]:
    """The user's own template that shares most signals; at level 0 only one that names a signal of this mail."""
    fitting = [(len(set(o.signals) & set(signals)), o) for o in offers if o.name not in _KNOWN]
    least = 1 if level == Level.CALM else 0
    fitting = [(shared, o) for shared, o in fitting if shared >= (1 if o.signals else least)]
    if not fitting:
        return []
    _, best = max(fitting, key=lambda pair: pair[0])
    return [Choice(template=best.name, reason=Reason.OWN_TEMPLATE)]


def _by_rule(level: int, signals: Collection[str]) -> list[Choice]:
    """The two templates of the first rule that applies; a wish beyond the agreement always gets its two ways."""
    for signal, reason, heated, tense in _RULES:
        if signal not in signals:
            continue
        first, second = heated if level >= Level.HEATED else tense
        if Signal.SCOPE_CHANGE in signals and first != _CHANGE:
            second = _CHANGE
        return _ways([first, second], reason)
    return []


def _any(level: int) -> list[Choice]:
    heated = level >= Level.HEATED
    names = _WITHOUT_SIGNAL[0 if heated else 1]
    reason = Reason.HEATED if heated else Reason.TENSE
    return _ways([*names, *(name for name in _KNOWN if name != _ACKNOWLEDGE)], reason)


def _ways(names: Sequence[str], reason: Reason) -> list[Choice]:
    """The first for the reason given, each other one as another way."""
    first, *others = names
    return [
        Choice(template=first, reason=reason),
        *(Choice(template=name, reason=_OTHER_WAY[name]) for name in others),
    ]


def _offered(choices: Sequence[Choice], offers: Sequence[Offer]) -> list[Choice]:
    """Those that exist, each template once."""
    names = {o.name for o in offers}
    first = {choice.template: choice for choice in reversed(choices)}
    return [choice for choice in choices if choice.template in names and first[choice.template] is choice]


# --- filling -------------------------------------------------------------------------------------------------------

_GAP = re.compile(r"\[(?:…|\.\.\.)\s{1,9}([^\[\]]{1,300}?)\s{1,9}(?:…|\.\.\.)\]")


def gap_mark(label: str) -> str:
    """How a gap stands in the text: ``[… was ich bis wann tue …]``."""
    return f"[… {label} …]"


def gaps_in(text: str) -> tuple[str, ...]:
    """The labels of the gaps still open in a text, also after a mail client has wrapped its lines or replaced "…"."""
    return tuple(" ".join(label.split()) for label in _GAP.findall(text))


def values(
    message: Message, *, language: str, register: str, next_working_day: date, signature: str = ""
) -> dict[str, str]:
    """What the program knows for the slots of any template; empty texts are left out.

    ``greeting`` without comma, ``topic`` (fit to be quoted), ``next_day`` and ``received`` in words, ``name`` of the
    client, ``signature`` of the user (one or more lines; when empty, the name under which the mail was addressed).
    """
    sender = message.sender.name if message.sender else ""
    thread = f"{message.newest_text}\n{message.quoted_text}"
    known = {
        "greeting": greeting(sender, register, thread=thread),
        "topic": topic(message.subject),
        "next_day": day_in_words(next_working_day, language),
        "received": day_in_words(message.date.date(), language) if message.date else "",
        "name": person(sender).full,
        "signature": signature.strip() or _addressed_name(message),
    }
    return {name: value for name, value in known.items() if value}


def _addressed_name(message: Message) -> str:
    """The user's own name as the client wrote it; unknown where several people were addressed."""
    people = message.recipients
    return person(people[0].name).full if len(people) == 1 else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A calm reply, ready to become a draft.

    Attributes:
        gaps: slots that only the user can fill; while there is one, the draft is not released.
    """

    template: str
    language: str
    register: str
    subject: str
    text: str
    gaps: tuple[str, ...] = ()
    reason: Reason


# --- the reply as a mail -------------------------------------------------------------------------------------------


def reply_subject(subject: str) -> str:
    """One "Re:" (RFC 5322, 3.6.5) before the base subject, however many marks in whatever language were there."""
    return f"Re: {base_subject(subject)}".rstrip()


def reply_headers(
    message_id: str | None, references: Sequence[str], in_reply_to: Sequence[str] = ()
) -> tuple[str | None, tuple[str, ...]]:
    """In-Reply-To and References of the reply to a mail (RFC 5322, 3.6.4).

    Args:
        message_id: of the mail that is answered, or None where it has none.
        references: of the mail that is answered.
        in_reply_to: of the mail that is answered; stands in for missing references when it is exactly one.

    A very long chain keeps its first and its last twenty members, so that the field stays readable for old programs.
    """
    earlier = tuple(references) or (tuple(in_reply_to) if len(in_reply_to) == 1 else ())
    chain = tuple(dict.fromkeys(one for one in (*earlier, message_id) if one))
    return message_id, chain if len(chain) <= 21 else (chain[0], *chain[-20:])


def quote(original_text: str, author: str, sent: datetime | None, language: str) -> str:
    """The original below an attribution line, each line marked as mail clients do (RFC 3676, 4.5).

    Args:
        author: the sender's name, or the address where there is no name.
        sent: when it was sent, in the zone in which it is to be shown; None leaves the time out.
    """
    lines = [_quoted(line.rstrip()) for line in original_text.strip("\n").splitlines()]
    return "\n".join([_attribution(author, sent, language), "", *lines])


def _quoted(line: str) -> str:
    return f">{line}" if not line or line.startswith(">") else f"> {line}"


def _attribution(author: str, sent: datetime | None, language: str) -> str:
    if language == "de":
        return f"Am {sent:%d.%m.%y} um {sent:%H:%M} schrieb {author}:" if sent else f"{author} schrieb:"
    if sent is None:
        return f"{author} wrote:"
    month = day_in_words(sent.date(), "en").rsplit(" ", 1)[1][:3]
    return f"On {sent.day} {month} {sent.year}, at {sent:%H:%M}, {author} wrote:"


def draft_text(suggestion: Suggestion, quoted: str) -> str:
    """The whole text of the draft: the reply above, the quotation (see :func:`quote`) below."""
    return f"{suggestion.text}\n\n{quoted}\n" if quoted else f"{suggestion.text}\n"
