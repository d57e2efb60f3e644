"""Databases as older versions left them: a row in every table, written by SQL as those versions wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, create_engine, text

from assistant.adapters.database.engine import migrate
from assistant.core.cooling import Reason, ReasonCode
from assistant.core.delivery import Answer, Envelope, Recipient, Standing
from assistant.core.draft import Effect, Identity, State, Via
from assistant.core.escalation import Assessment, Cue, Level, Scores, Signal
from assistant.core.message import Address, MessageKey
from assistant.core.reason import Reason as Why
from assistant.core.reply import Suggestion
from assistant.services.corrections import Correction
from assistant.services.ledger import AccountStatus, Event, HeldDraft, Incoming, Leftover, SeenDraft, Verdict, Version
from assistant.services.outbox import Sending

AT = datetime(2026, 11, 18, 8, 0, 5, 123456, tzinfo=UTC)
#: Bytes that no text could hold.
RAW = bytes(range(256))
#: The schemas that there have been before the present one, the oldest first.
OLDER = ("0001", "0002", "0003")

_JSON = {
    "assessment": {
        "level": 2,
        "p": [0.9, 0.8, 0.1],
        "scores": {"anger": 0.75},
        "signals": ["anger"],
        "hot": ["Was soll das?"],
        "cues": ["night"],
    },
    "suggestion": {
        "template": "acknowledge",
        "language": "de",
        "register": "Sie",
        "subject": "Re: Katalog",
        "text": "Guten Tag …",
        "gaps": ["bis wann"],
        "reason": "anger",
    },
    "identity": {"message_id": "<d@s>", "parents": ["<1@k.example>"], "recipients": ["k@k.example"], "subject": "x"},
    "reasons": [{"code": "night", "params": {"time": "22:00"}}],
}
_INCOMING = """
    INSERT INTO incoming (account, folder, uidvalidity, uid, message_id, digest, sender_address, sender_name, subject,
                          base_subject, date, date_offset, received, parents, language, text, level, assessment)
    VALUES ('studio', 'INBOX', 7, 1, '<1@k.example>', 'd', 'kunde@k.example', 'Käthe', 'Re: Katalog', 'katalog',
            :at, 60, :at, '["<0@k.example>"]', 'de', 'Was soll das?', 2, :assessment)
"""
_DRAFT = """
    INSERT INTO draft (account, via, state, effect, folder, uidvalidity, uid, identity, recipients, subject,
                       incoming_id, level_in, level_own, held_at, hold_until, reasons, version, reviewed_digest)
    VALUES ('studio', 'drafts', 'held', 'replace', 'Abkühlung', 8, 4, :identity, '["k@k.example"]', 'Re: Katalog',
            1, 2, 3, :at, :until, :reasons, 2, 'second')
"""
_VERSION = """
    INSERT INTO draft_version (draft_id, number, raw, digest, text, assessment, gaps, at)
    VALUES (1, :number, :raw, :digest, :words, :judged, :gaps, :at)
