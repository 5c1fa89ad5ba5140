"""The tables, one schema for SQLite and PostgreSQL. A change here needs a migration: a test compares the two.

Keys are given, or numbers of the database. Times are UTC. Whole values (a request, an answer) are JSON text:
nothing queries inside them. Money is counted in whole millionths of a millionth of a dollar, so that sums are exact.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from journeyman.store.columns import NUMBER, Prose, UtcTime

NEWEST = "0009"
"""The newest migration: a database at this one needs none, so alembic is not even imported."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of_run(primary_key: bool = False) -> Column[str]:
    return Column("run_id", String(64), ForeignKey("runs.run_id"), nullable=False, primary_key=primary_key)


def _number() -> Column[int]:
    return Column("number", NUMBER, primary_key=True, autoincrement=True)


runs = Table(
    "runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("task_id", Prose, nullable=False),
    Column("project", Prose, nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("last_event", String(32)),
    Column("request", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("base_branch", Prose, nullable=False),
    Column("base_commit", String(64), nullable=False),
    Column("branch_name", Prose, nullable=False),
    Column("result", Text),
    Column("error_message", Prose),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("engine", String(16), nullable=False, server_default="embedded"),
    Index(None, "created_at"),
    Index(None, "state"),
)

run_facts = Table(
    "run_facts",
    metadata,
    _of_run(primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("exchange_id", String(64), primary_key=True),
    _of_run(),
    Column("key", Prose, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("role", String(16), nullable=False),
    Column("model", Prose, nullable=False),
    Column("request_hash", String(128), nullable=False),
    Column("price_known", Boolean(create_constraint=False), nullable=False),
    Column("reserved_input_tokens", BigInteger, nullable=False),
    Column("reserved_output_tokens", BigInteger, nullable=False),
    Column("reserved_cost", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("day", String(10), nullable=False, server_default=""),
    Column("cache_read_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cache_write_tokens", BigInteger, nullable=False, server_default="0"),
    Column("answer", Text),
    Column("request_like", String(64)),
    Column("request_head", BigInteger, nullable=False),
    Column("request_tail", BigInteger, nullable=False),
    Column("request", Prose),
    Column("reason", Prose),
    Column("sent_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index(None, "run_id", "key", "attempt", unique=True),
)

spending = Table(
    "spending",
    metadata,
    Column("scope", String(16), primary_key=True),
    Column("name", Prose, primary_key=True),
    Column("used_cost", BigInteger, nullable=False),
    Column("used_tokens", BigInteger, nullable=False),
    Column("held_cost", BigInteger, nullable=False),
    Column("held_tokens", BigInteger, nullable=False),
    Column("overruns", BigInteger, nullable=False),
)

tool_calls = Table(
    "tool_calls",
    metadata,
    _of_run(primary_key=True),
    Column("key", Prose, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("arguments", Prose, nullable=False),
    Column("result", Text, nullable=False),
    Column("tree", String(64), nullable=False),
    Column("ended_at", UtcTime, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    _of_run(primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("command", Prose, nullable=False),
    Column("result", Prose, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    _number(),
    _of_run(),
    Column("tree", String(64), nullable=False),
    Column("pack", LargeBinary, nullable=False),
    Index(None, "run_id", "tree", unique=True),
    sqlite_autoincrement=True,
)

task_activities = Table(
    "task_activities",
    metadata,
    _number(),
    _of_run(),
    Column("task_id", Prose, nullable=False),
    Column("activity_type", String(16), nullable=False),
    Column("message", Prose, nullable=False),
    Column("details", Text, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Index(None, "run_id", "number"),
    Index(None, "task_id"),
    sqlite_autoincrement=True,
)

words = Table(
    "words",
    metadata,
    _number(),
    _of_run(),
    Column("kind", String(16), nullable=False),
    Column("text", Prose, nullable=False),
    Column("said_at", UtcTime, nullable=False),
    Index(None, "run_id", "kind", "number"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    _number(),
    Column("workflow_id", String(64), nullable=False),
    Column("key", Prose),
    Column("notification", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("delivered_at", UtcTime),
    Column("last_error", Prose),
    Index(None, "delivered_at", "workflow_id", "number"),
    Index(None, "workflow_id", "key", unique=True),
    sqlite_autoincrement=True,
)

remembered = Table(
    "remembered",
    metadata,
    Column("key", Prose, primary_key=True),
    Column("text", Prose, nullable=False),
    Column("at", UtcTime, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Prose, nullable=False),
    Column("result", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("holder", Text),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _number(),
    Column("run_id", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("text", Prose, nullable=False),
    Index(None, "run_id", "topic", "number"),
    sqlite_autoincrement=True,
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("actor", Prose, nullable=False),
    Column("action", Prose, nullable=False),
    Column("subject", Prose, nullable=False),
    Column("details", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

code_patterns = Table(
    "code_patterns",
    metadata,
    _number(),
    Column("key", String(32), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("type", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("pinned", Boolean(create_constraint=False), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("success_rate", Float, nullable=False),
    Column("helped", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("times_recalled", Integer, nullable=False),
    Column("complexity", Integer, nullable=False),
    Column("language", String(32), nullable=False),
    Column("learned_at", UtcTime, nullable=False),
    # What is long comes last: ranking reads only what stands before it.
    Column("project", Prose, nullable=False),
    Column("name", Prose, nullable=False),
    Column("file", Prose, nullable=False),
    Column("signature", Prose, nullable=False),
    Column("tags", Text, nullable=False),
    Column("dependencies", Text, nullable=False),
    Column("snippet", Prose, nullable=False),
    Column("words", Prose, nullable=False),
    Index(None, "key", unique=True),
    Index(None, "project", "standing"),
    sqlite_autoincrement=True,
)

pattern_terms = Table(
    "pattern_terms",
    metadata,
    # The hash of a project and a term: so one project's terms are never met by another's.
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    # The heaviest of a term are found without a look at the others.
    Column("weight", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "number"),
    sqlite_with_rowid=False,
)

pattern_showings = Table(
    "pattern_showings",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", String(64), primary_key=True),
    Column("project", Prose, nullable=False),
    Column("helped", Boolean(create_constraint=False)),
    Index(None, "run_id"),
    Index(None, "project"),
)

code_contexts = Table(
    "code_contexts",
    metadata,
    # The hash of the work tree and the session.
    Column("key", String(32), primary_key=True),
    Column("root", Prose, nullable=False),
    Column("session", Prose, nullable=False),
    Column("file", Prose, nullable=False),
    Column("line", Integer, nullable=False),
    Column("column_number", Integer, nullable=False),
    Column("open_files", Text, nullable=False),
    Column("recent_edits", Text, nullable=False),
    Column("noted_at", UtcTime, nullable=False),
    Index(None, "noted_at"),
)
