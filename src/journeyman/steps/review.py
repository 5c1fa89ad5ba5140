"""Ask a person where the options or the risk of the change say so."""

from __future__ import annotations

from journeyman.domain.request import Approval
from journeyman.domain.runs import Run, StepGiven, StepReport
from journeyman.domain.states import Event, State
from journeyman.gates import risks
from journeyman.steps.desk import Desk
from journeyman.steps.site import Sites


async def review(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """REVIEW: go on, or wait for a person's decision."""
    reasons = await _reasons(desk, sites, run)
    if not reasons:
        return StepReport(Event.DONE)
    facts = await desk.runs.facts(run.run_id)
    await desk.runs.learn(run.run_id, notes={**facts.notes, "asked": given.round})
    await sites.close(run.run_id)
    await desk.runs.set_state(run.run_id, State.WAITING, Event.NEEDS_PERSON, desk.clock())
    return StepReport(
        Event.NEEDS_PERSON,
        f"waits for a person ({'; '.join(reasons)}): journeyman diff {run.run_id}, then journeyman approve "
        f"{run.run_id} or journeyman reject {run.run_id} --comment TEXT",
    )


async def _reasons(desk: Desk, sites: Sites, run: Run) -> tuple[str, ...]:
    if run.options.approve is Approval.NEVER:
        return ()
    if run.options.approve is Approval.ALWAYS:
        return ("every change is to be approved",)
    site = await sites.at(run)
    facts = await desk.runs.facts(run.run_id)
    assert facts.tree is not None
    return risks(await site.workspace.change(await site.workspace.base_tree(), facts.tree))
