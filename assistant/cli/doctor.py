"""``gelassen doctor``: what works and what does not, one line each, and what to do next.  Changes nothing but the
cooling-off folder, which is created where it is missing; ``--repair`` mends the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser
from assistant.config import Config
from assistant.errors import ConfigError
from assistant.services.findings import Finding, Result
from assistant.texts import spoken

if TYPE_CHECKING:
    from assistant.daemon.parts import Parts

_COLOUR: Final = {Result.OK: 0, Result.WARNING: 1, Result.FAILURE: 2}


def _options(parser: CommandParser) -> None:
    parser.options.add_argument("--repair", action="store_true", help=parser.words("doctor.repair"))
    parser.options.add_argument("--notify", action="store_true", help=parser.words("doctor.notify"))


def _doctor(context: Context) -> int:
    found = []
    for finding in _repair(context) if context.arguments.repair else _findings(context):
        found.append(finding)
        if not context.json:
            _show(context, finding)
    if context.json:
        context.screen.json([asdict(finding) for finding in found])
    return 1 if any(finding.result is Result.FAILURE for finding in found) else 0


def _show(context: Context, finding: Finding) -> None:
    screen = context.screen
    word = f"{context.words(f'doctor.{finding.result}'):8}"
    screen.line(
        f"{screen.heat(word, _COLOUR[finding.result])} {finding.check}: {one_line(spoken(finding.text, context.lang))}"
    )
    if finding.next:
        screen.line(f"         → {finding.next}")


def _findings(context: Context) -> Iterator[Finding]:
    """All checks; a failed one does not keep the others from being made."""
    from assistant.daemon.checking_desktop import trial
    from assistant.daemon.examining import examine, guarded

    yield from _config(context)
    parts = _parts(context)
    yield from examine(context, parts)
    if context.arguments.notify:
        yield from guarded(context, "notifications", partial(trial, context, parts))


def _repair(context: Context) -> Iterator[Finding]:
    """The ledger, then what the accounts' folders hold beside it; a folder waits until the ledger is whole."""
    from assistant.adapters.lock import InstanceLock
    from assistant.cli import repairing
    from assistant.daemon.examining import guarded

    parts = context.parts
    with InstanceLock(parts.lock_path):
        yield from repairing.database(context, parts)
        for account in parts.config.accounts:
            yield from guarded(context, account.name, partial(repairing.folder, context, parts, account))


def _parts(context: Context) -> Parts:
    """The parts of the settings, of the defaults where those are wrong."""
    from assistant.daemon.parts import Parts

    try:
        return context.parts
    except ConfigError:
        return Parts(Config(), context.lang)


def _config(context: Context) -> Iterator[Finding]:
    name = context.words("doctor.config")
    try:
        config = context.config
    except ConfigError as error:
        for problem in error.problems:
            yield Finding(check=name, result=Result.FAILURE, text=problem)
        return
    yield Finding(check=name, result=Result.OK, text=str(config.path))
    if not config.accounts:
        advice = context.words("doctor.add_account")
        yield Finding(check=name, result=Result.FAILURE, text=context.words("doctor.no_account"), next=advice)


COMMANDS: Final = {"doctor": Command(options=_options, run=_doctor)}
