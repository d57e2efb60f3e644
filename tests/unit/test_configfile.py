"""Writing config.toml: what was not asked for stays as it was."""

from __future__ import annotations

import os
import stat
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.adapters.configfile import changed, with_hold, write
from assistant.adapters.paths import shipped_config
from assistant.config import Config, load
from assistant.core.cooling import DEFAULT_HOLD, Hold, HoldTable
from assistant.errors import PermanentFailure

ACCOUNT: dict[str, object] = {
    "name": "atelier",
    "address": "mara@studio.example",
    "imap": {"host": "imap.example", "port": 993, "security": "tls", "user": "mara"},
    "relay": None,
    "keyring": True,
    "folders": {},
}
OWN = """# my own
[general]
region = "AT-9"        # Vienna

[[account]]
# the studio
name = "atelier"
address = "mara@studio.example"
imap = { host = "old.example", port = 993, security = "tls", user = "mara" }   # moved in May
relay = { host = "out.example" }
password_command = "pass show mail"   # old

[[account]]
name = "other"
address = "o@studio.example"
imap = { host = "imap.example", user = "o" }
keyring = true

[cooling]
settle = "5m"
"""


def test_a_new_file_is_the_commented_one_with_the_account_in_it(tmp_path: Path) -> None:
    """Every comment on a setting is there, the account stands in its place, all else is a default."""
    path = tmp_path / "config.toml"
    write(path, changed(None, {"general": {"region": "DE-BY"}}, ACCOUNT))
    text, shipped = path.read_text(), shipped_config().read_text()
    comments = [line.partition("#")[2] for line in shipped.splitlines() if " = " in line.partition("#")[0]]
    assert all(comment in text for comment in comments)
    assert "Copy this file" not in text
    assert text.index("[store]") < text.index("[[account]]") < text.index("[judge]")
    config = load(path)
    assert [one.name for one in config.accounts] == ["atelier"]
    assert config.general.region == "DE-BY"
    assert (config.judge, config.cooling, config.replies) == (Config().judge, Config().cooling, Config().replies)


def test_an_account_is_changed_where_it_stands() -> None:
    """Comments, order and the other account stay; a former password source and relay go."""
    text = changed(OWN, {"general": {"region": "AT-9", "timezone": "Europe/Vienna"}}, ACCOUNT)
    lost = [line for line in OWN.splitlines() if line not in text.splitlines()]
    assert lost == [
        'imap = { host = "old.example", port = 993, security = "tls", user = "mara" }   # moved in May',
        'relay = { host = "out.example" }',
        'password_command = "pass show mail"   # old',
    ]
    assert 'imap = { host = "imap.example", port = 993, security = "tls", user = "mara" }   # moved in May' in text
    told = tomllib.loads(text)
    assert told["account"][0] == {k: v for k, v in ACCOUNT.items() if v}
    assert told["account"][1]["name"] == "other"
    assert told["general"] == {"region": "AT-9", "timezone": "Europe/Vienna"}


def test_the_same_again_changes_nothing() -> None:
    """Twice is as good as once."""
    once = changed(OWN, {"general": {"region": "AT-9"}}, ACCOUNT)
    assert changed(once, {"general": {"region": "AT-9"}}, ACCOUNT) == once


@pytest.mark.parametrize("former", ["", "# only a comment\n", OWN, '[[account]]\nname = "x"\n', "account = []\n"])
def test_another_account_is_added(former: str) -> None:
    """After those that are there."""
    text = changed(former, {}, {**ACCOUNT, "name": "new"})
    before = tomllib.loads(former).get("account", [])
    assert tomllib.loads(text)["account"] == [*before, {k: v for k, v in {**ACCOUNT, "name": "new"}.items() if v}]


def test_a_file_is_private_and_an_existing_one_keeps_its_mode(tmp_path: Path) -> None:
    """0600 for a new one; a link stays a link, and nothing else is left in the folder."""
    path = tmp_path / "new" / "config.toml"
    write(path, "a = 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    write(link, "a = 2\n")
    assert link.is_symlink()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("a = 2\n", 0o640)
    assert os.listdir(path.parent) == ["config.toml"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder of that name is in the way; nothing is left beside it."""
    (tmp_path / "here" / "config.toml").mkdir(parents=True)
    with pytest.raises(PermanentFailure, match="cannot be written"):
        write(tmp_path / "here" / "config.toml", "a = 1\n")
    assert os.listdir(tmp_path / "here") == ["config.toml"]


def with_cell(row: int, column: int, hold: Hold) -> HoldTable:
    """The default hold table with one other cell."""
    table = [list(cells) for cells in DEFAULT_HOLD]
    table[row][column] = hold
    return tuple(tuple(cells) for cells in table)


def test_a_cell_of_the_hold_table_changes_and_nothing_else() -> None:
    """One value in the shipped file; its comments and lines stay."""
    former = shipped_config().read_text(encoding="utf-8")
    text = with_hold(former, with_cell(2, 1, timedelta(minutes=90)))
    assert text == former.replace("[30, 60, 240,", "[30, 90, 240,")
    assert with_hold(text, DEFAULT_HOLD) == former
    assert "morning" in with_hold(former, with_cell(0, 0, "morning")).split("hold = [")[1].splitlines()[1]


def test_a_cell_that_means_the_same_stays_as_it_is_written() -> None:
    """An hour in words is sixty minutes."""
    own = '[cooling]\nhold = [[0, 10, "1h", "morning"], [0, 10, 60, "morning"], [30, 60, 240, "morning"],'
    own += ' [60, 240, "morning", "morning"]] # mine\n'
    assert with_hold(own, DEFAULT_HOLD) == own
    assert with_hold(own, with_cell(0, 0, timedelta(seconds=6))) == own.replace("[[0,", '[["6s",')


@pytest.mark.parametrize("former", ["", OWN, "[cooling]\nsettle = 1 # soon\n"])
def test_a_hold_table_where_there_is_none(former: str) -> None:
    """It is added, and the rest stays."""
    text = with_hold(former, with_cell(3, 3, timedelta(days=2)))
    assert former in text
    assert tomllib.loads(text)["cooling"]["hold"][3] == [60, 240, "morning", 2880]
