"""Incoming mail and the accounts' small facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    Table,
    and_,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from assistant.adapters.database import codec
from assistant.adapters.database.engine import Connected, key_values, one_at_a_time, upsert
from assistant.adapters.database.schema import (
    Term,
    account_status,
    correction,
    draft,
    event,
    fact,
    incoming,
    suggestion,
)
from assistant.core.draft import State
from assistant.core.message import MessageKey, base_subject
from assistant.core.reply import Suggestion
from assistant.services.ledger import EVERY, AccountStatus, Counts, Incoming, MailFilter, Treated

#: A mail with its position among those that are to be stored.
_Placed = tuple[int, Incoming]


class Accounts(Connected):
    """How the accounts fare."""

    def record_status(self, status: AccountStatus) -> None:
        """Keep how an account fares; a pass without a time keeps the former one."""
        values: dict[str, Any] = {"connected": int(status.connected), "error": status.error}
        if status.last_pass is not None:
            values["last_pass"] = status.last_pass
        with self._writing() as db:
            upsert(db, account_status, {"name": status.name, **values}, replaced=values.keys())

    def statuses(self) -> tuple[AccountStatus, ...]:
        """All accounts' last status, by name."""
        with self._reading() as db:
            rows = db.execute(select(account_status)).all()
        found = (
            AccountStatus(name=r.name, connected=bool(r.connected), last_pass=r.last_pass, error=r.error) for r in rows
        )
        return tuple(sorted(found, key=lambda status: status.name))  # databases sort by rules of their own

    def counts(self, now: datetime) -> Counts:
        """The numbers of ``gelassen status``."""
        with self._reading() as db:
            judged = _count(db, incoming, incoming.c.level.is_not(None))
            aside = _count(db, incoming, incoming.c.set_aside.is_not(None))
            unassessed = _count(db, incoming, incoming.c.unassessed.is_not(None))
            held = _count(db, draft, draft.c.state == State.HELD)
            cooled = _count(db, draft, and_(draft.c.state == State.HELD, draft.c.hold_until <= now))
            uncertain = _count(db, draft, draft.c.state == State.UNCERTAIN)
        return Counts(
            assessed=judged, set_aside=aside, unassessed=unassessed, held=held, cooled=cooled, uncertain=uncertain
        )

    def remember(self, account: str, name: str, value: str) -> None:
        """Keep a small fact about an account."""
        with self._writing() as db:
            upsert(db, fact, {"account": account, "name": name, "value": value}, replaced=["value"])

    def remembered(self, account: str, name: str) -> str | None:
        """Such a fact, or None."""
        with self._reading() as db:
            return db.execute(select(fact.c.value).where(fact.c.account == account, fact.c.name == name)).scalar()


