"""What is counted: one query each, so that ten thousand drafts are no matter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Row, ScalarSelect, Select, Subquery, and_, case, func, select

from assistant.adapters.database.engine import Connected
from assistant.adapters.database.schema import correction, draft, draft_version, event, incoming
from assistant.core.draft import State, same_text
from assistant.core.escalation import Level
from assistant.core.statistics import Course

#: How a reply of the user's comes into the ledger; a letter has another beginning.
_HELD: Final = "held"
_BEGINS: Final = (_HELD, "submitted")
_EARLY: Final = "sent_now"
#: The user's word that it may go, and that it has gone.
_LEAVES: Final = ("released", _EARLY, "sent")

_first, _last = draft_version.alias("first_version"), draft_version.alias("last_version")
_answered, _next = incoming.alias("answered"), incoming.alias("next_mail")
_told, _said = correction.alias("told"), correction.alias("said")
_let_go = event.alias("let_go")


class Courses(Connected):
    """The part ``CourseStore`` of the store."""

    def courses(self, since: datetime) -> tuple[Course, ...]:
        """Replies since a moment, the oldest first."""
        with self._reading() as db:
            return tuple(_course(row, since.tzinfo) for row in db.execute(_courses(since)))

    def levels_since(self, since: datetime) -> Mapping[int, Level]:
        """The level that counts of each mail since a moment."""
        level = _counting(incoming, correction)
        query = select(incoming.c.id, level).select_from(incoming.outerjoin(correction))
        with self._reading() as db:
            rows = db.execute(query.where(incoming.c.received >= since, level.is_not(None)))
            return {number: Level(found) for number, found in rows}


def _counting(mails: FromClause, corrections: FromClause) -> ColumnElement[int]:
    """The level that counts: the user's, else the judged one."""
    return func.coalesce(corrections.c.level, mails.c.level)


def _courses(since: datetime) -> Select[Any]:
    began = _began(since)
    other = _first.c.text != _last.c.text
    return (
        select(
            draft.c.incoming_id,
            draft.c.state,
            draft.c.level_own,
            _first.c.at,
            _first.c.assessment["level"].as_integer().label("level_first"),
            _counting(_answered, _told).label("level_in"),
            case((other, _first.c.text)).label("former"),
            case((other, _last.c.text)).label("latter"),
            began.c.held,
            _let_go.c.detail,
            _following(began.c.left_at).label("level_after"),
        )
        .join(began, began.c.draft_id == draft.c.id)
        .join(_first, and_(_first.c.draft_id == draft.c.id, _first.c.number == 1))
        .join(_last, and_(_last.c.draft_id == draft.c.id, _last.c.number == draft.c.version))
        .outerjoin(_answered, _answered.c.id == draft.c.incoming_id)
        .outerjoin(_told, _told.c.incoming_id == _answered.c.id)
        .outerjoin(_let_go, _let_go.c.id == began.c.early)
        .where(_first.c.at >= since, began.c.began > 0)
        .order_by(_first.c.at, draft.c.id)
    )


def _began(since: datetime) -> Subquery:
    """For each draft whether it began as a reply, whether it was held, when it left, and its event of leaving early."""
    return (
        select(
            event.c.draft_id,
            func.count(case((event.c.event.in_(_BEGINS), 1))).label("began"),
            func.count(case((event.c.event == _HELD, 1))).label("held"),
            func.max(case((event.c.event.in_(_LEAVES), event.c.at))).label("left_at"),
            func.max(case((event.c.event == _EARLY, event.c.id))).label("early"),
        )
        .where(event.c.draft_id.is_not(None), event.c.at >= since, event.c.event.in_((*_BEGINS, *_LEAVES)))
        .group_by(event.c.draft_id)
        .subquery("began")
    )


def _following(left_at: ColumnElement[datetime]) -> ScalarSelect[int]:
    """The level of the client's first judged mail after a moment."""
    level = _counting(_next, _said)
    return (
        select(level)
        .select_from(_next.outerjoin(_said, _said.c.incoming_id == _next.c.id))
        .where(
            _next.c.account == _answered.c.account,
            _next.c.sender_address == _answered.c.sender_address,
            _next.c.received > left_at,
            level.is_not(None),
        )
        .order_by(_next.c.received)
        .limit(1)
        .correlate(_answered, left_at.table)
        .scalar_subquery()
    )


def _course(row: Row[Any], zone: tzinfo | None) -> Course:
    return Course(
        mail=row.incoming_id,
        at=row.at.astimezone(zone),
        state=State(row.state),
        incoming=_level(row.level_in),
        first=_level(row.level_first),
        last=_level(row.level_own),
        held=bool(row.held),
        changed=row.former is not None and not same_text(row.former, row.latter),
        early=row.detail is not None,
        reason=(row.detail or {}).get("reason") or "",
        after=_level(row.level_after),
    )


def _level(value: int | None) -> Level | None:
    return None if value is None else Level(value)
