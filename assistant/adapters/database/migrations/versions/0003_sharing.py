"""Mails on their way to a relay; several daemons on one database; room for every UID.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Tables with a place in a mailbox.
_PLACES = ("incoming", "seen_draft", "draft", "leftover")


def upgrade() -> None:
    """Create the tables; UIDs have 32 bits without a sign, PostgreSQL's INTEGER only 31."""
    _create_outbox()
    _create_sharing()
    _retype(sa.BigInteger())


def downgrade() -> None:
    """Drop the tables: an older Gelassen is alone, and knows no relay."""
    _retype(sa.Integer())
    for table in ("lease", "daemon", "recipient", "sending"):
        op.drop_table(table)


def _create_outbox() -> None:
    op.create_table(
        "sending",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("eight_bit", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("again", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"]),
        sa.PrimaryKeyConstraint("draft_id"),
    )
    op.create_table(
        "recipient",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"]),
        sa.PrimaryKeyConstraint("draft_id", "position"),
    )


def _create_sharing() -> None:
    op.create_table(
        "daemon",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("accounts", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_table(
        "lease",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def _retype(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # its INTEGER has 64 bits
    for table in _PLACES:
        for column in ("uidvalidity", "uid"):
            op.alter_column(table, column, type_=kind)
