"""``gelassen mails``: the incoming mails seen, newest first."""

from __future__ import annotations

import sys
from typing import Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser, count
from assistant.cli.presenting import correction_in_words, signals_in_words
from assistant.cli.rows import mail_row
from assistant.services.ledger import Incoming, MailFilter
from assistant.texts import level_name

#: How many are listed for people unless they ask for more; machines get all.
_SHOWN: Final = 50
_ALL: Final = sys.maxsize


def _options(parser: CommandParser) -> None:
    parser.options.add_argument("--limit", type=count, metavar="N", help=parser.words("limit"))
    parser.options.add_argument("--account", metavar="NAME", help=parser.words("mails.account"))


def _mails(context: Context) -> int:
    limit = context.arguments.limit
    if limit is None:
        limit = 0 if context.json else _SHOWN
    account = context.arguments.account
    if account is not None:
        context.parts.account(account)
    found = context.parts.store.list_incoming(limit=limit + 1 if limit else _ALL, wanted=MailFilter(account=account))
    shown = found[:limit] if limit else found
    if context.json:
        now = context.now()
        context.screen.json([mail_row(mail, now) for mail in shown])
    else:
        _table(context, shown)
        if len(found) > len(shown):
            context.say("mails.more", count=len(shown))
    return 0


def _table(context: Context, mails: tuple[Incoming, ...]) -> None:
    if not mails:
        context.say("mails.empty")
        return
    head = [context.words(f"mails.{name}") for name in ("id", "date", "level", "from", "subject", "why")]
    rows = [_row(context, mail) for mail in mails]
    context.screen.table(head, rows, [mail.level for mail in mails])


def _row(context: Context, mail: Incoming) -> list[str]:
    local = (mail.date or mail.received).astimezone(context.now().tzinfo)
    level = "–" if mail.level is None else level_name(mail.level, context.lang)
    sender = one_line(mail.sender.name or mail.sender.address) if mail.sender else "–"
    return [
        str(mail.id),
        f"{local:%Y-%m-%d %H:%M}",
        level,
        sender[:28],
        one_line(mail.subject)[:44],
        why_in_words(context, mail),
    ]


def why_in_words(context: Context, mail: Incoming) -> str:
    """That the user corrected it; then signals and cues, or why the mail has no level."""
    return ", ".join([*correction_in_words(context, mail), *_reasons(context, mail)])


def _reasons(context: Context, mail: Incoming) -> list[str]:
    if mail.set_aside:
        return [context.words(f"set_aside.{mail.set_aside}")]
    if mail.unassessed:
        return [context.words(f"unassessed.{mail.unassessed}")]
    return signals_in_words(context, mail.assessment) if mail.assessment else []


COMMANDS: Final = {"mails": Command(options=_options, run=_mails)}
