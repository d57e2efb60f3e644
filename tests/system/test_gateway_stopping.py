"""The gateway comes to its end: mails that are being worked on are finished and answered, nothing new begins."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.core.delivery import Envelope
from tests.servers import until
from tests.servers.gateway import MAIL, Kept, Running, Wire, running

pytestmark = pytest.mark.system


class Gate:
    """Holds every mail until it is opened."""

    def __init__(self) -> None:
        self.waiting = 0
        self.opened = threading.Event()

    def __call__(self, envelope: Envelope, raw: bytes) -> None:
        """Wait."""
        self.waiting += 1
        assert self.opened.wait(20)


def _handing_in(gateway: Running, *, secured: bool = False) -> Wire:
    """A connection that has sent a mail and waits for the answer."""
    wire = Wire(gateway.port)
    if secured:
        wire.answer()
        wire.say("EHLO client")
        wire.say("STARTTLS")
        wire.secure(gateway.trusting())
    wire.log_in().address()
    wire.say("DATA")
    wire.send(MAIL + b".\r\n")
    return wire


def test_a_mail_that_is_worked_on_is_finished_and_answered(tmp_path: Path) -> None:
    """And then 421; others are sent away at once, wherever they are; nobody new gets in."""
    gate = Gate()
    with (
        running(tmp_path, Kept(before=gate)) as gateway,
        ThreadPoolExecutor(1) as other,
        _handing_in(gateway) as clear,
        _handing_in(gateway, secured=True) as secured,
        Wire(gateway.port) as idle,
        Wire(gateway.port) as writing,
    ):
        assert until(lambda: gate.waiting == 2)
        idle.log_in()
        writing.log_in().address()
        writing.say("DATA")
        writing.send(MAIL)
        stopping = other.submit(gateway.gateway.stop)
        for sent_away in (idle, writing):
            assert sent_away.answer().startswith("421 4.3.2")
            assert sent_away.ended()
        with pytest.raises(ConnectionError):
            Wire(gateway.port).log_in()
        assert not stopping.done()
        gate.opened.set()
        for wire, number in ((clear, {1, 2}), (secured, {1, 2})):
            answer = wire.answer()
            assert answer in {f"250 2.0.0 held as {one}" for one in number}
            assert wire.answer().startswith("421 4.3.2")
        assert stopping.result(20) == 0
    assert [raw for _, raw in gateway.kept.mails] == [MAIL, MAIL]
    assert gateway.events("bug") == []


def test_stopping_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    """The mail client gets no answer and keeps the mail; how many are unfinished is told."""
    gate = Gate()
    with running(tmp_path, Kept(before=gate), linger=0.2) as gateway, _handing_in(gateway) as wire:
        assert until(lambda: gate.waiting == 1)
        assert gateway.gateway.stop() == 1
        assert not wire.answer().startswith("2")
        gate.opened.set()


def test_mails_that_wait_for_their_turn_are_finished_too(tmp_path: Path) -> None:
    """They have been handed over; with one worker they come one after another."""
    gate = Gate()
    with (
        running(tmp_path, Kept(before=gate), workers=1) as gateway,
        ThreadPoolExecutor(1) as other,
        ExitStack() as stack,
    ):
        wires = [stack.enter_context(_handing_in(gateway)) for _ in range(5)]
        assert until(lambda: gate.waiting == 1)
        with Wire(gateway.port) as last:  # served behind them: they have all been read
            last.log_in()
        stopping = other.submit(gateway.gateway.stop)
        gate.opened.set()
        assert sorted(wire.answer() for wire in wires) == [f"250 2.0.0 held as {number}" for number in range(1, 6)]
        assert stopping.result(20) == 0


def test_stopping_twice_or_before_the_start_does_nothing(tmp_path: Path) -> None:
    """A daemon that ends in the middle of its start need not know how far it came."""
    with running(tmp_path) as gateway:
        assert gateway.gateway.stop() == 0
        assert gateway.gateway.stop() == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("gateway")]
