"""``gelassen suggest FILE``: calm replies to a mail, each judged as if it were one's own draft."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from assistant.adapters.mailfiles import read_mails
from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.judging import Judged, judged, parsed
from assistant.cli.parser import CommandParser
from assistant.cli.rows import Form, suggestion_form
from assistant.core.reason import reason_text
from assistant.core.reply import Suggestion, gaps_in
from assistant.errors import Refused
from assistant.texts import level_name, spoken

if TYPE_CHECKING:
    from assistant.services.ports import TemplateInfo


def _options(parser: CommandParser) -> None:
    parser.arguments.add_argument("file", nargs="?", metavar="FILE", help=parser.words("suggest.file"))
    parser.options.add_argument("--template", metavar="NAME", help=parser.words("suggest.template"))
    parser.options.add_argument("--list", action="store_true", help=parser.words("suggest.list"))


def _suggest(context: Context) -> int:
    for problem in context.parts_or_defaults.templates.problems():
        print(f"gelassen: {spoken(problem, context.lang)}", file=sys.stderr)
    if context.arguments.list:
        return _list(context)
    if context.arguments.file is None:
        context.parser.error(context.words("suggest.no_file"))
    mail = _mail(context)
    suggestions = _made(context, mail)
    levels = _levels(context, suggestions)
    if context.json:
        context.screen.json([_form(one, level) for one, level in zip(suggestions, levels, strict=True)])
        return 0
    _show(context, mail, suggestions, levels)
    return 0


def _mail(context: Context) -> Judged:
    """The first mail of the file, judged unless a template was chosen."""
    found = next(read_mails(context.arguments.file), None)
    if found is None:
        raise Refused(context.words("suggest.empty_file", file=context.arguments.file))
    mail = Judged(found=found, message=parsed(context, found.raw, "client"))
    return mail if context.arguments.template else judged(context, [mail], "client")[0]


def _made(context: Context, mail: Judged) -> tuple[Suggestion, ...]:
    advisor = context.parts_or_defaults.advisor
    name = context.arguments.template
    if name is None:
        return advisor.suggest(mail.message, mail.assessment) if mail.assessment else ()
    language = mail.message.language or "de"
    known = sorted({info.name for info in _templates(context) if info.language == language})
    if name not in known:
        raise Refused(context.words("suggest.unknown", name=name, known=", ".join(known)))
    return (advisor.render(name, mail.message),)


def _templates(context: Context) -> Sequence[TemplateInfo]:
    return context.parts_or_defaults.templates.templates()


def _levels(context: Context, suggestions: Sequence[Suggestion]) -> list[int]:
    from assistant.services.judging import Writing

    writings = [Writing(text=one.text, subject=one.subject, side="own") for one in suggestions]
    return [int(found.level) for found in context.parts_or_defaults.judge.assess(writings)]


def _form(suggestion: Suggestion, level: int) -> Form:
    return {**suggestion_form(suggestion), "level": level}


def _show(context: Context, mail: Judged, suggestions: Sequence[Suggestion], levels: Sequence[int]) -> None:
    screen = context.screen
    if not suggestions:
        context.say("suggest.none" if mail.assessment else "suggest.not_judged")
        return
    if mail.assessment:
        heat = screen.heat(level_name(mail.assessment.level, context.lang), mail.assessment.level)
        context.say("suggest.mail", level=heat)
    for one, level in zip(suggestions, levels, strict=True):
        screen.line()
        screen.line(screen.bold(f"{one.template} ({one.register})") + f"  {level_name(level, context.lang)}")
        if context.arguments.template is None:
            screen.line(screen.dim(f"  {reason_text(one.reason, context.lang)}"))
        screen.paragraphs(f"{context.words('show.subject')}: {one.subject}\n\n{one.text}", indent="  │ ")
        if one.gaps:
            context.say("suggest.gaps", gaps="; ".join(gaps_in(one.text)))


# --- the list --------------------------------------------------------------------------------------------------------


def _list(context: Context) -> int:
    infos = _templates(context)
    if context.json:
        context.screen.json([_info_form(info) for info in infos])
        return 0
    for info in infos:
        context.screen.line(f"{info.name:20} {info.language}  {info.register:7} {info.purpose}")
    return 0


def _info_form(info: TemplateInfo) -> Form:
    return {
        "template": info.name,
        "language": info.language,
        "register": info.register,
        "levels": list(info.levels),
        "signals": list(info.signals),
        "purpose": info.purpose,
        "slots": list(info.slots),
    }


COMMANDS: Final = {"suggest": Command(options=_options, run=_suggest)}
