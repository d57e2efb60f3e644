"""The live view as plain lines, one event a line: for logs and for output that is no terminal."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.demo.snapshot import DemoDraft, DemoMail, LeftDraft, Setting, Snapshot
from assistant.demo.texts import words
from assistant.demo.wording import draft_ended, level_word, mail_why, recipients, reply_subject, template_name
from assistant.texts import Lang, hold_sentence


def opening(setting: Setting, lang: Lang) -> Iterator[str]:
    """What this is and how to join in."""
    yield f"{words('title', lang)} {words('claim', lang)}"
    yield words("about", lang)
    address = words(
        "connect.to", lang, host=setting.host, port=setting.port, user=setting.user, password=setting.password
    )
    yield f"{words('connect', lang)}: {address}"
    yield f"{words('client', lang)}: {words('client.how', lang)}"
    yield words("try.reply.plain", lang, seconds=setting.settle, cooling_off=setting.cooling_off)
    yield f"{words('try.command', lang)} {setting.command} --config {setting.config} queue"


def news(before: Snapshot, after: Snapshot, lang: Lang) -> Iterator[str]:
    """What happened between two looks: mails, oldest first, then drafts."""
    known = {mail.id for mail in before.mails}
    for mail in reversed(after.newest_first):
        if mail.id not in known:
            yield from _mail(mail, lang)
    for left in after.left[len(before.left) :]:
        yield _left(left, after, lang)
    states = {draft.id: draft.state for draft in before.drafts}
    for draft in sorted(after.drafts, key=lambda draft: draft.id):
        if states.get(draft.id) is not draft.state:
            yield _draft(draft, after, lang)


def _mail(mail: DemoMail, lang: Lang) -> Iterator[str]:
    why = mail_why(mail, lang)
    if mail.level is None:
        yield words("line.aside", lang, sender=mail.sender, subject=mail.subject, why=why)
        return
    level = f"{level_word(mail.level, lang)} {int(mail.level)}"
    yield words("line.mail", lang, sender=mail.sender, subject=mail.subject, level=level, why=why).rstrip()
    if mail.suggestions:
        names = "; ".join(template_name(suggestion.template, lang) for suggestion in mail.suggestions)
        yield words("line.suggestion", lang, subject=mail.subject, template=names)


def _left(draft: LeftDraft, snapshot: Snapshot, lang: Lang) -> str:
    to, subject = recipients(draft, snapshot), reply_subject(draft.subject, snapshot)
    return words("line.left", lang, to=to, subject=subject)


def _draft(draft: DemoDraft, snapshot: Snapshot, lang: Lang) -> str:
    to = recipients(draft, snapshot)
    if draft in snapshot.held:
        why = hold_sentence(draft.reasons, draft.hold_until, snapshot.now, lang)
        return words("line.held", lang, id=draft.id, to=to, why=why)
    return words("line.ended", lang, id=draft.id, to=to, why=draft_ended(draft, lang))
