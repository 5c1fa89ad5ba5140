"""Plan the change: by the planner, or without a model from what fails."""

from __future__ import annotations

from journeyman.agents import plan as ask_planner
from journeyman.domain.checks import CheckReport
from journeyman.domain.result import Plan
from journeyman.domain.runs import NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.steps.briefing import brief_of
from journeyman.steps.desk import Desk
from journeyman.steps.knowing import shown_code
from journeyman.steps.remembering import Told, remembered_for
from journeyman.steps.site import Sites

NEEDS_MODEL = (
    "no check fails, and more than mending failing checks needs a model: "
    "name one with --model provider:model and set its key"
)


async def plan(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """PLAN: make the contract's plan."""
    choice = desk.choice(run)
    remembered = Told() if choice is None else await remembered_for(desk, run)
    if remembered.line:
        await desk.note(run, remembered.line)
    facts = await desk.runs.facts(run.run_id)
    if choice is None:
        made = plan_from_checks(facts.baseline or CheckReport())
        if not made.steps:
            return StepReport(Event.STUCK, NEEDS_MODEL, NEEDS_MODEL)
    else:
        site = await sites.at(run)
        paths = await site.workspace.files(await site.workspace.base_tree())
        code = await shown_code(desk, site, run)
        brief = brief_of(run, facts, site.house_rules, paths, code=code, remembered=remembered.text)
        made = await ask_planner(desk.models, run.run_id, brief, choice)
    await desk.runs.learn(run.run_id, plan=made)
    told = f"{len(made.steps)} steps"
    await desk.post(run, NotificationType.PLAN_CREATED, told, occasion=given.round, steps=list(made.steps))
    return StepReport(Event.DONE, "plan: " + "; ".join(made.steps))


def plan_from_checks(baseline: CheckReport) -> Plan:
    """Return a plan that makes each failing check pass."""
    failing = [outcome for outcome in baseline.outcomes if not outcome.passed]
    return Plan(
        steps=tuple(f"make `{outcome.check.name}` pass" for outcome in failing),
        files_to_modify=tuple(sorted({problem.path for outcome in failing for problem in outcome.problems})),
        estimated_steps=len(failing),
        validation_criteria=tuple(f"`{outcome.check.command}` ends with exit code 0" for outcome in failing),
    )
