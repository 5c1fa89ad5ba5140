"""Projects in the real sandbox: their tests run, and the mender set to work, with time and processor time taken."""

from __future__ import annotations

import json
import os
import re
import resource
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from bench import repositories
from journeyman.domain.checks import Check, CheckOutcome, CheckReport
from journeyman.domain.mending import Mended, Searching
from journeyman.domain.request import Repository
from journeyman.gates import Raw
from journeyman.gates.quality.finding import configured_check
from journeyman.gates.quality.readers import OutputReaders
from journeyman.git import Head, Workspace
from journeyman.git.workspaces import GitRepositories
from journeyman.repair import Bench, Heard
from journeyman.repair.mending import FixerMender
from journeyman.sandbox import SANDBOX_GID, SANDBOX_UID, Sandbox, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.environments import EnvironmentCache


@dataclass(frozen=True)
class Worked:
    """What the mender did: the texts it changed, and what it took.

    `wall` are the seconds of mending alone; `cpu` the processor's, of this process and of the sandbox, the first run
    of the tests included; `searched_cpu` those that the search for edits tells of itself,
    `first_cpu` of these up to its first patch; `answer` is what that search said last, None if there was none.
    """

    mended: Mended
    texts: Mapping[str, str]
    report: CheckReport
    wall: float
    searching: tuple[Searching, ...]
    cpu: float = 0.0
    searched_cpu: float = 0.0
    first_cpu: float = 0.0
    answer: Mapping[str, Any] | None = None


class Workshop:
    """Makes the environment once, and for each tree a sandbox."""

    def __init__(self, state: Path) -> None:
        self._sandboxes = Bubblewrap(state / "sandboxes", os.environ["PATH"])
        self._environments = EnvironmentCache(
            self._sandboxes, state / "environments", home=Path.home(), variables=dict(os.environ)
        )
        owner = (SANDBOX_UID, SANDBOX_GID) if os.getuid() == 0 else None
        self._repositories = GitRepositories(state, known_hosts=(), owner=owner)

    @asynccontextmanager
    async def open(self, tree: Path) -> AsyncIterator[Bay]:
        """Open a sandbox on a tree."""
        made = await self._environments.prepare(tree, repository="faults")
        sandbox = await self._sandboxes.open(SandboxSpec(tree, made.mounts, made.variables, made.path))
        try:
            yield Bay(sandbox)
        finally:
            await sandbox.close()

    async def mend(self, repository: Path, command: str, seconds: float, apply_first: bool = False) -> Worked:
        """Let the mender make a git repository's failing tests pass, as for `journeyman fix`."""
        head = Head("main", repositories.git(repository, "rev-parse", "HEAD"))
        name = repository.name
        await self._repositories.remove(name)  # left by a measurement that was killed
        workspace = await self._repositories.prepare(name, Repository(str(repository)), head)
        try:
            cpu = cpu_seconds()
            async with self.open(workspace.tree) as bay:
                worked = await bay.mend(workspace, command, seconds, apply_first)
            return replace(worked, cpu=cpu_seconds() - cpu)
        finally:
            await self._repositories.remove(name)


@dataclass
class Bay:
    """A live sandbox on a tree. Fits `repair.Shell`."""

    sandbox: Sandbox
    searching: list[Searching] = field(default_factory=list)
    searched_cpu: float = 0.0
    first_cpu: float = 0.0
    pieces: list[str] = field(default_factory=list)

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        """Run a command; one that runs out of time counts as exit code 124."""
        result = await self.sandbox.run(command, timeout_seconds=timeout_seconds)
        if "answer.json | head" in command:
            self.pieces = [*(self.pieces if "tail -c +1 " not in command else ()), result.output]
        told = _SEARCHED_CPU.search(result.output)
        first = _FIRST_CPU.search(result.output)
        if told and first and "answer.json" in command:
            self.searched_cpu += float(told[1])
            self.first_cpu += float(first[1])
        return 124 if result.timed_out else result.exit_code, result.output

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        """Run a command that answers as far as it came."""
        return await self.run(command, timeout_seconds)

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        try:
            return (await self.sandbox.read_file(path)).decode()
        except (OSError, UnicodeDecodeError):
            return None

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        await self.sandbox.write_file(path, text.encode())

    async def judge(self, check: Check) -> CheckOutcome:
        """Run a check and read what it says."""
        result = await self.sandbox.run(check.command, timeout_seconds=check.timeout_seconds)
        return OutputReaders().read(check, Raw(result.exit_code, result.output, result.seconds, result.timed_out))

    async def test(self, command: str, timeout_seconds: float) -> CheckOutcome:
        """Run a command that tests."""
        check = configured_check("tests", command)
        return await self.judge(msgspec.structs.replace(check, timeout_seconds=timeout_seconds))

    async def mend(self, workspace: Workspace, command: str, seconds: float, apply_first: bool = False) -> Worked:
        """Let the mender work on failing tests; the check's first run is not part of its time."""
        check = configured_check("tests", command)
        report = CheckReport((await self.judge(check),))
        base = await workspace.base_tree()
        began = time.monotonic()
        bench = Bench(
            shell=self,
            report=report,
            paths=await workspace.files(base),
            judge=self.judge,
            save=workspace.snapshot,
            back=workspace.restore,
            progress=_quiet,
            time_limit_seconds=seconds,
            apply_first=apply_first,
            watch=self._watch,
        )
        mended = await FixerMender(time.monotonic).mend(bench)
        wall = time.monotonic() - began
        change = await workspace.change(base, await workspace.snapshot())
        texts = {file.path: await self.read_text(file.path) or "" for file in change.files}
        return Worked(
            mended,
            texts,
            report,
            wall,
            tuple(self.searching),
            searched_cpu=self.searched_cpu,
            first_cpu=self.first_cpu,
            answer=_answer("".join(self.pieces)),
        )

    async def _watch(self, searching: Searching) -> None:
        self.searching.append(searching)


_SEARCHED_CPU = re.compile(r'"cpu": ([\d.]+)')
_FIRST_CPU = re.compile(r'"first_cpu": ([\d.]+)')
"""In the answer of the program that searches inside the sandbox: all of it, and up to the first patch that passed."""


def _answer(text: str) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


async def _quiet(_: str) -> None:
    """Say nothing."""


def cpu_seconds() -> float:
    """Return the processor's seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
