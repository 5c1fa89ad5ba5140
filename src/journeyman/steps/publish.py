"""Commit, push, open the pull request."""

from __future__ import annotations

from datetime import datetime

from journeyman.domain.request import BRANCH_PREFIX
from journeyman.domain.runs import NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.forge import PullRequest
from journeyman.steps.branches import free_branch_name
from journeyman.steps.briefing import summary_text
from journeyman.steps.desk import Desk
from journeyman.steps.site import Sites
from journeyman.store import RunFacts

SUBJECT_LENGTH = 72


async def commit(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """COMMIT: make the one commit. Its time is written down first, so that doing it again gives the same commit."""
    facts = await desk.runs.facts(run.run_id)
    assert facts.tree is not None
    at = str(facts.notes.get("committed_at") or desk.clock().replace(microsecond=0).isoformat())
    await desk.runs.learn(run.run_id, notes={**facts.notes, "committed_at": at})
    site = await sites.at(run)
    message = desk.redactor(run.run_id).text(commit_message(run, facts))
    made = await site.workspace.commit(facts.tree, message, desk.author, datetime.fromisoformat(at))
    facts = await desk.runs.facts(run.run_id)
    await desk.runs.learn(run.run_id, notes={**facts.notes, "commit": made, "message": message})
    await desk.post(run, NotificationType.CHANGES_COMMITTED, f"commit {made[:12]}", occasion=given.round, commit=made)
    return StepReport(Event.DONE, f"committed {made[:12]}: {message.splitlines()[0]}")


async def publish(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """PR: push the branch and open a pull request, as far as the options say."""
    facts = await desk.runs.facts(run.run_id)
    left: list[str] = facts.notes.get("left", [])
    ending = Event.NEEDS_PERSON if left else Event.DONE
    reason = f"delivered in part, left: {'; '.join(left)}" if left else ""
    if not run.options.push:
        return StepReport(ending, "not pushed, as asked", reason)
    site = await sites.at(run)
    made, message = str(facts.notes["commit"]), str(facts.notes["message"])
    if given.round > 1:
        run = await _under_a_free_name(desk, sites, run, made, given.round)
    # The last look at the lease: what a process does to the remote after it was taken for dead cannot be undone.
    await desk.note(run, f"pushing {run.branch_name}")
    await site.workspace.push(made, run.branch_name)
    await desk.audit.record("journeyman", "push", run.run_id, {"branch": run.branch_name, "commit": made})
    told = f"pushed {run.branch_name}"
    await desk.post(run, NotificationType.CHANGES_PUSHED, told, occasion=given.round, branch=run.branch_name)
    url = await _pull_request(desk, run, message) if run.options.pull_request else None
    await desk.runs.learn(run.run_id, notes={**facts.notes, "pushed": True, "pull_request_url": url})
    return StepReport(ending, f"pushed {run.branch_name}" + (f", pull request {url}" if url else ""), reason)


async def _under_a_free_name(desk: Desk, sites: Sites, run: Run, made: str, occasion: int) -> Run:
    """Give the branch another name if somebody else's has come to stand under it. Doing it again changes nothing."""
    heads = await desk.repositories.branches(sites.repository(run))
    if heads.get(run.branch_name, made) == made:
        return run
    task = run.request.task
    prefix = BRANCH_PREFIX[run.options.mode]
    branch = free_branch_name(prefix, run.created_at, task.title or task.description, heads)
    await desk.runs.set_base(run.run_id, run.base_branch, run.base_commit, branch)
    await desk.post(
        run, NotificationType.BRANCH_CREATED, f"the branch is {branch} now", occasion=occasion, branch=branch
    )
    return await desk.runs.get(run.run_id)


async def _pull_request(desk: Desk, run: Run, message: str) -> str | None:
    subject, _, body = message.partition("\n")
    remote = run.request.repository.remote_url
    wanted = PullRequest(remote, run.branch_name, run.base_branch, subject, body.strip())
    return await desk.forge.open_pull_request(wanted)


def commit_message(run: Run, facts: RunFacts) -> str:
    """Return what was done and why, the requirements and the checks that ran."""
    task = run.request.task
    title = " ".join((task.title or task.description).split())
    prefix = BRANCH_PREFIX[run.options.mode]
    parts = [f"{prefix}: {title}"[:SUBJECT_LENGTH].rstrip(), task.description.strip()]
    if facts.notes.get("mended"):
        parts.append("Mended without a model:\n" + "\n".join(f"- {line}" for line in facts.notes["mended"]))
    if task.requirements:
        parts.append("Requirements:\n" + "\n".join(f"- {requirement}" for requirement in task.requirements))
    if facts.report and facts.report.outcomes:
        parts.append("Checks:\n" + "\n".join(f"- {line}" for line in summary_text(facts.report).splitlines()))
    parts.append(f"Journeyman-Run: {run.run_id}")
    return "\n\n".join(parts) + "\n"
