"""Sends the oracle and its jobs into the sandbox, and brings the answers back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from journeyman.repair.contract import Shell
from journeyman.repair.search.candidates import Candidate
from journeyman.repair.search.commands import Runner

_PIECE = 60_000
"""Bytes sent by one command; an argument may have 128 KiB."""

_GRACE_SECONDS = 20.0

_FRESH_FOLDER = 'd="${TMPDIR:-/tmp}/journeyman-laboratory"; rm -rf "$d"; mkdir -m 700 "$d" && echo "$d"'
"""Always the same place: a sandbox has one laboratory at a time, and a replayed run must find its own again."""


class Located(msgspec.Struct, frozen=True):
    """What tracing found: the failing tests, and by path and line which of them run it and how many that pass."""

    failing: tuple[str, ...] = ()
    lines: dict[str, dict[str, tuple[list[int], int]]] = {}
    traced: int = 0
    collected: int = 0
    error: str = ""


class Verdicts(msgspec.Struct, frozen=True):
    """What judging found: the numbers of plausible candidates in their order, and how many ended how."""

    plausible: tuple[int, ...] = ()
    counts: dict[str, int] = {}
    hanging: int = 0
    error: str = ""


class Laboratory:
    """A folder outside the tree, inside the sandbox. Use as an async context."""

    def __init__(self, shell: Shell, runner: Runner) -> None:
        self._shell = shell
        self._runner = runner
        self._folder = ""

    async def __aenter__(self) -> Laboratory:
        _, output = await self._shell.run(_FRESH_FOLDER)
        self._folder = output.strip()
        await self._send("oracle.py", Path(__file__).with_name("oracle.py").read_text())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._shell.run(f"rm -rf {shlex.quote(self._folder)}")

    async def locate(self, paths: Sequence[str], failing: Sequence[str], seconds: float) -> Located:
        """Run the tests under the tracer for at most so many seconds."""
        job = {"kind": "locate", "paths": list(paths), "failing": list(failing), "seconds": seconds}
        return msgspec.convert(await self._do(job, seconds), Located)

    async def judge(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float, further: int
    ) -> Verdicts:
        """Judge candidates by the target tests and by the passing ones that cover them."""
        units = list(dict.fromkeys(candidate.unit for candidate in candidates))
        number = {unit: position for position, unit in enumerate(units)}
        rows = [[i, number[c.unit], c.edit.start, c.edit.end, c.edit.text] for i, c in enumerate(candidates)]
        job: dict[str, Any] = {
            "kind": "judge",
            "units": [msgspec.to_builtins(unit) for unit in units],
            "candidates": rows,
        }
        job |= {"targets": list(targets), "seconds": seconds, "further": further}
        return msgspec.convert(await self._do(job, seconds), Verdicts)

    async def _do(self, job: dict[str, Any], seconds: float) -> Any:
        runner = self._runner
        job |= {"runner": runner.kind, "args": list(runner.args), "from_here": runner.from_here}
        job["coverage"] = f"{self._folder}/coverage.json"
        await self._send("job.json", json.dumps(job))
        folder = shlex.quote(self._folder)
        program = f"{folder}/oracle.py {folder}/job.json {folder}/answer.json"
        quiet = f"PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY={folder}/hypothesis"
        command = (
            f"rm -f {folder}/answer.json; export {quiet}; {runner.python} {program} >{folder}/said 2>&1 </dev/null"
        )
        await self._shell.run(command, seconds + _GRACE_SECONDS)
        code, answer = await self._shell.run(f"cat {folder}/answer.json")
        if code:
            _, said = await self._shell.run(f"tail -c 300 {folder}/said")
            return {"error": said}
        return json.loads(answer)

    async def _send(self, name: str, text: str) -> None:
        path = shlex.quote(f"{self._folder}/{name}")
        await self._shell.run(f": > {path}")
        for start in range(0, len(text), _PIECE // 4):
            piece = text[start : start + _PIECE // 4]
            await self._shell.run(f"printf %s {shlex.quote(piece)} >> {path}")
