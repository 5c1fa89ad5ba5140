"""Look at runs; nothing here changes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from journeyman.domain.costs import CostReport
from journeyman.domain.runs import Activity, Run
from journeyman.intake.contract import Diff
from journeyman.store import Activities, Audit, Runs, TotalsOf, Verdict


@dataclass(frozen=True)
class Inquiring:
    """Answers questions about runs."""

    runs: Runs
    activities: Activities
    totals: TotalsOf
    audit: Audit
    diff_of: Diff

    async def run(self, run_id: str) -> Run:
        """Return a run by its id or an unambiguous beginning of it. UnknownRun."""
        return await self.runs.get(run_id)

    async def tasks(self, limit: int = 50) -> tuple[Run, ...]:
        """Return the newest runs."""
        return await self.runs.list(limit)

    async def log(self, run_id: str, after: int = 0) -> tuple[Activity, ...]:
        """Return the lines of a run's log after a number."""
        return await self.activities.since(run_id, after)

    async def diff(self, run_id: str) -> str:
        """Return the run's change so far as a unified diff."""
        return await self.diff_of(await self.runs.get(run_id))

    async def verify_audit(self) -> Verdict:
        """Return whether the chain of the audit log holds."""
        return await self.audit.verify()

    async def cost(self, run_id: str) -> CostReport:
        """Return what the run has cost, and how its limits stand."""
        return await self.totals.report((await self.runs.get(run_id)).run_id)


def shown(run: Run) -> dict[str, Any]:
    """Return what `show --json` prints: at least run_id, status, state and, once there, the result."""
    task = run.request.task
    return {
        "run_id": run.run_id,
        "status": run.state.status,
        "state": run.state.value,
        "title": task.title,
        "task_id": task.id,
        "repository": run.request.repository.remote_url,
        "base_branch": run.base_branch,
        "base_commit": run.base_commit,
        "branch_name": run.branch_name or None,
        "model": run.request.agent.model,
        "created_at": run.created_at.isoformat(),
        "updated_at": run.updated_at.isoformat(),
        "error_message": run.error_message,
        "result": msgspec.to_builtins(run.result) if run.result else None,
    }
