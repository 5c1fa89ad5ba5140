"""Sends the program and its jobs into the sandbox, and brings the answers back."""

from __future__ import annotations

import base64
import gzip
import io
import json
import shlex
import tarfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from journeyman.repair.contract import Heard, Shell
from journeyman.repair.laboratory.commands import Runner

_PIECE = 60_000
"""Bytes sent by one command; an argument may have 128 KiB."""

_READ = 200_000
"""Bytes of an answer read by one command."""

_GRACE_SECONDS = 20.0
_SPARE_CPU_SECONDS = 30
"""What a process may use beyond the job's time: one that runs so long is heard by nobody any more."""

_PACKAGE = "journeyman_laboratory"
"""The name of the program in the sandbox. The repository at work may itself have a package `journeyman`."""

_START = f"from {_PACKAGE}.__main__ import main\n\nmain()\n"

_UNPACK = (
    "import base64, io, sys, tarfile; "
    "tarfile.open(fileobj=io.BytesIO(base64.b64decode(sys.stdin.read()))).extractall(sys.argv[1])"
)
"""Not every image has tar."""

_PACE = 8
"""The descriptor on which the program says how far it has come."""

_FRESH_FOLDER = 'd="${TMPDIR:-/tmp}/journeyman-laboratory"; rm -rf "$d"; mkdir -m 700 "$d" && echo "$d"'
"""Always the same place: a sandbox has one laboratory at a time, and a replayed run must find its own again."""


class Answered(msgspec.Struct, frozen=True):
    """What every answer has: `error` is what kept the program from giving one, "" for nothing."""

    error: str = ""

    def below(self, folder: str) -> Self:
        """Return the same with the paths of the tree in place of those of a folder in it."""
        del folder
        return self


Reply = TypeVar("Reply", bound=Answered)


class Pace(msgspec.Struct, frozen=True):
    """How far a job has come: candidates tried in so many seconds; `best` is the best patch so far, "" if none.

    `diff` is that patch where it was not told of before, else "".
    """

    tried: int = 0
    seconds: float = 0.0
    best: str = ""
    diff: str = ""


Watch = Callable[[Pace], Awaitable[None]]


class Laboratory:
    """A folder outside the tree, inside the sandbox. Use as an async context."""

    def __init__(self, shell: Shell, runner: Runner) -> None:
        self._shell = shell
        self._runner = runner
        self._folder = ""

    async def __aenter__(self) -> Laboratory:
        _, output = await self._shell.run(_FRESH_FOLDER)
        self._folder = output.strip()
        inside = Path(__file__).with_name("inside")
        await self._send("program.b64", _packed(inside))
        folder = shlex.quote(self._folder)
        unpack = f"{self._runner.python} -c {shlex.quote(_UNPACK)} {folder} < {folder}/program.b64"
        await self._shell.run(f"{self._moved()}{unpack}")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._shell.run(f"rm -rf {shlex.quote(self._folder)}")

    async def do(self, job: dict[str, Any], seconds: float, kind: type[Reply], watch: Watch | None = None) -> Reply:
        """Return the answer to a job that stops by itself after so many seconds; if there is none, what was said.

        `watch` is told meanwhile how far it has come.
        """
        runner = self._runner
        job |= {"runner": runner.kind, "args": list(runner.args), "from_here": runner.from_here}
        job |= {"paths": _below(runner.folder, job["paths"]), "place": runner.folder}
        job |= {"pace": _PACE if watch else None, "cpu_seconds": int(seconds) + _SPARE_CPU_SECONDS}
        job |= {"coverage": f"{self._folder}/coverage.json", "folder": self._folder}
        await self._send("job.json", json.dumps(job))
        folder = shlex.quote(self._folder)
        program = f"{folder}/start.py {folder}/job.json {folder}/answer.json"
        quiet = f"PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY={folder}/hypothesis"
        quiet += f' PYTHONPATH={folder}/site"${{PYTHONPATH:+:$PYTHONPATH}}"'
        to = f"{_PACE}>&1 >{folder}/said" if watch else f">{folder}/said"
        start = f"{self._moved()}{runner.python} {program} {to} 2>&1 </dev/null"
        command = f"rm -f {folder}/answer.json; export {quiet}; {start}"
        heard = _paces(watch) if watch else None
        await self._shell.timed(command, seconds + _GRACE_SECONDS, heard)
        answer = await self._read(f"{folder}/answer.json")
        if not answer:
            _, said = await self._shell.timed(f"tail -c 300 {folder}/said", _GRACE_SECONDS)
            return kind(error=said)
        try:  # code of the repository ran beside the program that wrote it
            told = msgspec.convert(json.loads(answer), kind)
            return told.below(runner.folder) if runner.folder else told
        except (ValueError, RecursionError):
            return kind(error="what the sandbox gave back is no answer")

    def _moved(self) -> str:
        """Return what goes to the runner's folder first."""
        return f"cd {shlex.quote(self._runner.folder)} && " if self._runner.folder else ""

    async def _read(self, path: str) -> str:
        """Return a file of ASCII text in pieces: the output of one command is bounded."""
        text = ""
        while True:
            code, piece = await self._shell.timed(
                f"tail -c +{len(text) + 1} {path} | head -c {_READ}", _GRACE_SECONDS
            )
            if code or not piece:
                return text
            text += piece
            if len(piece) < _READ:
                return text

    async def _send(self, name: str, text: str) -> None:
        path = shlex.quote(f"{self._folder}/{name}")
        await self._shell.run(f": > {path}")
        for start in range(0, len(text), _PIECE // 4):
            piece = text[start : start + _PIECE // 4]
            await self._shell.run(f"printf %s {shlex.quote(piece)} >> {path}")


def _below(folder: str, paths: Sequence[str]) -> list[str]:
    """Return the paths that lie in a folder, as they are called there."""
    start = f"{folder}/" if folder else ""
    return [path.removeprefix(start) for path in paths if path.startswith(start)]


def _paces(watch: Watch) -> Heard:
    """Return what takes the program's lines and tells of each that can be read: code of the repository runs beside
    it."""
    rest = ""

    async def heard(said: str) -> None:
        nonlocal rest
        *lines, rest = (rest + said)[-_PIECE:].split("\n")
        for line in lines:
            with suppress(ValueError, RecursionError):
                await watch(msgspec.json.decode(line, type=Pace))

    return heard


def _packed(inside: Path) -> str:
    """Return the program as an archive in base64, the same bytes each time."""
    archive = io.BytesIO()
    with gzip.GzipFile(fileobj=archive, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        texts = {f"{_PACKAGE}/{path.relative_to(inside)}": path.read_bytes() for path in inside.rglob("*.py")}
        for name, text in sorted({**texts, "start.py": _START.encode()}.items()):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return base64.b64encode(archive.getvalue()).decode()
