"""``gelassen queue``: what is held, and what should not be forgotten.  Imports nothing heavy: it is looked at often."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser, count
from assistant.cli.rows import cooled, queue_row
from assistant.core.draft import State
from assistant.services.ledger import HeldDraft
from assistant.texts import countdown, hold_sentence, level_name

#: How many are listed for people unless they ask for more; machines get all.
_SHOWN: Final = 50


def _options(parser: CommandParser) -> None:
    parser.options.add_argument("--all", action="store_true", help=parser.words("queue.all"))
    parser.options.add_argument("--limit", type=count, metavar="N", help=parser.words("limit"))


def _queue(context: Context) -> int:
    limit = context.arguments.limit
    if limit is None:
        limit = 0 if context.json else _SHOWN
    found = context.parts.queue(limit=limit + 1 if limit else None, decided=context.arguments.all)
    drafts = found[:limit] if limit else found
    now = context.now()
    if context.json:
        context.screen.rows(queue_row(draft, now, context.lang) for draft in drafts)
        return 0
    for draft in drafts:
        _show(context, draft, now)
    _farewell(context, drafts, more=len(found) > len(drafts))
    return 0


def _show(context: Context, draft: HeldDraft, now: datetime) -> None:
    screen = context.screen
    words = [context.words(f"state.{draft.state}")]
    if draft.state is State.HELD:
        words += [
            countdown(draft.hold_until, now, context.lang),
            context.words("queue.reviewed" if draft.reviewed else "queue.not_reviewed"),
        ]
    if draft.effect:
        words.append(context.words("queue.pending"))
    number = screen.bold(f"{draft.id:>4}")
    screen.line(f"{number}  {screen.heat(' · '.join(words), 0 if cooled(draft, now) else None)}")
    to = ", ".join(draft.to) or context.words("queue.nobody")
    screen.line(f"      {one_line(draft.subject) or context.words('mail.no_subject')} → {one_line(to)}")
    screen.line(f"      {_levels(context, draft)}")
    if draft.reasons:
        screen.line(screen.dim(f"      {hold_sentence(draft.reasons, draft.hold_until, now, context.lang)}"))


def _levels(context: Context, draft: HeldDraft) -> str:
    levels = [("queue.mail", draft.level_in), ("queue.draft", draft.level_own)]
    answered = levels if draft.incoming_id is not None else levels[1:]
    return " · ".join(f"{context.words(key)} {_level(context, level)}" for key, level in answered)


def _level(context: Context, level: int | None) -> str:
    words = context.words("level.none") if level is None else level_name(level, context.lang)
    return context.screen.heat(words, level)


def _farewell(context: Context, drafts: tuple[HeldDraft, ...], *, more: bool) -> None:
    held = next((draft for draft in drafts if draft.state is State.HELD), None)
    if not drafts:
        context.say("queue.empty")
    if more:
        context.say()
        context.say("queue.more", count=len(drafts), all=" --all" if context.arguments.all else "")
    if held is not None:
        context.say()
        context.say("queue.next", id=held.id)


COMMANDS: Final = {"queue": Command(options=_options, run=_queue)}
