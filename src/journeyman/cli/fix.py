"""`journeyman fix`: so far the reading of logs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.ending import EXIT_WRONG_USE, Ended
from journeyman.domain.errors import BadRequest

if TYPE_CHECKING:
    from journeyman.domain.diagnoses import Diagnosis

Log = Annotated[str, typer.Option("--log", metavar="FILE", help="A CI log to read; - for standard input.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("fix", context_settings={"ignore_unknown_options": True})(fix)


def fix(
    log: Log = "",
    as_json: Json = False,
    words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Tell what failed, from a log: its kind, its place, the lines that say so."""
    if not log or words:
        print("journeyman: fix of a checkout is not available yet", file=sys.stderr)
        raise Ended(EXIT_WRONG_USE)
    diagnoses = _read(log)
    if as_json:
        print(json.dumps({"diagnoses": [msgspec.to_builtins(each) for each in diagnoses]}))
        return
    for diagnosis in diagnoses:
        print("\n".join(_lines(diagnosis)))
    if not diagnoses:
        print("nothing in this log is known as a failure")


def _read(log: str) -> tuple[Diagnosis, ...]:
    from journeyman.wiring import read_log

    if log == "-":
        return read_log(sys.stdin.buffer)
    try:
        with Path(log).open("rb") as stream:
            return read_log(stream)
    except OSError as error:
        raise BadRequest("--log", f"{log} cannot be read ({error.strerror})", "name a file, or - ") from error


def _lines(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis as a person reads it, its evidence below it."""
    head = f"{diagnosis.confidence:3d}% {diagnosis.category}"
    place = f"  {diagnosis.place}" if diagnosis.place else ""
    return [
        f"{head}{place}  {diagnosis.message}",
        *(f"     {each.number}: {each.text}" for each in diagnosis.evidence),
    ]
