"""Settings changed while the daemon runs: in the file and in force, or neither."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assistant.config import load
from assistant.core.cooling import DEFAULT_HOLD, HoldTable
from assistant.daemon.amending import keep_hold
from assistant.daemon.parts import Parts
from assistant.errors import ConfigError

OWN = '# mine\n[cooling]\nsettle = "5m" # slow\n'


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """The parts of a file."""
    path = tmp_path / "config.toml"
    path.write_text(OWN, encoding="utf-8")
    return Parts(load(path), "en")


def longer() -> HoldTable:
    """The default table with another first cell."""
    return ((timedelta(minutes=5), *DEFAULT_HOLD[0][1:]), *DEFAULT_HOLD[1:])


def test_a_table_is_in_the_file_and_in_force(parts: Parts) -> None:
    """At once, and after a restart; what was changed in the file meanwhile stays."""
    path = parts.config.path
    path.write_text(OWN.replace("mine", "mine, edited meanwhile"), encoding="utf-8")
    keep_hold(parts, longer())
    assert parts.rules.hold == longer() == load(path).cooling.hold
    assert "# mine, edited meanwhile" in path.read_text(encoding="utf-8")
    assert load(path).cooling.settle == timedelta(minutes=5)


def test_a_file_that_is_wrong_by_now_stays_as_it_is(parts: Parts) -> None:
    """What is wrong is told; nothing is in force that is not in the file."""
    wrong = OWN.replace('"5m"', '"soon"')
    parts.config.path.write_text(wrong, encoding="utf-8")
    with pytest.raises(ConfigError, match="settle"):
        keep_hold(parts, longer())
    assert parts.config.path.read_text(encoding="utf-8") == wrong
    assert parts.rules.hold == DEFAULT_HOLD
