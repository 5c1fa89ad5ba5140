"""`journeyman fix`: mend a checkout; or tell what failed, from a log."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.durations import seconds_of
from journeyman.cli.ending import EXIT_FAILED, EXIT_INTERRUPTED
from journeyman.cli.explaining import kept_page, show
from journeyman.cli.fixed import as_object, clean, diagnosis_lines, report_of
from journeyman.cli.house import inside
from journeyman.cli.progress import showing
from journeyman.cli.searching import SearchBar
from journeyman.domain.errors import BadRequest, JourneymanError, WrongUse
from journeyman.domain.fixing import FixOptions
from journeyman.domain.request import Limits

if TYPE_CHECKING:
    from journeyman.domain.diagnoses import Diagnosis
    from journeyman.domain.mending import Searching
    from journeyman.domain.runs import Run
    from journeyman.wiring import House

Place = Annotated[str | None, typer.Argument(metavar="[PATH]", help="A project's folder; this one by default.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("fix")(fix)


def fix(
    path: Place = None,
    check: Annotated[list[str] | None, typer.Option(metavar="CMD", help="A check; repeatable. Else found.")] = None,
    model: Annotated[str, typer.Option(help="provider:model for what programs leave, or none.")] = "none",
    budget: Annotated[float | None, typer.Option(metavar="USD", help="Dollars at most for the model.")] = None,
    token_budget: Annotated[int | None, typer.Option(metavar="N", help="Tokens at most for the model.")] = None,
    max_turns: Annotated[int, typer.Option(help="Turns of the model at most.")] = 100,
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Write the change, or show it only.")] = True,
    time_limit: Annotated[
        str, typer.Option(metavar="120s", help="Time at most for mending without a model.")
    ] = "120s",
    allow_oracle_changes: Annotated[
        bool, typer.Option("--allow-oracle-changes", help="Snapshots and generated files may be made anew.")
    ] = False,
    apply_first: Annotated[
        bool, typer.Option("--apply-first", help="Of several patches that differ, apply the likeliest.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which lines the failing tests point to, here and as a page.")
    ] = False,
    log: Annotated[
        str, typer.Option(metavar="FILE", help="A CI log to read; - for standard input. With PATH: as evidence.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Make the failing checks of a checkout pass, by programs; uncommitted work is kept, no test is edited.

    With --log alone: tell what failed, from a log.
    """
    told = _read(log) if log else ()
    if log and path is None:
        return _tell(told, as_json)
    options = FixOptions(
        checks=tuple(check or ()),
        model=model,
        apply=apply,
        time_limit_seconds=seconds_of(f"{time_limit}s" if time_limit.strip().isdecimal() else time_limit) or 0.0,
        allow_oracle_changes=allow_oracle_changes,
        apply_first=apply_first,
        explain=explain,
        log=told,
        limits=Limits(budget, max_turns, None, token_budget),
    )
    print(f"looking at {Path(path or '.').absolute()}", file=sys.stderr, flush=True)
    return inside(lambda house: _fix(house, Path(path or "."), options, as_json))


async def _fix(house: House, place: Path, options: FixOptions, as_json: bool) -> int:
    bar = SearchBar(sys.stderr, options.time_limit_seconds)
    try:
        fixed = await house.fixing.fix(place, options, _Onlooker(house, bar))
    except asyncio.CancelledError:
        told = "interrupted before anything was mended; nothing was changed"
        return _ended(told, EXIT_INTERRUPTED, as_json)
    except WrongUse:
        raise
    except JourneymanError as error:
        return _ended(error.line(), EXIT_FAILED, as_json)
    finally:
        bar.clear()
    page = kept_page(house.fixing.pages, Path(fixed.root), fixed.mended.suspicions) if options.explain else ""
    if as_json:
        print(json.dumps(as_object(fixed, options) | ({"explained": page} if options.explain else {})))
    else:
        if options.explain:
            show(fixed.mended.suspicions, page, colour=_in_colour())
        print(report_of(fixed, options, colour=_in_colour()))
    if fixed.interrupted:
        return EXIT_INTERRUPTED
    return 0 if fixed.green else EXIT_FAILED


def _ended(told: str, code: int, as_json: bool) -> int:
    """Say why nothing came of it."""
    print(f"journeyman: {told}", file=sys.stderr)
    if as_json:
        print(json.dumps({"success": False, "interrupted": code == EXIT_INTERRUPTED, "error": told}))
    return code


class _Onlooker:
    """Shows on standard error what happens."""

    def __init__(self, house: House, bar: SearchBar) -> None:
        self._house = house
        self._bar = bar

    async def tell(self, line: str) -> None:
        """Print a line."""
        self._bar.clear()
        print(f"· {clean(' '.join(line.split()))}", file=sys.stderr, flush=True)

    async def watch(self, searching: Searching) -> None:
        """Show how far a search has come, on a terminal."""
        self._bar.show(searching)

    async def carry_out(self, run_id: str) -> Run:
        """Carry a run out and show its log meanwhile."""
        return await showing(self._house, run_id, self._house.carrying_out.carry_out(run_id))


def _in_colour() -> bool:
    from journeyman.config import wants_colour

    return sys.stdout.isatty() and wants_colour()


def _tell(told: tuple[Diagnosis, ...], as_json: bool) -> int:
    if as_json:
        print(json.dumps({"diagnoses": [msgspec.to_builtins(each) for each in told]}))
        return 0
    for diagnosis in told:
        print("\n".join(diagnosis_lines(diagnosis)))
    if not told:
        print("nothing in this log is known as a failure")
    return 0


def _read(log: str) -> tuple[Diagnosis, ...]:
    from journeyman.wiring import read_log

    if log == "-":
        return read_log(sys.stdin.buffer)
    try:
        with Path(log).open("rb") as stream:
            return read_log(stream)
    except OSError as error:
        raise BadRequest("--log", f"{log} cannot be read ({error.strerror})", "name a file, or - ") from error
