"""A small real repository, its environment made for real, and its own checks run in the sandbox as a run does it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from journeyman.domain.checks import CheckOutcome
from journeyman.gates import Raw, Tree
from journeyman.gates.quality.finding import RepositoryChecks
from journeyman.gates.quality.readers import OutputReaders
from journeyman.sandbox import Environment, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.environments import EnvironmentCache

SAMPLES = Path(__file__).parent / "samples"


def lay(tree: Path, files: Mapping[str, str], sample: str = "") -> Path:
    """Write files into a tree, after those of a sample."""
    if sample:
        shutil.copytree(SAMPLES / sample, tree, dirs_exist_ok=True)
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return tree


def host(*words: str, cwd: Path, **variables: str) -> str:
    """Run a program of this machine, as the person who made the repository did; skip the test if it is not there."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not on this machine: make servers")
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Workshop:
    """Makes environments and runs checks in them; each repository has the name of its tree."""

    back_end: Bubblewrap
    environments: EnvironmentCache
    notes: list[str] = field(default_factory=list)

    async def prepare(self, tree: Path) -> Environment:
        made = await self.environments.prepare(tree, repository=str(tree))
        self.notes = list(made.notes)
        return made

    async def run(self, tree: Path, made: Environment, command: str) -> str:
        spec = SandboxSpec(tree, made.mounts, made.variables, made.path)
        async with await self.back_end.open(spec) as sandbox:
            return (await sandbox.run(command)).output

    async def check(self, tree: Path, made: Environment | None = None) -> dict[str, CheckOutcome]:
        """Return what the repository's own checks say, by name."""
        made = made or await self.prepare(tree)
        paths = tuple(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")) if path.is_file())

        async def read(path: str) -> str | None:
            return (tree / path).read_text()

        found = await RepositoryChecks().find(Tree(paths, read))
        outcomes = {}
        async with await self.back_end.open(SandboxSpec(tree, made.mounts, made.variables, made.path)) as sandbox:
            for check in found:
                done = await sandbox.run(check.command)
                report = None
                if check.report_path:
                    report = (await sandbox.read_file(check.report_path)).decode()
                raw = Raw(done.exit_code, done.output, done.seconds, report=report)
                outcomes[check.name] = OutputReaders().read(check, raw)
        return outcomes


def failing(outcomes: Mapping[str, CheckOutcome]) -> dict[str, str]:
    """Return what the checks that fail said."""
    return {name: outcome.output for name, outcome in outcomes.items() if not outcome.passed}