"""
_REST = (
    "INSERT INTO account_status (name, connected, last_pass, error) VALUES ('studio', 1, :at, 'weg')",
    "INSERT INTO fact (account, name, value) VALUES ('studio', 'cooling_off', 'Abkühlung')",
    "INSERT INTO suggestion (incoming_id, position, content) VALUES (1, 0, :suggestion)",
    "INSERT INTO seen_draft (account, folder, uidvalidity, uid, identity, first_seen, verdict)"
    " VALUES ('studio', 'Entwürfe', 9, 3, :identity, :at, 'left')",
    "INSERT INTO leftover (draft_id, account, folder, uidvalidity, uid, digest)"
    " VALUES (1, 'studio', 'Abkühlung', 8, 2, 'first')",
    "INSERT INTO event (at, incoming_id, event, detail) VALUES (:at, 1, 'mail_judged', '{\"level\": 2}')",
    "INSERT INTO event (at, draft_id, event, detail) VALUES (:at, 1, 'held', '{\"level_own\": 3}')",
)
_CORRECTION = (
    "INSERT INTO correction (incoming_id, client, level, judged, p, model, at)"
    " VALUES (1, 'kunde@k.example', 0, 2, '[0.9, 0.8, 0.1]', 'm1', :at)"
)
_OUTBOX = (
    "INSERT INTO sending (draft_id, sender, smtputf8, eight_bit, since, tried, again, owner, waiting)"
    " VALUES (1, 'mara@s.example', true, false, :at, 2, :at, 'process', false)",
    "INSERT INTO recipient (draft_id, position, address, standing, code, answer)"
    " VALUES (1, 0, 'k@k.example', 'pending', 450, '4.2.0 später')",
)

_ASSESSMENT = Assessment(
    level=Level.HEATED,
    scores=Scores(p=(0.9, 0.8, 0.1), signals={Signal.ANGER: 0.75}),
    signals=(Signal.ANGER,),
    hot=("Was soll das?",),
    cues=(Cue.NIGHT,),
)
_IDENTITY = Identity(message_id="<d@s>", parents=("<1@k.example>",), recipients=frozenset({"k@k.example"}), subject="x")
MAIL = Incoming(
    id=1,
    key=MessageKey(account="studio", folder="INBOX", uidvalidity=7, uid=1),
    message_id="<1@k.example>",
    digest="d",
    sender=Address(address="kunde@k.example", name="Käthe"),
    subject="Re: Katalog",
    date=AT.astimezone(timezone(timedelta(hours=1))),
    received=AT,
    parents=("<0@k.example>",),
    language="de",
    text="Was soll das?",
    assessment=_ASSESSMENT,
)
SUGGESTION = Suggestion(
    template="acknowledge",
    language="de",
    register="Sie",
    subject="Re: Katalog",
    text="Guten Tag …",
    gaps=("bis wann",),
    reason=Why.ANGER,
)
DRAFT = HeldDraft(
    id=1,
    account="studio",
    via=Via.DRAFTS,
    state=State.HELD,
    effect=Effect.REPLACE,
    key=MessageKey(account="studio", folder="Abkühlung", uidvalidity=8, uid=4),
    identity=_IDENTITY,
    to=("k@k.example",),
    subject="Re: Katalog",
    incoming_id=1,
    level_in=Level.HEATED,
    level_own=Level.ESCALATED,
    held_at=AT,
    hold_until=AT + timedelta(hours=4),
    reasons=(Reason(code=ReasonCode.NIGHT, params={"time": "22:00"}),),
    version=2,
    digest="second",
    text="Doch.",
    gaps=("Betrag",),
    reviewed_digest="second",
)
VERSIONS = (
    Version(number=1, raw=None, digest="first", text="Nein.", assessment=_ASSESSMENT, gaps=(), at=AT),
    Version(number=2, raw=None, digest="second", text="Doch.", assessment=None, gaps=("Betrag",), at=AT),
)
SEEN = SeenDraft(
    key=MessageKey(account="studio", folder="Entwürfe", uidvalidity=9, uid=3),
    identity=_IDENTITY,
    first_seen=AT,
    verdict=Verdict.LEFT,
)
LEFTOVER = Leftover(
    draft_id=1, key=MessageKey(account="studio", folder="Abkühlung", uidvalidity=8, uid=2), digest="first"
)
STATUS = AccountStatus(name="studio", connected=True, last_pass=AT, error="weg")
HELD = Event(at=AT, event="held", detail={"level_own": 3})
SENDING = Sending(
    envelope=Envelope(sender="mara@s.example", recipients=("k@k.example",), smtputf8=True),
    recipients=(
        Recipient(address="k@k.example", standing=Standing.PENDING, answer=Answer(code=450, text="4.2.0 später")),
    ),
    since=AT,
    tried=2,
    again=AT,
    owner="process",
)
CORRECTION = Correction(
    mail_id=1,
    client="kunde@k.example",
    level=Level.CALM,
    judged=Level.HEATED,
    p=(0.9, 0.8, 0.1),
    model="m1",
    at=AT,
)


@contextmanager
def bare(url: str) -> Iterator[Engine]:
    """An engine that knows nothing of Gelassen."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


def fill(url: str, schema: str) -> None:
    """Builds an older schema and writes a row into each of its tables."""
    with bare(url) as engine, engine.begin() as db:
        migrate(db, schema)
        _insert(db, _INCOMING, "assessment")
        _insert(db, _DRAFT, "identity", "reasons", until=AT + timedelta(hours=4))
        first = {"number": 1, "digest": "first", "words": "Nein.", "judged": json.dumps(_JSON["assessment"])}
        _insert(db, _VERSION, raw=RAW, gaps="[]", **first)
        second = {"number": 2, "digest": "second", "words": "Doch.", "judged": None}
        _insert(db, _VERSION, raw=RAW[::-1], gaps='["Betrag"]', **second)
        for statement in _REST:
            _insert(db, statement, *(name for name in _JSON if f":{name}" in statement))
        if schema >= "0002":
            _insert(db, _CORRECTION)
        if schema >= "0003":
            for statement in _OUTBOX:
                _insert(db, statement)


def _insert(db: Connection, statement: str, *names: str, **values: object) -> None:
    """SQLite keeps times as text without a zone, PostgreSQL with one; colons of JSON are none of a parameter."""
    values = {"at": AT, **{name: json.dumps(_JSON[name]) for name in names}, **values}
    if db.dialect.name == "sqlite":
        values = {name: _naive(value) if isinstance(value, datetime) else value for name, value in values.items()}
    query = text(statement.replace('": ', '"\\: '))
    db.execute(query, {name: value for name, value in values.items() if f":{name}" in statement})


def _naive(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
