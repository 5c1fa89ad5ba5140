"""Every test here speaks to real sandboxes. As root, tmp_path lies in a folder that only root may enter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from journeyman.sandbox import Sandbox, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def back_end(tmp_path: Path) -> Bubblewrap:
    made = Bubblewrap(tmp_path / "state")
    if problem := made.missing():
        pytest.skip(f"no sandbox here: {problem}")
    return made


@pytest.fixture
async def sandbox(back_end: Bubblewrap, tree: Path) -> AsyncIterator[Sandbox]:
    async with await back_end.open(SandboxSpec(tree)) as opened:
        yield opened
