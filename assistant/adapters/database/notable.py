"""What notices are made of: asked every few seconds, so numbers and times only, never texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from assistant.adapters.database.engine import Connected
from assistant.adapters.database.schema import correction, draft, incoming
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.core.notice import HeatedMail, OpenDraft
from assistant.services.ledger import OPEN


class Notable(Connected):
    """What the user may be told of."""

    def heated_mails(self, since: datetime) -> tuple[HeatedMail, ...]:
        """Mails received since then that were judged heated or escalated, unless the user said that they are not."""
        level = func.coalesce(correction.c.level, incoming.c.level)
        query = (
            select(incoming.c.id, incoming.c.account, level.label("level"), incoming.c.received)
            .select_from(incoming.outerjoin(correction))
            .where(incoming.c.level >= int(Level.HEATED), incoming.c.received >= since, level >= int(Level.HEATED))
        )
        with self._reading() as db:
            return tuple(
                HeatedMail(id=row.id, account=row.account, level=Level(row.level), received=row.received)
                for row in db.execute(query)
            )

    def open_drafts(self) -> tuple[OpenDraft, ...]:
        """Drafts that are held, failed or uncertain."""
        columns = draft.c.id, draft.c.account, draft.c.state, draft.c.hold_until, draft.c.incoming_id
        query = select(*columns).where(draft.c.state.in_(OPEN)).order_by(draft.c.id)
        with self._reading() as db:
            return tuple(
                OpenDraft(
                    id=row.id,
                    account=row.account,
                    state=State(row.state),
                    hold_until=row.hold_until,
                    incoming_id=row.incoming_id,
                )
                for row in db.execute(query)
            )