def _count(db: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return db.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def new_id(result: CursorResult[Any]) -> int:
    """The primary key that an insert was given."""
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def at_key(table: Table, key: MessageKey) -> ColumnElement[bool]:
    """The condition that a row's key columns equal ``key``."""
    return and_(
        table.c.account == key.account,
        table.c.folder == key.folder,
        table.c.uidvalidity == key.uidvalidity,
        table.c.uid == key.uid,
    )


class IncomingMail(Connected):
    """Mails seen in INBOX, with their assessments and suggestions."""

    def known_uids(self, account: str, folder: str, uidvalidity: int) -> frozenset[int]:
        """UIDs already stored."""
        query = select(incoming.c.uid).where(
            incoming.c.account == account, incoming.c.folder == folder, incoming.c.uidvalidity == uidvalidity
        )
        with self._reading() as db:
            return frozenset(db.execute(query).scalars())

    def add_incoming(self, mails: Sequence[Incoming], suggestions: Mapping[int, Sequence[Suggestion]]) -> int:
        """Store mails with suggestions and events, once each; how many were new."""
        with self._writing() as db:
            for account in sorted({mail.key.account for mail in mails}):
                one_at_a_time(db, f"incoming {account}")  # or two processes take the same mail for a new one
            batches = groupby(enumerate(mails), key=lambda placed: replace(placed[1].key, uid=0))
            return sum(_add(db, list(batch), suggestions) for _, batch in batches)

    def incoming(self, mail_id: int) -> Incoming | None:
        """One mail."""
        return self._first(_mails().where(incoming.c.id == mail_id))

    def list_incoming(self, *, limit: int, wanted: MailFilter = EVERY) -> tuple[Incoming, ...]:
        """The newest of the wanted mails first."""
        query = _mails().where(*_conditions(wanted)).order_by(incoming.c.received.desc(), incoming.c.id.desc())
        with self._reading() as db:
            return tuple(codec.incoming_in(row) for row in db.execute(query.limit(limit)))

    def incoming_by_message_id(self, account: str, message_id: str) -> Incoming | None:
        """The mail with this Message-ID."""
        query = _mails().where(incoming.c.account == account, incoming.c.message_id == message_id)
        return self._first(query.order_by(incoming.c.id.desc()))

    def answers_to(self, account: str, message_id: str, since: datetime) -> tuple[Incoming, ...]:
        """Mails received since then in whose thread this Message-ID stands."""
        thread = select(incoming.c.id, incoming.c.parents)
        recent = thread.where(incoming.c.account == account, incoming.c.received >= since)
        with self._reading() as db:
            found = [row.id for row in db.execute(recent) if message_id in row.parents]
            query = _mails().where(incoming.c.id.in_(found)).order_by(incoming.c.received, incoming.c.id)
            return tuple(codec.incoming_in(row) for row in db.execute(query)) if found else ()

    def latest_incoming_from(self, account: str, senders: Iterable[str], subject: str) -> Incoming | None:
        """The latest mail with a level from one of these addresses under this base subject."""
        query = _mails().where(
            incoming.c.account == account,
            incoming.c.sender_address.in_(sorted(senders)),
            incoming.c.base_subject == subject,
            or_(incoming.c.level.is_not(None), correction.c.level.is_not(None)),
        )
        return self._first(query.order_by(incoming.c.received.desc()))

    def suggestions(self, mail_id: int) -> tuple[Suggestion, ...]:
        """The calm replies stored with a mail."""
        query = select(suggestion.c.content).where(suggestion.c.incoming_id == mail_id).order_by(suggestion.c.position)
        with self._reading() as db:
            return tuple(codec.suggestion_in(content) for content in db.execute(query).scalars())

    def _first(self, query: Select[Any]) -> Incoming | None:
        with self._reading() as db:
            row = db.execute(query.limit(1)).first()
        return codec.incoming_in(row) if row else None


def _mails() -> Select[Any]:
    """Mails with the level that the user gave them, where they did."""
    corrected = correction.c.level.label("corrected"), correction.c.at.label("corrected_at")
    return select(incoming, *corrected).select_from(incoming.outerjoin(correction))


#: The level that counts: the user's, else the judged one.
_level = func.coalesce(correction.c.level, incoming.c.level)
_TREATED: Final = {
    Treated.JUDGED: _level.is_not(None),
    Treated.SET_ASIDE: incoming.c.set_aside.is_not(None),
    Treated.UNASSESSED: incoming.c.unassessed.is_not(None),
}


def _conditions(wanted: MailFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.account is not None:
        yield incoming.c.account == wanted.account
    if wanted.treated is not None:
        yield _TREATED[wanted.treated]
    if wanted.level is not None:
        yield _level >= int(wanted.level)
    if wanted.client is not None:
        yield incoming.c.sender_address == wanted.client
    if wanted.sender is not None:
        columns = (incoming.c.sender_address, incoming.c.sender_name)
        yield or_(*(column.icontains(wanted.sender, autoescape=True) for column in columns))
    if wanted.beyond is not None:
        there = incoming.alias("there")
        received = select(there.c.received).where(there.c.id == wanted.beyond).scalar_subquery()
        same_moment = and_(incoming.c.received == received, incoming.c.id < wanted.beyond)
        yield or_(incoming.c.received < received, same_moment)


def _add(db: Connection, batch: Sequence[_Placed], suggestions: Mapping[int, Sequence[Suggestion]]) -> int:
    """Mails of one folder under one UIDVALIDITY: statements for all of them together; how many were new."""
    new: dict[int, _Placed] = {}
    for place, mail in batch:
        new.setdefault(mail.key.uid, (place, mail))
    for uid in _uids(db, new, batch[0][1].key):
        del new[uid]
    for uid, moved in _moved(db, [mail for _, mail in new.values()]).items():
        _, mail = new.pop(uid)
        db.execute(update(incoming).where(incoming.c.id == moved).values(key_values(mail.key)))
    if not new:
        return 0
    stored = new.values()
    db.execute(insert(incoming), [_columns(mail) for _, mail in stored])
    ids = _uids(db, new, batch[0][1].key)
    replies = [
        {"incoming_id": ids[mail.key.uid], "position": position, "content": codec.suggestion_out(reply)}
        for place, mail in stored
        for position, reply in enumerate(suggestions.get(place, ()))
    ]
    if replies:
        db.execute(insert(suggestion), replies)
    db.execute(insert(event), [{**_happened(mail), "incoming_id": ids[mail.key.uid]} for _, mail in stored])
    return len(stored)


def _uids(db: Connection, uids: Iterable[int], beside: MessageKey) -> dict[int, int]:
    """Those that are stored under the UIDVALIDITY of another key, with the rows' ids."""
    query = select(incoming.c.uid, incoming.c.id).where(
        incoming.c.account == beside.account,
        incoming.c.folder == beside.folder,
        incoming.c.uidvalidity == beside.uidvalidity,
        incoming.c.uid.in_(list(uids)),
    )
    return {row.uid: row.id for row in db.execute(query)}


def _moved(db: Connection, mails: Sequence[Incoming]) -> dict[int, int]:
    """Which of these mails, by UID, have a row under another UIDVALIDITY of their folder, each one of its own."""
    if not mails:
        return {}
    key, numbers = mails[0].key, [mail.message_id for mail in mails if mail.message_id is not None]
    none = incoming.c.message_id.is_(None) if len(numbers) < len(mails) else false()
    query = select(incoming.c.id, incoming.c.message_id, incoming.c.digest).where(
        incoming.c.account == key.account,
        incoming.c.folder == key.folder,
        incoming.c.uidvalidity != key.uidvalidity,
        or_(incoming.c.message_id.in_(numbers), none),
        incoming.c.digest.in_([mail.digest for mail in mails]),
    )
    rows: dict[tuple[str | None, str], list[int]] = {}
    for row in db.execute(query.order_by(incoming.c.id.desc())):
        rows.setdefault((row.message_id, row.digest), []).append(row.id)
    found = {}
    for mail in mails:
        message_id = Term().process_bind_param(mail.message_id, db.dialect)
        if same := rows.get((message_id, mail.digest)):
            found[mail.key.uid] = same.pop()
    return found


def _happened(mail: Incoming) -> dict[str, Any]:
    detail = {"level": int(mail.judged)} if mail.judged is not None else {}
    return {"at": mail.received, "event": _event_name(mail), "detail": detail}


def _event_name(mail: Incoming) -> str:
    if mail.set_aside:
        return "mail_set_aside"
    return "mail_unassessed" if mail.unassessed else "mail_judged"


def _columns(mail: Incoming) -> dict[str, Any]:
    offset = mail.date.utcoffset() if mail.date else None
    return {
        **key_values(mail.key),
        "message_id": mail.message_id,
        "digest": mail.digest,
        "sender_address": mail.sender.address.lower() if mail.sender else None,
        "sender_name": mail.sender.name if mail.sender else None,
        "subject": mail.subject,
        "base_subject": base_subject(mail.subject).casefold(),
        "date": mail.date.astimezone(UTC) if mail.date else None,
        "date_offset": int(offset.total_seconds() // 60) if offset is not None else None,
        "received": mail.received,
        "parents": list(mail.parents),
        "language": mail.language,
        "text": mail.text,
        "level": int(mail.judged) if mail.judged is not None else None,
        "assessment": codec.assessment_out(mail.assessment),
        "set_aside": mail.set_aside,
        "unassessed": mail.unassessed,
    }
