"""The sandbox of a site, which is exchanged for another where the site gets another environment."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.sandbox import CommandResult, DirectoryEntry, Environment, Heard, Sandbox, Sandboxes, SandboxSpec


class Quarters:
    """Fits `Sandbox`, by the sandbox that is there now. `moved` tells whether it is another than at first."""

    def __init__(self, sandbox: Sandbox, spec: SandboxSpec) -> None:
        self._sandbox = sandbox
        self._spec = spec
        self.moved = False

    @property
    def environment(self) -> Environment:
        """What the commands have besides the tree."""
        return Environment(self._spec.mounts, self._spec.variables, self._spec.path)

    async def move(self, sandboxes: Sandboxes, environment: Environment) -> None:
        """Work in another environment from now on; in the same sandbox if it is the same one."""
        spec = msgspec.structs.replace(
            self._spec, mounts=environment.mounts, variables=environment.variables, path=environment.path
        )
        if spec == self._spec:
            return
        sandbox, old = await sandboxes.open(spec), self._sandbox
        self._sandbox, self._spec, self.moved = sandbox, spec, True
        await old.close()

    async def run(
        self,
        command: str,
        *,
        timeout_seconds: float | None = None,
        variables: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        heard: Heard | None = None,
    ) -> CommandResult:
        """Run a shell command; see `Sandbox`."""
        return await self._sandbox.run(
            command, timeout_seconds=timeout_seconds, variables=variables, stdin=stdin, heard=heard
        )

    async def read_file(self, path: str, limit: int = 10 * 1024**2) -> bytes:
        """Return a file's bytes; see `Sandbox`."""
        return await self._sandbox.read_file(path, limit)

    async def write_file(self, path: str, content: bytes) -> None:
        """Write a whole file; see `Sandbox`."""
        await self._sandbox.write_file(path, content)

    async def list_directory(self, path: str) -> tuple[DirectoryEntry, ...]:
        """Return a folder's entries; see `Sandbox`."""
        return await self._sandbox.list_directory(path)

    async def close(self) -> None:
        """End it and everything in it."""
        await self._sandbox.close()
