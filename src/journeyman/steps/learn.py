"""Conclude a run: the result, the last notification, and the end of what it held."""

from __future__ import annotations

from journeyman.domain.checks import CheckReport
from journeyman.domain.result import Artifacts, Plan, Result, Validation
from journeyman.domain.runs import NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event, State
from journeyman.steps.desk import Desk
from journeyman.steps.remembering import learn_from
from journeyman.steps.site import Sites
from journeyman.store import RunFacts


async def conclude(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """Store the result and set the final state."""
    final = State(given.state)
    await sites.close(run.run_id)
    result = await _result(desk, run, final, given.reason)
    await desk.runs.finish(run.run_id, result, result.error_message)
    success = final is State.COMPLETE
    kind = NotificationType.WORKFLOW_COMPLETED if success else NotificationType.WORKFLOW_FAILED
    told = result.error_message or f"delivered {run.branch_name}"
    # The last step's time names this ending: done again it is the same, and a revived run may end once more.
    await desk.post(run, kind, told, occasion=run.updated_at.isoformat(), status=result.status)
    await learn_from(desk, sites, run, final, Event(given.event))
    await desk.note(run, _last_line(result))
    await desk.runs.set_state(run.run_id, final, Event(given.event), desk.clock())
    if final in (State.COMPLETE, State.CANCELLED):
        desk.secrets.forget(run.run_id)
    return StepReport(Event.DONE)


async def _result(desk: Desk, run: Run, final: State, reason: str) -> Result:
    facts = await desk.runs.facts(run.run_id)
    success = final is State.COMPLETE
    task = run.request.task
    # The clock on the wall may have been set back meanwhile.
    seconds = max(0.0, (desk.clock() - (run.started_at or run.created_at)).total_seconds())
    reason = desk.redactor(run.run_id).text(reason)
    return Result(
        success=success,
        status=final.status,
        run_id=run.run_id,
        workflow_id=run.run_id,
        company_id=task.company_id,
        project_id=task.project_id,
        task_id=task.id,
        branch_name=run.branch_name or None,
        commit_hash=facts.notes.get("commit"),
        pull_request_url=facts.notes.get("pull_request_url"),
        implementation_plan=facts.plan or Plan(),
        steps_completed=len((facts.plan or Plan()).steps) if success else 0,
        validation_result=_validation(facts, success),
        error_message=None if success else reason or f"ended as {final.status}",
        execution_time_hours=round(seconds / 3600, 6),
        artifacts=await _artifacts(desk, run),
    )


def _validation(facts: RunFacts, success: bool) -> Validation:
    report = facts.report or CheckReport()
    left: list[str] = facts.notes.get("left", [])
    return Validation(
        success=success and not left,
        issues=(*facts.notes.get("issues", []), *left),
        suggestions=tuple(facts.notes.get("suggestions", [])),
        tests_passed=report.tests_passed,
        tests_failed=report.tests_failed,
    )


async def _artifacts(desk: Desk, run: Run) -> Artifacts:
    totals = await desk.exchanges.totals(run.run_id)
    return Artifacts(
        llm_calls=totals.calls,
        temp_dir=f"runs/{run.run_id}",
        cost_usd=round(totals.cost_usd, 6),
        input_tokens=totals.input_tokens,
        output_tokens=totals.output_tokens,
        uncertain_calls=totals.uncertain_calls,
    )


def _last_line(result: Result) -> str:
    if result.success:
        return f"complete: {result.branch_name}"
    return f"{result.status}: {result.error_message}"
