"""Finds out where a failing check's fault is likely to be, for the coder."""

from __future__ import annotations

import re

from journeyman.domain.checks import CheckOutcome
from journeyman.domain.runs import Run
from journeyman.steps.briefing import suspects_text
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.shell import SandboxShell
from journeyman.steps.site import Site

SECONDS = 20.0
"""For all checks of one round."""

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


async def suspects_for(desk: Desk, site: Site, run: Run, number: int, tree: str) -> str:
    """Return the suspects of what fails on a round's tree, "" if there are none or the settings switch it off.

    They are found once for each round, so that a round that is done again tells its model the same.
    """
    facts = await desk.runs.facts(run.run_id)
    known: dict[str, str] = facts.notes.get("suspects", {})
    if str(number) in known or not desk.surroundings(run).get("localise"):
        return known.get(str(number), "")
    report = facts.report if number > 1 else facts.baseline
    failing = [outcome for outcome in report.outcomes if not outcome.passed] if report else []
    text = await _traced(desk, site, run, number, tree, failing) if failing else ""
    await desk.runs.learn(run.run_id, notes={**facts.notes, "suspects": {**known, str(number): text}})
    return text


async def _traced(desk: Desk, site: Site, run: Run, number: int, tree: str, failing: list[CheckOutcome]) -> str:
    await site.workspace.restore(tree)
    shell = SandboxShell(site.sandbox, await CommandLog.begin(desk, run, "localise", number))
    paths = await site.workspace.files(tree)
    change = await site.workspace.change(await site.workspace.base_tree(), tree)
    found = [
        await desk.localiser.suspicion(shell, paths, outcome, SECONDS / len(failing), changed_lines(change.diff))
        for outcome in failing
    ]
    await site.workspace.restore(tree)
    return "\n".join(suspects_text(suspicion) for suspicion in found if suspicion is not None)


def changed_lines(diff: str) -> dict[str, frozenset[int]]:
    """Return the lines that a unified diff puts into each file, with those right around them."""
    found: dict[str, frozenset[int]] = {}
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/")
        elif hunk := _HUNK.match(line):
            start, count = int(hunk[1]), int(hunk[2] or 1)
            found[path] = found.get(path, frozenset()) | frozenset(range(start, start + count))
    return found
