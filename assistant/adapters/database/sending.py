"""Mails on their way to a relay: the part ``OutboxStore`` of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from assistant.adapters.database import codec
from assistant.adapters.database.drafts import (
    Rows,
    decision,
    guarded,
    insert_event,
    insert_version,
    leave_behind,
    levels,
    with_version,
)
from assistant.adapters.database.engine import one_at_a_time
from assistant.adapters.database.incoming import new_id
from assistant.adapters.database.schema import draft, draft_version, recipient, sending
from assistant.core.delivery import Answer, Envelope, Outcome, Recipient, Standing
from assistant.core.draft import TRANSITIONS, Effect, State, Via
from assistant.services.ledger import Conflict, Event, HeldDraft, NewHold
from assistant.services.outbox import Sending

#: What becomes of the pending effect when an attempt has ended; a relayed mail may still have to be filed.
_EFFECT_AFTER = {State.RELEASED: Effect.SEND}


class Outbox(Rows):
    """Mails on their way out."""

    def submit(self, new: NewHold, sending: Sending) -> int:
        """A mail that came by the gateway, with its envelope, first version and event."""
        state = State.SENDING if new.effect is Effect.SEND else State.HELD
        row = {**decision(new), "account": new.account, "via": Via.GATEWAY, "state": state, "version": 1}
        with self._writing() as db:
            draft_id = new_id(db.execute(insert(draft).values(row)))
            insert_version(db, draft_id, 1, new)
            _put(db, draft_id, sending)
            happened = "held" if state is State.HELD else "submitted"
            insert_event(db, draft_id, Event(at=new.at, event=happened, detail=levels(new)))
        return draft_id

    def write(self, new: NewHold, sending: Sending | None, event: Event) -> int:
        """A letter with its first version, its envelope and its event."""
        mark = codec.marks_out(new.identity)["by_message_id"]
        same = select(draft.c.id).where(draft.c.account == new.account, draft.c.by_message_id == mark)
        row = {**decision(new), "account": new.account, "via": Via.DRAFTS, "state": State.RELEASED, "version": 1}
        with self._writing() as db:
            one_at_a_time(db, f"letter {new.account}")
            if db.execute(same).first():
                raise Conflict("This letter was written already.")
            draft_id = new_id(db.execute(insert(draft).values({**row, "reviewed_digest": new.digest})))
            insert_version(db, draft_id, 1, new)
            if sending is not None:
                _put(db, draft_id, sending)
            insert_event(db, draft_id, event)
        return draft_id

    def enqueue(self, draft: HeldDraft, sending: Sending, event: Event) -> None:
        """A held draft shall go out."""
        with self._writing() as db:
            _move(db, draft, State.RELEASED, {"effect": Effect.SEND, "folder": None, "uidvalidity": None, "uid": None})
            leave_behind(db, draft)
            _put(db, draft.id, sending)
            insert_event(db, draft.id, event)

    def sending(self, draft_id: int) -> Sending | None:
        """How far a draft has come."""
        people = select(recipient).where(recipient.c.draft_id == draft_id).order_by(recipient.c.position)
        with self._reading() as db:
            row = db.execute(select(sending).where(sending.c.draft_id == draft_id)).first()
            return _sending_in(row, db.execute(people)) if row else None

    def begin(self, draft: HeldDraft, owner: str) -> None:
        """An attempt starts."""
        with self._writing() as db:
            _move(db, draft, State.SENDING, {"effect": Effect.SEND})
            values = {"tried": sending.c.tried + 1, "owner": owner, "again": None}
            db.execute(update(sending).where(sending.c.draft_id == draft.id).values(values))

    def commit(self, draft: HeldDraft, recipients: Sequence[Recipient], *, tried: int) -> None:
        """The end of the text is about to go out."""
        with self._writing() as db:
            guarded(db, draft, {"effect": Effect.COMMIT})
            _same_attempt(db, draft, tried)
            _put_recipients(db, draft.id, recipients)

    def answered(self, draft: HeldDraft) -> None:
        """The mail client no longer waits."""
        with self._writing() as db:
            db.execute(update(sending).where(sending.c.draft_id == draft.id).values(waiting=False))

    def conclude(self, draft: HeldDraft, outcome: Outcome, event: Event, *, tried: int, file: bool) -> None:
        """How an attempt ended."""
        effect = Effect.FILE if file and outcome.state is State.SENT else _EFFECT_AFTER.get(outcome.state)
        with self._writing() as db:
            _move(db, draft, outcome.state, {"effect": effect}, whatever_effect=True)
            _same_attempt(db, draft, tried)
            values = {"again": outcome.again, "waiting": False}
            db.execute(update(sending).where(sending.c.draft_id == draft.id).values(values))
            _put_recipients(db, draft.id, outcome.recipients)
            insert_event(db, draft.id, event)

    def resolve(self, draft: HeldDraft, outcome: Outcome, event: Event, *, effect: Effect | None) -> None:
        """What an uncertain mail came to."""
        with self._writing() as db:
            _move(db, draft, outcome.state, {"effect": effect})
            db.execute(update(sending).where(sending.c.draft_id == draft.id).values(again=outcome.again))
            _put_recipients(db, draft.id, outcome.recipients)
            insert_event(db, draft.id, event)

    def due(self, account: str, now: datetime, *, within: timedelta) -> tuple[HeldDraft, ...]:
        """Drafts to be sent by now, or planned by a clock that was ahead."""
        query = with_version().join(sending, sending.c.draft_id == draft.c.id)
        found = query.where(*_queued(account), or_(sending.c.again <= now, sending.c.again > now + within))
        return self._rows(found.order_by(sending.c.again, draft.c.id))

    def in_transit(self, account: str) -> tuple[HeldDraft, ...]:
        """Drafts in state ``sending``."""
        query = with_version().where(draft.c.account == account, draft.c.state == State.SENDING)
        return self._rows(query.order_by(draft.c.id))

    def busy_accounts(self) -> frozenset[str]:
        """Accounts with an effect that is not acknowledged."""
        query = select(draft.c.account).where(draft.c.effect.is_not(None)).distinct()
        with self._reading() as db:
            return frozenset(db.execute(query).scalars())

    def submitted(self, account: str, digest: str, since: datetime) -> tuple[HeldDraft, ...]:
        """Mails that came by the gateway with these bytes; what the user made of them since is another version."""
        came = draft_version.alias()
        first = and_(came.c.draft_id == draft.c.id, came.c.number == 1, came.c.digest == digest)
        query = with_version().join(came, first)
        found = query.where(draft.c.account == account, draft.c.via == Via.GATEWAY, draft.c.held_at >= since)
        return self._rows(found.order_by(draft.c.id.desc()))


def _queued(account: str) -> tuple[Any, ...]:
    return draft.c.account == account, draft.c.state == State.RELEASED, draft.c.effect == Effect.SEND


def _move(
    db: Connection, held: HeldDraft, state: State, values: dict[str, Any], *, whatever_effect: bool = False
) -> None:
    if state not in TRANSITIONS[held.state]:
        raise Conflict(f"A draft that is {held.state} cannot become {state}.")
    guarded(db, held, {"state": state, **values}, whatever_effect=whatever_effect)


def _same_attempt(db: Connection, held: HeldDraft, tried: int) -> None:
    """Undoes the transaction when another process has begun an attempt since; the draft's row is locked by now."""
    if db.execute(select(sending.c.tried).where(sending.c.draft_id == held.id)).scalar() != tried:
        raise Conflict(f"Draft {held.id} has changed meanwhile; look at it again.")


