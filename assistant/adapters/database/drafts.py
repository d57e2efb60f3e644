"""Held drafts: every change is one guarded update with its event, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from assistant.adapters.database import codec
from assistant.adapters.database.engine import Connected, key_values, upsert
from assistant.adapters.database.incoming import at_key, new_id
from assistant.adapters.database.schema import draft, draft_bytes, draft_version, event, leftover, seen_draft
from assistant.core.draft import TRANSITIONS, Effect, Identity, State, Via, same_reply
from assistant.core.message import MessageKey
from assistant.services.ledger import (
    GONE,
    ON_THE_WAY,
    OPEN,
    Conflict,
    Copy,
    Event,
    HeldDraft,
    Leftover,
    NewHold,
    SeenDraft,
    Verdict,
    Version,
)

_NO_KEY = {"folder": None, "uidvalidity": None, "uid": None}
#: States in which a draft is decided, so that its bytes may be forgotten after a while.
_DECIDED = (State.RELEASED, State.SENT, State.SUPERSEDED, State.WITHDRAWN, State.DISCARDED)
#: A draft that was released into Drafts is done when its copy has arrived there.
_UNDER_WAY = or_(draft.c.effect.is_not(None), draft.c.via == Via.GATEWAY)


class SeenDrafts(Connected):
    """Drafts noticed in the Drafts folder."""

    def seen_drafts(self, account: str) -> tuple[SeenDraft, ...]:
        """Every draft noticed and not forgotten, the oldest first."""
        query = select(seen_draft).where(seen_draft.c.account == account).order_by(seen_draft.c.id)
        with self._reading() as db:
            return tuple(codec.seen_in(row) for row in db.execute(query))

    def see_draft(self, draft: SeenDraft) -> None:
        """Notice a draft; known keys change nothing."""
        values = {
            **key_values(draft.key),
            "identity": codec.identity_out(draft.identity),
            "first_seen": draft.first_seen,
            "verdict": draft.verdict,
        }
        with self._writing() as db:
            upsert(db, seen_draft, values, replaced=())

    def leave_draft(self, key: MessageKey) -> None:
        """Its verdict is LEFT."""
        with self._writing() as db:
            db.execute(update(seen_draft).where(at_key(seen_draft, key)).values(verdict=Verdict.LEFT))

    def forget_drafts(self, keys: Iterable[MessageKey]) -> None:
        """They are no longer in Drafts."""
        gone = list(keys)
        if not gone:
            return
        with self._writing() as db:
            for key in gone:
                db.execute(delete(seen_draft).where(at_key(seen_draft, key)))


class Rows(Connected):
    """Reading rows of the queue."""

    def _rows(self, query: Select[Any]) -> tuple[HeldDraft, ...]:
        with self._reading() as db:
            return tuple(codec.draft_in(row) for row in db.execute(query))


class HeldDrafts(Rows):
    """The queue."""

    def hold(self, new: NewHold) -> int:
        """A new row with its first version and event; its id."""
        with self._writing() as db:
            values = {**decision(new), "account": new.account, "via": Via.DRAFTS, "state": State.HELD, "version": 1}
            draft_id = new_id(db.execute(insert(draft).values(values)))
            insert_version(db, draft_id, 1, new)
            insert_event(db, draft_id, Event(at=new.at, event="held", detail=levels(new)))
        return draft_id

    def add_version(self, held: HeldDraft, new: NewHold, *, event: str) -> None:
        """A newer version, guarded; the former copy becomes a leftover."""
        number = held.version + 1
        values = {**decision(new), "state": State.HELD, "version": number, "reviewed_digest": None}
        with self._writing() as db:
            guarded(db, held, values)
            insert_version(db, held.id, number, new)
            if held.key != new.key:
                leave_behind(db, held)
            insert_event(db, held.id, Event(at=new.at, event=event, detail={"version": number, **levels(new)}))

    def acknowledge(self, held: HeldDraft, *, key: MessageKey | None) -> None:
        """The pending effect has happened."""
        place = _place(key) if key else _NO_KEY
        with self._writing() as db:
            guarded(db, held, {"effect": None, **place})

    def change(
        self,
        held: HeldDraft,
        state: State,
        event: Event,
        *,
        effect: Effect | None = None,
        key: MessageKey | None = None,
        hold_until: datetime | None = None,
    ) -> None:
        """Move a draft to another state, guarded."""
        if state not in TRANSITIONS[held.state]:
            raise Conflict(f"A draft that is {held.state} cannot become {state}.")
        values: dict[str, Any] = {"state": state, "effect": effect}
        if key is not None:
            values |= _place(key)
        if hold_until is not None:
            values["hold_until"] = hold_until
        with self._writing() as db:
            guarded(db, held, values)
            if state is State.HELD:
                _whole(db, held)
            insert_event(db, held.id, event)

    def approve(self, held: HeldDraft, at: datetime) -> None:
        """The current version was reviewed."""
        with self._writing() as db:
            guarded(db, held, {"reviewed_digest": held.digest})
            insert_event(db, held.id, Event(at=at, event="approved", detail={"hash": held.digest}))

    def reschedule(self, held: HeldDraft, until: datetime, event: Event) -> None:
        """Another ``hold_until``."""
        with self._writing() as db:
            guarded(db, held, {"hold_until": until})
            insert_event(db, held.id, event)

    def relocate(self, held: HeldDraft, key: MessageKey) -> None:
        """The copy was found under another key."""
        with self._writing() as db:
            guarded(db, held, _place(key))

    def draft(self, draft_id: int) -> HeldDraft | None:
        """One row."""
        rows = self._rows(with_version().where(draft.c.id == draft_id))
        return rows[0] if rows else None

    def drafts(self, states: Iterable[State], *, account: str | None = None) -> tuple[HeldDraft, ...]:
        """Rows in these states, by ``hold_until``."""
        query = with_version().where(draft.c.state.in_([str(state) for state in states]))
        if account is not None:
            query = query.where(draft.c.account == account)
        return self._rows(query.order_by(draft.c.hold_until, draft.c.id))

    def queue(self, *, limit: int | None = None, decided: bool = False) -> tuple[HeldDraft, ...]:
        """What the user has to know of, or all."""
        order = draft.c.hold_until, draft.c.id
        wanted = select(draft.c.id).order_by(*order).limit(limit)  # whole rows are read of these only
        if not decided:
            wanted = wanted.where(or_(draft.c.state.in_(OPEN), and_(draft.c.state.in_(ON_THE_WAY), _UNDER_WAY)))
        return self._rows(with_version().where(draft.c.id.in_(wanted)).order_by(*order))

    def lately(self, since: datetime, *, limit: int) -> tuple[HeldDraft, ...]:
        """Drafts that have gone."""
        gone = or_(draft.c.state.in_(GONE), and_(draft.c.state == State.RELEASED, ~_UNDER_WAY))
        query = with_version().where(gone, draft.c.held_at >= since)
        return self._rows(query.order_by(draft.c.held_at.desc(), draft.c.id.desc()).limit(limit))

    def same_replies(self, account: str, identity: Identity, states: Iterable[State]) -> tuple[HeldDraft, ...]:
        """Rows in these states that are the same reply."""
        marks = codec.marks_out(identity)
        alike = or_(*(draft.c[name] == mark for name, mark in marks.items() if mark is not None), false())
        query = with_version().where(alike, draft.c.account == account, draft.c.state.in_(list(states)))
        return tuple(row for row in self._rows(query.order_by(draft.c.id)) if same_reply(row.identity, identity))

    def answering(self, mail_id: int) -> tuple[HeldDraft, ...]:
        """Held drafts that answer a mail."""
        query = with_version().where(draft.c.incoming_id == mail_id, draft.c.state == State.HELD)
        return self._rows(query.order_by(draft.c.id))

    def copies(self, account: str) -> tuple[Copy, ...]:
        """Where the copies of held drafts lie."""
        place = draft.c.account, draft.c.folder, draft.c.uidvalidity, draft.c.uid
        query: Select[Any] = select(draft.c.id, draft.c.via, draft.c.effect, *place)
        held = query.where(draft.c.account == account, draft.c.state == State.HELD)
        with self._reading() as db:
            return tuple(codec.copy_in(row) for row in db.execute(held.order_by(draft.c.id)))

    def pending_effects(self, account: str) -> tuple[HeldDraft, ...]:
        """Rows whose effect is not acknowledged."""
        query = with_version().where(draft.c.account == account, draft.c.effect.is_not(None))
        return self._rows(query.order_by(draft.c.id))


class Versions(Connected):
    """Versions, their bytes, and what they left behind."""

    def versions(self, draft_id: int) -> tuple[Version, ...]:
        """All versions without their bytes, the oldest first."""
        query = select(draft_version).where(draft_version.c.draft_id == draft_id).order_by(draft_version.c.number)
        with self._reading() as db:
            return tuple(codec.version_in(row) for row in db.execute(query))

    def raw(self, draft_id: int, version: int) -> bytes | None:
        """The exact bytes of a version."""
        with self._reading() as db:
            return db.execute(select(draft_bytes.c.raw).where(_bytes_of(draft_id, version))).scalar()

    def leftovers(self, account: str) -> tuple[Leftover, ...]:
        """Copies that newer versions replaced."""
        with self._reading() as db:
            rows = db.execute(select(leftover).where(leftover.c.account == account).order_by(leftover.c.id)).all()
        return tuple(Leftover(draft_id=r.draft_id, key=_key(r), digest=r.digest) for r in rows)

    def drop_leftover(self, leftover_: Leftover) -> None:
        """It is gone from the server."""
        with self._writing() as db:
            db.execute(delete(leftover).where(at_key(leftover, leftover_.key)))

    def note(self, draft_id: int, event: Event) -> None:
        """Write an event that changes no state."""
        with self._writing() as db:
            insert_event(db, draft_id, event)

    def events(self, draft_id: int) -> tuple[Event, ...]:
        """A draft's events in order."""
        query = select(event).where(event.c.draft_id == draft_id).order_by(event.c.id)
        with self._reading() as db:
            return tuple(Event(at=row.at, event=row.event, detail=row.detail) for row in db.execute(query))

    def purge(self, before: datetime) -> int:
        """Forget the bytes of decided drafts and replaced versions."""
        version = and_(
            draft_version.c.draft_id == draft_bytes.c.draft_id, draft_version.c.number == draft_bytes.c.number
        )
        old = exists().where(version, draft_version.c.at < before)
        decided = select(draft.c.id).where(
            draft.c.state.in_(_DECIDED),
            draft.c.effect.is_(None),
            draft.c.id.in_(select(draft_bytes.c.draft_id).where(old)),
        )
        replaced = exists().where(draft.c.id == draft_bytes.c.draft_id, draft.c.version > draft_bytes.c.number)
        with self._writing() as db:
            # Their rows are locked, so that none is taken back in this very moment without its bytes.
            gone = db.execute(decided.with_for_update()).scalars().all()
            forgotten = and_(old, or_(draft_bytes.c.draft_id.in_(gone), replaced))
            return db.execute(delete(draft_bytes).where(forgotten)).rowcount


