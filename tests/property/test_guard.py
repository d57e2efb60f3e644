"""Generated histories of the Drafts guard: what the user, the client and crashes do in any order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assistant.adapters.database import SqlStore
from assistant.core.draft import Effect, State
from assistant.errors import Refused
from assistant.services.ledger import HeldDraft
from tests.studio import BERLIN, SETTLE, Studio, working

_THREADS = 3
_HOLDS = (10, 30, 60, 240)
_LONGEST = 73 * 60  # from a Friday's midnight to Monday morning, and the hour that October has more
#: An ordinary day, and the evenings before the clocks go back and forward.
_STARTS = (
    datetime(2026, 11, 18, 10, 0, tzinfo=BERLIN),
    datetime(2026, 10, 24, 23, 30, tzinfo=BERLIN),
    datetime(2027, 3, 27, 23, 30, tzinfo=BERLIN),
)
_WORDS = ("Der Entwurf geht morgen raus", "Das sehe ich anders", "So war es besprochen", "Danke, ich melde mich bald")


@dataclass
class Reply:
    """What the user knows of a reply: the bytes saved last and where they believe it is."""

    raw: bytes
    uid: int | None
    level: int
    fate: str = "drafts"  # drafts, taken, deleted, sent, discarded


class GuardMachine(RuleBasedStateMachine):
    """One user, three threads, one guard that may die anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.studio = Studio(f"sqlite:///{Path(self._folder.name) / 'ledger.db'}")
        self.server, self.clock = self.studio.server, self.studio.clock
        self.replies: dict[int, Reply] = {}
        self.counter = 0
        self.settled = False

    @property
    def store(self) -> SqlStore:
        """The ledger of the process that runs now."""
        return self.studio.store

    def teardown(self) -> None:
        """Close the database before its folder goes."""
        self.studio.stop()
        self._folder.cleanup()

    # --- the client and the user ----------------------------------------------------------------------------------
    @initialize(
        levels=st.lists(st.integers(0, 3), min_size=_THREADS, max_size=_THREADS), start=st.sampled_from(_STARTS)
    )
    def clients_write(self, levels: list[int], start: datetime) -> None:
        """On some day three clients write; the level stands in the text."""
        self.clock.set(start)
        for thread, level in enumerate(levels):
            self.server.add(
                "INBOX", _mail(f"client{thread}@kunde.example", f"<c{thread}@kunde.example>", f"Hm ({level}).")
            )

    @rule(thread=st.integers(0, _THREADS - 1), level=st.integers(0, 3), words=st.sampled_from(_WORDS))
    def save(self, thread: int, level: int, words: str) -> None:
        """The mail client saves the reply: a new UID, a new Message-ID, and its own last copy goes."""
        self.counter += 1
        former = self.replies.get(thread)
        if former is not None and former.uid is not None and former.fate in {"drafts", "taken"}:
            self.server.delete("Drafts", former.uid)
        raw = _reply(thread, self.counter, f"{words} {self.counter} ({level}).")
        self.replies[thread] = Reply(raw=raw, uid=self.server.add("Drafts", raw, ["\\Draft"]), level=level)
        self.settled = False

    @rule(thread=st.integers(0, _THREADS - 1))
    def autosave(self, thread: int) -> None:
        """The still open window saves the same text once more, wherever the former copy has gone."""
        reply = self.replies.get(thread)
        if reply is None or reply.fate != "drafts":
            return
        self.counter += 1
        if reply.uid is not None:
            self.server.delete("Drafts", reply.uid)
        reply.raw = reply.raw.replace(b"Message-ID: <d", f"Message-ID: <s{self.counter}.".encode())
        reply.uid = self.server.add("Drafts", reply.raw, ["\\Draft"])
        self.settled = False

    @rule(thread=st.integers(0, _THREADS - 1))
    def delete(self, thread: int) -> None:
        """The user deletes the reply wherever it lies, older versions too."""
        reply = self.replies.get(thread)
        if reply is not None:
            self._take_out(thread)
            reply.fate = "deleted"
            self.settled = False

    @rule(thread=st.integers(0, _THREADS - 1))
    def send_elsewhere(self, thread: int) -> None:
        """The open compose window sends it: it is in Sent, and the client's copy in Drafts goes."""
        reply = self.replies.get(thread)
        if reply is not None and reply.fate == "drafts":
            self.server.add("Sent", reply.raw, ["\\Seen"])
            for uid, stored in list(self.server.folders["Drafts"].messages.items()):
                if stored.raw == reply.raw:
                    self.server.delete("Drafts", uid)
            reply.fate = "sent"
            self.settled = False

    @rule(thread=st.integers(0, _THREADS - 1))
    def take_back(self, thread: int) -> None:
        """The user drags the held reply back into Drafts."""
        reply = self.replies.get(thread)
        box = self.server.folders["Cooling off"].messages
        for uid, stored in list(box.items()):
            if reply is not None and stored.raw == reply.raw:
                self.server.delete("Cooling off", uid)
                reply.uid = self.server.add("Drafts", reply.raw, ["\\Draft"])
                reply.fate = "taken"
                self.settled = False

    def _take_out(self, thread: int) -> None:
        subject = f"Subject: Re: Projekt {thread}\r\n".encode()
        for name in ("Drafts", "Cooling off"):
            for uid, stored in list(self.server.folders[name].messages.items()):
                if subject in stored.raw:
                    self.server.delete(name, uid)

    @rule(minutes=st.sampled_from([1, 4, 61, 300, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """Minutes or a day."""
        self.clock.forward(timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([-26 * 60, -60, -2, 60, 26 * 60]))
    def clock_is_set(self, minutes: int) -> None:
        """By hand or by the network, back or forward; no time has passed."""
        self.clock.forward(timedelta(minutes=minutes))
        self.settled = False

    @rule(folder=st.sampled_from(["INBOX", "Drafts", "Sent", "Cooling off", "Trash"]))
    def server_restarts(self, folder: str) -> None:
        """The server comes back with a folder numbered anew; the program connects again."""
        new = self.server.renumber(folder)
        for reply in self.replies.values() if folder == "Drafts" else ():
            reply.uid = new.get(reply.uid) if reply.uid is not None else None
        self.studio.restart()
        self.settled = False

    # --- the program ----------------------------------------------------------------------------------------------
    @rule(crash=st.integers(0, 12), atomic=st.booleans())
    def guard_passes(self, crash: int, atomic: bool) -> None:
        """A pass of the guard that dies at some change of the server, or lives."""
        self.server.atomic_move = atomic
        self.studio.dying_at(crash, self.studio.guard.run)

    @rule()
    def user_approves(self) -> None:
        """Look at everything that is held, and decide later."""
        for draft in self.store.drafts((State.HELD,)):
            self.studio.desk.approve(draft.id, draft.digest)

    @rule(crash=st.integers(0, 8))
    def user_releases(self, crash: int) -> None:
        """Release what may be: what has cooled and was approved as it is now."""
        self.settled = False
        for draft in self.store.drafts((State.HELD,)):
            self.studio.dying_at(crash, partial(self._tried, self.studio.desk.release, draft.id))
            self._given_back(draft)

    def _tried(self, decision: Callable[[int], object], draft_id: int) -> None:
        with suppress(Refused):
            decision(draft_id)

    @rule(crash=st.integers(0, 8))
    def user_decides(self, crash: int) -> None:
        """Approve and release what has cooled; the command may die as well."""
        self.settled = False
        for draft in self.store.drafts((State.HELD,)):
            self.studio.dying_at(crash, partial(self._release, draft.id))
            self._given_back(draft)

    def _given_back(self, held: HeldDraft) -> None:
        """A reply that was sent from the open window, or deleted, and then released before the guard has looked.

        The user asked for it last: it lies in Drafts (ADR 3).
        """
        current = self.store.draft(held.id)
        if current is not None and current.state is State.RELEASED:
            for reply in self.replies.values():
                if reply.fate in {"sent", "deleted"} and reply.raw == self.store.raw(held.id, held.version):
                    reply.fate, reply.uid = "drafts", None

    def _release(self, draft_id: int) -> None:
        try:
            self.studio.desk.approve(draft_id, self.studio.desk.case(draft_id).draft.digest)
            self.studio.desk.release(draft_id)
        except Refused:
            return

    @rule(crash=st.integers(0, 8), level=st.integers(0, 3))
    def user_edits(self, crash: int, level: int) -> None:
        """A new text for one held draft; from then on its bytes are the program's."""
        held = [draft for draft in self.store.drafts((State.HELD,)) if draft.effect is None]
        if not held:
            return
        reply = self.replies[int(held[0].identity.subject.rsplit(" ", 1)[1])]
        if self.store.raw(held[0].id, held[0].version) != reply.raw or reply.fate != "drafts":
            return
        self.counter += 1
        self.studio.dying_at(crash, lambda: self.studio.desk.edit(held[0].id, f"Neu gefasst {self.counter} ({level})."))
        current = self.store.draft(held[0].id)
        assert current is not None
        if current.version > held[0].version:
            reply.raw = self.store.raw(current.id, current.version) or b""
            reply.level = level
            reply.uid = None
        self.settled = False

    @rule(crash=st.integers(0, 8))
    def user_discards(self, crash: int) -> None:
        """Discard one held draft, for good."""
        self.settled = False
        held = [draft for draft in self.store.drafts((State.HELD,)) if draft.effect is None]
        if not held:
            return
        thread = int(held[0].identity.subject.rsplit(" ", 1)[1])
        reply = self.replies[thread]
        if self.store.raw(held[0].id, held[0].version) == reply.raw and reply.raw in self.server.raws("Cooling off"):
            reply.fate = "discarded"
            self.studio.dying_at(crash, lambda: self.studio.desk.discard(held[0].id))
            if self.store.draft(held[0].id).state is State.HELD:  # type: ignore[union-attr]
                reply.fate = "drafts"  # it died before the decision was recorded

    @precondition(lambda self: bool(self.replies))
    @rule()
    def everything_settles(self) -> None:
        """Nobody types any more; the guard looks three times without dying."""
        for _ in range(3):
            self.clock.forward(SETTLE + timedelta(seconds=1))
            self.studio.guard.run()
        self.settled = True

    # --- what must hold -------------------------------------------------------------------------------------------
    @invariant()
    def no_draft_is_lost(self) -> None:
        """The last saved version of a reply is on the server until the user deletes, sends or discards it."""
        everywhere = self.server.raws("Drafts", "Cooling off", "Trash")
        if any(draft.effect is Effect.REPLACE for draft in self.store.drafts((State.HELD,))):
            return  # the new version is in the ledger and on its way; checked again once it has arrived
        for reply in self.replies.values():
            if reply.fate in {"drafts", "taken"}:
                assert reply.raw in everywhere

    @invariant()
    def nothing_is_kept_twice(self) -> None:
        """Once settled, one copy of the last version, none of an older one, in Drafts and the cooling-off folder."""
        if not self.settled:
            return
        visible = self.server.raws("Drafts", "Cooling off")
        assert len(visible) == len(set(visible))
        wanted = {reply.raw for reply in self.replies.values() if reply.fate in {"drafts", "taken"}}
        assert set(visible) == wanted

    @invariant()
    def what_is_hot_is_held(self) -> None:
        """Once settled, a reply that insults lies in Drafts only after a release, or when the user took it back."""
        if not self.settled:
            return
        let_go = {self.store.raw(draft.id, draft.version) for draft in self.store.drafts((State.RELEASED,))}
        for reply in self.replies.values():
            if reply.fate == "drafts" and reply.level == 3:
                assert reply.raw not in self.server.raws("Drafts") or reply.raw in let_go

    @invariant()
    def none_is_released_before_it_has_cooled(self) -> None:
        """Every release came after the hold was over and this very version was approved."""
        for draft in self.store.drafts((State.RELEASED,)):
            events = self.store.events(draft.id)
            (*_, released) = [event for event in events if event.event == "released"]
            assert {"hash": draft.digest} in [event.detail for event in events if event.event == "approved"]
            assert released.at >= draft.hold_until

    @invariant()
    def an_approval_is_of_the_bytes_that_are_held(self) -> None:
        """An edit, or another save, voids it."""
        for draft in self.store.drafts((State.HELD,)):
            raw = self.store.raw(draft.id, draft.version) or b""
            assert draft.digest == sha256(raw).hexdigest()
            if draft.reviewed:
                approved = [event for event in self.store.events(draft.id) if event.event == "approved"]
                assert approved[-1].detail == {"hash": draft.digest}

    @invariant()
    def a_hold_is_as_long_as_the_rules_say(self) -> None:
        """In minutes that really pass, or until nine o'clock by the clock on the wall of a working day."""
        for draft in self.store.drafts((State.HELD,)):
            minutes = (draft.hold_until.astimezone(UTC) - draft.held_at.astimezone(UTC)) / timedelta(minutes=1)
            morning = draft.hold_until.astimezone(BERLIN)
            calm_now = draft.version > 1 and draft.level_own == 0 and minutes == 0
            assert (
                minutes in _HOLDS
                or calm_now
                or ((morning.hour, morning.minute) == (9, 0) and working(morning.date()) and 0 < minutes <= _LONGEST)
            )


def _mail(sender: str, message_id: str, text: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: mara@studio.example\r\nSubject: Projekt {message_id[2]}\r\nMessage-ID: {message_id}\r\n"
        f"Date: Wed, 18 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Guten Tag, so geht das nicht weiter mit dem Projekt. {text}\r\n"
    ).encode()


def _reply(thread: int, number: int, text: str) -> bytes:
    return (
        f"From: mara@studio.example\r\nTo: client{thread}@kunde.example\r\nSubject: Re: Projekt {thread}\r\n"
        f"Message-ID: <d{number}@studio.example>\r\nIn-Reply-To: <c{thread}@kunde.example>\r\n"
        f"Date: Wed, 18 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Guten Tag, {text}\r\n"
    ).encode()


TestGuard = GuardMachine.TestCase
TestGuard.settings = settings(
    max_examples=int(os.environ.get("GELASSEN_HISTORIES", "150")),
    derandomize="GELASSEN_HISTORIES" not in os.environ,  # the same ones every time; new ones are for the night
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
