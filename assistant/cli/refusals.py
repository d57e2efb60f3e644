"""Refusals in words: what forbids it, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from assistant.core.draft import Obstacle, State
from assistant.errors import ConfigError, GelassenError
from assistant.services.ledger import Conflict, HeldDraft
from assistant.texts import Lang, countdown, hold_sentence, spoken, text

#: What can be done with a draft that is no longer held.
_WAYS_ON: Final = {
    State.DISCARDED: "refused.undo",
    State.FAILED: "refused.failed",
    State.UNCERTAIN: "refused.uncertain",
}


def in_words(error: GelassenError, lang: Lang, now: Callable[[], datetime]) -> list[str]:
    """An error as lines for the user; ``now`` gives the time in the user's zone."""
    from assistant.services.learning import NotCorrected
    from assistant.services.review import Hindered, NoSuchDraft, WrongHash

    if isinstance(error, ConfigError):
        return [spoken(problem, lang) for problem in error.problems]
    if isinstance(error, Hindered):
        return list(_hindered(error.draft, error.obstacles, lang, now()))
    named: dict[type[GelassenError], str] = {
        NoSuchDraft: "refused.no_draft",
        WrongHash: "refused.hash",
        NotCorrected: "refused.not_corrected",
    }
    if type(error) in named:
        return [text(named[type(error)], lang, id=error)]
    if isinstance(error, Conflict):
        return [text("refused.conflict", lang)]
    return spoken(str(error), lang).splitlines() or [type(error).__name__]


def _hindered(draft: HeldDraft, found: tuple[Obstacle, ...], lang: Lang, now: datetime) -> Iterator[str]:
    for obstacle in found:
        if obstacle is Obstacle.NOT_HELD:
            key = "refused.not_discarded" if draft.state is State.HELD else "refused.state"
            yield text(key, lang, id=draft.id, state=text(f"state.{draft.state}", lang))
        else:
            yield text(f"obstacle.{obstacle}", lang)
        yield from (f"  {line}" for line in _next(draft, obstacle, lang, now))
    if found and set(found) <= {Obstacle.NOT_COOLED, Obstacle.NOT_REVIEWED}:
        yield f"  {text('refused.now', lang, id=draft.id)}"


def _next(draft: HeldDraft, obstacle: Obstacle, lang: Lang, now: datetime) -> Iterator[str]:
    """What to know and to do about an obstacle."""
    if obstacle is Obstacle.NOT_COOLED:
        left = countdown(draft.hold_until, now, lang)
        yield f"{hold_sentence(draft.reasons, draft.hold_until, now, lang)} ({left})"
    elif obstacle is Obstacle.NOT_REVIEWED:
        yield text("refused.review", lang, id=draft.id)
    elif obstacle is Obstacle.GAPS:
        yield from (f"[… {gap} …]" for gap in draft.gaps)
        yield text("refused.gaps", lang, id=draft.id)
    elif draft.state in _WAYS_ON:
        yield text(_WAYS_ON[draft.state], lang, id=draft.id)
