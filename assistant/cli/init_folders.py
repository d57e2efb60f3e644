"""``gelassen init``: which folder is which."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from assistant.cli.asking import Dialog
from assistant.cli.init_plan import Plan
from assistant.daemon.mailboxes import trial_mailbox
from assistant.errors import GelassenError

if TYPE_CHECKING:
    from assistant.adapters.imap import Survey

#: Which folder is for what; the order of the questions.
ROLES: Final = ("inbox", "drafts", "sent", "trash", "cooling_off")
_NEEDED: Final = ("drafts", "sent")


def choose_folders(plan: Plan, survey: Survey) -> None:
    """Shows what was found, asks for what is missing, and notes what the server does not tell by itself."""
    dialog = plan.dialog
    dialog.heading("init.folders")
    known = asdict(plan.known.folders) if plan.known else {}
    found = {role: _named(survey, known.get(role)) or getattr(survey.found, role) for role in ROLES}
    for role in _NEEDED:
        if found[role] is None:
            dialog.say("init.folder_missing", role=_role(dialog, role), names=", ".join(survey.names))
            found[role] = _asked(plan, survey, role)
    _show(dialog, found)
    if not dialog.yes("init.folders_right", default=True):
        for role in ROLES:
            found[role] = _asked(plan, survey, role, found[role] or "")
    plan.folders = {
        role: name for role, name in found.items() if name is not None and name != getattr(survey.found, role)
    }


def _named(survey: Survey, name: str | None) -> str | None:
    return survey.named(name) if name else None


def _role(dialog: Dialog, role: str) -> str:
    return dialog.words(f"init.folder.{role}")


def _show(dialog: Dialog, found: dict[str, str | None]) -> None:
    missing = {"trash": "init.folder_none", "cooling_off": "init.folder_new"}
    for role, name in found.items():
        shown = name or dialog.words(missing[role])
        dialog.say("init.folder_is", role=_role(dialog, role), name=shown)


def _asked(plan: Plan, survey: Survey, role: str, default: str = "") -> str | None:
    """A folder that is there, or that the user wants to have; nothing is needed where Gelassen makes its own."""
    dialog = plan.dialog
    while True:
        if not default and role not in _NEEDED:
            return None
        name = dialog.ask("init.folder_which", default, role=_role(dialog, role))
        found = survey.named(name)
        if found is not None:
            return found
        dialog.trouble(dialog.words("init.folder_unknown", name=name, names=", ".join(survey.names)))
        if dialog.yes("init.folder_create", default=False, name=name) and _created(plan, name):
            return name


def _created(plan: Plan, name: str) -> bool:
    mailbox = trial_mailbox(plan.account, plan.source.secret)
    try:
        mailbox.create(name)
    except GelassenError as error:
        plan.dialog.trouble(error)
        return False
    finally:
        mailbox.close()
    plan.dialog.good(plan.dialog.words("init.folder_created", name=name))
    return True
