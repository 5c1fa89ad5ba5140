"""What the mender may have of the network: commands of package clients, and the environment made anew."""

from __future__ import annotations

import msgspec

from journeyman.sandbox import lighter
from journeyman.steps.commands import Log
from journeyman.steps.desk import Desk
from journeyman.steps.site import Site
from journeyman.store import ONLINE


class Written(msgspec.Struct, frozen=True):
    """What came of a command that had the network, and the tree that it left."""

    exit_code: int
    output: str
    tree: str


class Installs:
    """The network and the environment of one site, for one step."""

    def __init__(self, desk: Desk, site: Site, log: Log) -> None:
        self._desk = desk
        self._site = site
        self._log = log

    async def online(self, command: str, timeout_seconds: float) -> tuple[int, str]:
        """Run a command where the registries can be reached; return its exit code and output.

        A replay has no network: it takes the tree that the command left from the record.
        """
        workspace, environment = self._site.workspace, self._site.sandbox.environment
        result = await self._desk.environments.online(
            workspace.tree, environment, command, timeout_seconds, repository=self._site.repository.remote_url
        )
        left = await workspace.snapshot()
        code = 124 if result.timed_out else result.exit_code
        kept = await self._log.ended(f"{ONLINE}{command}", Written(code, result.output, left), Written)
        if kept.tree != left:
            await workspace.restore(kept.tree)
        return kept.exit_code, kept.output

    async def rebuild(self) -> None:
        """Work in the environment that the tree's manifests ask for now; see `renew`."""
        await renew(self._desk, self._site)


async def renew(desk: Desk, site: Site) -> None:
    """Move a site into the environment that its tree asks for as it stands. EnvironmentBroken, and nothing has
    changed, if there can be none."""
    setup, address = site.settings.setup or None, site.repository.remote_url
    environment = await desk.environments.prepare(site.workspace.tree, setup, repository=address)
    await site.sandbox.move(desk.sandboxes, lighter(environment) if site.light else environment)
