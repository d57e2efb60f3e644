"""Levels, signals and ends in words, for the screen and for plain lines alike."""

from __future__ import annotations

from assistant.core.escalation import Level
from assistant.demo.snapshot import DemoDraft, DemoMail
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


def draft_ended(draft: DemoDraft, lang: Lang) -> str:
    """What became of a draft that is held no longer: the event in words, else its state."""
    key = f"ended.{draft.ended or draft.state}"
    return words(key, lang) if key in CATALOGUES[lang] else text(f"state.{draft.state}", lang)


def template_name(template: str, lang: Lang) -> str:
    """What a reply template does, in a few words; its bare name for one of the user's own."""
    key = f"template.{template}"
    return words(key, lang) if key in CATALOGUES[lang] else template
