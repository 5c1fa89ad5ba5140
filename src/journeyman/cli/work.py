"""`journeyman worker`: carry out what others have submitted."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer


class EngineName(StrEnum):
    """The engines that runs may be of."""

    EMBEDDED = "embedded"
    TEMPORAL = "temporal"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("worker")(worker)


def worker(
    engine: Annotated[EngineName | None, typer.Option(help="Whose runs; by default as new runs are begun.")] = None,
    at_once: Annotated[int | None, typer.Option(min=1, help="Runs, or steps of Temporal, at most.")] = None,
) -> None:
    """Carry out runs that were submitted or left by a dead process, until ended."""
    words = [sys.executable, "-P", "-m", "journeyman.worker"]
    if engine is not None:
        words += ["--engine", engine.value]
    if at_once is not None:
        words += ["--at-once", str(at_once)]
    # The worker takes this process's place: an entrance of its own, without what the command line has imported.
    os.execv(sys.executable, words)
