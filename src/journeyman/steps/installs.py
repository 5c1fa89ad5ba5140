"""What the mender may have of the network: commands of package clients, and the environment made anew."""

from __future__ import annotations

import msgspec

from journeyman.domain.runs import Run
from journeyman.sandbox import Sandbox
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.site import Site, Sites
from journeyman.store import ONLINE


class Written(msgspec.Struct, frozen=True):
    """What came of a command that had the network, and the tree that it left."""

    exit_code: int
    output: str
    tree: str


class Installs:
    """The network and the environment of one run's site, for one step."""

    def __init__(self, desk: Desk, sites: Sites, run: Run, site: Site, log: CommandLog) -> None:
        self._desk = desk
        self._sites = sites
        self._run = run
        self._log = log
        self.site = site

    def sandbox(self) -> Sandbox:
        """Return the sandbox as it is now: another one after each rebuilding."""
        return self.site.sandbox

    async def online(self, command: str, timeout_seconds: float) -> tuple[int, str]:
        """Run a command where the registries can be reached; return its exit code and output.

        A replay has no network: it takes the tree that the command left from the record.
        """
        workspace, environment = self.site.workspace, self.site.environment
        address = self._run.request.repository.remote_url
        result = await self._desk.environments.online(
            workspace.tree, environment, command, timeout_seconds, repository=address
        )
        left = await workspace.snapshot()
        code = 124 if result.timed_out else result.exit_code
        kept = await self._log.ended(f"{ONLINE}{command}", Written(code, result.output, left), Written)
        if kept.tree != left:
            await workspace.restore(kept.tree)
        return kept.exit_code, kept.output

    async def rebuild(self) -> None:
        """Make the environment that the tree's manifests ask for now, and the sandbox around it. EnvironmentBroken
        if that is not possible: then all is as it was."""
        self.site = await self._sites.renewed(self._run)
