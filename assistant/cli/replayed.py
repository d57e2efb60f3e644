"""What came of a replay: in words, and as JSON (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from assistant.cli.context import Context
from assistant.core.replay import Outcome
from assistant.services.replay import Replayed
from assistant.texts import decimal, level_name, span, thousands

Form = dict[str, Any]


def show(context: Context, found: Replayed, seconds: float) -> None:
    """Tell the result on standard output."""
    if context.json:
        context.screen.json(form(found, seconds, context))
    else:
        _in_words(context, found, seconds)


def form(found: Replayed, seconds: float, context: Context) -> Form:
    """The result for programs; mails = set_aside + unassessed + the sum of the levels."""
    current = _current(found)
    picture = context.arguments.picture
    return {
        "mails": found.mails,
        "set_aside": sum(found.set_aside.values()),
        "unassessed": sum(found.unassessed.values()),
        "levels": _levels(current),
        "would_hold": current.held,
        "seconds": round(seconds, 3),
        "mails_per_second": round(_rate(found, seconds), 2),
        "known": found.known,
        "set_aside_reasons": {str(reason): number for reason, number in found.set_aside.items()},
        "unassessed_reasons": {str(reason): number for reason, number in found.unassessed.items()},
        "settings": [_setting(outcome) for outcome in found.outcomes],
        "months": [
            {"month": f"{month.year}-{month.month:02}", "mails": n.mails, "flagged": n.flagged, "held": n.held}
            for month, n in current.months.items()
        ],
        "picture": None if picture is None else str(picture),
    }


def _setting(outcome: Outcome) -> Form:
    return {
        "false_alarms_per_100": outcome.setting.budget,
        "current": outcome.setting.current,
        "flagged": outcome.flagged,
        "tense": outcome.tense,
        "levels": _levels(outcome),
        "held": outcome.held,
        "answered": outcome.answered,
        "held_answered": outcome.held_answered,
        "held_alone": outcome.held_alone,
    }


def _levels(outcome: Outcome) -> dict[str, int]:
    return {str(int(level)): number for level, number in outcome.levels.items()}


def _current(found: Replayed) -> Outcome:
    return next(outcome for outcome in found.outcomes if outcome.setting.current)


def _rate(found: Replayed, seconds: float) -> float:
    return found.mails / seconds if seconds > 0 else 0.0


def _in_words(context: Context, found: Replayed, seconds: float) -> None:
    if not found.mails:
        context.say("replay.empty")
        return
    _heading(context, found, seconds)
    current = _current(found)
    context.say()
    rows = [
        (context.words("replay.clients"), sum(current.levels.values()), ""),
        (
            context.words("replay.set_aside"),
            sum(found.set_aside.values()),
            _reasons(context, "set_aside", found.set_aside),
        ),
        (
            context.words("replay.unassessed"),
            sum(found.unassessed.values()),
            _reasons(context, "unassessed", found.unassessed),
        ),
    ]
    for name, number, why in rows:
        context.screen.line(f"  {name:15}{thousands(number, context.lang):>8}  {context.screen.dim(why)}".rstrip())
    if sum(current.levels.values()):
        context.say()
        _settings(context, found)
    _hints(context, found, current)


def _heading(context: Context, found: Replayed, seconds: float) -> None:
    lang = context.lang
    mails = thousands(found.mails, lang)
    length = span(timedelta(seconds=seconds), lang)
    if found.known:
        words = context.words("replay.mails_known", mails=mails, span=length, known=thousands(found.known, lang))
    else:
        rate = decimal(round(_rate(found, seconds), 1), lang)
        words = context.words("replay.mails", mails=mails, span=length, rate=rate)
    context.screen.line(context.screen.bold(words))


def _reasons(context: Context, group: str, counts: Mapping[StrEnum, int] | Mapping[Any, int]) -> str:
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(
        f"{context.words(f'{group}.{reason}')} {thousands(number, context.lang)}" for reason, number in ordered
    )


def _settings(context: Context, found: Replayed) -> None:
    """The table, numbers under the end of their headings."""
    current = _current(found)
    levels = ", ".join(
        f"{level_name(level, context.lang)} {thousands(number, context.lang)}"
        for level, number in current.levels.items()
    )
    context.say("replay.levels", levels=levels)
    context.say()
    context.say("replay.settings")
    head = [context.words(f"replay.{name}") for name in ("budget", "tense", "flagged", "held")]
    rows = [_row(context, outcome) for outcome in found.outcomes]
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row, bold in [
        (head, True),
        *((row, one.setting.current) for row, one in zip(rows, found.outcomes, strict=True)),
    ]:
        line = "  " + "   ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        context.screen.line(context.screen.bold(line) if bold else line)
    context.say()
    if current.answered:
        answered, held = (thousands(number, context.lang) for number in (current.answered, current.held_answered))
        context.say("replay.held_means", answered=answered, held=held)
    else:
        context.say("replay.held_means_calm")
    if current.held_alone:
        context.say("replay.alone", held=thousands(current.held_alone, context.lang))


def _row(context: Context, outcome: Outcome) -> list[str]:
    budget = decimal(outcome.setting.budget, context.lang)
    first = context.words("replay.now", budget=budget) if outcome.setting.current else budget
    return [first, *(thousands(number, context.lang) for number in (outcome.tense, outcome.flagged, outcome.held))]


def _hints(context: Context, found: Replayed, current: Outcome) -> None:
    from assistant.core.message import SetAside
    from assistant.daemon.replaying import own_addresses

    own = own_addresses(context.parts_or_defaults, context.arguments.me)
    if not own:
        context.say("replay.hint_me")
    elif not found.set_aside.get(SetAside.OWN) and any(current.levels.values()):
        context.say("replay.hint_sent")
    if context.arguments.picture is not None:
        context.say("replay.picture", file=context.arguments.picture)