def with_version() -> Select[Any]:
    """Rows of the queue, each with its current version."""
    current = and_(draft_version.c.draft_id == draft.c.id, draft_version.c.number == draft.c.version)
    return select(draft, draft_version.c.digest, draft_version.c.text, draft_version.c.gaps).join(
        draft_version, current
    )


def guarded(db: Connection, held: HeldDraft, values: dict[str, Any], *, whatever_effect: bool = False) -> None:
    """Write only if the row still stands as ``held`` says, its pending effect included unless that does not matter."""
    effect = draft.c.effect.is_(None) if held.effect is None else draft.c.effect == held.effect
    expected = and_(draft.c.id == held.id, draft.c.state == held.state, draft.c.version == held.version)
    if not whatever_effect:
        expected = and_(expected, effect)
    if db.execute(update(draft).where(expected).values(values)).rowcount != 1:
        raise Conflict(f"Draft {held.id} has changed meanwhile; look at it again.")


def _whole(db: Connection, held: HeldDraft) -> None:
    """Undoes the transaction when the bytes were forgotten meanwhile; the draft's row is locked by now."""
    if db.execute(select(draft_bytes.c.draft_id).where(_bytes_of(held.id, held.version))).first() is None:
        raise Conflict(f"Draft {held.id} has changed meanwhile; look at it again.")


