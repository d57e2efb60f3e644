"""``gelassen judge``: mails from files, or texts as JSON Lines, without an account and without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from assistant.adapters.mailfiles import STDIN, MailFile, read_mails
from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser
from assistant.cli.presenting import signals_in_words
from assistant.cli.rows import Form, judgement
from assistant.core.escalation import Assessment, Side
from assistant.core.message import Unassessed
from assistant.errors import GelassenError, PermanentFailure
from assistant.texts import level_name, spoken

if TYPE_CHECKING:
    from assistant.core.message import Message
    from assistant.services.judging import Writing

_BATCH: Final = 32  # mails judged together


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One mail from a file with what was found; no assessment for mail set aside or not readable."""

    found: MailFile
    message: Message
    assessment: Assessment | None = None


def _options(parser: CommandParser) -> None:
    parser.arguments.add_argument("files", nargs="*", metavar="FILE", help=parser.words("judge.files"))
    parser.options.add_argument("--side", choices=("client", "own"), default="client", help=parser.words("judge.side"))
    parser.options.add_argument("--jsonl", action="store_true", help=parser.words("judge.jsonl"))


def _judge(context: Context) -> int:
    files: list[str] = context.arguments.files
    if context.arguments.jsonl:
        from assistant.cli.jsonl import judge_lines

        if files:
            context.parser.error(context.words("judge.jsonl_and_files"))
        return judge_lines(context)
    if not files and sys.stdin.isatty():
        context.parser.error(context.words("judge.nothing"))
    return _judge_files(context, files or [STDIN])


def _judge_files(context: Context, files: Sequence[str]) -> int:
    problems: list[str] = []
    mails = _read(context, files, problems)
    forms: list[Form] = []
    while batch := list(islice(mails, _BATCH)):
        for one in judged(context, batch):
            if context.json:
                forms.append(_form(one, context.arguments.side))
            else:
                _show(context, one)
    if context.json:
        context.screen.json(forms)
    return 1 if problems else 0


def _read(context: Context, files: Sequence[str], problems: list[str]) -> Iterator[Judged]:
    """The mails of all files, parsed; what cannot be read is told and the rest goes on."""
    for place in files:
        try:
            for found in read_mails(place):
                yield Judged(found=found, message=parsed(context, found.raw, context.arguments.side))
        except PermanentFailure as error:
            problems.append(str(error))
            print(f"gelassen: {spoken(str(error), context.lang)}", file=sys.stderr)


def parsed(context: Context, raw: bytes, side: Side) -> Message:
    """A mail as the daemon would read it; own addresses are those of the configured accounts."""
    from assistant.adapters.mime import parse, split

    if side == "own":
        return parse(split(raw), side="own")
    accounts = context.config_or_defaults.accounts
    return parse(split(raw), own=frozenset().union(*(account.own for account in accounts)))


def judged(context: Context, mails: Sequence[Judged], side: Side | None = None) -> list[Judged]:
    """The mails with their assessments, judged together."""
    from assistant.services.judging import Writing

    chosen: Side = side or context.arguments.side
    due = [one for one in mails if one.message.set_aside is None and one.message.unassessed is None]
    texts = [one.message for one in due]
    found = assess(context, [Writing(text=m.newest_text, subject=m.subject, side=chosen, at=m.date) for m in texts])
    results = {id(one): assessment for one, assessment in zip(due, found, strict=True)}
    return [_with(one, results[id(one)]) if id(one) in results else one for one in mails]


def _with(one: Judged, assessment: Assessment | None) -> Judged:
    if assessment is None:
        return replace(one, message=replace(one.message, unassessed=Unassessed.UNREADABLE))
    return replace(one, assessment=assessment)


def assess(context: Context, writings: Sequence[Writing]) -> list[Assessment | None]:
    """One assessment for each text; None for one that upsets the model, which must not stop the others."""
    try:
        return list(context.parts_or_defaults.judge.assess(writings))
    except GelassenError:
        raise
    except Exception:  # noqa: BLE001 - whatever a tokenizer may say to odd texts; each is tried by itself
        return [None] if len(writings) == 1 else [assess(context, [one])[0] for one in writings]


def _form(one: Judged, side: Side) -> Form:
    message = one.message
    where = {"file": one.found.file} | ({"number": one.found.number} if one.found.number else {})
    return {
        **where,
        "message_id": message.message_id,
        "subject": message.subject,
        "side": side,
        "lang": message.language,
        **judgement(one.assessment),
        "set_aside": str(message.set_aside) if message.set_aside else None,
        "unassessed": str(message.unassessed) if message.unassessed and not message.set_aside else None,
        "newest_text": message.newest_text,
    }


def _show(context: Context, one: Judged) -> None:
    screen = context.screen
    name = one.found.file if one.found.number is None else f"{one.found.file} #{one.found.number}"
    subject = one_line(one.message.subject)
    screen.line(screen.bold(one_line(name)) + (f"  {subject}" if subject else ""))
    if one.assessment is None:
        screen.line(f"  {_why_not(context, one.message)}")
        return
    level = screen.heat(level_name(one.assessment.level, context.lang), one.assessment.level)
    screen.line("  " + " · ".join([level, *signals_in_words(context, one.assessment)]))
    first, second, third = (f"{100 * p:.0f} %" for p in one.assessment.scores.p)
    screen.line(screen.dim("  " + context.words("judge.belief", first=first, second=second, third=third)))
    for passage in one.assessment.hot:
        quoted = context.words("show.quote", words=one_line(passage))
        screen.line("    " + screen.heat(quoted, one.assessment.level))


def _why_not(context: Context, message: Message) -> str:
    if message.set_aside:
        return context.words("judge.set_aside", reason=context.words(f"set_aside.{message.set_aside}"))
    return context.words("judge.unassessed", reason=context.words(f"unassessed.{message.unassessed}"))


COMMANDS: Final = {"judge": Command(options=_options, run=_judge)}
