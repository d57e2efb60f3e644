"""What a correction changes, in words: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assistant.core.adaptation import Evidence, in_reach
from assistant.core.escalation import Level, Scores
from assistant.services.learning import Lesson
from assistant.texts import Lang, level_name, text
from assistant.texts.numbers import decimal

#: Thresholds that differ by less are told as equal, as they would look it.
_SHOWN: Final = 0.0005


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A lesson in words.

    Attributes:
        done: what the mail counts as now.
        thresholds: one line for each that moved, for this client and for all.
        further: sentences on other mails, and on the next one like this.
    """

    done: str
    thresholds: tuple[str, ...]
    further: tuple[str, ...]


def told(lesson: Lesson, lang: Lang, who: str) -> Told:
    """The words for a lesson; ``who`` is the mail's sender as it is shown."""
    mail = lesson.mail
    done = "correct.done" if mail.judged is not None else "correct.done_unjudged"
    key = done if lesson.correction else "correct.undone"
    moved = tuple(_moved(lesson, lang))
    return Told(
        done=text(key, lang, id=mail.id, who=who, level=_level(mail.level, lang), judged=_level(mail.judged, lang)),
        thresholds=moved,
        further=(*_others(lesson, lang, moved=bool(moved)), *_next(lesson, lang)),
    )


def _level(level: Level | None, lang: Lang) -> str:
    return text("level.none", lang) if level is None else level_name(level, lang)


def _others(lesson: Lesson, lang: Lang, *, moved: bool) -> Iterator[str]:
    """What the last mails would be called now."""
    if moved and lesson.recent:
        changed = "correct.recent" if lesson.calmer or lesson.hotter else "correct.recent_none"
        yield text(changed, lang, recent=lesson.recent, calmer=lesson.calmer, hotter=lesson.hotter)
    elif not moved and lesson.correction:
        yield text("correct.nothing_moved" if lesson.correction.p else "correct.never_judged", lang)


def _next(lesson: Lesson, lang: Lang) -> Iterator[str]:
    """What such a mail would be called next time, where that is not yet what the user has said."""
    mail = lesson.mail
    if lesson.correction is None or lesson.correction.p is None or mail.assessment is None:
        return
    said = Evidence(client=mail.client, level=lesson.correction.level, p=lesson.correction.p)
    level = lesson.after.policy(mail.client).level(Scores(p=said.p))
    if level != said.level:
        reachable = in_reach(lesson.after.base, said)
        yield text("correct.not_yet" if reachable else "correct.out_of_reach", lang, level=_level(level, lang))


def _moved(lesson: Lesson, lang: Lang) -> Iterator[str]:
    who = lesson.mail.client
    for step, name in enumerate(list(Level)[1:]):
        own = _change(lesson, lang, who, step)
        common = _change(lesson, lang, "", step)
        if own and who:
            yield text("correct.moved_own", lang, level=level_name(name, lang), who=who, own=own)
        if common:
            yield text("correct.moved_all", lang, level=level_name(name, lang), common=common)


def _change(lesson: Lesson, lang: Lang, who: str, step: int) -> str:
    """From what to what, empty where nothing moved."""
    before, after = (one.policy(who).levels[step] for one in (lesson.before, lesson.after))
    if abs(after - before) < _SHOWN:
        return ""
    return text("correct.change", lang, before=_percent(before, lang), after=_percent(after, lang))


def _percent(p: float, lang: Lang) -> str:
    return f"{decimal(round(100 * p, 1), lang)} %"
