"""``gelassen correct``: the user says what a mail was, and sees what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser
from assistant.cli.rows import Form
from assistant.core.adaptation import Adaptation
from assistant.core.escalation import Level
from assistant.errors import Refused
from assistant.services.corrections import Correction
from assistant.services.ledger import Incoming
from assistant.texts import countdown, level_name

if TYPE_CHECKING:
    from assistant.services.learning import Learning, Lesson


def _options(parser: CommandParser) -> None:
    parser.arguments.add_argument("mail", nargs="?", metavar="MAIL", help=parser.words("correct.mail"))
    parser.options.add_argument(
        "--level", choices=[str(int(level)) for level in Level], help=parser.words("correct.level")
    )
    parser.options.add_argument("--list", action="store_true", help=parser.words("correct.list"))
    parser.options.add_argument("--undo", action="store_true", help=parser.words("correct.undo"))


def _correct(context: Context) -> int:
    arguments = context.arguments
    wanted = (arguments.level is not None) + arguments.list + arguments.undo
    if wanted != 1 or arguments.list == (arguments.mail is not None):
        context.parser.error(context.words("correct.nothing"))
    if arguments.list:
        return _list(context)
    mail = find_mail(context, arguments.mail)
    learning = context.parts.learning
    lesson = learning.take_back(mail) if arguments.undo else learning.correct(mail, Level(int(arguments.level)))
    if context.json:
        context.screen.json(_lesson_form(context, lesson))
    else:
        _tell(context, lesson)
    return 0


def find_mail(context: Context, word: str) -> Incoming:
    """A mail by the number that ``gelassen mails`` shows, or by its Message-ID. Raises ``Refused``."""
    store = context.parts.store
    number = word.removeprefix("#")
    if number.isdecimal():
        found = [store.incoming(int(number))] if len(number) <= 12 else []
    else:
        message_id = word if word.startswith("<") else f"<{word}>"
        names = [account.name for account in context.parts.config.accounts]
        found = [store.incoming_by_message_id(name, message_id) for name in names]
    mails = [mail for mail in found if mail is not None]
    if not mails:
        raise Refused(context.words("correct.no_mail", mail=one_line(word)))
    if len(mails) > 1:
        raise Refused(context.words("correct.several", ids=", ".join(str(mail.id) for mail in mails)))
    return mails[0]


# --- what a correction changes ---------------------------------------------------------------------------------------


def _tell(context: Context, lesson: Lesson) -> None:
    """In words: the mail, the thresholds, the last mails, the drafts that wait."""
    from assistant.services.lessons import told

    mail = lesson.mail
    words = told(lesson, context.lang, one_line(str(mail.sender)) if mail.sender else context.words("mail.no_sender"))
    context.screen.line(words.done)
    if words.thresholds:
        context.say("correct.thresholds")
    for line in words.thresholds:
        context.screen.line(f"  {line}")
    for line in words.further:
        context.screen.line(line)
    for draft in lesson.held:
        left = countdown(draft.hold_until, context.now(), context.lang)
        context.say("correct.held", id=draft.id, left=left)
    if lesson.correction:
        context.say("correct.undo_with", id=mail.id)


def _level(context: Context, level: Level | None) -> str:
    return context.words("level.none") if level is None else level_name(level, context.lang)


def _lesson_form(context: Context, lesson: Lesson) -> Form:
    mail = lesson.mail
    return {
        "id": mail.id,
        "message_id": mail.message_id,
        "client": mail.client or None,
        "level": None if mail.level is None else int(mail.level),
        "judged": None if mail.judged is None else int(mail.judged),
        "corrected": lesson.correction is not None,
        "thresholds": {
            "client": _thresholds(lesson.before, lesson.after, mail.client) if mail.client else None,
            "all": _thresholds(lesson.before, lesson.after, ""),
        },
        "otherwise": {"mails": lesson.recent, "calmer": lesson.calmer, "hotter": lesson.hotter},
        "held": [draft.id for draft in lesson.held],
        "at": _at(context, lesson.correction) if lesson.correction else None,
    }


def _thresholds(before: Adaptation, after: Adaptation, who: str) -> dict[str, list[float]]:
    pairs = {"before": before.policy(who), "after": after.policy(who)}
    return {name: [round(threshold, 4) for threshold in policy.levels] for name, policy in pairs.items()}


# --- the list --------------------------------------------------------------------------------------------------------


def _list(context: Context) -> int:
    learning = context.parts.learning
    corrections = context.parts.store.corrections()
    if context.json:
        context.screen.json([_form(context, learning, one) for one in corrections])
    elif corrections:
        _table(context, learning, corrections)
    else:
        context.say("correct.none")
    return 0


def _table(context: Context, learning: Learning, corrections: tuple[Correction, ...]) -> None:
    names = ("id", "date", "level", "judged", "from", "subject", "counts")
    rows = [_row(context, learning, one) for one in corrections]
    context.screen.table([context.words(f"correct.{name}") for name in names], rows, [one.level for one in corrections])


def _row(context: Context, learning: Learning, one: Correction) -> list[str]:
    mail = context.parts.store.incoming(one.mail_id)
    return [
        str(one.mail_id),
        f"{one.at.astimezone(context.now().tzinfo):%Y-%m-%d %H:%M}",
        _level(context, one.level),
        _level(context, one.judged),
        (one.client or "–")[:28],
        one_line(mail.subject)[:40] if mail else "",
        context.words("word.yes" if learning.counts(one) else "word.no"),
    ]


def _form(context: Context, learning: Learning, one: Correction) -> Form:
    mail = context.parts.store.incoming(one.mail_id)
    return {
        "id": one.mail_id,
        "account": mail.key.account if mail else None,
        "message_id": mail.message_id if mail else None,
        "subject": mail.subject if mail else None,
        "client": one.client or None,
        "level": int(one.level),
        "judged": None if one.judged is None else int(one.judged),
        "p": [round(p, 4) for p in one.p] if one.p else None,
        "model": one.model or None,
        "counts": learning.counts(one),
        "at": _at(context, one),
    }


def _at(context: Context, one: Correction) -> str:
    return one.at.astimezone(context.now().tzinfo).isoformat()


COMMANDS: Final = {"correct": Command(options=_options, run=_correct)}
