"""Commands that record and replay: export, replay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from journeyman.cli.ending import EXIT_FAILED
from journeyman.cli.look import Json, RunId
from journeyman.domain.errors import WrongUse


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("export")(export)
    app.command("replay")(replay)


def export(
    run: RunId,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to.")] = None,
    as_test: Annotated[str | None, typer.Option(metavar="DIR", help="Write a regression test instead.")] = None,
    as_json: Json = False,
) -> None:
    """Write everything that a run saw into one file, without secrets; or a test that replays it."""
    from journeyman.wiring.recording import export_run, export_test

    if output is not None and as_test is None:
        asyncio.run(export_run(run, path := Path(output)))
    elif as_test is not None and output is None:
        path = asyncio.run(export_test(run, Path(as_test)))
    else:
        raise WrongUse("export takes one place to write to", "give -o FILE, or --as-test DIR")
    print(json.dumps({"run_id": run, "written": str(path)}) if as_json else f"wrote {path}")


def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What journeyman export wrote.")],
    allow_install: Annotated[
        bool, typer.Option("--allow-install", help="Install what the recorded repository depends on, if need be.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Run a recorded run again, without network and models, and tell whether anything is different now."""
    from journeyman.wiring.recording import replay

    verdict = asyncio.run(replay(Path(file), may_install=allow_install))
    print(verdict.as_json() if as_json else "\n".join(verdict.lines()))
    return 0 if verdict.identical else EXIT_FAILED
