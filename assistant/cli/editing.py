"""``gelassen edit ID``: another text for a held draft, from the editor, a suggestion or a file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.cli.showing import add_draft, show
from assistant.core.draft import Obstacle, State, same_text
from assistant.core.message import Message
from assistant.errors import GelassenError, PermanentFailure, Refused
from assistant.services.ledger import HeldDraft
from assistant.texts import countdown, moment

if TYPE_CHECKING:
    from assistant.services.review import Case, Desk

_EDITORS: Final = ("sensible-editor", "nano", "vi")
_LARGEST: Final = 1_000_000  # bytes; no reply is longer


def _options(parser: CommandParser) -> None:
    add_draft(parser)
    source = parser.options.add_mutually_exclusive_group()
    source.add_argument("--from", dest="template", metavar="TEMPLATE", help=parser.words("edit.from"))
    source.add_argument("--file", type=Path, metavar="F", help=parser.words("edit.file"))


def _edit(context: Context) -> int:
    from assistant.services.review import Hindered

    arguments = context.arguments
    with context.parts.desk() as desk:
        case = desk.case(arguments.id)
        if case.draft.state is not State.HELD:
            raise Hindered(case.draft, (Obstacle.NOT_HELD,))
        if arguments.template is not None:
            text = _from_template(context, case, arguments.template)
            return _save(context, desk, case, text, template=arguments.template)
        if arguments.file is not None:
            return _save(context, desk, case, read_text(context, arguments.file))
        return _in_editor(context, desk, case)


def _save(context: Context, desk: Desk, case: Case, text: str, *, template: str | None = None) -> int:
    if not text.strip():
        raise Refused(context.words("edit.empty"))
    if same_text(text, case.draft.text):
        context.warn("edit.same", id=case.draft.id)
        if context.json:
            show(context, case)
        return 0
    draft = desk.edit(case.draft.id, text, template=template)
    if context.json:
        show(context, desk.case(draft.id))
    else:
        _tell(context, draft)
    return 0


def _tell(context: Context, draft: HeldDraft) -> None:
    now = context.now()
    until = moment(draft.hold_until, now, context.lang)
    left = countdown(draft.hold_until, now, context.lang)
    key = "done.edited" if draft.hold_until > now else "done.edited_free"
    context.say(key, id=draft.id, version=draft.version, until=until, left=left)


# --- from a suggestion -----------------------------------------------------------------------------------------------


def _from_template(context: Context, case: Case, name: str) -> str:
    """The stored suggestion of that name, else the template filled for the mail that is answered."""
    stored = [one.text for one in case.suggestions if one.template == name]
    if stored:
        return stored[0]
    if case.incoming is None:
        raise Refused(context.words("edit.no_mail", id=case.draft.id))
    mail = case.incoming
    message = Message(
        message_id=mail.message_id,
        sender=mail.sender,
        subject=mail.subject,
        date=mail.date,
        newest_text=mail.text,
        language=mail.language,
    )
    names = sorted({info.name for info in context.parts.templates.templates()})
    if name not in names:
        raise Refused(context.words("suggest.unknown", name=name, known=", ".join(names)))
    return context.parts.advisor.render(name, message).text


# --- from a file -----------------------------------------------------------------------------------------------------


def read_text(context: Context, path: Path) -> str:
    """A file of text, ``-`` for standard input. Raises ``PermanentFailure``."""
    try:
        raw = sys.stdin.buffer.read(_LARGEST + 1) if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise PermanentFailure(context.words("file.unreadable", file=path, error=error.strerror)) from None
    if len(raw) > _LARGEST:
        raise PermanentFailure(context.words("file.too_long", file=path))
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise PermanentFailure(context.words("file.not_utf8", file=path)) from None


# --- in the editor ---------------------------------------------------------------------------------------------------


def _in_editor(context: Context, desk: Desk, case: Case) -> int:
    """The text in the user's editor; if it cannot be saved, what was written stays in the file."""
    from assistant.adapters.paths import state_dir

    handle, name = tempfile.mkstemp(prefix=f"draft-{case.draft.id}-", suffix=".txt", dir=state_dir())
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:  # mode 0600
        file.write(case.draft.text)
    try:
        _run_editor(context, path)
        code = _save(context, desk, case, read_text(context, path))
    except GelassenError:
        _keep(context, path, case)
        raise
    path.unlink(missing_ok=True)
    return code


def _keep(context: Context, path: Path, case: Case) -> None:
    with suppress(OSError):
        if same_text(path.read_text(encoding="utf-8"), case.draft.text):
            path.unlink()
            return
    context.warn("edit.kept", id=case.draft.id, file=path)


def _run_editor(context: Context, path: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or next(filter(shutil.which, _EDITORS), "")
    if not command:
        raise PermanentFailure(context.words("edit.no_editor"))
    try:
        done = subprocess.run([*shlex.split(command), str(path)], check=False)  # noqa: S603 - the user's own editor
    except (OSError, ValueError):
        raise PermanentFailure(context.words("edit.editor_missing", editor=command)) from None
    if done.returncode != 0:
        raise PermanentFailure(context.words("edit.editor_failed", editor=command, code=done.returncode))


COMMANDS: Final = {"edit": Command(options=_options, run=_edit)}
