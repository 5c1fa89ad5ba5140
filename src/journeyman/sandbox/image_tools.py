"""The toolchains of a container's image: what its commands can use, instead of this host's."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from journeyman.domain.errors import EnvironmentBroken
from journeyman.sandbox.contract import Sandboxes, SandboxSpec
from journeyman.sandbox.ecosystems.toolchains import TOOLS, Toolchains, own_program
from journeyman.sandbox.interpreter import Interpreter

LOOK = f"""
for name in python3 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14; do
    "$name" -c 'import sys; print("python", *sys.version_info[:2], sys.executable)' 2>/dev/null
done
for name in node go cargo; do command -v "$name" > /dev/null && echo "has $name"; done
for name in uv ruff; do "{TOOLS}/$name" --version > /dev/null 2>&1 && echo "runs $name"; done
true
"""
"""Asks the image. A program of ours may not run there: the image may have another C library."""

ON_PATH = Path("/usr")
"""Stands for a toolchain that the image's own PATH leads to, so that nothing has to be shown."""


async def of_image(sandboxes: Sandboxes, search_path: str) -> Toolchains:
    """Look around in a sandbox. EnvironmentBroken if there is no Python in it."""
    ours = tuple((name, path) for name in ("uv", "ruff") if (path := own_program(name, search_path)))
    known = Toolchains((), ours)
    shown = tuple(mount for name, _ in ours for mount in known.program(name))
    with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:
        os.chmod(folder, 0o755)
        sandbox = await sandboxes.open(SandboxSpec(Path(folder), shown))
        try:
            lines = (await sandbox.run(LOOK, timeout_seconds=60)).output.splitlines()
        finally:
            await sandbox.close()
    return read(lines, ours)


def read(lines: list[str], ours: tuple[tuple[str, Path], ...]) -> Toolchains:
    """Return what the image said it has."""
    found = [re.fullmatch(r"python (\d+) (\d+) (/\S+)", line) for line in lines]
    pythons = [Interpreter(match[3], (int(match[1]), int(match[2]))) for match in found if match]
    if not pythons:
        raise EnvironmentBroken("the image has no Python", "name another under `sandbox: image` in the settings")
    has = {line.removeprefix("has ") for line in lines}
    return Toolchains(
        pythons=tuple(dict.fromkeys(pythons)),
        programs=tuple((name, path) for name, path in ours if f"runs {name}" in lines),
        node=ON_PATH if "node" in has else None,
        go=ON_PATH if "go" in has else None,
        rust=ON_PATH if "cargo" in has else None,
    )
