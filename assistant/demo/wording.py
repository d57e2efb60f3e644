"""Levels, signals and ends in words, for the screen and for plain lines alike."""

from __future__ import annotations

from assistant.core.escalation import Level
from assistant.core.message import base_subject
from assistant.demo.snapshot import DemoDraft, DemoMail, LeftDraft, Snapshot
from assistant.demo.texts import CATALOGUES, words
from assistant.texts import Lang, text


def level_word(level: Level, lang: Lang) -> str:
    """``ruhig``, ``heated``."""
    return text(f"level.{int(level)}", lang)


def mail_why(mail: DemoMail, lang: Lang) -> str:
    """Why a mail has its level, or why it has none."""
    if mail.set_aside is not None:
        return text(f"set_aside.{mail.set_aside}", lang)
    if mail.unassessed is not None:
        return text(f"unassessed.{mail.unassessed}", lang)
    signals = [text(f"signal.{signal}", lang) for signal in mail.signals]
    return ", ".join([*signals, *(text(f"cue.{cue}", lang) for cue in mail.cues)])


def recipients(draft: DemoDraft | LeftDraft, snapshot: Snapshot) -> str:
    """The first recipient, by name where it is known; "+1" for each one more."""
    first, *others = (person.strip() for person in draft.to.split(","))
    answered = snapshot.answered(draft) if isinstance(draft, DemoDraft) else None
    names = {mail.address.lower(): mail.sender for mail in snapshot.mails if mail.address}
    name = answered.sender if answered else names.get(first.lower(), first)
    return f"{name} +{len(others)}" if others else name


def reply_subject(subject: str, snapshot: Snapshot) -> str:
    """A draft's subject; a bare lower-case one (as drafts are recognised by) is given back its looks."""
    known = {base_subject(mail.subject).casefold(): base_subject(mail.subject) for mail in snapshot.mails}
    return f"Re: {known[subject]}" if subject in known else subject


def draft_ended(draft: DemoDraft, lang: Lang) -> str:
    """What became of a draft that is held no longer: the event in words, else its state."""
    key = f"ended.{draft.ended or draft.state}"
    return words(key, lang) if key in CATALOGUES[lang] else text(f"state.{draft.state}", lang)


def template_name(template: str, lang: Lang) -> str:
    """What a reply template does, in a few words; its bare name for one of the user's own."""
    key = f"template.{template}"
    return words(key, lang) if key in CATALOGUES[lang] else template
