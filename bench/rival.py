"""mini-swe-agent, the rival: installed into a folder of its own, never beside us."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.children import run, surroundings

NAME = "mini-swe-agent"
VERSION = "2.4.6"
MODEL_LAYER = "litellm[mcp]==1.106.2"
"""Its model layer, pinned; without the extra this version of it cannot be imported."""


def install() -> Path | str:
    """Return the rival's program, or one line that says why there is none. Kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journeyman-bench"
    place = cache / f"{NAME}-{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}"
    program = place / "bin" / "mini"
    if (place / "installed").exists():
        return program
    uv = str(Path(sys.executable).parent / "uv")
    for words in (
        [uv, "venv", "-q", "--clear", "--python", sys.executable, str(place)],
        [uv, "pip", "install", "-q", "--python", str(place / "bin" / "python"), f"{NAME}=={VERSION}", MODEL_LAYER],
    ):
        try:
            ended = run(words)
        except FileNotFoundError:
            return f"{NAME} not measured: uv is not installed"
        if ended.code != 0:
            return f"{NAME} not measured: {' '.join(ended.said.split())[-200:]}"
    (place / "installed").touch()
    return program


def command(program: Path, task: str, address: str, output: Path) -> list[str]:
    """Return the command line that runs the script of an address to its end."""
    return [
        str(program), "-m", "openai/bench", "-y", "--exit-immediately", "-l", "0", "-t", task, "-o", str(output),
        "-c", "mini.yaml", "-c", f"model.model_kwargs.api_base={address}",
        "-c", "model.cost_tracking=ignore_errors",
    ]  # fmt: skip


def variables(home: Path) -> dict[str, str]:
    """Return its environment: configured, silent, and with no look at the network for prices."""
    return surroundings(
        home,
        OPENAI_API_KEY="none",
        MSWEA_CONFIGURED="true",
        MSWEA_SILENT_STARTUP="1",
        MSWEA_GLOBAL_CONFIG_DIR=str(home / "mini"),
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    )
