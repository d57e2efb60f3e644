"""``gelassen queue``: what is listed, and what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from assistant.cli.output import stamp
from assistant.core.draft import Effect, State
from assistant.services.ledger import Event
from tests.contract.records import NOW, new_hold
from tests.unit.cli.conftest import World

ROW = {
    *("id", "state", "via", "account", "to", "subject", "message_id", "level_in", "level_own", "hold_until", "cooled"),
    *("reviewed", "reasons"),
}
HEAVY = ("torch", "transformers", "jinja2", "imapclient", "sqlalchemy", "rich", "holidays", "keyring", "numpy")


def test_empty(gelassen: World) -> None:
    """Nothing held is said, and as JSON an empty list."""
    assert gelassen("queue").out == "No draft is being held.\n"
    assert gelassen("queue", "--json").json == []


def test_row_has_the_keys_of_the_contract(gelassen: World) -> None:
    """DESIGN section 6, with the values of this draft; times carry the offset of the user's zone."""
    row = gelassen.held()
    assert row.keys() >= ROW
    assert (row["state"], row["via"], row["account"], row["to"]) == (
        "held",
        "drafts",
        "studio",
        ["kunde@firma.example"],
    )
    assert (row["level_in"], row["level_own"], row["message_id"]) == (3, 2, "<d1@studio.example>")
    assert (row["cooled"], row["reviewed"]) == (False, False)
    assert datetime.fromisoformat(row["hold_until"]).utcoffset() is not None
    assert row["hold_until"].endswith(("+01:00", "+02:00"))
    assert row["reasons"][:2] == ["Answer to an escalated mail (3)", "Draft heated (2)"]


def test_in_words(gelassen: World) -> None:
    """Number, state, recipient, subject, both levels, the reasons and the countdown, in German too."""
    gelassen.held()
    english, german = gelassen("queue").out, gelassen("queue", "--lang", "de").out
    for words in ("   1  held", "left", "Re: Katalog 1 → kunde@firma.example", "escalated (3)", "heated (2)", "until"):
        assert words in english
    for words in ("zurückgehalten", "noch ", "eskaliert (3)", "Entwurf gereizt (2)", "gelassen review 1"):
        assert words in german


def test_decided_drafts_are_listed_with_all(gelassen: World) -> None:
    """A discarded draft is gone from the list, but not from ``--all``."""
    gelassen.held()
    assert gelassen("discard", "1").code == 0
    assert gelassen("queue", "--json").json == []
    assert [row["state"] for row in gelassen("queue", "--all", "--json").json] == ["discarded"]


def test_released_draft_is_listed_until_it_is_back(gelassen: World) -> None:
    """A release that is decided but not carried out yet still concerns the user."""
    gelassen.held()
    store = gelassen.store
    draft = store.draft(1)
    assert draft is not None
    event = Event(at=draft.held_at, event="released")
    store.change(draft, State.RELEASED, event, effect=Effect.RELEASE)
    (row,) = gelassen("queue", "--json").json
    assert (row["state"], row["pending"]) == ("released", "release")
    assert "under way" in gelassen("queue").out
    draft = store.draft(1)
    assert draft is not None
    store.acknowledge(draft, key=None)
    assert gelassen("queue", "--json").json == []


def test_many_are_listed_in_part(gelassen: World) -> None:
    """People see the fifty that cool first, and how to see the rest; machines get all."""
    store = gelassen.store
    for number in range(1, 53):
        store.hold(new_hold(number, key=None, hold_until=NOW + timedelta(hours=60 - number)))
    out = gelassen("queue").out
    assert out.count("Re: x → k@k.example") == 50
    assert out.startswith("  52  ")
    assert "The first 50; all with: gelassen queue --limit 0\n" in out
    assert (
        "Die ersten 2; alle mit: gelassen queue --all --limit 0"
        in gelassen(*("queue", "--all", "--limit", "2", "--lang", "de")).out
    )
    whole = gelassen("queue", "--limit", "0").out
    assert whole.count("Re: x → k@k.example") == 52
    assert "all with" not in whole
    assert [row["id"] for row in gelassen("queue", "--json").json] == list(range(52, 0, -1))
    assert len(gelassen("queue", "--json", "--limit", "3").json) == 3


def test_imports_nothing_heavy(gelassen: World) -> None:
    """A real process lists the queue without the libraries for mail, model, templates and database."""
    gelassen.held()
    code = (
        "import sys; from assistant.cli import main; code = main(['queue', '--json']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert '"held"' in done.stdout


def test_stamp_keeps_none() -> None:
    """A time that is not known stays null."""
    assert stamp(None, datetime.now().astimezone().tzinfo) is None  # type: ignore[arg-type]
