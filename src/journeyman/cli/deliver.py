"""`journeyman run`: deliver a task."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.durations import seconds_of
from journeyman.cli.ending import Ended, code_of
from journeyman.cli.house import inside
from journeyman.cli.progress import showing
from journeyman.cli.report import report_of
from journeyman.domain.errors import BadRequest, RunHeld
from journeyman.domain.request import (
    AgentChoice,
    Approval,
    Limits,
    Mode,
    Repository,
    Request,
    RunOptions,
    Task,
)
from journeyman.domain.runs import Run

if TYPE_CHECKING:
    from journeyman.wiring import House

TRY_EVERY = 0.5
"""Seconds between two tries to go on with a run that somebody else is at work on."""

LONGEST_FILE = 1_000_000
"""Bytes of a task or request file that are read."""


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("run")(deliver)


def deliver(
    repo: Annotated[str, typer.Argument(metavar="[REPO]", help="A path, or an https, ssh or file URL.")] = ".",
    task: Annotated[str | None, typer.Option(help="What is to be done.")] = None,
    task_file: Annotated[str | None, typer.Option(help="The same from a file; - is standard input.")] = None,
    request: Annotated[str | None, typer.Option(help="A whole request as a JSON file.")] = None,
    title: Annotated[str | None, typer.Option(help="A short title.")] = None,
    requirement: Annotated[list[str] | None, typer.Option(help="Something that must hold; repeatable.")] = None,
    mode: Annotated[Mode, typer.Option(help="The kind of task.")] = Mode.FEATURE,
    base: Annotated[str | None, typer.Option(metavar="BRANCH", help="Where to start from.")] = None,
    model: Annotated[str | None, typer.Option(help="provider:model, or none.")] = None,
    validate: Annotated[list[str] | None, typer.Option(metavar="CMD", help="A check; repeatable.")] = None,
    budget: Annotated[float | None, typer.Option(metavar="USD", help="Dollars at most.")] = None,
    token_budget: Annotated[int | None, typer.Option(metavar="N", help="Tokens at most, in and out.")] = None,
    max_turns: Annotated[int, typer.Option(help="Turns of the coder at most.")] = 100,
    time_limit: Annotated[str | None, typer.Option(metavar="90m", help="Time at most.")] = None,
    approve: Annotated[Approval, typer.Option(help="When a person is asked.")] = Approval.NEVER,
    push: Annotated[bool, typer.Option("--push/--no-push", help="Push the branch.")] = True,
    pr: Annotated[bool, typer.Option("--pr/--no-pr", help="Open a pull request where there are any.")] = True,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> int:
    """Deliver a task: a repository and a task in, a validated branch out."""
    options = RunOptions(
        mode=mode,
        validate=tuple(validate or ()),
        limits=Limits(budget, max_turns, seconds_of(time_limit), token_budget),
        approve=approve,
        push=push,
        pull_request=pr,
    )
    if request is not None:
        if task is not None or task_file is not None:
            raise BadRequest("request", "comes together with a task", "give either --request or --task")
        asked = _request(request, model)
    else:
        wanted = Task(_task_text(task, task_file), title=title or "", requirements=tuple(requirement or ()))
        asked = Request(Repository(_address(repo), base or ""), wanted, AgentChoice(model or ""))
    return inside(lambda house: _deliver(house, asked, options, detach, as_json))


async def _deliver(house: House, request: Request, options: RunOptions, detach: bool, as_json: bool) -> int:
    run = await house.submitting.submit(request, options)
    if detach:
        if not await house.carrying_out.hand_over(run.run_id):
            _go_on_in_background(house.home, run)
        print(json.dumps({"run_id": run.run_id}) if as_json else run.run_id)
        return 0
    print(f"run {run.run_id}", file=sys.stderr, flush=True)
    return await carry_on(house, run.run_id, as_json)


async def carry_on(house: House, run_id: str, as_json: bool) -> int:
    """Carry a run out, or follow whoever does, show its log meanwhile, print its ending and return the exit code."""
    try:
        run = await showing(house, run_id, _to_its_end(house, run_id))
    except BaseException as error:
        if type(error).__name__ == "CancelledError":
            print(f"journeyman: interrupted; journeyman resume {run_id} goes on", file=sys.stderr)
            raise Ended(130) from None
        raise
    return print_ending(run, as_json)


async def _to_its_end(house: House, run_id: str) -> Run:
    """Carry a run out. A worker may have been quicker: then see what comes of it, and go on if the worker dies."""
    while True:
        try:
            return await house.carrying_out.carry_out(run_id)
        except RunHeld:
            await asyncio.sleep(TRY_EVERY)


def print_ending(run: Run, as_json: bool) -> int:
    """Print how a run stands and return its exit code."""
    if not as_json:
        print(report_of(run))
    elif run.result is not None:
        print(msgspec.json.encode(run.result).decode())
    else:
        print(json.dumps({"run_id": run.run_id, "success": False, "status": run.state.status}))
    return code_of(run)


def _go_on_in_background(home: Path, run: Run) -> None:
    folder = home / "runs" / run.run_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "detached.log").open("ab") as log:
        command = [sys.executable, "-m", "journeyman", "resume", run.run_id]
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _request(name: str, model: str | None) -> Request:
    from journeyman.intake import parse_request

    asked = parse_request(content_of(name, "request").encode())
    place = msgspec.structs.replace(asked.repository, remote_url=_address(asked.repository.remote_url))
    asked = msgspec.structs.replace(asked, repository=place)
    if model:
        asked = msgspec.structs.replace(asked, agent=AgentChoice(model, asked.agent.instructions))
    return asked


def _task_text(task: str | None, task_file: str | None) -> str:
    if (task is None) == (task_file is None):
        raise BadRequest("task", "is to be given once", "use --task TEXT, --task-file FILE or --request FILE")
    return task if task is not None else content_of(str(task_file), "task-file")


def content_of(name: str, field: str) -> str:
    """Return the text of a file, or of standard input for -. BadRequest names the field."""
    try:
        content = sys.stdin.buffer.read(LONGEST_FILE) if name == "-" else _read(Path(name))
    except OSError as error:
        raise BadRequest(field, f"{name}: {error.strerror}", "name a readable file") from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise BadRequest(field, f"{name} is not UTF-8 text", "give a text file") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST_FILE)


def _address(repo: str) -> str:
    """Return a local path as an absolute one, so that the run can be resumed from anywhere."""
    return str(Path(repo).resolve()) if repo and Path(repo).exists() else repo
