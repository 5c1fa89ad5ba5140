"""Runs and what their steps found out."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from journeyman.domain.errors import UnknownRun
from journeyman.domain.request import Limits, Request, RunOptions
from journeyman.domain.result import Result
from journeyman.domain.runs import Run
from journeyman.domain.spending import project_of
from journeyman.domain.states import FINAL, Event, State
from journeyman.store.columns import from_json, to_json
from journeyman.store.contract import RunFacts
from journeyman.store.database import Database
from journeyman.store.fences import guard, guard_from_outside
from journeyman.store.spending import overruns
from journeyman.store.tables import journal, messages, run_facts, runs

NAMED = 5
"""How many known runs the message for an unknown one names."""

_AT_REST = [*(state.value for state in FINAL), State.WAITING.value]


class StoredRuns:
    """Fits `Runs`. A write by a process whose lease was taken over raises LeaseLost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, run: Run) -> None:
        """Add a run. Of credentials, should the request still have any, the kind alone is kept."""
        credentials = run.request.repository.credentials
        kind = credentials.kind_alone() if credentials else None
        bare = msgspec.structs.replace(run.request.repository, credentials=kind)
        row = {
            "run_id": run.run_id,
            "task_id": run.request.task.id,
            "project": project_of(run.request),
            "state": run.state.value,
            "last_event": run.last_event and run.last_event.value,
            "request": to_json(msgspec.structs.replace(run.request, repository=bare)),
            "options": to_json(run.options),
            "base_branch": run.base_branch,
            "base_commit": run.base_commit,
            "branch_name": run.branch_name,
            "result": run.result and to_json(run.result),
            "error_message": run.error_message,
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "started_at": run.started_at,
            "ended_at": run.ended_at,
            "engine": run.engine,
        }
        await self._database.transact(lambda connection: connection.execute(insert(runs), row))

    async def get(self, run_id: str) -> Run:
        """Return a run; `run_id` may be an unambiguous beginning. UnknownRun, naming what there is."""
        return _run(await self._database.look(lambda connection: _found(connection, run_id)))

    async def list(self, limit: int = 50) -> tuple[Run, ...]:
        """Return the newest runs first."""
        return await self._all(_newest_first().limit(limit))

    async def unfinished(self) -> tuple[Run, ...]:
        """Return runs that are neither final nor waiting, oldest first."""
        found = select(runs).where(runs.c.state.not_in(_AT_REST))
        return await self._all(found.order_by(runs.c.created_at, runs.c.run_id))

    async def answered(self, topic: str) -> tuple[Run, ...]:
        """Return waiting runs that have a message on a topic which their flow has not taken yet, oldest first."""
        said = select(func.count()).where(messages.c.run_id == runs.c.run_id, messages.c.topic == topic)
        heard = select(func.count()).where(journal.c.run_id == runs.c.run_id, journal.c.name == f"message {topic}")
        waiting = select(runs).where(runs.c.state == State.WAITING.value)
        found = waiting.where(said.scalar_subquery() > heard.scalar_subquery())
        return await self._all(found.order_by(runs.c.created_at, runs.c.run_id))

    async def set_state(self, run_id: str, state: State, event: Event | None, at: datetime) -> None:
        """Record where a run stands. `started_at` is set once; `ended_at` as long as the state is final."""

        def work(connection: Connection) -> None:
            started = connection.execute(select(runs.c.started_at).where(runs.c.run_id == run_id)).scalar()
            values: dict[str, Any] = {"state": state.value, "updated_at": at, "started_at": started or at}
            values["ended_at"] = at if state.final else None
            if event is not None:
                values["last_event"] = event.value
            self._update(connection, run_id, values)

        await self._database.transact(work)

    async def set_base(self, run_id: str, base_branch: str, base_commit: str, branch_name: str) -> None:
        """Record where the run starts from and the branch it will make."""
        values = {"base_branch": base_branch, "base_commit": base_commit, "branch_name": branch_name}
        await self._database.transact(lambda connection: self._update(connection, run_id, values))

    async def set_limits(
        self,
        run_id: str,
        budget_usd: float | None,
        max_turns: int | None,
        time_limit_seconds: float | None = None,
        budget_tokens: int | None = None,
    ) -> None:
        """Replace limits of the run's options; None leaves one as it is. A new budget accepts the overruns so far."""
        given: dict[str, float | None] = {
            "budget_usd": budget_usd,
            "max_turns": max_turns,
            "time_limit_seconds": time_limit_seconds,
            "budget_tokens": budget_tokens,
        }
        changes = {name: value for name, value in given.items() if value is not None}

        def work(connection: Connection) -> None:
            # Whoever resumes a run sets its limits before taking the lease: while another has it, they are his.
            guard_from_outside(connection, run_id, self._database.fences.get(run_id))
            options = from_json(_found(connection, run_id, writing=True).options, RunOptions)
            if budget_usd is not None or budget_tokens is not None:
                changes["accepted_overruns"] = overruns(connection, run_id)
            limits: Limits = msgspec.structs.replace(options.limits, **changes)
            values = {"options": to_json(msgspec.structs.replace(options, limits=limits))}
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(values))

        await self._database.transact(work)

    async def finish(self, run_id: str, result: Result, error_message: str | None) -> None:
        """Store the result."""
        values = {"result": to_json(result), "error_message": error_message}
        await self._database.transact(lambda connection: self._update(connection, run_id, values))

    async def facts(self, run_id: str) -> RunFacts:
        """Return what the steps found out so far."""
        found = select(run_facts.c.name, run_facts.c.value).where(run_facts.c.run_id == run_id)
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return from_json("{" + ",".join(f'"{name}":{value}' for name, value in rows) + "}", RunFacts)

    async def learn(self, run_id: str, **facts: Any) -> None:
        """Replace single fields of the facts."""
        unknown = facts.keys() - set(RunFacts.__struct_fields__)
        if unknown:
            raise TypeError(f"RunFacts has no {', '.join(sorted(unknown))}")
        rows = [{"run_id": run_id, "name": name, "value": to_json(value)} for name, value in facts.items()]

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            old = delete(run_facts).where(run_facts.c.run_id == run_id, run_facts.c.name.in_(facts))
            connection.execute(old)
            connection.execute(insert(run_facts), rows)

        if rows:
            await self._database.transact(work)

    def _update(self, connection: Connection, run_id: str, values: Mapping[str, Any]) -> None:
        guard(connection, run_id, self._database.fences.get(run_id))
        if connection.execute(update(runs).where(runs.c.run_id == run_id).values(**values)).rowcount == 0:
            raise _unknown(connection, run_id)

    async def _all(self, found: Select[Any]) -> tuple[Run, ...]:
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return tuple(_run(row) for row in rows)


