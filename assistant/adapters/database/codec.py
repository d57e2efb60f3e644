"""Values of core as JSON columns, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

from assistant.core.cooling import Reason, ReasonCode
from assistant.core.cues import Past
from assistant.core.draft import Effect, Identity, State, Via
from assistant.core.escalation import Assessment, Cue, Level, Scores, Signal
from assistant.core.message import Address, MessageKey, SetAside, Unassessed
from assistant.core.reason import Reason as Why
from assistant.core.reply import Suggestion
from assistant.services.corrections import Correction
from assistant.services.ledger import Copy, HeldDraft, Incoming, SeenDraft, Verdict, Version

if TYPE_CHECKING:
    from sqlalchemy import Row


def assessment_out(value: Assessment | None) -> dict[str, Any] | None:
    """An assessment as JSON."""
    if value is None:
        return None
    return {
        "level": int(value.level),
        "p": list(value.scores.p),
        "scores": {str(name): p for name, p in value.scores.signals.items()},
        "signals": [str(signal) for signal in value.signals],
        "hot": list(value.hot),
        "cues": [str(cue) for cue in value.cues],
        "model": value.model,
    }


def assessment_in(value: Mapping[str, Any] | None) -> Assessment | None:
    """An assessment from JSON."""
    if value is None:
        return None
    first, second, third = value["p"]
    return Assessment(
        level=Level(value["level"]),
        scores=Scores(p=(first, second, third), signals={Signal(name): p for name, p in value["scores"].items()}),
        signals=tuple(Signal(name) for name in value["signals"]),
        hot=tuple(value["hot"]),
        cues=tuple(Cue(name) for name in value["cues"]),
        model=value.get("model", ""),  # rows of schema 0001 have none
    )


def identity_out(value: Identity) -> dict[str, Any]:
    """An identity as JSON."""
    return {
        "message_id": value.message_id,
        "parents": list(value.parents),
        "recipients": sorted(value.recipients),
        "subject": value.subject,
    }


def identity_in(value: Mapping[str, Any]) -> Identity:
    """An identity from JSON."""
    return Identity(
        message_id=value["message_id"],
        parents=tuple(value["parents"]),
        recipients=frozenset(value["recipients"]),
        subject=value["subject"],
    )


def marks_out(value: Identity) -> dict[str, str | None]:
    """By what ``same_reply`` may find a draft, as columns of one length: headers can be longer than an index allows."""
    topic = (*sorted(value.recipients), value.subject) if value.recipients and value.subject else ()
    return {
        "by_message_id": _mark(value.message_id or ""),
        "by_parent": _mark(*value.parents),
        "by_topic": _mark(*topic),
    }


def _mark(*words: str) -> str | None:
    if not any(words):
        return None
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def reasons_out(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    """Reasons as JSON."""
    return [{"code": str(reason.code), "params": dict(reason.params)} for reason in reasons]


def reasons_in(value: list[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Reasons from JSON."""
    return tuple(Reason(code=ReasonCode(item["code"]), params=item["params"]) for item in value)


def suggestion_out(value: Suggestion) -> dict[str, Any]:
    """A suggestion as JSON."""
    return asdict(value)


def suggestion_in(value: Mapping[str, Any]) -> Suggestion:
    """A suggestion from JSON."""
    return Suggestion(**{**value, "gaps": tuple(value["gaps"]), "reason": Why(value["reason"])})


def key_in(row: Row[Any]) -> MessageKey | None:
    """The key columns as a MessageKey; None where the copy's place is not known."""
    if row.uid is None:
        return None
    return MessageKey(account=row.account, folder=row.folder, uidvalidity=row.uidvalidity, uid=row.uid)


def incoming_in(row: Row[Any]) -> Incoming:
    """A row of ``incoming`` with what was corrected of it."""
    key = key_in(row)
    assert key is not None
    return Incoming(
        id=row.id,
        key=key,
        message_id=row.message_id,
        digest=row.digest,
        sender=Address(address=row.sender_address, name=row.sender_name or "") if row.sender_address else None,
        subject=row.subject,
        date=_with_offset(row),
        received=row.received,
        parents=tuple(row.parents),
        language=row.language,
        text=row.text,
        assessment=assessment_in(row.assessment),
        set_aside=SetAside(row.set_aside) if row.set_aside else None,
        unassessed=Unassessed(row.unassessed) if row.unassessed else None,
        corrected=Level(row.corrected) if row.corrected is not None else None,
        corrected_at=row.corrected_at,
    )


def correction_in(row: Row[Any]) -> Correction:
    """A row of ``correction``."""
    return Correction(
        mail_id=row.incoming_id,
        client=row.client,
        level=Level(row.level),
        judged=Level(row.judged) if row.judged is not None else None,
        p=_three(row.p) if row.p is not None else None,
        model=row.model,
        at=row.at,
    )


def past_in(received: datetime, assessment: Mapping[str, Any]) -> Past:
    """What two columns of ``incoming`` tell of its client's tone."""
    return Past(at=received, p=_three(assessment["p"]), model=assessment.get("model", ""))


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = values
    return (first, second, third)


def _with_offset(row: Row[Any]) -> datetime | None:
    date: datetime | None = row.date
    if date is None or row.date_offset is None:
        return date
    return date.astimezone(timezone(timedelta(minutes=row.date_offset)))


def draft_in(row: Row[Any]) -> HeldDraft:
    """A row of ``draft`` joined with its current version."""
    return HeldDraft(
        id=row.id,
        account=row.account,
        via=Via(row.via),
        state=State(row.state),
        effect=Effect(row.effect) if row.effect else None,
        key=key_in(row),
        identity=identity_in(row.identity),
        to=tuple(row.recipients),
        subject=row.subject,
        incoming_id=row.incoming_id,
        level_in=Level(row.level_in) if row.level_in is not None else None,
        level_own=Level(row.level_own) if row.level_own is not None else None,
        held_at=row.held_at,
        hold_until=row.hold_until,
        reasons=reasons_in(row.reasons),
        version=row.version,
        digest=row.digest,
        text=row.text,
        gaps=tuple(row.gaps),
        reviewed_digest=row.reviewed_digest,
    )


def copy_in(row: Row[Any]) -> Copy:
    """The columns of ``draft`` that tell where its copy lies."""
    # By place and not by name: there are thousands of them.
    draft_id, via, effect, account, folder, uidvalidity, uid = cast("tuple[Any, ...]", row)
    key = None
    if uid is not None:
        key = MessageKey(account=account, folder=folder, uidvalidity=uidvalidity, uid=uid)
    return Copy(draft_id=draft_id, via=Via(via), effect=Effect(effect) if effect else None, key=key)


def seen_in(row: Row[Any]) -> SeenDraft:
    """A row of ``seen_draft``."""
    key = key_in(row)
    assert key is not None
    return SeenDraft(
        key=key, identity=identity_in(row.identity), first_seen=row.first_seen, verdict=Verdict(row.verdict)
    )


def version_in(row: Row[Any]) -> Version:
    """A row of ``draft_version`` without its bytes."""
    return Version(
        number=row.number,
        raw=None,
        digest=row.digest,
        text=row.text,
        assessment=assessment_in(row.assessment),
        gaps=tuple(row.gaps),
        at=row.at,
    )
