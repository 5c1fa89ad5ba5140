"""Puts together what an agent is told about a run."""

from __future__ import annotations

import msgspec

from journeyman.agents import Brief
from journeyman.domain.checks import CheckOutcome, CheckReport
from journeyman.domain.result import Plan
from journeyman.domain.runs import Run
from journeyman.domain.suspicion import Suspicion
from journeyman.store import RunFacts

FILES_SHOWN = 400
SUSPECTS_SHOWN, LINES_SHOWN, LINE_LENGTH = 5, 3, 120
FAILURE_SHOWN = 6_000
"""Characters of one failing check's output that are shown."""


def brief_of(
    run: Run,
    facts: RunFacts,
    house_rules: str,
    paths: tuple[str, ...],
    remarks: str = "",
    suspects: str = "",
    code: str = "",
    remembered: str = "",
) -> Brief:
    """Return what every agent of the run is told."""
    task = run.request.task
    baseline = facts.baseline or CheckReport()
    return Brief(
        mode=run.options.mode.value,
        title=task.title,
        description=task.description,
        requirements=task.requirements,
        instructions=run.request.agent.instructions or "",
        house_rules=house_rules,
        checks=tuple(f"{outcome.check.name}: {outcome.check.command}" for outcome in baseline.outcomes),
        failing=failing_text(baseline),
        suspects=suspects,
        code=code,
        files=paths[:FILES_SHOWN],
        plan=(facts.plan or Plan()).steps,
        remarks=remarks,
        remembered=remembered,
        context=msgspec.json.encode(task.context).decode() if task.context else "",
    )


def failing_text(report: CheckReport) -> str:
    """Return what the failing checks say, shortened."""
    return "\n\n".join(_outcome_text(outcome) for outcome in report.outcomes if not outcome.passed)


def suspects_text(suspicion: Suspicion) -> str:
    """Return the most suspicious functions and lines, in few words."""
    words = [f"{suspicion.check}:"]
    for number, function in enumerate(suspicion.functions[:SUSPECTS_SHOWN], 1):
        words.append(f"{number}. {function.path}:{function.first} {function.name}: {'; '.join(function.reasons)}")
        for line in function.lines[:LINES_SHOWN]:
            text = function.text(line.line).strip()[:LINE_LENGTH]
            words.append(f"   line {line.line}, {line.failing} failing, {line.passing} passing: {text}")
    return "\n".join(words)


def summary_text(report: CheckReport) -> str:
    """Return one line for each check."""
    return "\n".join(
        f"{outcome.check.name}: {'passed' if outcome.passed else 'FAILED'}" for outcome in report.outcomes
    )


def _outcome_text(outcome: CheckOutcome) -> str:
    found = "\n".join(sorted(outcome.failures())[:40])
    ending = outcome.output[-FAILURE_SHOWN:]
    return f"$ {outcome.check.command}\nexit code {outcome.exit_code}\n{found}\n{ending}"
