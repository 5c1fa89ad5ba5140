"""A bench on a real folder: real commands, real tools, a small reader of their output."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport, Problem, TestCase, TestStatus
from journeyman.repair import Bench, Heard, Mended
from journeyman.repair.fixers import Fixer
from journeyman.repair.mending import FixerMender
from journeyman.repair.table import FIXERS

PYTEST = Check("pytest", "python -m pytest -q -rA -p no:cacheprovider", CheckKind.TEST, "pytest")
RUFF = Check("ruff", "ruff check --no-cache --output-format concise .", CheckKind.LINT, "ruff")
RUFF_FORMAT = Check("ruff format", "ruff format --no-cache --check .", CheckKind.FORMAT)
BLACK = Check("black", "black --check .", CheckKind.FORMAT)
ISORT = Check("isort", "isort --check-only .", CheckKind.FORMAT)


class LocalShell:
    """Runs commands in a folder, without a sandbox: for tests alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._temporary = tempfile.mkdtemp(prefix="home-", dir=root.parent)

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        variables = {"PATH": path, "HOME": self._temporary, "TMPDIR": self._temporary}
        variables |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", command, cwd=self.root, env=variables, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), timeout_seconds)
        except TimeoutError:
            return -9, "timed out"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return process.returncode or 0, output.decode(errors="replace")

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        ended = await self.run(command, timeout_seconds)
        if heard is not None:
            await heard(ended[1])
        return ended

    async def read_text(self, path: str) -> str | None:
        try:
            return (self.root / path).read_bytes().decode()
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    async def write_text(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())


class Folder:
    """A project in a folder, with snapshots and judgement."""

    def __init__(self, root: Path, files: Mapping[str, str] | None = None) -> None:
        self.root = root
        for path, text in (files or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        self.shell = LocalShell(root)
        self.judged: list[str] = []
        self.lines: list[str] = []

    def texts(self) -> dict[str, str]:
        files = [p for p in self.root.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        return {str(path.relative_to(self.root)): path.read_bytes().decode() for path in files}

    async def judge(self, check: Check) -> CheckOutcome:
        self.judged.append(check.name)
        start = time.monotonic()
        code, output = await self.shell.run(check.command, check.timeout_seconds)
        return read(check, code, output, time.monotonic() - start)

    async def save(self) -> str:
        kept = tempfile.mkdtemp(prefix="snapshot-", dir=self.root.parent)
        shutil.copytree(self.root, kept, dirs_exist_ok=True)
        return kept

    async def back(self, snapshot: str) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(snapshot, self.root)

    async def progress(self, line: str) -> None:
        self.lines.append(line)

    async def mend(
        self, *checks: Check, fixers: Sequence[Fixer] = FIXERS, seconds: float = 60.0, **of_the_bench: Any
    ) -> Mended:
        """Mend by fixers; `of_the_bench` are further fields of it."""
        report = CheckReport(tuple([await self.judge(check) for check in checks]))
        bench = Bench(
            self.shell, report, sorted(self.texts()), self.judge, self.save, self.back, self.progress, seconds,
            **of_the_bench,
        )  # fmt: skip
        return await FixerMender(time.monotonic, fixers).mend(bench)

    async def passes(self, *checks: Check) -> bool:
        return all([(await self.judge(check)).passed for check in checks])


_TEST = re.compile(r"^(FAILED|ERROR|PASSED) (\S+)(?: - (.*))?$", re.M)
_PROBLEM = re.compile(r"^([^\s:]+):(\d+):(\d+): ([A-Z]+\d+) (.*)$", re.M)
_UNITTEST = re.compile(r"^(FAIL|ERROR): (\S+) \(([\w.]+)\)$", re.M)


def read(check: Check, code: int, output: str, seconds: float) -> CheckOutcome:
    """Return the outcome of a command; passed tests are known where pytest ran with -rA."""
    tests = [TestCase(name, TestStatus[status], message) for status, name, message in _TEST.findall(output)]
    tests += [TestCase(f"{name}({place})", TestStatus.FAILED) for _, name, place in _UNITTEST.findall(output)]
    problems = [
        Problem(path, int(line), words, rule, int(at)) for path, line, at, rule, words in _PROBLEM.findall(output)
    ]
    return CheckOutcome(check, code, seconds, output, problems=tuple(problems), tests=tuple(tests))
