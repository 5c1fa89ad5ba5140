"""The sandbox as repair wants it."""

from __future__ import annotations

from journeyman.sandbox import Sandbox
from journeyman.steps.commands import Log


class SandboxShell:
    """Fits `repair.Shell` on a live sandbox. Every command is recorded."""

    def __init__(self, sandbox: Sandbox, log: Log) -> None:
        self._sandbox = sandbox
        self._log = log

    async def run(self, command: str, timeout_seconds: float | None = None, stdin: bytes = b"") -> tuple[int, str]:
        """Return the exit code and the output; a command that runs out of time counts as exit code 124."""
        result = await self._sandbox.run(command, timeout_seconds=timeout_seconds, stdin=stdin)
        ended = (124 if result.timed_out else result.exit_code), result.output
        return await self._log.ended(command, ended, tuple[int, str])

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        try:
            return (await self._sandbox.read_file(path)).decode()
        except (OSError, UnicodeDecodeError):
            return None

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        await self._sandbox.write_file(path, text.encode())
