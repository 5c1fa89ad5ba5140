"""Asks the repository's own Python, inside the sandbox, which texts compile, and for the first fault of others."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from journeyman.repair.contract import Shell
from journeyman.repair.spans import Splice

_LARGEST = 110_000
"""Bytes of a job in one command; an argument may have 128 KiB."""

_SECONDS = 60.0
_PYTHON = '"$(command -v python || command -v python3)" -I -c'
_NODE = "node --experimental-vm-modules --no-warnings -e"


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """Where a text stops being Python, as its compiler says. Lines and columns count from 1; 0 means unknown."""

    line: int
    column: int
    message: str
    end_line: int = 0
    end_column: int = 0


Faults = list[Fault | None]
"""For each text its first fault; None for one that compiles."""


class Compiler:
    """The repository's Python, or its Node for scripts. Where there is none, every answer is None as a whole."""

    def __init__(self, shell: Shell, *, script: bool = False) -> None:
        self._shell = shell
        self._start = _NODE if script else _PYTHON
        self._probe = Path(__file__).with_name("probe.cjs" if script else "probe.py")

    async def files(self, paths: Sequence[str]) -> Faults | None:
        """Compile files of the tree."""
        return await self._ask({"paths": list(paths)}) if paths else []

    async def texts(self, texts: Sequence[str]) -> Faults | None:
        """Compile texts."""
        return await self._ask({"texts": list(texts)}) if texts else []

    async def edits(self, text: str, edits: Sequence[Sequence[Splice]]) -> Faults | None:
        """Compile a text with each of the edits made."""
        rows = [[[splice.start, splice.end, splice.text] for splice in edit] for edit in edits]
        return await self._ask({"text": text, "edits": rows}) if rows else []

    async def _ask(self, job: dict[str, Any]) -> Faults | None:
        packed = base64.b64encode(zlib.compress(json.dumps(job).encode())).decode()
        if len(packed) > _LARGEST:
            return None
        program = shlex.quote(self._probe.read_text())
        command = f"{self._start} {program} 2>/dev/null <<'END_OF_JOB'\n{packed}\nEND_OF_JOB"
        code, output = await self._shell.run(command, _SECONDS)
        try:
            return None if code else msgspec.json.decode(output.strip().splitlines()[-1], type=list[Fault | None])
        except (ValueError, IndexError):
            return None
