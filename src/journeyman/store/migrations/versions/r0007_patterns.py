"""What is remembered of projects, and which runs were shown it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "code_patterns",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("pinned", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("success_rate", sa.Float(), nullable=False),
        sa.Column("helped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("times_recalled", sa.Integer(), nullable=False),
        sa.Column("complexity", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("dependencies", sa.Text(), nullable=False),
        sa.Column("snippet", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_code_patterns"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_code_patterns_key", "code_patterns", ["key"], unique=True)
    op.create_index("ix_code_patterns_project_standing", "code_patterns", ["project", "standing"])
    op.create_table(
        "pattern_terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term", "number", name="pk_pattern_terms"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pattern_terms_number", "pattern_terms", ["number"])
    op.create_table(
        "pattern_showings",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("helped", sa.Boolean(create_constraint=False)),
        sa.PrimaryKeyConstraint("number", "run_id", name="pk_pattern_showings"),
    )
    op.create_index("ix_pattern_showings_run_id", "pattern_showings", ["run_id"])
    op.create_index("ix_pattern_showings_project", "pattern_showings", ["project"])
