"""The folder that a command is about, named by --repo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from journeyman.domain.errors import BadRequest


def _checked(repo: Path) -> Path:
    if not repo.is_dir():
        raise BadRequest("--repo", f"{repo} is no folder", "name the folder of a repository")
    return repo


Repo = Annotated[
    Path,
    typer.Option(
        "--repo", metavar="PATH", callback=_checked, help="The folder, where paths begin; this one by default."
    ),
]
