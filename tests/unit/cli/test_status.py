"""``gelassen status``: what runs and what waits."""

from __future__ import annotations

import os

from assistant.adapters.lock import InstanceLock
from assistant.adapters.paths import lock_file
from assistant.services.ledger import AccountStatus
from tests.unit.cli.conftest import World

KEYS = {"daemon", "accounts", "assessed", "set_aside", "unassessed", "held", "cooled", "uncertain"}


def test_before_the_first_run(gelassen: World) -> None:
    """No daemon, the configured account not connected, nothing counted."""
    form = gelassen("status", "--json").json
    assert form.keys() >= KEYS
    assert form["daemon"] is None
    assert form["accounts"] == [{"name": "studio", "connected": False, "last_pass": None, "error": None}]
    assert form["assessed"] == 0


def test_counts(gelassen: World) -> None:
    """One mail judged, one draft held."""
    gelassen.held()
    form = gelassen("status", "--json").json
    assert (form["assessed"], form["held"], form["cooled"]) == (1, 1, 0)
    assert form["accounts"][0]["last_pass"].endswith(("+01:00", "+02:00"))
    assert "drafts held      1" in gelassen("status").out
    assert "Entwürfe gehalten   1" in gelassen("status", "--lang", "de").out


def test_connected_counts_only_while_a_daemon_runs(gelassen: World) -> None:
    """After kill -9 the last word of the daemon is out of date."""
    gelassen.store.record_status(AccountStatus(name="studio", connected=True, last_pass=None, error=None))
    assert gelassen("status", "--json").json["accounts"][0]["connected"] is False
    with InstanceLock(lock_file(f"sqlite:///{gelassen.folder / 'gelassen.db'}")):
        form = gelassen("status", "--json").json
        assert (form["daemon"], form["accounts"][0]["connected"]) == (os.getpid(), True)
        assert f"(process {os.getpid()})" in gelassen("status").out


def test_error_of_an_account(gelassen: World) -> None:
    """What went wrong last."""
    status = AccountStatus(name="studio", connected=False, last_pass=None, error="127.0.0.1: the login was refused")
    gelassen.store.record_status(status)
    assert gelassen("status", "--json").json["accounts"][0]["error"] == "127.0.0.1: the login was refused"
    assert "the login was refused" in gelassen("status").out
