"""The documents tell the truth about what is there."""

from __future__ import annotations

import re
from pathlib import Path

from assistant.cli.commands import MODULES

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def test_every_command_is_in_the_readme_and_no_other() -> None:
    """The table of commands names what the program has."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Commands")[1].split("\n## ")[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`([a-z]+)", first_cells.replace("gelassen ", "")))
    assert named == set(MODULES)


def test_every_target_of_make_that_is_named_exists() -> None:
    """README, ARCHITECTURE and CONTRIBUTING name no target that the Makefile lacks."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, flags=re.MULTILINE)) <= targets, document.name


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link is a file of the repository."""
    for document in [*DOCUMENTS, *(ROOT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_room_of_the_map_exists() -> None:
    """The adapters and services that ARCHITECTURE names are there, and the other way round."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for room in ("adapters", "services", "core"):
        for module in (ROOT / "assistant" / room).iterdir():
            name = module.stem
            if not name.startswith("_") and (module.suffix == ".py" or (module / "__init__.py").exists()):
                assert re.search(rf"\b{name}\b", text), f"{room}/{name} is not in ARCHITECTURE.md"
