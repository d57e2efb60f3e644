"""``gelassen review ID``: the user's own look at a held draft before it may go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.cli.parser import CommandParser
from assistant.cli.presenting import Presenter
from assistant.cli.rows import draft_form
from assistant.cli.showing import add_draft, show
from assistant.core.draft import Obstacle, State
from assistant.core.facts import matter_of
from assistant.services.ledger import HeldDraft, Incoming
from assistant.texts import countdown, moment

if TYPE_CHECKING:
    from assistant.services.review import Case, Desk

_YES: Final = frozenset({"y", "yes", "j", "ja"})
_MAIL: Final = frozenset({"m", "mail"})


def _options(parser: CommandParser) -> None:
    add_draft(parser)
    parser.options.add_argument("--approve", metavar="HASH", help=parser.words("review.approve"))
    parser.options.add_argument("--original", action="store_true", help=parser.words("show.original"))


def _review(context: Context) -> int:
    from assistant.services.review import Hindered

    with context.parts.desk() as desk:
        case = desk.case(context.arguments.id)
        if context.arguments.approve is not None:
            return _approve(context, desk, context.arguments.approve)
        _show(context, case)
        if case.draft.state is not State.HELD:
            raise Hindered(case.draft, (Obstacle.NOT_HELD,))
        if context.json or not sys.stdin.isatty():
            context.warn("review.no_terminal", id=case.draft.id, hash=case.draft.digest)
            return 1
        if not _asked(context, case):
            context.say("review.not_approved", id=case.draft.id)
            return 0
        return _approve(context, desk, case.draft.digest)


def _show(context: Context, case: Case) -> None:
    """The facts of the mail first, and its own words only on request: they would heat up again."""
    version = case.versions[-1]
    if context.json:
        form = draft_form(case, version, context.now(), context.lang)
        context.screen.json({**form, "matter": _matter_form(case.incoming)})
        return
    presenter = Presenter(context, case)
    presenter.heading()
    presenter.facts(version)
    if case.incoming is not None:
        _matter(context, presenter, case.incoming)
    if context.arguments.original:
        presenter.original()
    presenter.draft(version)
    presenter.suggestions()


def _matter(context: Context, presenter: Presenter, mail: Incoming) -> None:
    """What the mail is about, without its tone."""
    presenter.title("review.mail")
    presenter.fact("show.subject", one_line(mail.subject) or context.words("mail.no_subject"))
    for key, found in _matter_form(mail).items():
        for place, one in enumerate(found):
            presenter.fact(f"review.{key}" if place == 0 else "", one_line(one))


def _matter_form(mail: Incoming | None) -> dict[str, list[str]]:
    matter = matter_of(mail.text if mail else "")
    return {"questions": list(matter.questions), "dates": list(matter.dates), "sums": list(matter.sums)}


def _asked(context: Context, case: Case) -> bool:
    """Ask until the answer is one; "m" shows the mail that was answered."""
    while True:
        context.say()
        answer = _answer(context.words("review.ask"))
        if answer not in _MAIL:
            return answer in _YES
        if case.incoming is None:
            context.say("review.no_mail")
        else:
            Presenter(context, case).original()


def _answer(question: str) -> str:
    try:
        return input(question).strip().lower()
    except EOFError:
        return ""


def _approve(context: Context, desk: Desk, digest: str) -> int:
    draft = desk.approve(context.arguments.id, digest)
    if context.json:
        show(context, desk.case(draft.id))
        return 0
    context.say("review.approved", id=draft.id)
    _tell_next(context, draft, desk.obstacles(draft))
    return 0


def _tell_next(context: Context, draft: HeldDraft, left: tuple[Obstacle, ...]) -> None:
    """When it can be released."""
    if Obstacle.GAPS in left:
        context.say("refused.gaps", id=draft.id)
    if Obstacle.NOT_COOLED in left:
        now = context.now()
        until = moment(draft.hold_until, now, context.lang)
        context.say("review.later", id=draft.id, until=until, left=countdown(draft.hold_until, now, context.lang))
    if not left:
        context.say("review.now", id=draft.id)


COMMANDS: Final = {"review": Command(options=_options, run=_review)}