def _bytes_of(draft_id: int, version: int) -> ColumnElement[bool]:
    return and_(draft_bytes.c.draft_id == draft_id, draft_bytes.c.number == version)


def leave_behind(db: Connection, held: HeldDraft) -> None:
    """The copy of a held draft is to be removed once it is not needed any more."""
    if held.key is not None and held.state is State.HELD:
        db.execute(insert(leftover).values(draft_id=held.id, digest=held.digest, **key_values(held.key)))


def decision(new: NewHold) -> dict[str, Any]:
    """What was decided about a draft, as columns."""
    return {
        "effect": new.effect,
        **(_place(new.key) if new.key else _NO_KEY),
        "identity": codec.identity_out(new.identity),
        **codec.marks_out(new.identity),
        "recipients": list(new.to),
        "subject": new.subject,
        "incoming_id": new.incoming_id,
        "level_in": int(new.level_in) if new.level_in is not None else None,
        "level_own": int(new.assessment.level) if new.assessment else None,
        "held_at": new.at,
        "hold_until": new.hold_until,
        "reasons": codec.reasons_out(new.reasons),
    }


def levels(new: NewHold) -> dict[str, Any]:
    """What an event tells of a decision."""
    return {
        "level_in": int(new.level_in) if new.level_in is not None else None,
        "level_own": int(new.assessment.level) if new.assessment else None,
        "hold_until": new.hold_until.isoformat(),
    }


def _place(key: MessageKey) -> dict[str, Any]:
    return {"folder": key.folder, "uidvalidity": key.uidvalidity, "uid": key.uid}


def _key(row: Row[Any]) -> MessageKey:
    return MessageKey(account=row.account, folder=row.folder, uidvalidity=row.uidvalidity, uid=row.uid)


def insert_version(db: Connection, draft_id: int, number: int, new: NewHold) -> None:
    """A version with its bytes."""
    db.execute(
        insert(draft_version).values(
            draft_id=draft_id,
            number=number,
            digest=new.digest,
            text=new.text,
            assessment=codec.assessment_out(new.assessment),
            gaps=list(new.gaps),
            at=new.at,
        )
    )
    db.execute(insert(draft_bytes).values(draft_id=draft_id, number=number, raw=new.raw))


def insert_event(db: Connection, draft_id: int, happened: Event) -> None:
    """Something that happened to a draft."""
    db.execute(
        insert(event).values(at=happened.at, draft_id=draft_id, event=happened.event, detail=dict(happened.detail))
    )
