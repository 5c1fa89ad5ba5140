"""What a run is shown of its project's memory, and what the memory learns of the run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeyman.codebase import Finished
from journeyman.domain.checks import CheckReport
from journeyman.domain.errors import GitFailed
from journeyman.domain.patterns import Pattern, Recalled
from journeyman.domain.runs import Run
from journeyman.domain.states import Event, State
from journeyman.git import Head
from journeyman.steps.desk import Desk
from journeyman.steps.site import Sites

SHOWN = 6
LEAST_RELEVANT = 0.1
SHOWN_CHARACTERS = 6_000
SNIPPET_LINES, LINE_LENGTH = 16, 160
NAMED = 3
NOTE = "memory"

_TELLS_NOTHING = frozenset({Event.LIMIT, Event.OUTAGE, Event.CANCELLED, Event.ENVIRONMENT_BROKEN, Event.GIT_BROKEN})
"""Endings that no pattern had a part in."""


class Told(msgspec.Struct, frozen=True):
    """What a run is shown of the memory, and which patterns that is, in a line for people; both may be empty."""

    text: str = ""
    line: str = ""


async def remembered_for(desk: Desk, run: Run) -> Told:
    """Return what the memory has for the run's task; nothing if the settings switch it off.

    It is recalled once, and noted that the run was shown it: a round that is done again, or a replay, tells its model
    the same.
    """
    facts = await desk.runs.facts(run.run_id)
    if NOTE in facts.notes or not desk.surroundings(run).get(NOTE):
        return msgspec.convert(facts.notes.get(NOTE, {}), Told)
    project, task = await project_of_run(desk, run), run.request.task
    question = "\n".join((task.title, "", task.description, *task.requirements))
    found = await desk.memory.recall(project, question, SHOWN)
    fitting = [each for each in found if each.relevance >= LEAST_RELEVANT]
    numbers = [each.pattern.number for each in fitting]
    line = f"remembered of {project}: {', '.join(f'pattern {number}' for number in numbers)}" if numbers else ""
    told = Told(desk.redactor(run.run_id).text(remembered_text(fitting)), line)
    await desk.memory.shown(run.run_id, project, numbers)
    facts = await desk.runs.facts(run.run_id)
    await desk.runs.learn(run.run_id, notes={**facts.notes, NOTE: msgspec.to_builtins(told)})
    return told


async def project_of_run(desk: Desk, run: Run) -> str:
    """Return whose memory a run uses: that of the project it was submitted for, else that of its repository."""
    task = run.request.task
    if task.project_id:
        return f"{task.company_id}/{task.project_id}"
    return await desk.memory.project_at(run.request.repository.remote_url)


def remembered_text(found: Sequence[Recalled]) -> str:
    """Return patterns in few words, the best first, as many as fit."""
    told: list[str] = []
    for each in found:
        text = _told(each.pattern)
        if sum(map(len, told)) + len(text) > SHOWN_CHARACTERS:
            break
        told.append(text)
    return "\n\n".join(told)


def _told(pattern: Pattern) -> str:
    served = pattern.served
    tried = served.helped + served.failed
    facts = [
        f"{pattern.type} from {pattern.source}: {pattern.name}",
        *([f"file: {pattern.file}"] if pattern.file else ()),
        *([f"with: {', '.join(pattern.dependencies)}"] if pattern.dependencies else ()),
        *([f"of {tried} runs that were shown it, {served.helped} succeeded"] if tried else ()),
    ]
    lines = [line[:LINE_LENGTH] for line in pattern.snippet.splitlines()]
    cut = [*lines[:SNIPPET_LINES], *(["…"] if len(lines) > SNIPPET_LINES else ())]
    return "\n".join([*(fact[: 2 * LINE_LENGTH] for fact in facts), *(f"    {line}" for line in cut)])


async def learn_from(desk: Desk, sites: Sites, run: Run, final: State, event: Event) -> None:
    """Count how the run ended for what it was shown; from one that completed, learn."""
    if not desk.surroundings(run).get(NOTE):
        return
    for pattern in await desk.memory.turned_out(run.run_id, _helped(final, event)):
        await desk.note(run, f"pattern {pattern.number} does not help and is not shown any more: {pattern.name}")
    if final is not State.COMPLETE:
        return
    facts = await desk.runs.facts(run.run_id)
    try:
        project = await project_of_run(desk, run)
        head = Head(run.base_branch, run.base_commit)
        workspace = await desk.repositories.glance(run.run_id, sites.repository(run), head)
        change = await workspace.change(await workspace.base_tree(), facts.tree or await workspace.base_tree())
        before, after = facts.baseline or CheckReport(), facts.report or CheckReport()
        passed = tuple(outcome.check for outcome in after.outcomes if outcome.passed)
        await desk.memory.learn_run(project, Finished(passed, _mended(before, after), change))
        await desk.memory.read_past(project, workspace.git_dir, run.base_commit)
    except GitFailed as error:
        await desk.note(run, f"nothing was learnt of the repository: {error.line()}")


def _helped(final: State, event: Event) -> bool | None:
    if final is State.COMPLETE:
        return True
    return None if final is State.CANCELLED or event in _TELLS_NOTHING else False


def _mended(before: CheckReport, after: CheckReport) -> tuple[str, ...]:
    """Return the first tests, or else the checks, that failed before and pass now."""
    old, now = before.failures(), after.failures()
    tests, checks = [], []
    for outcome in after.outcomes:
        name = outcome.check.name
        if old.get(name) and not now.get(name):
            tests += [each.removeprefix("test ") for each in sorted(old[name]) if each.startswith("test ")]
            checks.append(name)
    return tuple((tests or checks)[:NAMED])
