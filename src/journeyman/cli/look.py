"""Commands that look: tasks, show, logs, diff, cost, doctor, audit."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.house import inside
from journeyman.cli.progress import catch_up, line_of
from journeyman.cli.report import report_of
from journeyman.cli.spent import spent_json, spent_text

if TYPE_CHECKING:
    from journeyman.domain.runs import Activity
    from journeyman.intake import Diagnosis
    from journeyman.wiring import House

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

LOOK_EVERY = 0.3


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (tasks, show, logs, diff, cost, doctor):
        app.command(command.__name__)(command)
    audit = typer.Typer(help="The audit log: who did what, in a chain of hashes.", rich_markup_mode=None)
    audit.command("verify")(audit_verify)
    app.add_typer(audit, name="audit")


def tasks(as_json: Json = False) -> None:
    """List the newest runs."""
    inside(lambda house: _tasks(house, as_json))


def show(run: RunId, as_json: Json = False) -> None:
    """Show how a run stands, and its result."""
    inside(lambda house: _show(house, run, as_json))


def logs(
    run: RunId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    as_json: Json = False,
) -> None:
    """Print a run's log."""
    inside(lambda house: _logs(house, run, follow, as_json))


def diff(run: RunId, as_json: Json = False) -> None:
    """Print a run's change so far as a unified diff."""
    inside(lambda house: _diff(house, run, as_json))


def cost(run: RunId, as_json: Json = False) -> None:
    """Print what a run has used."""
    inside(lambda house: _cost(house, run, as_json))


def doctor(as_json: Json = False) -> int:
    """Tell what is installed, configured and reachable, and what to do about the rest."""
    return inside(lambda house: _doctor(house, as_json))


def audit_verify(as_json: Json = False) -> int:
    """Check that no entry of the audit log was changed, removed or put in."""
    return inside(lambda house: _audit_verify(house, as_json))


async def _audit_verify(house: House, as_json: bool) -> int:
    verdict = await house.inquiring.verify_audit()
    if as_json:
        print(json.dumps(msgspec.to_builtins(verdict)))
    elif verdict.broken_at is None:
        print(f"{verdict.entries} entries, whole; the last hash is {verdict.last_hash}")
    else:
        print(f"broken at entry {verdict.broken_at}: it or the one before it was changed, removed or put in")
    return 0 if verdict.broken_at is None else 1


async def _tasks(house: House, as_json: bool) -> None:
    from journeyman.intake import shown

    runs = await house.inquiring.tasks()
    if as_json:
        print(json.dumps({"tasks": [shown(run) for run in runs]}))
        return
    for run in runs:
        print(f"{run.run_id}  {run.state.status:9}  {run.created_at:%Y-%m-%d %H:%M}  {run.request.task.title[:70]}")


async def _show(house: House, run_id: str, as_json: bool) -> None:
    from journeyman.intake import shown

    run = await house.inquiring.run(run_id)
    if as_json:
        print(json.dumps(shown(run)))
        return
    print(report_of(run))
    print(f"  state    {run.state.value}, since {run.updated_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"  from     {run.request.repository.remote_url} {run.base_branch} {run.base_commit[:12]}")


async def _logs(house: House, run_id: str, follow: bool, as_json: bool) -> None:
    run = await house.inquiring.run(run_id)
    if follow and not as_json:
        await _follow(house, run.run_id)
        return
    number = 0
    lines: list[Activity] = []
    while found := await house.inquiring.log(run.run_id, number):
        lines += found
        number = found[-1].number
    if as_json:
        print(json.dumps({"run_id": run.run_id, "activities": msgspec.to_builtins(lines, str_keys=True)}))
        return
    for activity in lines:
        print(line_of(activity))


async def _follow(house: House, run_id: str) -> None:
    number = 0
    while True:
        run = await house.inquiring.run(run_id)
        number = await catch_up(house, run_id, number)
        if run.state.final:
            return
        await asyncio.sleep(LOOK_EVERY)


async def _diff(house: House, run_id: str, as_json: bool) -> None:
    text = await house.inquiring.diff(run_id)
    if as_json:
        print(json.dumps({"run_id": run_id, "diff": text}))
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(text, "diff", theme="ansi_dark"))
    else:
        print(text, end="")


async def _cost(house: House, run_id: str, as_json: bool) -> None:
    report = await house.inquiring.cost(run_id)
    print(json.dumps(spent_json(report)) if as_json else spent_text(report))


async def _doctor(house: House, as_json: bool) -> int:
    findings = await house.diagnose()
    if as_json:
        print(json.dumps({"findings": msgspec.to_builtins(findings)}))
    else:
        for finding in findings:
            print(_finding_line(finding))
    return 0 if all(finding.ok for finding in findings if finding.needed) else 1


def _finding_line(finding: Diagnosis) -> str:
    mark = "ok     " if finding.ok else "MISSING" if finding.needed else "-      "
    return f"{mark} {finding.subject}: {finding.words}"
