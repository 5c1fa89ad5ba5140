"""Databases of older versions, with something in them, are brought up to date and lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from journeyman.domain.request import Limits
from journeyman.domain.spending import Allowance, SharedLimits
from journeyman.store.columns import to_json
from journeyman.store.conversations import Conversations
from journeyman.store.database import MIGRATIONS, Database
from journeyman.store.runs import StoredRuns
from journeyman.store.spending import Books
from tests.store.rows import Clock, a_run, counted_ids

BEFORE_TOTALS = "0003"
BEFORE_WEIGHTS = "0008"
RUN = (
    "INSERT INTO runs (run_id, task_id, state, request, options, base_branch, base_commit, branch_name, created_at, "
    "updated_at) VALUES (:run, 't1', 'CODE', :request, :options, '', '', '', :at, :at)"
)
EXCHANGE = (
    "INSERT INTO exchanges (exchange_id, run_id, key, attempt, state, role, model, request_hash, price_known, "
    "reserved_input_tokens, reserved_output_tokens, reserved_cost, input_tokens, output_tokens, cost, request_head, "
    "request_tail, sent_at) VALUES (:id, :run, :key, 1, :state, 'coder', 'm', '', :yes, 900, 100, 500000000000, "
    ":used_in, :used_out, :cost, 0, 0, :at)"
)
CALLS = {
    "a.1": ("answered", 700, 50, 10**11),
    "b.1": ("uncertain", 900, 100, 5 * 10**11),
    "c.1": ("sent", 0, 0, 0),
    "d.1": ("failed", 0, 0, 0),
}


def bring_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def make_old(url: str) -> None:
    """Make a database as it was before the running totals, with two runs and four calls of each."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        bring_to(connection, BEFORE_TOTALS)
        # Late in the evening somewhere else: the day is that of UTC.
        at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
        moment = at.replace(tzinfo=None) if engine.dialect.name == "sqlite" else at
        for run, project in (("one", "acme/p"), ("two", "")):
            told = a_run(run, 5.0, project=project)
            row = {"run": run, "request": to_json(told.request), "options": to_json(told.options), "at": moment}
            connection.execute(text(RUN), row)
            for name, (state, used_in, used_out, cost) in CALLS.items():
                used = {"state": state, "used_in": used_in, "used_out": used_out, "cost": cost}
                call = {"id": f"{run}-{name}", "key": name, "run": run, "yes": True, "at": moment, **used}
                connection.execute(text(EXCHANGE), call)
    engine.dispose()


async def test_totals_of_calls_before_there_were_totals(fresh_url: str, clock: Clock) -> None:
    make_old(fresh_url)
    database = Database(fresh_url)
    assert await Books(database).faults() == ()
    shared = SharedLimits(day=Allowance(9.0, 90_000), project=Allowance(8.0))
    ledger = Conversations(database, clock, counted_ids(), shared)
    for run, project in (("one", "acme/p"), ("two", "https://example.org/r.git")):
        report = await ledger.report(run)
        names = [(limit.scope.value, limit.name, limit.used, limit.reserved) for limit in report.limits]
        assert names == [
            ("run", run, 0.6, 0.5),
            ("project", project, 0.6, 0.5),
            ("day", "2026-11-20", 1.2, 1.0),
            ("day", "2026-11-20", 3_500, 2_000),
        ]
    assert (await StoredRuns(database).get("one")).options.limits == Limits(5.0)
    await database.close()


async def test_terms_of_patterns_before_they_lay_by_weight(fresh_url: str) -> None:
    engine = create_engine(fresh_url.replace("postgresql://", "postgresql+psycopg://"))
    rows = [{"term": term, "number": number, "weight": 300 - number} for term in (-5, 7) for number in (1, 2, 3)]
    with engine.begin() as connection:
        bring_to(connection, BEFORE_WEIGHTS)
        connection.execute(text("INSERT INTO pattern_terms VALUES (:term, :number, :weight)"), rows)
    engine.dispose()
    database = Database(fresh_url)
    found = text("SELECT term, number, weight FROM pattern_terms ORDER BY term, number")
    kept = await database.look(lambda connection: connection.execute(found).all())
    assert [dict(row._mapping) for row in kept] == rows
    await database.close()
