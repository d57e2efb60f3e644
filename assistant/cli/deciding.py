"""``gelassen release``, ``extend``, ``discard``: what becomes of a held draft."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.cli.showing import add_draft, show
from assistant.services.ledger import HeldDraft
from assistant.texts import countdown, moment

if TYPE_CHECKING:
    from assistant.services.review import Desk


def _decide(context: Context, key: str, decision: Callable[[Desk], HeldDraft]) -> int:
    """Carry out a decision, and tell it in one line or as ``show`` would."""
    with context.parts.desk() as desk:
        draft = decision(desk)
        if context.json:
            show(context, desk.case(draft.id))
        else:
            _tell(context, key, draft)
    return 0


def _tell(context: Context, key: str, draft: HeldDraft) -> None:
    now = context.now()
    until = moment(draft.hold_until, now, context.lang)
    left = countdown(draft.hold_until, now, context.lang)
    context.say(key, id=draft.id, until=until, left=left)


# --- release ---------------------------------------------------------------------------------------------------------


def _release_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--now", action="store_true", help=parser.words("release.now"))
    parser.options.add_argument("--reason", metavar="TEXT", help=parser.words("release.reason"))


def _release(context: Context) -> int:
    arguments = context.arguments
    reason = (arguments.reason or "").strip()
    if arguments.now and not reason:
        context.parser.error(context.words("release.needs_reason"))
    if arguments.reason is not None and not arguments.now:
        context.parser.error(context.words("release.needs_now"))
    key = "done.released"
    return _decide(context, key, lambda desk: desk.release(arguments.id, reason=reason or None))


# --- extend ----------------------------------------------------------------------------------------------------------


def _span(word: str) -> timedelta:
    from assistant.config.reading import Wrong
    from assistant.config.values import duration

    read = duration(timedelta(minutes=1), timedelta(days=30))
    try:
        return read(int(word) if word.isdecimal() else word)
    except Wrong:
        raise argparse.ArgumentTypeError(word) from None


def _extend_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.arguments.add_argument("span", metavar="TIME", type=_span, help=parser.words("extend.span"))


def _extend(context: Context) -> int:
    return _decide(context, "done.extended", lambda desk: desk.extend(context.arguments.id, context.arguments.span))


# --- discard ---------------------------------------------------------------------------------------------------------


def _discard_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--undo", action="store_true", help=parser.words("discard.undo"))


def _discard(context: Context) -> int:
    if context.arguments.undo:
        return _decide(context, "done.restored", lambda desk: desk.undo_discard(context.arguments.id))
    return _decide(context, "done.discarded", lambda desk: desk.discard(context.arguments.id))


COMMANDS: Final = {
    "release": Command(options=_release_options, run=_release),
    "extend": Command(options=_extend_options, run=_extend),
    "discard": Command(options=_discard_options, run=_discard),
}
