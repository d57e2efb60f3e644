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
from assistant.core.draft import State
from assistant.services.ledger import HeldDraft
from assistant.texts import countdown, moment

if TYPE_CHECKING:
    from assistant.services.review import Case, Desk

#: Released, and not on its way: the command has not done what was asked of it.
_NOT_OUT: Final = (State.FAILED, State.UNCERTAIN)


def _decide(context: Context, decision: Callable[[Desk], HeldDraft], key: Callable[[Case], str]) -> int:
    """Carry out a decision, and tell it in one line (``key`` chooses the text) or as ``show`` would."""
    with context.parts.desk() as desk:
        try:
            case = desk.case(decision(desk).id)
        finally:
            context.parts.sharing.leave()  # a mail may have been sent by this process
        if context.json:
            show(context, case)
        else:
            _tell(context, key(case), case)
    return 0 if case.draft.state not in _NOT_OUT else 1


def _gone(case: Case) -> str:
    """What to say about a released draft."""
    if case.draft.state is State.RELEASED:
        return "done.released" if case.sending is None else "done.postponed"
    return f"done.{case.draft.state}"


def _found_out(case: Case) -> str:
    """What to say about a mail that turned out to have been taken, perhaps not for everybody."""
    return "done.resolved_sent" if case.draft.state is State.SENT else _gone(case)


def _tell(context: Context, key: str, case: Case) -> None:
    now, draft = context.now(), case.draft
    again = case.sending.again if case.sending else None
    context.say(
        key,
        id=draft.id,
        until=moment(draft.hold_until, now, context.lang),
        left=countdown(draft.hold_until, now, context.lang),
        again=moment(again, now, context.lang) if again else "",
    )


# --- release ---------------------------------------------------------------------------------------------------------


def _release_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--send", action="store_true", help=parser.words("release.send"))
    parser.options.add_argument("--now", action="store_true", help=parser.words("release.now"))
    parser.options.add_argument("--reason", metavar="TEXT", help=parser.words("release.reason"))


def _release(context: Context) -> int:
    arguments = context.arguments
    reason = (arguments.reason or "").strip()
    if arguments.now and not reason:
        context.parser.error(context.words("release.needs_reason"))
    if arguments.reason is not None and not arguments.now:
        context.parser.error(context.words("release.needs_now"))
    return _decide(context, lambda desk: desk.release(arguments.id, reason=reason or None, send=arguments.send), _gone)


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
    arguments = context.arguments
    return _decide(context, lambda desk: desk.extend(arguments.id, arguments.span), lambda _: "done.extended")


# --- discard ---------------------------------------------------------------------------------------------------------


def _discard_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--undo", action="store_true", help=parser.words("discard.undo"))


def _discard(context: Context) -> int:
    if context.arguments.undo:
        return _decide(context, lambda desk: desk.undo_discard(context.arguments.id), lambda _: "done.restored")
    return _decide(context, lambda desk: desk.discard(context.arguments.id), lambda _: "done.discarded")


# --- resolve ---------------------------------------------------------------------------------------------------------


def _resolve_options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--sent", action="store_true", help=parser.words("resolve.sent"))
    parser.options.add_argument("--not-sent", action="store_true", help=parser.words("resolve.not_sent"))


def _resolve(context: Context) -> int:
    arguments = context.arguments
    if arguments.sent == arguments.not_sent:
        context.parser.error(context.words("resolve.which"))
    key = _found_out if arguments.sent else lambda _: "done.resolved_held"
    return _decide(context, lambda desk: desk.resolve(arguments.id, went_out=arguments.sent), key)


COMMANDS: Final = {
    "release": Command(options=_release_options, run=_release),
    "extend": Command(options=_extend_options, run=_extend),
    "discard": Command(options=_discard_options, run=_discard),
    "resolve": Command(options=_resolve_options, run=_resolve),
}
