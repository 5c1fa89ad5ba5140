"""Commands that steer: tell, approve, reject, cancel, resume."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from journeyman.cli.deliver import carry_on, content_of, print_ending
from journeyman.cli.durations import seconds_of
from journeyman.cli.house import inside
from journeyman.cli.look import Json, RunId
from journeyman.cli.progress import showing
from journeyman.domain.errors import RunHeld, WrongUse

if TYPE_CHECKING:
    from journeyman.domain.request import Credentials
    from journeyman.intake import NewLimits
    from journeyman.wiring import House


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (tell, approve, reject, cancel, resume):
        app.command(command.__name__)(command)


def tell(run: RunId, text: Annotated[str, typer.Argument(help="What the coder should know.")]) -> None:
    """Tell a run something; its coder hears it before the next turn."""
    inside(lambda house: _tell(house, run, text))


def approve(run: RunId, as_json: Json = False) -> int:
    """Approve a waiting run and carry it to its end."""
    return inside(lambda house: _approve(house, run, as_json))


def reject(
    run: RunId, comment: Annotated[str, typer.Option(help="Why, and what to do instead.")], as_json: Json = False
) -> int:
    """Send a waiting run back to its work."""
    return inside(lambda house: _reject(house, run, comment, as_json))


def cancel(run: RunId, as_json: Json = False) -> int:
    """End a run."""
    return inside(lambda house: _cancel(house, run, as_json))


def resume(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]")] = None,
    all_runs: Annotated[bool, typer.Option("--all", help="Every run that nobody is at work on.")] = False,
    budget: Annotated[float | None, typer.Option(metavar="USD", help="A new budget.")] = None,
    token_budget: Annotated[int | None, typer.Option(metavar="N", help="A new number of tokens.")] = None,
    max_turns: Annotated[int | None, typer.Option(help="A new number of turns.")] = None,
    time_limit: Annotated[str | None, typer.Option(metavar="90m", help="A new time, from the start.")] = None,
    credentials: Annotated[
        str | None, typer.Option(metavar="FILE", help="Of a run submitted elsewhere, as JSON; - is standard input.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Go on with a run that was interrupted, or that an outage or a limit ended."""
    from journeyman.intake import NewLimits, parse_credentials

    if (run is None) == (not all_runs):
        raise WrongUse("resume takes a run or --all", "journeyman tasks lists the runs")
    limits = NewLimits(budget, max_turns, seconds_of(time_limit), token_budget)
    if run is None:
        return inside(lambda house: _resume_all(house, as_json))
    given = parse_credentials(content_of(credentials, "credentials").encode()) if credentials else None
    return inside(lambda house: _resume(house, run, limits, given, as_json))


async def _tell(house: House, run_id: str, text: str) -> None:
    run = await house.carrying_out.tell(run_id, text)
    print(f"told {run.run_id}")


async def _approve(house: House, run_id: str, as_json: bool) -> int:
    run = await house.carrying_out.approve(run_id)
    return await carry_on(house, run.run_id, as_json)


async def _reject(house: House, run_id: str, comment: str, as_json: bool) -> int:
    run = await house.carrying_out.reject(run_id, comment)
    return await carry_on(house, run.run_id, as_json)


async def _cancel(house: House, run_id: str, as_json: bool) -> int:
    run = await house.carrying_out.cancel(run_id)
    try:
        run = await house.carrying_out.carry_out(run.run_id)
    except RunHeld:
        words = f"{run.run_id} will stop within a second"
        print(json.dumps({"run_id": run.run_id, "status": run.state.status}) if as_json else words)
        return 0
    print_ending(run, as_json)
    return 0


async def _resume(
    house: House, run_id: str, limits: NewLimits, credentials: Credentials | None, as_json: bool
) -> int:
    run = await house.inquiring.run(run_id)
    run = await showing(house, run.run_id, house.carrying_out.resume(run.run_id, limits, credentials))
    return print_ending(run, as_json)


async def _resume_all(house: House, as_json: bool) -> int:
    resumed = await house.carrying_out.resume_all()
    for error in resumed.left:
        print(f"journeyman: {error.line()}", file=sys.stderr)
    codes = [2 if resumed.left else 0]
    if as_json:
        shown = [{"run_id": run.run_id, "status": run.state.status} for run in resumed.ended]
        print(json.dumps({"resumed": shown}))
        return codes[0]
    for run in resumed.ended:
        codes.append(print_ending(run, as_json))
    return max(codes)
