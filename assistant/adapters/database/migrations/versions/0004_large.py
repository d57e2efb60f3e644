"""A queue of thousands: what it is searched by has an index, and the bytes of drafts a table of their own.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from assistant.adapters.database.codec import identity_in, marks_out

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MARKS = ("by_message_id", "by_parent", "by_topic")
#: Index, table, columns.
_INDICES = (
    ("incoming_verdict", "incoming", ["level", "set_aside", "unassessed"]),
    ("draft_effect", "draft", ["account", "effect"]),
    ("draft_incoming", "draft", ["incoming_id"]),
    ("draft_message_id", "draft", ["by_message_id"]),
    ("draft_parent", "draft", ["by_parent"]),
    ("draft_topic", "draft", ["by_topic"]),
    ("draft_version_digest", "draft_version", ["digest"]),
)


def upgrade() -> None:
    """Move the bytes, work out what each draft is found by, then index."""
    _move_bytes_out()
    for name in _MARKS:
        op.add_column("draft", sa.Column(name, sa.String(length=64), nullable=True))
    _mark_drafts()
    for name, table, columns in _INDICES:
        op.create_index(name, table, columns)
    op.drop_index("incoming_sender", "incoming")
    op.create_index("incoming_sender", "incoming", ["account", "sender_address", "received"])


def downgrade() -> None:
    """Put the bytes back; nothing else is lost, for the marks follow from the identities."""
    op.drop_index("incoming_sender", "incoming")
    op.create_index("incoming_sender", "incoming", ["account", "sender_address"])
    for name, table, _ in _INDICES:
        op.drop_index(name, table)
    for name in _MARKS:
        op.drop_column("draft", name)
    op.add_column("draft_version", sa.Column("raw", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE draft_version SET raw = (SELECT raw FROM draft_bytes"
        " WHERE draft_bytes.draft_id = draft_version.draft_id AND draft_bytes.number = draft_version.number)"
    )
    op.drop_table("draft_bytes")


def _move_bytes_out() -> None:
    op.create_table(
        "draft_bytes",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"]),
        sa.PrimaryKeyConstraint("draft_id", "number"),
    )
    op.execute(
        "INSERT INTO draft_bytes (draft_id, number, raw)"
        " SELECT draft_id, number, raw FROM draft_version WHERE raw IS NOT NULL"
    )
    with op.batch_alter_table("draft_version") as version:
        version.drop_column("raw")


def _mark_drafts() -> None:
    db = op.get_bind()
    draft = sa.table("draft", sa.column("id"), sa.column("identity", sa.JSON()), *map(sa.column, _MARKS))
    for row in db.execute(sa.select(draft.c.id, draft.c.identity)).all():
        db.execute(sa.update(draft).where(draft.c.id == row.id).values(marks_out(identity_in(row.identity))))
