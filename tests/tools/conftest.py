"""A real sandbox around a small tree, and all tools of the coder on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from journeyman.sandbox import Sandbox, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.tools import ToolSet, command_tools, file_tools


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "sums.py").write_text(
        "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"
    )
    (folder / "README.md").write_text("# Sums\n")
    return folder


@pytest.fixture
async def sandbox(tmp_path: Path, tree: Path) -> AsyncIterator[Sandbox]:
    back_end = Bubblewrap(tmp_path / "state")
    if problem := back_end.missing():
        pytest.skip(f"no sandbox here: {problem}")
    async with await back_end.open(SandboxSpec(tree)) as opened:
        yield opened


def refusal(command: str) -> str | None:
    return "no-push" if "git push" in command else None


@pytest.fixture
def box(sandbox: Sandbox) -> ToolSet:
    return ToolSet([*command_tools(sandbox, refusal), *file_tools(sandbox)])
