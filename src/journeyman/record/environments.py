"""The environment of a replay: the one that is kept on this machine. Nothing is installed unless that was allowed."""

from __future__ import annotations

from pathlib import Path

from journeyman.domain.errors import WrongUse
from journeyman.record.comparing import CannotPlay
from journeyman.sandbox import CommandResult, Environment, Environments, Remedy


class PlayedEnvironments:
    """Fits `Environments`. `repository` is the recorded one: the clone of a replay lies elsewhere."""

    def __init__(self, environments: Environments, repository: str, *, may_install: bool) -> None:
        self._environments = environments
        self._repository = repository
        self._may_install = may_install

    async def prepare(
        self, tree: Path, setup: tuple[str, ...] | None = None, remedy: Remedy = Remedy.KEEP, *, repository: str = ""
    ) -> Environment:
        """Return the kept environment of the tree; CannotPlay if it is not there and may not be installed."""
        if not self._may_install and not await self.kept(tree, setup):
            problem = "what the recorded repository depends on is not installed here, and a replay has no network"
            raise CannotPlay(WrongUse(problem, "allow it for the install alone: journeyman replay --allow-install"))
        return await self._environments.prepare(tree, setup, repository=self._repository)

    async def kept(self, tree: Path, setup: tuple[str, ...] | None = None, *, repository: str = "") -> bool:
        """Return whether everything is installed."""
        return await self._environments.kept(tree, setup, repository=self._repository)

    async def online(
        self, tree: Path, environment: Environment, command: str, timeout_seconds: float, *, repository: str = ""
    ) -> CommandResult:
        """Run nothing unless installs were allowed: what such a command wrote is in the record."""
        if not self._may_install:
            return CommandResult(1, "a replay has no network", 0.0)
        return await self._environments.online(
            tree, environment, command, timeout_seconds, repository=self._repository
        )
