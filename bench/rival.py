"""mini-swe-agent, the rival: installed into a folder of its own, never beside us."""

from __future__ import annotations

from pathlib import Path

from bench.children import surroundings
from bench.installing import installed

NAME = "mini-swe-agent"
VERSION = "2.4.6"
MODEL_LAYER = "litellm[mcp]==1.106.2"
"""Its model layer, pinned; without the extra this version of it cannot be imported."""


def install() -> Path | str:
    """Return the rival's program, or one line that says why there is none. Kept between runs."""
    programs = installed(NAME, VERSION, MODEL_LAYER)
    return programs / "mini" if isinstance(programs, Path) else programs


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