def _put(db: Connection, draft_id: int, value: Sending) -> None:
    """Writes how far a mail has come, whether or not that was written before."""
    db.execute(delete(sending).where(sending.c.draft_id == draft_id))
    db.execute(
        insert(sending).values(
            draft_id=draft_id,
            sender=value.envelope.sender,
            smtputf8=value.envelope.smtputf8,
            eight_bit=value.envelope.eight_bit,
            since=value.since,
            tried=value.tried,
            again=value.again,
            owner=value.owner,
            waiting=value.waiting,
        )
    )
    _put_recipients(db, draft_id, value.recipients)


def _put_recipients(db: Connection, draft_id: int, people: Iterable[Recipient]) -> None:
    db.execute(delete(recipient).where(recipient.c.draft_id == draft_id))
    for position, one in enumerate(people):
        db.execute(
            insert(recipient).values(
                draft_id=draft_id,
                position=position,
                address=one.address,
                standing=one.standing,
                code=one.answer.code if one.answer else None,
                answer=one.answer.text if one.answer else None,
            )
        )


def _sending_in(row: Row[Any], people: Iterable[Row[Any]]) -> Sending:
    recipients = tuple(_recipient_in(one) for one in people)
    envelope = Envelope(
        sender=row.sender,
        recipients=tuple(one.address for one in recipients),
        smtputf8=row.smtputf8,
        eight_bit=row.eight_bit,
    )
    return Sending(
        envelope=envelope,
        recipients=recipients,
        since=row.since,
        tried=row.tried,
        again=row.again,
        owner=row.owner,
        waiting=row.waiting,
    )


def _recipient_in(row: Row[Any]) -> Recipient:
    answer = None if row.code is None else Answer(code=row.code, text=row.answer)
    return Recipient(address=row.address, standing=Standing(row.standing), answer=answer)
