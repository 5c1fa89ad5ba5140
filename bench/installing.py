"""Installs rivals from the registry, each into a folder of its own, never beside us."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.children import run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journeyman-bench"
"""What is fetched for measuring is kept here between runs."""


def installed(name: str, version: str, *more: str) -> Path | str:
    """Return the folder of a package's programs, or one line that says why there is none."""
    place = CACHE / f"{name}-{version}-py{sys.version_info.major}.{sys.version_info.minor}"
    if (place / "installed").exists():
        return place / "bin"
    uv = str(Path(sys.executable).parent / "uv")
    for words in (
        [uv, "venv", "-q", "--clear", "--python", sys.executable, str(place)],
        [uv, "pip", "install", "-q", "--python", str(place / "bin" / "python"), f"{name}=={version}", *more],
    ):
        try:
            ended = run(words)
        except FileNotFoundError:
            return f"{name} not measured: uv is not installed"
        if ended.code != 0:
            return f"{name} not measured: {' '.join(ended.said.split())[-200:]}"
    (place / "installed").touch()
    return place / "bin"
