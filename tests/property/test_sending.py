"""Generated histories of the gateway: mail clients, a moody relay, the user and crashes in any order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from assistant.core.delivery import Answer, Standing
from assistant.core.draft import State
from assistant.errors import GelassenError
from assistant.services.ledger import HeldDraft
from assistant.services.submission import Fate
from tests.servers import memory
from tests.studio import Studio, new_ledger
from tests.unit.services.conftest import draft

_GREYLISTED = Answer(code=450, text="later")
_UNKNOWN = Answer(code=550, text="no such user")
_PEOPLE = ("kai@kunde.example", "chefin@kunde.example")


@dataclass
class Mail:
    """A mail as its mail client knows it."""

    raw: bytes
    message_id: str
    hot: bool
    taken: bool = False


class SendingMachine(RuleBasedStateMachine):
    """One user, a few threads, a relay in every mood, a program that may die anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(dir=memory())
        self.studio = Studio(new_ledger(Path(self._folder.name) / "ledger.db"))
        self.mails: list[Mail] = []
        self._looked_at = (-1, 0, 0)

    def teardown(self) -> None:
        """Close the database before its folder goes."""
        self.studio.stop()
        self._folder.cleanup()

    # --- outside --------------------------------------------------------------------------------------------------
    @rule(case=st.integers(1, 3), level=st.sampled_from([0, 3]), crash=st.integers(0, 10))
    def submit(self, case: int, level: int, crash: int) -> None:
        """A mail client hands over a mail to two people, and may see the gateway die."""
        number = len(self.mails) + 1
        raw = draft(case, f"Das ist Fassung {number} ({level}).", version=number)
        self.mails.append(Mail(raw=raw, message_id=f"<d{case}.{number}@s.example>", hot=level == 3))
        self.studio.dying_at(crash, partial(self._hand_over, self.mails[-1]))

    @rule(crash=st.integers(0, 10))
    def repeat(self, crash: int) -> None:
        """A mail client that saw no answer hands the same bytes over again."""
        for mail in self.mails:
            if not mail.taken:
                self.studio.dying_at(crash, partial(self._hand_over, mail))
                return

    def _hand_over(self, mail: Mail) -> None:
        mail.taken |= self.studio.hand_over(mail.raw, *_PEOPLE).fate is not Fate.REFUSED

    @rule(mood=st.sampled_from(["later", "never", "one later", "one never", "text later", "lost", "lost, kept", "cut"]))
    def relay_is_moody(self, mood: str) -> None:
        """What the relay does at the next attempt."""
        relay = self.studio.relay
        plans: dict[str, Callable[[], None]] = {
            "later": partial(relay.refuse, _GREYLISTED),
            "never": partial(relay.refuse, _UNKNOWN),
            "one later": partial(relay.refuse, _GREYLISTED, _PEOPLE[0]),
            "one never": partial(relay.refuse, _UNKNOWN, _PEOPLE[1]),
            "text later": partial(relay.refuse_text, _GREYLISTED),
            "lost": partial(relay.break_off, behind_the_text=True),
            "lost, kept": partial(relay.break_off, behind_the_text=True, taken=True),
            "cut": partial(relay.break_off, behind_the_text=False),
        }
        plans[mood]()

    @rule(minutes=st.sampled_from([-26 * 60, -30, 1, 6, 61, 25 * 60, 3 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """Minutes or days; or the clock is set back."""
        self.studio.clock.forward(timedelta(minutes=minutes))

    # --- the program and its user ---------------------------------------------------------------------------------
    @rule(crash=st.integers(0, 10))
    def passes(self, crash: int) -> None:
        """The daemon sends what is due and looks after the folders."""
        self.studio.dying_at(crash, self.studio.delivery.run)
        self.studio.dying_at(crash, self.studio.guard.run)

    @rule(crash=st.integers(0, 10))
    def user_releases(self, crash: int) -> None:
        """Everything that is held or failed is approved and released."""
        for row in self.studio.store.drafts((State.HELD, State.FAILED)):
            self.studio.dying_at(crash, partial(self._tried, self._approve_and_release, row.id))

    def _approve_and_release(self, number: int) -> None:
        self.studio.desk.approve(number, self.studio.desk.case(number).draft.digest)
        self.studio.desk.release(number)

    @rule(level=st.sampled_from([0, 3]), crash=st.integers(0, 6))
    def user_edits(self, level: int, crash: int) -> None:
        """Another text for one held mail."""
        for row in self.studio.store.drafts((State.HELD,))[:1]:
            self.studio.dying_at(crash, partial(self._tried, self.studio.desk.edit, row.id, f"Neu ({level})."))

    @rule(crash=st.integers(0, 6))
    def user_discards(self, crash: int) -> None:
        """One held mail is discarded."""
        for row in self.studio.store.drafts((State.HELD,))[:1]:
            self.studio.dying_at(crash, partial(self._tried, self.studio.desk.discard, row.id))

    @rule()
    def user_finds_out(self) -> None:
        """The user asks the recipients about one uncertain mail and says the truth."""
        for row in self.studio.store.drafts((State.UNCERTAIN,))[:1]:
            reached = self.studio.relay.deliveries(str(row.identity.message_id))
            sending = self.studio.store.sending(row.id)
            assert sending is not None
            unknown = [one.address for one in sending.recipients if one.standing is Standing.UNKNOWN]
            self.studio.desk.resolve(row.id, went_out=all(reached[address] for address in unknown))

    def _tried(self, decision: Callable[..., object], *arguments: object) -> None:
        try:
            decision(*arguments)
        except GelassenError:
            return

    # --- what must hold -------------------------------------------------------------------------------------------
    @invariant()
    def everything_is_as_promised(self) -> None:
        """Looked at whenever the ledger, the relay or a mail client has changed."""
        moment = (self.studio.commits, len(self.studio.relay.delivered), sum(mail.taken for mail in self.mails))
        if moment != self._looked_at:
            rows = self.studio.store.drafts(tuple(State))
            self._nobody_gets_a_mail_twice()
            self._what_was_taken_is_kept(rows)
            self._nothing_hot_goes_out_unapproved(rows)
            self._looked_at = moment

    def _nobody_gets_a_mail_twice(self) -> None:
        """Whatever happened: one copy for each recipient."""
        for mail in self.mails:
            assert set(self.studio.relay.deliveries(mail.message_id).values()) <= {1}

    def _what_was_taken_is_kept(self, rows: Iterable[HeldDraft]) -> None:
        """A mail that was answered with 250 is in the ledger with its bytes."""
        kept = {self.studio.store.raw(row.id, 1) for row in rows}
        assert all(mail.raw in kept for mail in self.mails if mail.taken)

    def _nothing_hot_goes_out_unapproved(self, rows: Iterable[HeldDraft]) -> None:
        """Every mail that the relay has and that was held was approved, with exactly the text that went out."""
        for row in rows:
            if self.studio.relay.copies(str(row.identity.message_id)):
                names = [event.event for event in self.studio.store.events(row.id)]
                last_text = max((n for n, name in enumerate(names) if name in {"held", "edited"}), default=0)
                assert "held" not in names or "approved" in names[last_text:]


TestSending = SendingMachine.TestCase
TestSending.settings = settings(
    max_examples=int(os.environ.get("GELASSEN_HISTORIES", "150")),
    derandomize="GELASSEN_HISTORIES" not in os.environ,  # the same ones every time; new ones are for the night
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
