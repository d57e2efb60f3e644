"""The wheel: models and templates are in it, and are found when the checkout is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("gelassen-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, *arguments: str, stdin: str = "") -> str:
    """A command of the unpacked wheel, far from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "assistant", *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=True, cwd=site.parent, env=environment, timeout=300
    )
    return done.stdout


def test_templates_are_found_in_the_wheel(unpacked: Path) -> None:
    """All 24 replies, and no part of the checkout is needed."""
    assert len(json.loads(run(unpacked, "suggest", "--list", "--json"))) == 24


def test_model_is_found_in_the_wheel(unpacked: Path) -> None:
    """A text is judged by the packed model."""
    (found,) = json.loads(run(unpacked, "judge", "-", "--json", stdin="Guten Tag, anbei der Entwurf. Danke und Grüße"))
    assert found["level"] == 0


def test_what_a_set_up_needs_is_in_the_wheel(unpacked: Path) -> None:
    """The book of providers, and the commented config.toml that it starts from."""
    code = (
        "from assistant.adapters.autoconfig import providers; from assistant.adapters.paths import shipped_config; "
        "print(len(providers()) > 20, shipped_config().read_text().count('[[account]]'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=unpacked.parent, env=environment
    )
    assert done.stdout == "True 1\n"


def test_nothing_private_is_packed(unpacked: Path) -> None:
    """Only the package, its data and its metadata; no tests, no training corpus."""
    names = {path.name for path in unpacked.iterdir()}
    assert names == {"assistant", next(name for name in names if name.endswith(".dist-info"))}
    assert {path.name for path in (unpacked / "assistant" / "_data" / "models").iterdir()} == {"escalation"}
