"""Where config.toml is looked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assistant.adapters import paths
from assistant.config import file as config_file
from assistant.config import find
from assistant.errors import ConfigError


@pytest.fixture
def three(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A file at each of the three places."""
    files = (tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "xdg" / "gelassen" / "config.toml")
    files[2].parent.mkdir(parents=True)
    for file in files:
        file.touch()
    return files


def test_order_is_option_then_environment_then_folder(three: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """The more explicit place goes before the less explicit one."""
    option, variable, default = three
    folder = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    environ = {**folder, "GELASSEN_CONFIG": str(variable)}
    assert find(option, environ) == option
    assert find(None, environ) == variable
    assert find(None, folder) == default
    assert find(None, {**folder, "GELASSEN_CONFIG": ""}) == default


def test_a_named_file_that_is_missing_is_not_replaced(three: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """A typing mistake in --config or GELASSEN_CONFIG must not start Gelassen with other settings."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "GELASSEN_CONFIG": str(tmp_path / "no.toml")}
    with pytest.raises(ConfigError, match=r"no\.toml \(given by GELASSEN_CONFIG\) does not exist"):
        find(None, environ)
    with pytest.raises(ConfigError, match=r"gone\.toml \(given by --config\) does not exist"):
        find(tmp_path / "gone.toml", environ)


def test_a_missing_default_tells_what_to_do(tmp_path: Path) -> None:
    """The message says where it looked and how to begin."""
    with pytest.raises(ConfigError) as caught:
        find(None, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert caught.value.problems == (
        f"{tmp_path}/gelassen/config.toml (the default; --config FILE or GELASSEN_CONFIG name another) does not exist: "
        "run gelassen init, which writes it (docs/configuration.md tells each key)",
    )


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """Naming the folder instead of the file is told as such."""
    with pytest.raises(ConfigError, match="is a folder, not a file"):
        find(tmp_path, {})


def test_home_is_expanded(home: Path) -> None:
    """~ in the option and in the variable is the home."""
    (home / "mine.toml").touch()
    assert find(Path("~/mine.toml"), {}) == home / "mine.toml"
    assert find(None, {"GELASSEN_CONFIG": "~/mine.toml"}) == home / "mine.toml"


@pytest.mark.parametrize("relative", ["", "relative/path"])
def test_without_a_usable_xdg_folder_it_is_the_platforms(
    relative: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The XDG specification says that relative paths are to be ignored."""
    monkeypatch.setattr(sys, "platform", "linux")
    path = home / ".config" / "gelassen" / "config.toml"
    path.parent.mkdir(parents=True)
    path.touch()
    assert find(None, {"XDG_CONFIG_HOME": relative, "HOME": str(home)}) == path


def test_on_macos_it_is_application_support(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apple's place for settings."""
    monkeypatch.setattr(sys, "platform", "darwin")
    path = home / "Library" / "Application Support" / "gelassen" / "config.toml"
    path.parent.mkdir(parents=True)
    path.touch()
    assert find(None, {"HOME": str(home)}) == path


def test_the_folder_is_the_one_that_the_paths_adapter_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """config is a leaf and cannot ask platformdirs; both must say the same."""
    folder = paths.config_dir()
    folder.mkdir(parents=True)
    (folder / "config.toml").touch()

    assert find(None, os.environ) == folder / "config.toml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert config_file._folder(os.environ) == paths.config_dir()
