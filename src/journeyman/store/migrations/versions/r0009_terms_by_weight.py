"""A term's patterns by their weight: so the heaviest are found without a look at the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_pattern_terms", "pattern_terms")
        op.create_primary_key("pk_pattern_terms", "pattern_terms", ["term", "weight", "number"])
        return
    op.drop_index("ix_pattern_terms_number", "pattern_terms")
    op.rename_table("pattern_terms", "pattern_terms_before")
    op.create_table(
        "pattern_terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weight", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "weight", "number", name="pk_pattern_terms"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO pattern_terms (term, weight, number)"
        " SELECT term, weight, number FROM pattern_terms_before ORDER BY term, weight, number"
    )
    op.drop_table("pattern_terms_before")
    op.create_index("ix_pattern_terms_number", "pattern_terms", ["number"])
