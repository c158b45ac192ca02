"""Indexes for the first page and for what is coming up, in a company of any size

Revision ID: 0006_indexes
Revises: 0005_programs
Create Date: 2026-11-30

What was signed and received by month is read from two indexes that hold the amounts too. The events that last longer
than two days, of which there are few, have one of their own: all others are found by when they begin.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006_indexes"
down_revision: str | None = "0005_programs"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SIGNED = sa.text("status NOT IN ('draft', 'sent', 'cancelled')")


def upgrade() -> None:
    """Build them in one transaction: who is stopped has none of them or all; others wait some seconds to write."""
    op.create_index(  # lint: index-not-concurrent: whole or not at all is worth the seconds that others wait
        "ix_contracts_signed",
        "contracts",
        ["signed_at", "status", "total"],
        sqlite_where=_SIGNED,
        postgresql_where=_SIGNED,
    )
    op.create_index(  # lint: index-not-concurrent: whole or not at all is worth the seconds that others wait
        "ix_payments_received_on", "payments", ["received_on", "amount"]
    )
    op.create_index(  # lint: index-not-concurrent: whole or not at all is worth the seconds that others wait
        "ix_events_long",
        "events",
        ["event_start", "event_end"],
        sqlite_where=sa.text("julianday(event_end) - julianday(event_start) > 2"),
        postgresql_where=sa.text("event_end - event_start > '2 days'::interval"),
    )


def downgrade() -> None:
    """Drop them: they hold nothing that the tables do not hold."""
    op.drop_index("ix_events_long", "events")
    op.drop_index("ix_payments_received_on", "payments")
    op.drop_index("ix_contracts_signed", "contracts")
