"""The sandbox as repair wants it."""

from __future__ import annotations

from journeyman.sandbox import Heard, Sandbox
from journeyman.steps.commands import Log
from journeyman.store import TIMED


class SandboxShell:
    """Fits `repair.Shell` on a live sandbox. Every command is recorded."""

    def __init__(self, sandbox: Sandbox, log: Log) -> None:
        self._sandbox = sandbox
        self._log = log

    async def run(self, command: str, timeout_seconds: float | None = None, stdin: bytes = b"") -> tuple[int, str]:
        """Return the exit code and the output; a command that runs out of time counts as exit code 124."""
        return await self._log.ended(command, await self._ended(command, timeout_seconds, stdin), tuple[int, str])

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        """Run a command that answers as far as it came in its time; a replay takes the answer from the record."""
        ended = await self._ended(command, timeout_seconds, heard=heard)
        return await self._log.ended(f"{TIMED}{command}", ended, tuple[int, str])

    async def _ended(
        self, command: str, timeout_seconds: float | None, stdin: bytes = b"", heard: Heard | None = None
    ) -> tuple[int, str]:
        result = await self._sandbox.run(command, timeout_seconds=timeout_seconds, stdin=stdin, heard=heard)
        return (124 if result.timed_out else result.exit_code), result.output

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        try:
            return (await self._sandbox.read_file(path)).decode()
        except (OSError, UnicodeDecodeError):
            return None

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        await self._sandbox.write_file(path, text.encode())
