"""The tables, in SQLAlchemy Core, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, kept in UTC; naive ones are a bug and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, without zone where the database has none (SQLite)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware, in UTC."""
        del dialect
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text from outside: what PostgreSQL or UTF-8 has no room for (NUL, half a surrogate pair) becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        del dialect
        return None if value is None else _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


class Term(Words):
    """Words to look a row up by; a hash is the end of longer ones, for an index of PostgreSQL takes 2704 bytes."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database, and in a search."""
        words = super().process_bind_param(value, dialect)
        if words is None or len(words) <= _LONGEST:
            return words
        return words[: _LONGEST - 64] + hashlib.sha256(words.encode()).hexdigest()


_LONGEST: Final = 400  # characters, of up to four bytes each
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
#: UIDs and UIDVALIDITY have 32 bits without a sign (RFC 3501); SQLite's INTEGER is as wide as needed.
_Uid: Final = BigInteger().with_variant(Integer(), "sqlite")

metadata: Final = MetaData()


def _key_columns() -> list[Column[Any]]:
    return [
        Column("account", String(200), nullable=False),
        Column("folder", Words, nullable=False),
        Column("uidvalidity", _Uid, nullable=False),
        Column("uid", _Uid, nullable=False),
    ]


account_status: Final = Table(
    "account_status",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("connected", Integer, nullable=False),
    Column("last_pass", UtcDateTime),
    Column("error", Words),
)

fact: Final = Table(
    "fact",
    metadata,
    Column("account", String(200), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", Words, nullable=False),
)

incoming: Final = Table(
    "incoming",
    metadata,
    Column("id", Integer, primary_key=True),
    *_key_columns(),
    Column("message_id", Term),
    Column("digest", String(64), nullable=False),
    Column("sender_address", Term),
    Column("sender_name", Words),
    Column("subject", Words, nullable=False),
    Column("base_subject", Words, nullable=False),
    Column("date", UtcDateTime),
    Column("date_offset", Integer),
    Column("received", UtcDateTime, nullable=False),
    Column("parents", JSON, nullable=False),
    Column("language", String(8)),
    Column("text", Words, nullable=False),
    Column("level", Integer),
    Column("assessment", JSON),
    Column("set_aside", String(20)),
    Column("unassessed", String(20)),
    UniqueConstraint("account", "folder", "uidvalidity", "uid"),
    Index("incoming_message_id", "account", "message_id"),
    Index("incoming_sender", "account", "sender_address", "received"),
    Index("incoming_received", "received"),
    Index("incoming_verdict", "level", "set_aside", "unassessed"),  # what ``status`` counts
    sqlite_autoincrement=True,
)

correction: Final = Table(
    "correction",
    metadata,
    Column("incoming_id", ForeignKey("incoming.id"), primary_key=True),
    Column("client", Words, nullable=False),
    Column("level", Integer, nullable=False),
    Column("judged", Integer),
    Column("p", JSON),
    Column("model", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

suggestion: Final = Table(
    "suggestion",
    metadata,
    Column("incoming_id", ForeignKey("incoming.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("content", JSON, nullable=False),
)

seen_draft: Final = Table(
    "seen_draft",
    metadata,
    Column("id", Integer, primary_key=True),
    *_key_columns(),
    Column("identity", JSON, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("verdict", String(20), nullable=False),
    UniqueConstraint("account", "folder", "uidvalidity", "uid"),
)

draft: Final = Table(
    "draft",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", String(200), nullable=False),
    Column("via", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("effect", String(20)),
    Column("folder", Words),
    Column("uidvalidity", _Uid),
    Column("uid", _Uid),
    Column("identity", JSON, nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("subject", Words, nullable=False),
    Column("incoming_id", ForeignKey("incoming.id")),
    Column("level_in", Integer),
    Column("level_own", Integer),
    Column("held_at", UtcDateTime, nullable=False),
    Column("hold_until", UtcDateTime, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reviewed_digest", String(64)),
    Column("by_message_id", String(64)),
    Column("by_parent", String(64)),
    Column("by_topic", String(64)),
    Index("draft_state", "state", "hold_until"),
    Index("draft_effect", "account", "effect"),
    Index("draft_incoming", "incoming_id"),
    Index("draft_message_id", "by_message_id"),
    Index("draft_parent", "by_parent"),
    Index("draft_topic", "by_topic"),
    sqlite_autoincrement=True,
)

draft_version: Final = Table(
    "draft_version",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("text", Words, nullable=False),
    Column("assessment", JSON),
    Column("gaps", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("draft_version_digest", "digest"),
)

#: The bytes of a version, until they are forgotten; apart, for SQLite reads through a large value to what is behind.
draft_bytes: Final = Table(
    "draft_bytes",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("raw", LargeBinary, nullable=False),
)

sending: Final = Table(
    "sending",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), primary_key=True),
    Column("sender", Words, nullable=False),
    Column("smtputf8", Boolean, nullable=False),
    Column("eight_bit", Boolean, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("tried", Integer, nullable=False),
    Column("again", UtcDateTime),
    Column("owner", String(80), nullable=False),
    Column("waiting", Boolean, nullable=False),
)

recipient: Final = Table(
    "recipient",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("address", Words, nullable=False),
    Column("standing", String(20), nullable=False),
    Column("code", Integer),
    Column("answer", Words),
)

leftover: Final = Table(
    "leftover",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", ForeignKey("draft.id"), nullable=False),
    *_key_columns(),
    Column("digest", String(64), nullable=False),
)

event: Final = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("draft_id", ForeignKey("draft.id")),
    Column("incoming_id", ForeignKey("incoming.id")),
    Column("event", String(40), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("event_draft", "draft_id"),
)

#: Daemons that share the accounts of this database, and which ones each has in its settings.
daemon: Final = Table(
    "daemon",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("accounts", JSON, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

#: Which daemon looks after an account, and until when by the server's clock; nobody without an owner.
lease: Final = Table(
    "lease",
    metadata,
    Column("account", String(200), primary_key=True),
    Column("owner", String(200)),
    Column("until", UtcDateTime, nullable=False),
)
