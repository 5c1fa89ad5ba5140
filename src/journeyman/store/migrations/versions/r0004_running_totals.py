"""Running totals of what calls take; the project of a run, the day and the cached tokens of an exchange."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_PARTS = ("used_cost", "used_tokens", "held_cost", "held_tokens", "overruns")


def upgrade() -> None:
    """Go forward."""
    op.add_column("runs", sa.Column("project", sa.Text(), nullable=False, server_default=""))
    op.add_column("exchanges", sa.Column("day", sa.String(length=10), nullable=False, server_default=""))
    for name in ("cache_read_tokens", "cache_write_tokens"):
        op.add_column("exchanges", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "spending",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *(sa.Column(part, sa.BigInteger(), nullable=False) for part in _PARTS),
        sa.PrimaryKeyConstraint("scope", "name", name="pk_spending"),
    )
    connection = op.get_bind()
    projects = _fill_projects(connection)
    _fill_spending(connection, projects)


def _fill_projects(connection: sa.Connection) -> dict[str, str]:
    projects = {}
    for run_id, request in connection.execute(sa.text("SELECT run_id, request FROM runs")).all():
        asked: dict[str, Any] = json.loads(request)
        task = asked.get("task", {})
        own = f"{task.get('company_id', '')}/{task['project_id']}" if task.get("project_id") else ""
        projects[run_id] = own or asked.get("repository", {}).get("remote_url", "")
        values = {"run": run_id, "project": projects[run_id]}
        connection.execute(sa.text("UPDATE runs SET project = :project WHERE run_id = :run"), values)
    return projects


def _fill_spending(connection: sa.Connection, projects: dict[str, str]) -> None:
    # The driver's own times: text on SQLite, aware on PostgreSQL.
    found = connection.execute(
        sa.text(
            "SELECT exchange_id, run_id, state, sent_at, cost, input_tokens + output_tokens, reserved_cost, "
            "reserved_input_tokens + reserved_output_tokens FROM exchanges"
        )
    )
    sums: dict[tuple[str, str], list[int]] = {}
    for exchange_id, run_id, state, sent_at, cost, tokens, held_cost, held_tokens in found.all():
        day = sent_at[:10] if isinstance(sent_at, str) else sent_at.astimezone(UTC).date().isoformat()
        values = {"id": exchange_id, "day": day}
        connection.execute(sa.text("UPDATE exchanges SET day = :day WHERE exchange_id = :id"), values)
        used = (cost, tokens) if state in ("answered", "uncertain") else (0, 0)
        held = (held_cost, held_tokens) if state == "sent" else (0, 0)
        for account in (("run", run_id), ("project", projects[run_id]), ("day", day)):
            kept = sums.setdefault(account, [0, 0, 0, 0, 0])
            sums[account] = [mine + more for mine, more in zip(kept, (*used, *held, 0), strict=True)]
    names = ", ".join(("scope", "name", *_PARTS))
    marks = ", ".join(f":{name}" for name in ("scope", "name", *_PARTS))
    for (scope, name), parts in sums.items():
        row = {"scope": scope, "name": name, **dict(zip(_PARTS, parts, strict=True))}
        connection.execute(sa.text(f"INSERT INTO spending ({names}) VALUES ({marks})"), row)
