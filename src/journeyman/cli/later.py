"""Commands of the contract that are not built yet: each says so, with exit code 2."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from journeyman.cli.ending import EXIT_WRONG_USE, Ended

NAMES = (
    *("review", "watch"),
    *("assess", "scan", "serve"),
)


def add_to(app: typer.Typer) -> None:
    """Add the names to the command line, out of sight of `--help`."""
    for name in NAMES:
        app.command(name, hidden=True, context_settings={"ignore_unknown_options": True})(not_yet)


def not_yet(context: typer.Context, words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
    """Say that it is not built yet."""
    print(f"journeyman: {context.info_name} is not available yet", file=sys.stderr)
    raise Ended(EXIT_WRONG_USE)
