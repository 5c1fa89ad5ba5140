"""Every test here speaks to real sandboxes. As root, tmp_path lies in a folder that only root may enter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from journeyman.sandbox import Sandbox, Sandboxes, SandboxLimits, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.docker import Docker
from tests.sandbox import dockerd

WITHOUT_BRAKE = SandboxLimits(memory=1024**3)
"""Docker's own limits but for the half processor, which would make the tests slow."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def back_end(request: pytest.FixtureRequest, tmp_path: Path) -> Bubblewrap | Docker:
    """Bubblewrap, or what a battery names."""
    made: Bubblewrap | Docker
    if getattr(request, "param", "bubblewrap") == "docker":
        address = request.getfixturevalue("docker_address")
        made = Docker(tmp_path / "state", dockerd.IMAGE, address=address, limits=WITHOUT_BRAKE)
    else:
        made = Bubblewrap(tmp_path / "state")
    if problem := made.missing():
        pytest.skip(f"no sandbox here: {problem}")
    return made


@pytest.fixture
async def sandbox(back_end: Sandboxes, tree: Path) -> AsyncIterator[Sandbox]:
    opened = await back_end.open(SandboxSpec(tree))
    yield opened
    await opened.close()
