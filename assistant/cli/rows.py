"""The forms for ``--json`` (the contract of DESIGN section 6): keys may be added, none renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assistant.cli.output import stamp
from assistant.core.draft import State
from assistant.core.escalation import Assessment
from assistant.core.reply import Suggestion
from assistant.services.ledger import Event, HeldDraft, Incoming, Version
from assistant.services.outbox import Sending
from assistant.texts import Lang, hold_sentence, why

if TYPE_CHECKING:
    from assistant.services.review import Case

Form = dict[str, Any]


def queue_row(draft: HeldDraft, now: datetime, lang: Lang) -> Form:
    """A held draft; ``now`` is in the user's zone."""
    return {
        "id": draft.id,
        "state": str(draft.state),
        "via": draft.via,
        "account": draft.account,
        "to": list(draft.to),
        "subject": draft.subject,
        "message_id": draft.identity.message_id,
        "level_in": _number(draft.level_in),
        "level_own": _number(draft.level_own),
        "held_at": stamp(draft.held_at, _zone(now)),
        "hold_until": stamp(draft.hold_until, _zone(now)),
        "cooled": draft.hold_until <= now,
        "reviewed": draft.reviewed,
        "reasons": [why([reason], lang) for reason in draft.reasons],
        "why": hold_sentence(draft.reasons, draft.hold_until, now, lang) if draft.reasons else None,
        "pending": str(draft.effect) if draft.effect else None,
        "version": draft.version,
        "gaps": list(draft.gaps),
    }


def draft_form(case: Case, version: Version, now: datetime, lang: Lang) -> Form:
    """Everything about a held draft, with the text and hash of one of its versions."""
    return {
        **queue_row(case.draft, now, lang),
        "version": version.number,
        "text": version.text,
        "hash": version.digest,
        "gaps": list(version.gaps),
        "hot": list(version.assessment.hot) if version.assessment else [],
        "signals": flagged(version.assessment),
        "incoming": incoming_form(case.incoming, now) if case.incoming else None,
        "suggestions": [suggestion_form(one) for one in case.suggestions],
        "versions": [version_form(one, now) for one in case.versions],
        "events": [event_form(one, now) for one in case.events],
        "sending": sending_form(case.sending, now) if case.sending else None,
    }


def sending_form(sending: Sending, now: datetime) -> Form:
    """How far a mail has come on its way out."""
    return {
        "from": sending.envelope.sender,
        "tried": sending.tried,
        "again": stamp(sending.again, _zone(now)),
        "recipients": [
            {
                "address": one.address,
                "standing": str(one.standing),
                "code": one.answer.code if one.answer else None,
                "answer": one.answer.text if one.answer else None,
            }
            for one in sending.recipients
        ],
    }


def incoming_form(mail: Incoming, now: datetime) -> Form:
    """The mail that a draft answers."""
    return {
        "id": mail.id,
        "message_id": mail.message_id,
        "from": str(mail.sender) if mail.sender else None,
        "date": stamp(mail.date, _zone(now)),
        "subject": mail.subject,
        "level": _number(mail.level),
        "corrected": corrected(mail, now),
        "signals": flagged(mail.assessment),
        "cues": cues(mail.assessment),
        "hot": list(mail.assessment.hot) if mail.assessment else [],
        "text": mail.text,
    }


def mail_row(mail: Incoming, now: datetime) -> Form:
    """A mail seen in INBOX."""
    return {
        "id": mail.id,
        "account": mail.key.account,
        "folder": mail.key.folder,
        "message_id": mail.message_id,
        "from": str(mail.sender) if mail.sender else None,
        "client": mail.sender.address if mail.sender else None,
        "date": stamp(mail.date, _zone(now)),
        "received": stamp(mail.received, _zone(now)),
        "subject": mail.subject,
        "level": _number(mail.level),
        "corrected": corrected(mail, now),
        "signals": flagged(mail.assessment),
        "cues": cues(mail.assessment),
        "set_aside": _word(mail.set_aside),
        "unassessed": _word(mail.unassessed),
        "newest_text": mail.text,
    }


def corrected(mail: Incoming, now: datetime) -> Form | None:
    """What was judged before the user corrected the level, and when they did; None when they did not."""
    if mail.corrected is None:
        return None
    return {"judged": _number(mail.judged), "at": stamp(mail.corrected_at, _zone(now))}


def judgement(assessment: Assessment | None) -> Form:
    """What was believed and decided of one text."""
    return {
        "level": _number(assessment.level) if assessment else None,
        "p": _rounded(assessment.scores.p) if assessment else None,
        "signals": {str(name): round(p, 4) for name, p in assessment.scores.signals.items()} if assessment else {},
        "flagged": [str(signal) for signal in assessment.signals] if assessment else [],
        "hot": list(assessment.hot) if assessment else [],
        "cues": cues(assessment),
    }


def suggestion_form(suggestion: Suggestion) -> Form:
    """A calm reply."""
    return {
        "template": suggestion.template,
        "language": suggestion.language,
        "register": suggestion.register,
        "subject": suggestion.subject,
        "text": suggestion.text,
        "gaps": list(suggestion.gaps),
        "reason": str(suggestion.reason),
    }


def version_form(version: Version, now: datetime) -> Form:
    """One version of a held draft, without its text."""
    level = version.assessment.level if version.assessment else None
    return {
        "number": version.number,
        "at": stamp(version.at, _zone(now)),
        "hash": version.digest,
        "level": _number(level),
    }


def event_form(event: Event, now: datetime) -> Form:
    """Something that happened to a draft."""
    return {"at": stamp(event.at, _zone(now)), "event": event.event, "detail": _detail(event.detail, now)}


def flagged(assessment: Assessment | None) -> dict[str, float]:
    """The signals over their threshold with their probabilities, the surest first."""
    if assessment is None:
        return {}
    return {str(signal): round(assessment.scores.signals.get(signal, 0.0), 4) for signal in assessment.signals}


def cues(assessment: Assessment | None) -> list[str]:
    """What the circumstances add."""
    return [str(cue) for cue in assessment.cues] if assessment else []


def cooled(draft: HeldDraft, now: datetime) -> bool:
    """Whether a draft is still held but may go by the clock."""
    return draft.state is State.HELD and draft.hold_until <= now


def _detail(detail: Mapping[str, Any], now: datetime) -> Form:
    until = detail.get("hold_until")
    if until is None:
        return dict(detail)
    return {**detail, "hold_until": stamp(datetime.fromisoformat(until), _zone(now))}


def _zone(now: datetime) -> Any:  # noqa: ANN401 - a tzinfo; aware datetimes have one
    return now.tzinfo


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _number(level: int | None) -> int | None:
    return None if level is None else int(level)


def _word(code: str | None) -> str | None:
    return None if code is None else str(code)