def _newest_first() -> Select[Any]:
    return select(runs).order_by(runs.c.created_at.desc(), runs.c.run_id.desc())


def _found(connection: Connection, run_id: str, *, writing: bool = False) -> Row[Any]:
    exact = select(runs).where(runs.c.run_id == run_id)
    row = connection.execute(exact.with_for_update() if writing else exact).first()
    if row is not None:
        return row
    like = select(runs).where(runs.c.run_id.startswith(run_id, autoescape=True)).limit(NAMED)
    several = connection.execute(like).all() if run_id and not writing else []
    if len(several) == 1:
        return several[0]
    raise _ambiguous(run_id, several) if several else _unknown(connection, run_id)


def _ambiguous(run_id: str, rows: builtins.list[Row[Any]] | Any) -> UnknownRun:
    return UnknownRun(f"several runs begin with '{run_id}'", "name one: " + ", ".join(row.run_id for row in rows))


def _unknown(connection: Connection, run_id: str) -> UnknownRun:
    known = connection.execute(_newest_first().with_only_columns(runs.c.run_id).limit(NAMED)).scalars().all()
    advice = "the newest are " + ", ".join(known) if known else "there is none yet, start one with journeyman run"
    return UnknownRun(f"no run '{run_id}' is known here", advice)


def _run(row: Row[Any]) -> Run:
    return Run(
        run_id=row.run_id,
        request=from_json(row.request, Request),
        options=from_json(row.options, RunOptions),
        state=State(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        base_branch=row.base_branch,
        base_commit=row.base_commit,
        branch_name=row.branch_name,
        result=from_json(row.result, Result) if row.result else None,
        last_event=Event(row.last_event) if row.last_event else None,
        error_message=row.error_message,
        engine=row.engine,
    )
