"""``gelassen release``, ``extend``, ``discard``: what the rules allow, and what they say when they do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assistant.core.draft import State
from assistant.errors import Disconnected
from assistant.services.ledger import Event
from tests.fakes import MemoryMailbox
from tests.unit.cli.conftest import CONFIG, World

SOONER = Event(at=datetime.now().astimezone(), event="extended")


def approve(gelassen: World) -> None:
    """Review the draft that is held."""
    digest = gelassen("show", "1", "--json").json["hash"]
    assert gelassen("review", "1", "--approve", digest).code == 0


def test_too_early_and_not_reviewed(gelassen: World) -> None:
    """Refused with both reasons, the end of the hold, and what to do; nothing moves."""
    gelassen.held()
    answer = gelassen("release", "1")
    assert (answer.code, answer.out) == (1, "")
    for words in ("not cooled yet", "left)", "gelassen review 1", '--now --reason "…"'):
        assert words in answer.err
    assert gelassen.server.raws("Drafts") == []
    german = gelassen("release", "1", "--lang", "de").err
    assert "noch nicht abgekühlt" in german
    assert "noch nicht durchgesehen" in german


def test_cooled_and_reviewed_goes_back_byte_for_byte(gelassen: World) -> None:
    """The draft lies in Drafts again as it was."""
    gelassen.config.write_text(
        CONFIG.replace("settle = 0", 'settle = 0\nmorning = "09:00"\nnight = ["03:00", "03:00"]')
    )
    gelassen.client_writes(text="Alles gut, danke.")
    raw = gelassen.user_drafts()
    assert gelassen("run", "--once").code == 0
    assert gelassen.server.raws("Cooling off") == [raw]
    approve(gelassen)
    store = gelassen.store
    draft = store.draft(1)
    assert draft is not None
    store.reschedule(draft, datetime.now().astimezone() - timedelta(minutes=1), SOONER)
    answer = gelassen("release", "1")
    assert (answer.code, answer.out) == (0, "Draft 1 is released and back in Drafts; send it from there.\n")
    assert gelassen.server.raws("Drafts") == [raw]
    assert gelassen.server.raws("Cooling off") == []


def test_now_with_a_reason(gelassen: World) -> None:
    """Send now passes over hold and review, and the reason is kept."""
    gelassen.held()
    form = gelassen("release", "1", "--now", "--reason", "Messe morgen", "--json").json
    assert form["state"] == "released"
    assert form["events"][-1]["event"] == "sent_now"
    assert form["events"][-1]["detail"]["reason"] == "Messe morgen"
    assert len(gelassen.server.raws("Drafts")) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--now"], "--now needs --reason"),
        (["--now", "--reason", "  "], "--now needs --reason"),
        (["--reason", "x"], "--reason goes with --now"),
    ],
)
def test_wrong_calls_of_release(gelassen: World, options: list[str], words: str) -> None:
    """Exit 2, and nothing happens."""
    gelassen.held()
    answer = gelassen("release", "1", *options)
    assert answer.code == 2
    assert words in answer.err
    assert gelassen("show", "1", "--json").json["state"] == "held"


def test_gaps_hold_back_even_now(gelassen: World) -> None:
    """A suggestion that is not filled in never leaves; the gaps are named."""
    gelassen.held()
    assert gelassen("edit", "1", "--from", "apologise_and_fix").code == 0
    answer = gelassen("release", "1", "--now", "--reason", "eilig")
    assert answer.code == 1
    assert "[… was schiefgegangen ist" in answer.err
    assert "gelassen edit 1" in answer.err


@pytest.mark.parametrize(
    ("span", "by"), [("2h", timedelta(hours=2)), ("30", timedelta(minutes=30)), ("1d", timedelta(1))]
)
def test_extend(gelassen: World, span: str, by: timedelta) -> None:
    """Hours, minutes and days, counted from the end of the hold."""
    before = datetime.fromisoformat(gelassen.held()["hold_until"])
    after = datetime.fromisoformat(gelassen("extend", "1", span, "--json").json["hold_until"])
    assert after - before == by


@pytest.mark.parametrize("span", ["2x", "0", "-1h", "900d", "soon", ""])
def test_wrong_spans(gelassen: World, span: str) -> None:
    """Exit 2 and the wrong word repeated."""
    gelassen.held()
    answer = gelassen("extend", "1", span)
    assert answer.code == 2
    assert "usage: gelassen extend" in answer.err


def test_discard_and_undo(gelassen: World) -> None:
    """Into Trash and back, the same bytes, held as before."""
    gelassen.client_writes()
    raw = gelassen.user_drafts()
    gelassen("run", "--once")
    assert "gelassen discard --undo 1" in gelassen("discard", "1").out
    assert gelassen.server.raws("Trash") == [raw]
    answer = gelassen("discard", "--undo", "1")
    assert (answer.code, "is back and held until" in answer.out) == (0, True)
    assert gelassen.server.raws("Cooling off") == [raw]
    assert gelassen.server.raws("Trash") == []
    answer = gelassen("discard", "--undo", "1")
    assert (answer.code, answer.err) == (1, "gelassen: Draft 1 was not discarded, it is: held.\n")


def test_server_away(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decided, and that is said."""

    def away(self: MemoryMailbox) -> None:
        raise Disconnected("127.0.0.1: cannot connect.")

    gelassen.held()
    monkeypatch.setattr(MemoryMailbox, "connect", away)
    answer = gelassen("discard", "1")
    assert answer.code == 1
    assert "Nothing was decided" in answer.err
    assert gelassen("show", "1", "--json").json["state"] == "held"


@pytest.mark.parametrize(
    ("state", "german", "english"),
    [
        ("uncertain", "gelassen resolve 1 --sent oder --not-sent", "gelassen resolve 1 --sent or --not-sent"),
        ("sent", "er ist: gesendet", "it is: sent"),
    ],
)
def test_what_cannot_be_discarded_says_what_can_be_done(gelassen: World, state: str, german: str, english: str) -> None:
    """A mail that may have gone out is not thrown away: the user is asked what became of it."""
    gelassen.held()
    for step in ("released", "sending", state):
        row = gelassen.store.draft(1)
        assert row is not None
        gelassen.store.change(row, State(step), SOONER)
    assert german in gelassen("discard", "1", "--lang", "de").err
    answer = gelassen("discard", "1")
    assert answer.code == 1
    assert english in answer.err
