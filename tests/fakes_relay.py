"""A relay in memory, for tests of what uses one; it passes the contract suite that the real one passes.

relay = FakeRelay()
relay.refuse(Answer(code=450, text="Greylisted"), "bob@example.org")   # once
relay.break_off(behind_the_text=True, taken=True)                      # the next attempt after that
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from functools import cache

from assistant.core.delivery import Answer, Attempt, Envelope
from assistant.services.ports import Committing

LOST = Answer(code=0, text="relay: the connection broke before the mail was handed over; it was not sent")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A mail that the relay has taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message_id(self) -> str:
        """With angle brackets; empty when there is none."""
        return _message_id(self.content)


@cache
def _message_id(content: bytes) -> str:
    return str(message_from_bytes(content).get("Message-ID", "")).strip()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens in one attempt.

    Attributes:
        refused: recipients that are turned down by RCPT.
        before: ends the attempt for everybody before anything is committed.
        text: refuses the whole text; then ``taken`` must be False.
        lost: no answer comes to the whole text.
        taken: whether the relay takes the text.
    """

    refused: Mapping[str, Answer] = field(default_factory=dict)
    before: Answer | None = None
    text: Answer | None = None
    lost: bool = False
    taken: bool = True


class FakeRelay:
    """A programmable ``services.ports.Relay``.

    Attributes:
        delivered: what was taken, oldest first.
        attempts: recipients of each attempt, oldest first.
        strike: called with ``connect``, ``commit``, ``taken`` and ``answer`` as these points are passed; a test may let
            the process die in it. Between ``taken`` and ``answer`` the relay has the mail and nobody knows.
    """

    def __init__(self, *, files_sent: bool = False) -> None:
        self.delivered: list[Delivered] = []
        self.attempts: list[tuple[str, ...]] = []
        self.strike: Callable[[str], None] = lambda place: None
        self._files_sent = files_sent
        self._plans: list[Plan] = []

    @property
    def files_sent(self) -> bool:
        """As set."""
        return self._files_sent

    def refuse(self, answer: Answer, *recipients: str) -> None:
        """In the next attempt without a plan these recipients are refused; everybody when none is named."""
        if recipients:
            self._plans.append(Plan(refused=dict.fromkeys(recipients, answer)))
        else:
            self._plans.append(Plan(before=answer))

    def refuse_text(self, answer: Answer) -> None:
        """The text is handed over whole, and then refused."""
        self._plans.append(Plan(text=answer, taken=False))

    def break_off(self, *, behind_the_text: bool, taken: bool = False) -> None:
        """The connection is lost; behind the text the relay may have ``taken`` the mail all the same."""
        if behind_the_text:
            self._plans.append(Plan(lost=True, taken=taken))
        else:
            self._plans.append(Plan(before=LOST))

    def plan(self, *plans: Plan) -> None:
        """What happens in the next attempts, one each."""
        self._plans += plans

    def copies(self, message_id: str) -> int:
        """How many mails with this Message-ID were taken."""
        return sum(mail.message_id == message_id for mail in self.delivered)

    def deliveries(self, message_id: str) -> Counter[str]:
        """How many times each recipient was sent the mail."""
        return Counter(one for mail in self.delivered if mail.message_id == message_id for one in mail.recipients)

    def deliver(self, envelope: Envelope, raw: bytes, *, committing: Committing) -> Attempt:
        """As planned, or with success."""
        plan = self._plans.pop(0) if self._plans else Plan()
        self.attempts.append(envelope.recipients)
        self.strike("connect")
        if plan.before:
            return Attempt.all_refused(envelope.recipients, plan.before)
        refused = {one: plan.refused[one] for one in envelope.recipients if one in plan.refused}
        left = tuple(one for one in envelope.recipients if one not in refused)
        if not left:
            return Attempt(refused=refused)
        committing(refused)
        self.strike("commit")
        if plan.taken:
            self.delivered.append(Delivered(sender=envelope.sender, recipients=left, content=raw))
        self.strike("taken")
        if plan.lost:
            return Attempt(unknown=left, refused=refused)
        self.strike("answer")
        if plan.text:
            return Attempt(refused=dict.fromkeys(left, plan.text) | refused)
        taken = Answer(code=250, text=f"2.0.0 Ok: queued as {len(self.delivered)}")
        return Attempt(accepted=left, refused=refused, answer=taken)
