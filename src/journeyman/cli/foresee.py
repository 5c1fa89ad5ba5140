"""Commands that look ahead at a task: what a model would be shown for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from journeyman.cli.attend import Session, session_of
from journeyman.cli.folders import Repo
from journeyman.domain.errors import BadRequest

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Task = Annotated[str, typer.Argument(metavar="TASK", help="The task in words; - reads it from standard input.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("context")(context)
    app.command("intent")(intent)
    app.command("suggest")(suggest)


def context(
    task: Task,
    repo: Repo = Path("."),
    tokens: Annotated[
        int, typer.Option("--tokens", min=1, max=10_000_000, help="The budget, which is never passed.")
    ] = 8000,
    session: Session = "",
    as_json: Json = False,
) -> int:
    """Show what a model would see of the code for a task: a map, the code, its tests, conventions, settings."""
    from journeyman.lookup import looked

    text = said(task)
    at = session_of(repo, session)
    pack = looked(repo, lambda code: code.pack(text, tokens, at))
    if as_json:
        print(json.dumps(msgspec.to_builtins(pack)))
    else:
        print(pack.text, end="")
        print(f"{len(pack.pieces)} pieces, {pack.tokens} of {pack.budget} tokens", file=sys.stderr)
    return 0 if pack.pieces else 1


def intent(
    task: Task,
    repo: Repo = Path("."),
    model: Annotated[
        str, typer.Option(help="provider:model that reads it too, or none; else that of the settings.")
    ] = "",
    budget: Annotated[float | None, typer.Option(metavar="USD", help="Dollars at most for the model.")] = None,
    as_json: Json = False,
) -> None:
    """Tell what a task asks for: the kind of work, what it names and where that is, and what it leaves open.

    A program reads it; where a model is named or set, that reads it too.
    """
    from journeyman.config import load
    from journeyman.lookup import looked

    text = said(task)
    refine = None
    if (model or load().model) != "none":
        from journeyman.wiring import refiner

        refine = refiner(model, budget)
    read = looked(repo, lambda code: code.intent(text, refine))
    if as_json:
        print(json.dumps(msgspec.to_builtins(read)))
        return
    print(f"{read.kind.value} ({read.confidence:.0%} sure; next {read.next_kind.value}), scope: {read.scope.value}")
    for entity in read.entities:
        where = ", ".join(entity.places)
        print(f"  {entity.kind} {entity.name}{f': {where}' if where else ''}")
    print(f"ambiguity {read.ambiguity:.0%}{': ' if read.unclear else ''}{'; '.join(read.unclear)}")
    if read.refined_by:
        print(f"refined by {read.refined_by}; what it cost: journeyman cost {read.run_id}")
    if read.not_refined:
        print(f"journeyman: read by a program alone: {read.not_refined}", file=sys.stderr)


def suggest(
    since: Annotated[str, typer.Argument(metavar="[REVISION]", help="Since when; by default the last commit.")] = "",
    repo: Repo = Path("."),
    session: Session = "",
    results: Annotated[
        str,
        typer.Option("--results", metavar="FILE", help="What fix --json printed: failures to tell of; - reads it."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Tell what a change leaves unfinished: failures, TODOs, callers not adapted, tests and documentation missing.

    Nothing is run: what fails is known from the last run here, from pytest's notes in the tree, and from --results.
    """
    from journeyman import recollection
    from journeyman.lookup import failing_in, looked_from_top, top_of

    given = failing_in(_read(results), results) if results else []
    top = top_of(repo)
    at = session_of(top, session) if session else None
    failing = [*given, *recollection.failing_in_runs(top)]
    found = looked_from_top(repo, lambda code, _: code.suggest(since, at, failing))
    if as_json:
        print(json.dumps({"suggestions": msgspec.to_builtins(found)}))
        return
    for each in found:
        place = f"{each.path}:{each.line}: " if each.line else f"{each.path}: " if each.path else ""
        print(f"{place}{each.kind}: {each.what}")
    if not found:
        print("nothing that is seen to be unfinished")


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadRequest("--results", f"{name}: {error.strerror}", "name a readable file") from None


def said(task: str) -> str:
    """Return a task that is given as an argument or on standard input. BadRequest if it says nothing."""
    text = sys.stdin.read() if task == "-" else task
    if not text.strip():
        raise BadRequest("TASK", "it says nothing", "say in words what is to be done")
    return text
