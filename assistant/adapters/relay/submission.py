"""The port ``Relay`` on a submission server: one mail, one connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.adapters.relay import words
from assistant.adapters.relay.answers import Garbled, Refusal, Reply, own
from assistant.adapters.relay.login import log_in
from assistant.adapters.relay.opening import opened, reached
from assistant.adapters.relay.session import Session
from assistant.adapters.relay.settings import RelaySettings
from assistant.adapters.relay.text import WireText, usable
from assistant.adapters.relay.wire import Encryption
from assistant.core.delivery import Answer, Attempt, Envelope
from assistant.services.logins import Logins
from assistant.services.ports import Committing


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What a visit without a mail has shown.

    Attributes:
        refusal: why a mail could not be handed over; None when it could.
        encryption: None where there is none, or it did not come to that.
    """

    refusal: Answer | None = None
    encryption: Encryption | None = None


class SubmissionRelay:
    """A provider's submission server, with or without TLS and login as the settings say.

    Keep one for each account: it remembers a refused password, which is not tried again at once.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, settings: RelaySettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._logins = Logins(clock)

    @property
    def files_sent(self) -> bool:
        """Whether the provider puts a copy of what it relays into Sent by itself."""
        return self._settings.files_sent

    def check(self) -> Check:
        """Connects, logs in and leaves without a mail."""
        encryption = None
        try:
            with reached(self._settings) as session:
                encryption = session.encryption
                log_in(session, self._settings, self._logins)
                session.quit()
        except Refusal as refusal:
            return Check(refusal=refusal.answer, encryption=encryption)
        return Check(encryption=encryption)

    def deliver(self, envelope: Envelope, raw: bytes, *, committing: Committing) -> Attempt:
        """Hands a mail over once; see ``services.ports.Relay``."""
        return _Delivery(self._settings, self._logins, envelope, WireText.of(raw)).run(committing)


class _Delivery:
    """One attempt.

    ``refused`` grows as recipients are turned down; whatever ends the attempt before the end of the text is the answer
    for all the others.
    """

    def __init__(self, settings: RelaySettings, logins: Logins, envelope: Envelope, text: WireText) -> None:
        self._settings, self._logins, self._envelope, self._text = settings, logins, envelope, text
        self._refused: dict[str, Answer] = {}

    def run(self, committing: Committing) -> Attempt:
        self._refused = {one: own(words.bad_address(), 553) for one in self._envelope.recipients if not usable(one)}
        if not self._left:
            return Attempt(refused=self._refused)
        try:
            self._check_sender()
            with opened(self._settings, self._logins) as session:
                return self._over(session, committing)
        except Refusal as refusal:
            return self._ended(refusal.answer)

    @property
    def _left(self) -> tuple[str, ...]:
        return tuple(one for one in self._envelope.recipients if one not in self._refused)

    def _ended(self, answer: Answer) -> Attempt:
        return Attempt(refused=dict.fromkeys(self._left, answer) | self._refused)

    def _check_sender(self) -> None:
        if self._envelope.sender and not usable(self._envelope.sender):
            raise Refusal(own(words.bad_address(), 553))

    def _over(self, session: Session, committing: Committing) -> Attempt:
        session.begin(self._envelope.sender, self._parameters(session))
        self._ask_for_each(session)
        if not self._left:
            session.quit()
            return Attempt(refused=self._refused)
        session.text(self._text)
        committing(dict(self._refused))
        try:
            reply = session.finish()
        except (OSError, Garbled):
            return self._unknown()
        session.quit()
        return self._settled(reply)

    def _ask_for_each(self, session: Session) -> None:
        accepted = False
        for address in self._left:
            answer = session.recipient(address)
            if answer is not None:
                self._refused[address] = self._too_many(answer) if accepted else answer
            accepted = accepted or answer is None

    @staticmethod
    def _too_many(answer: Answer) -> Answer:
        """552 behind accepted recipients means "too many at once": to be taken for 452 (RFC 5321, 4.5.3.1.10)."""
        return Answer(code=452, text=answer.text) if answer.code == 552 else answer

    def _unknown(self) -> Attempt:
        return Attempt(unknown=self._left, refused=self._refused)

    def _settled(self, reply: Reply) -> Attempt:
        if reply.good:
            return Attempt(accepted=self._left, refused=self._refused, answer=reply.answer)
        return self._ended(reply.answer) if reply.code >= 400 else self._unknown()

    def _parameters(self, session: Session) -> str:
        """MAIL's parameters; raises ``Refusal`` when the mail needs what the server does not offer."""
        offers = session.offers
        parameters = ""
        if "SIZE" in offers:
            self._check_size(offers["SIZE"])
            parameters += f" SIZE={self._text.size}"
        if self._envelope.eight_bit or not self._text.ascii:
            if "8BITMIME" not in offers:
                raise Refusal(own(words.no_eight_bit(self._settings), 550))
            parameters += " BODY=8BITMIME"
        if self._international:
            if "SMTPUTF8" not in offers:
                raise Refusal(own(words.no_smtputf8(self._settings), 550))
            parameters += " SMTPUTF8"
        return parameters

    def _check_size(self, limit: str) -> None:
        if limit.isdecimal() and 0 < int(limit) < self._text.size:
            raise Refusal(own(words.too_large(self._settings, self._text.size, int(limit)), 552))

    @property
    def _international(self) -> bool:
        addresses = (self._envelope.sender, *self._left)
        return self._envelope.smtputf8 or not all(address.isascii() for address in addresses)
