"""The user's corrections, and what was judged of a client before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from assistant.adapters.database import codec
from assistant.adapters.database.engine import Connected, upsert
from assistant.adapters.database.schema import correction, event, incoming
from assistant.core.adaptation import Thresholds
from assistant.core.cues import Past
from assistant.core.escalation import Cue
from assistant.services.corrections import Correction


class Corrections(Connected):
    """One row a mail that was corrected."""

    def corrections(self) -> tuple[Correction, ...]:
        """All of them, the oldest first."""
        with self._reading() as db:
            rows = db.execute(select(correction).order_by(correction.c.at, correction.c.incoming_id))
            return tuple(codec.correction_in(row) for row in rows)

    def correct(self, new: Correction) -> None:
        """Keep a correction in place of an earlier one of the mail."""
        with self._writing() as db:
            values = _columns(new)
            upsert(db, correction, values, replaced=values.keys() - {"incoming_id"})
            _note(db, new.mail_id, new.at, "mail_corrected", {"level": int(new.level)})

    def take_back(self, mail_id: int, at: datetime) -> bool:
        """Forget the correction of a mail; whether there was one."""
        with self._writing() as db:
            if not db.execute(delete(correction).where(correction.c.incoming_id == mail_id)).rowcount:
                return False
            _note(db, mail_id, at, "correction_taken_back", {})
        return True

    def renew(self, mail_id: int, p: Thresholds, model: str) -> None:
        """What another model says of a corrected mail."""
        with self._writing() as db:
            changed = {"p": list(p), "model": model}
            db.execute(update(correction).where(correction.c.incoming_id == mail_id).values(changed))

    def past(self, account: str, client: str, *, before: datetime, limit: int) -> tuple[Past, ...]:
        """What was judged of a client's mails before a moment."""
        query = (
            select(incoming.c.received, incoming.c.assessment)
            .where(
                incoming.c.account == account,
                incoming.c.sender_address == client,
                incoming.c.level.is_not(None),
                incoming.c.received < before,
            )
            .order_by(incoming.c.received.desc())
            .limit(limit)
        )
        with self._reading() as db:
            return tuple(codec.past_in(received, assessment) for received, assessment in db.execute(query))

    def add_cues(self, mail_id: int, cues: Sequence[Cue]) -> None:
        """Cues that were not seen when the mail was judged."""
        here = incoming.c.id == mail_id
        with self._writing() as db:
            assessment = db.execute(select(incoming.c.assessment).where(here).with_for_update()).scalar_one()
            named = dict.fromkeys([*assessment["cues"], *(str(cue) for cue in cues)])
            db.execute(update(incoming).where(here).values(assessment={**assessment, "cues": list(named)}))


def _columns(new: Correction) -> dict[str, Any]:
    return {
        "incoming_id": new.mail_id,
        "client": new.client,
        "level": int(new.level),
        "judged": int(new.judged) if new.judged is not None else None,
        "p": list(new.p) if new.p is not None else None,
        "model": new.model,
        "at": new.at,
    }


def _note(db: Connection, mail_id: int, at: datetime, name: str, detail: dict[str, Any]) -> None:
    db.execute(insert(event).values(at=at, incoming_id=mail_id, event=name, detail=detail))
