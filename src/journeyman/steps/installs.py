"""What the mender may have of the network: commands of package clients, and the environment made anew."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.sandbox import Environment, lighter
from journeyman.steps.commands import Log
from journeyman.steps.desk import Desk
from journeyman.steps.site import Site
from journeyman.store import ONLINE


class Written(msgspec.Struct, frozen=True):
    """What came of a command that had the network, and the texts of the files that it changed."""

    exit_code: int
    output: str
    texts: Mapping[str, str]


class Installs:
    """The network and the environment of one site, for one step."""

    def __init__(self, desk: Desk, site: Site, log: Log) -> None:
        self._desk = desk
        self._site = site
        self._log = log

    async def online(self, command: str, timeout_seconds: float) -> tuple[int, str]:
        """Run a command where the registries can be reached; return its exit code and output.

        A replay has no network: it takes what the command wrote from the record.
        """
        workspace, environment = self._site.workspace, self._site.sandbox.environment
        before = await workspace.snapshot()
        result = await self._desk.environments.online(
            workspace.tree, environment, command, timeout_seconds, repository=self._site.repository.remote_url
        )
        texts = await self._changed(before)
        code = 124 if result.timed_out else result.exit_code
        kept = await self._log.ended(f"{ONLINE}{command}", Written(code, result.output, texts), Written)
        for path, text in kept.texts.items():
            if texts.get(path) != text:
                await self._site.sandbox.write_file(path, text.encode())
        return kept.exit_code, kept.output

    async def _changed(self, before: str) -> dict[str, str]:
        """Return the texts of the files that differ from a snapshot; what is gone or no text is left out."""
        workspace = self._site.workspace
        after = await workspace.snapshot()
        paths = [file.path for file in (await workspace.change(before, after)).files] if after != before else []
        contents = {path: await workspace.read(after, path) for path in paths}
        return {path: content.decode() for path, content in contents.items() if content and _is_text(content)}

    async def rebuild(self) -> None:
        """Work in the environment that the tree's manifests ask for now; see `renew`."""
        await renew(self._desk, self._site)


def _is_text(content: bytes) -> bool:
    return content.decode(errors="ignore").encode() == content


async def renew(desk: Desk, site: Site) -> Environment:
    """Move a site into the environment that its tree asks for as it stands, and return it. EnvironmentBroken, and
    nothing has changed, if there can be none."""
    setup, address = site.settings.setup or None, site.repository.remote_url
    environment = await desk.environments.prepare(site.workspace.tree, setup, repository=address)
    await site.sandbox.move(desk.sandboxes, lighter(environment) if site.light else environment)
    return environment
