"""Get ready: the work tree, the environment, the repository's checks, and what fails before any change."""

from __future__ import annotations

import hashlib

import msgspec

from journeyman.domain.checks import Check, CheckReport
from journeyman.domain.errors import EnvironmentBroken
from journeyman.domain.request import BRANCH_PREFIX
from journeyman.domain.runs import NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.sandbox import Remedy
from journeyman.steps.branches import free_branch_name
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.remedies import WORDS, remedy_for
from journeyman.steps.site import Site, Sites, look, run_checks


async def prepare(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """INIT: clone the base commit and choose the branch."""
    if given.round == 1:
        await desk.post(run, NotificationType.WORKFLOW_STARTED, f"started: {run.request.task.title}")
    await desk.runs.learn(run.run_id, environment=dict(desk.surroundings(run)))
    desk.models.expect(run.request.agent.model)
    await sites.workspace(run, afresh=given.round > 1)
    cloned = f"cloned {run.base_branch} at {run.base_commit[:12]}"
    await desk.post(run, NotificationType.REPO_CLONED, cloned, occasion=given.round)
    branch = run.branch_name or await _branch(desk, sites, run)
    await desk.runs.set_base(run.run_id, run.base_branch, run.base_commit, branch)
    await desk.post(run, NotificationType.BRANCH_CREATED, f"branch {branch}", occasion=given.round, branch=branch)
    return StepReport(Event.DONE, f"{cloned}; the branch will be {branch}")


async def _branch(desk: Desk, sites: Sites, run: Run) -> str:
    taken = await desk.repositories.branches(sites.repository(run))
    task = run.request.task
    return free_branch_name(BRANCH_PREFIX[run.options.mode], run.created_at, task.title or task.description, taken)


async def understand(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """ANALYZE: build the environment, find the checks, and run them on the base commit."""
    remedy = remedy_for(given.round, given.reason)
    if remedy:
        await desk.note(run, f"the environment {WORDS[remedy]}")
    site = await sites.at(run, remedy)
    if remedy is Remedy.LIGHTER:
        facts = await desk.runs.facts(run.run_id)
        await desk.runs.learn(run.run_id, notes={**facts.notes, "light": True})
    for line in site.environment.notes:
        await desk.note(run, line)
    base = await site.workspace.base_tree()
    checks = await _find_checks(desk, site, run, base)
    log = await CommandLog.begin(desk, run, "understand", given.round)
    report, remembered = await _baseline(desk, site, run, base, checks, log)
    await desk.runs.learn(run.run_id, baseline=report, tree=base)
    return StepReport(Event.DONE, _described(report, remembered))


async def _find_checks(desk: Desk, site: Site, run: Run, base: str) -> tuple[Check, ...]:
    asked = {f"validate {number}": command for number, command in enumerate(run.options.validate, 1)}
    return await desk.checks.find(await look(site.workspace, base), asked or dict(site.settings.checks) or None)


async def _baseline(
    desk: Desk, site: Site, run: Run, base: str, checks: tuple[Check, ...], log: CommandLog
) -> tuple[CheckReport, bool]:
    """Return the report on the base commit; one for the same tree, checks and environment is not made twice."""
    facts = msgspec.json.encode((checks, site.environment.path, site.environment.variables))
    key = f"baseline:{base}:{hashlib.sha256(facts).hexdigest()}"
    known = await desk.remembered.recall(key)
    if known is not None:
        return msgspec.json.decode(known, type=CheckReport), True
    await desk.note(run, f"running {len(checks)} checks before any change")
    await site.workspace.restore(base)
    report = await run_checks(desk, site.sandbox, checks, log)
    await site.workspace.restore(base)
    starved = [outcome.check.name for outcome in report.outcomes if outcome.out_of_memory]
    if starved and not site.light:
        raise EnvironmentBroken(f"out of memory: {', '.join(starved)}", "see sandbox limits")
    absent = [outcome.check.name for outcome in report.outcomes if outcome.exit_code == 127]
    if absent and len(absent) == len(report.outcomes):
        raise EnvironmentBroken(
            f"no command of the checks is installed: {', '.join(absent)}",
            "; ".join(site.environment.notes) or "name others: --validate",
        )
    # The run's own fact first: a process that was taken for dead, and so stopped in the middle, remembers nothing.
    await desk.runs.learn(run.run_id, baseline=report)
    await desk.remembered.remember(key, msgspec.json.encode(report).decode(), desk.clock())
    return report, False


def _described(report: CheckReport, remembered: bool) -> str:
    if not report.outcomes:
        return "found no checks in the repository; name some with --validate"
    failing = [outcome.check.name for outcome in report.outcomes if not outcome.passed]
    names = ", ".join(outcome.check.name for outcome in report.outcomes)
    source = " (known from an earlier run)" if remembered else ""
    return f"checks: {names}; failing before the change: {', '.join(failing) or 'none'}{source}"
