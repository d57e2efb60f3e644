"""Which commands there are and where they live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from assistant.cli.parser import CommandParser

if TYPE_CHECKING:
    from assistant.cli.context import Context


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One command.

    Attributes:
        options: adds its arguments to a parser.
        run: does it; the exit code.
    """

    options: Callable[[CommandParser], None]
    run: Callable[[Context], int]


#: The module of each command, in the order in which the overview tells them.
MODULES: Final[Mapping[str, str]] = {
    "demo": "running",
    "init": "init",
    "run": "running",
    "service": "service",
    "page": "page",
    "status": "status",
    "doctor": "doctor",
    "judge": "judging",
    "replay": "replaying",
    "mails": "mails",
    "correct": "correcting",
    "queue": "queue",
    "show": "showing",
    "review": "review",
    "edit": "editing",
    "release": "deciding",
    "extend": "deciding",
    "discard": "deciding",
    "resolve": "deciding",
    "suggest": "suggesting",
}


def find(name: str) -> Command:
    """A command of ``MODULES``."""
    module = import_module(f"assistant.cli.{MODULES[name]}")
    command: Command = module.COMMANDS[name]
    return command
