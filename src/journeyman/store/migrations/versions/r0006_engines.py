"""Which engine a run belongs to: two must never carry out the same one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go forward. What was begun before there was a choice is of the embedded engine."""
    op.add_column("runs", sa.Column("engine", sa.String(length=16), nullable=False, server_default="embedded"))
