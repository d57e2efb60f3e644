"""``gelassen show ID``: all about one held draft, in whatever state."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.cli.presenting import Presenter
from assistant.cli.rows import draft_form
from assistant.errors import Refused
from assistant.services.ledger import Version

if TYPE_CHECKING:
    from assistant.services.review import Case


def draft_number(word: str) -> int:
    """The number of a draft, as the queue shows it; ``#3`` is 3."""
    number = word.removeprefix("#")
    if not number.isdecimal() or len(number) > 12:
        raise argparse.ArgumentTypeError(word)
    return int(number)


def add_draft(parser: CommandParser) -> None:
    """The argument ID."""
    parser.arguments.add_argument("id", metavar="ID", type=draft_number, help=parser.words("id"))


def show(context: Context, case: Case, version: Version | None = None, *, original: bool = False) -> None:
    """A case as JSON or in words; without a version the one that is current."""
    version = version or case.versions[-1]
    if context.json:
        context.screen.json(draft_form(case, version, context.now(), context.lang))
        return
    presenter = Presenter(context, case)
    presenter.heading()
    presenter.facts(version)
    presenter.draft(version)
    if original:
        presenter.original()
    elif case.incoming is not None:
        context.say()
        context.say("show.without_original", id=case.draft.id)
    presenter.suggestions()
    presenter.versions()
    presenter.events()


def case_of(context: Context) -> Case:
    """The case that was asked for. Raises ``NoSuchDraft``."""
    with context.parts.desk() as desk:
        return desk.case(context.arguments.id)


def _options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--version", type=int, metavar="N", help=parser.words("show.version"))
    parser.options.add_argument("--original", action="store_true", help=parser.words("show.original"))
    parser.options.add_argument("--raw", action="store_true", help=parser.words("show.raw"))


def _show(context: Context) -> int:
    case = case_of(context)
    version = _version(context, case)
    if context.arguments.raw:
        _write_raw(context, version)
    else:
        show(context, case, version, original=context.arguments.original)
    return 0


def _version(context: Context, case: Case) -> Version:
    wanted = context.arguments.version
    found = [one for one in case.versions if wanted in {None, one.number}]
    if not found:
        raise Refused(context.words("refused.version", id=case.draft.id, count=len(case.versions)))
    return found[-1]


def _write_raw(context: Context, version: Version) -> None:
    raw = context.parts.store.raw(context.arguments.id, version.number)
    if raw is None:
        raise Refused(context.words("refused.forgotten"))
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)


COMMANDS: Final = {"show": Command(options=_options, run=_show)}
