"""A key for each notification of a workflow, so that a step done again posts nothing twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go forward."""
    op.add_column("outbox", sa.Column("key", sa.Text(), nullable=True))
    op.create_index("ix_outbox_workflow_id_key", "outbox", ["workflow_id", "key"], unique=True)
