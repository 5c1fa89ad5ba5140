"""The commands that a check comes down to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.repair.fixers.behind import commands_behind
from journeyman.repair.tree import SourceTree

from .shell import Folder, LocalShell

SCRIPTS = {
    "lint": "eslint . --max-warnings 0 && npm run format:check",
    "format:check": "prettier --check 'src/a;b.js' .",
    "lint:css": "stylelint 'x'",
    "all": "run-s lint:* format:check",
    "loop": "npm run loop",
}
MAKEFILE = """PYTHON ?= python3
check: style types
style:  ## look
\t@$(PYTHON) -m ruff check src; black --check .
\t-@isort -c \\
\t  .
types:
\tmypy $(shell ls)
again:
\t$(MAKE) style
"""
FILES = {"package.json": json.dumps({"scripts": SCRIPTS}), "Makefile": MAKEFILE, "web/package.json": "{}"}
OWN = "PATH=node_modules/.bin:$PATH "


@pytest.mark.parametrize(
    ("command", "behind"),
    [
        ("ruff check . && mypy src", ["ruff check .", "mypy src"]),
        ("echo 'a && b'; true", ["echo 'a && b'", "true"]),
        ("npm run --silent format:check", [f"{OWN}prettier --check 'src/a;b.js' ."]),
        ("npm run --silent lint", [f"{OWN}eslint . --max-warnings 0", f"{OWN}prettier --check 'src/a;b.js' ."]),
        ("yarn lint:css -- --quiet", [f"{OWN}stylelint 'x'"]),
        ("pnpm run all", [f"{OWN}stylelint 'x'", f"{OWN}prettier --check 'src/a;b.js' ."]),
        ("npm run loop", []),
        ("npm run absent", []),
        ("cd web && npm run --silent lint", []),
        ("cd web && eslint .", ["cd web && eslint ."]),
        ("make -s style", ["python3 -m ruff check src", "black --check .", "isort -c    ."]),
        ("make check", ["python3 -m ruff check src", "black --check .", "isort -c    ."]),
        ("make again", ["python3 -m ruff check src", "black --check .", "isort -c    ."]),
        ("cat a | sort & wait", ["cat a | sort & wait"]),
    ],
)
async def test_scripts_and_targets_are_followed(tmp_path: Path, command: str, behind: list[str]) -> None:
    tree = SourceTree(Folder(tmp_path, FILES).shell, tuple(FILES))
    assert await commands_behind(command, tree) == behind


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(command=st.text("ab &|;'\"\\cd\n", max_size=40))
async def test_any_command_is_answered(tmp_path: Path, command: str) -> None:
    tree = SourceTree(LocalShell(tmp_path), ())
    for part in await commands_behind(command, tree):
        assert part.strip()
