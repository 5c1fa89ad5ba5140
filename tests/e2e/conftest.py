from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, make_remote


@pytest.fixture
def journeyman(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path / "origin")
