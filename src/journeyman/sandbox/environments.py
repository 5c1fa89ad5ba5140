"""Environments for repositories: found out, installed inside a sandbox, kept by the hash of what they follow from."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from journeyman.domain.errors import DiskFailed, EnvironmentBroken, JourneymanError
from journeyman.sandbox import keeping
from journeyman.sandbox.contract import (
    LIGHT,
    CommandResult,
    Environment,
    Mount,
    Remedy,
    Sandbox,
    Sandboxes,
    SandboxSpec,
)
from journeyman.sandbox.ecosystems import folders, pre_commit, python, toolchains
from journeyman.sandbox.ecosystems.plan import CACHE, Plan, Step
from journeyman.sandbox.ecosystems.toolchains import Toolchains
from journeyman.sandbox.keeping import Keep, Ready
from journeyman.sandbox.permissions import make_usable

if TYPE_CHECKING:
    from journeyman.sandbox.clients.source import Source

INSTALL_SECONDS = 1200.0
TAIL = 1500
LAST_WORDS = 200
NO_SPACE = "No space left on device"
UNREACHABLE = (
    "tunnel",
    "Could not connect",
    "Connection refused",
    "Failed to fetch",
    "Temporary failure",
    "dns error",
    "error sending request",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ProxyError",
    "Could not resolve",
)

ONLINE = {
    "GOMODCACHE": f"{CACHE}/go",
    "GOFLAGS": "-modcacherw",
    "CARGO_HOME": f"{CACHE}/cargo",
}
"""Where clients keep what they load beside an environment that is finished, and so read-only."""


class Reach(msgspec.Struct, frozen=True):
    """What installs may reach besides the registries that the package clients are set to: hosts, and folders of this
    machine, shown read-only where they are."""

    hosts: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


class EnvironmentCache:
    """Fits `Environments`. `folder` is ours alone; `home` and `variables` are the user's, read for the configuration
    of package clients; `look` finds the toolchains, this host's where it is not given; `clock` is in seconds since
    the epoch."""

    def __init__(
        self,
        sandboxes: Sandboxes,
        folder: Path,
        *,
        home: Path,
        variables: Mapping[str, str],
        reach: Reach = Reach(),  # frozen
        keep: Keep = Keep(),  # frozen
        look: Callable[[], Awaitable[Toolchains]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sandboxes = sandboxes
        self._look = look
        self._folder = folder
        self._home = home
        self._variables = variables
        self._reach = reach
        self._keep = keep
        self._search_path = variables.get("PATH", os.defpath)
        self._toolchains: Toolchains | None = None
        self._clock = clock

    async def prepare(
        self, tree: Path, setup: tuple[str, ...] | None = None, remedy: Remedy = Remedy.KEEP, *, repository: str = ""
    ) -> Environment:
        """Return a ready environment for the tree; see `Environments`."""
        if remedy >= Remedy.PERMISSIONS:
            await asyncio.to_thread(make_usable, tree)
        found, plans = await self._plans(tree, setup)
        shelf = keeping.shelf(self._folder, repository)
        parts = [await self._ready(plan, tree, shelf, remedy) for plan in plans]
        names = tuple(dict.fromkeys(plan.ecosystem for plan in found))
        return msgspec.structs.replace(together(parts), ecosystems=names)

    async def kept(self, tree: Path, setup: tuple[str, ...] | None = None, *, repository: str = "") -> bool:
        """Return whether `prepare` would find everything installed; see `Environments`."""
        shelf = keeping.shelf(self._folder, repository)
        _, plans = await self._plans(tree, setup)
        folders = [shelf / plan.ecosystem / plan.key() for plan in plans if plan.steps]
        return all(keeping.remembered(folder, self._clock()) for folder in folders)

    async def online(
        self, tree: Path, environment: Environment, command: str, timeout_seconds: float, *, repository: str = ""
    ) -> CommandResult:
        """Run one command where package clients reach their registries; see `Environments`."""
        found, _ = await self._plans(tree, None)
        downloads = keeping.shelf(self._folder, repository) / keeping.DOWNLOADS
        async with keeping.locked(downloads, shared=True):
            downloads.mkdir(exist_ok=True)
            spec = await asyncio.to_thread(self._online_spec, found, tree, environment, downloads)
            sandbox = await self._sandboxes.open(spec)
            try:
                return await sandbox.run(command, timeout_seconds=timeout_seconds)
            finally:
                await sandbox.close()
                await asyncio.to_thread(keeping.remember, downloads, Ready(), self._clock())

    async def _plans(self, tree: Path, setup: tuple[str, ...] | None) -> tuple[list[Plan], list[Plan]]:
        """Return the plans of the ecosystems that a tree is of, and the plans to follow."""
        if self._toolchains is None:
            own = toolchains.find(self._home, self._search_path) if self._look is None else await self._look()
            self._toolchains = own
        hooks = pre_commit.plan(tree, self._toolchains)
        found = folders.plans(tree, self._toolchains)
        return found, [*([hooks] if hooks else []), *(found if setup is None else [by_commands(found, setup)])]

    async def _ready(self, plan: Plan, tree: Path, shelf: Path, remedy: Remedy) -> Environment:
        """Return one plan's environment, installed if it is not there yet."""
        if not plan.steps:
            return environment(plan, shelf, Ready(plan.notes), cached=True)
        folder = shelf / plan.ecosystem / plan.key()
        async with keeping.locked(folder):
            kept = None if remedy else keeping.remembered(folder, self._clock())
            try:
                ready = kept or await self._install(plan, tree, folder, shelf / keeping.DOWNLOADS, remedy)
            except OSError as error:
                raise unusable(plan.ecosystem, error) from error
        if kept is None:
            await asyncio.to_thread(keeping.prune, self._folder, self._keep, self._clock())
        return environment(plan, folder, ready, cached=kept is not None)

    async def _install(self, plan: Plan, tree: Path, folder: Path, downloads: Path, remedy: Remedy) -> Ready:
        """Install into an empty folder; it counts once its note of readiness is there."""
        async with keeping.locked(downloads, shared=True):
            await asyncio.to_thread(cleared, folder, downloads, remedy)
            folder.mkdir(parents=True)
            downloads.mkdir(exist_ok=True)
            spec, notes = await asyncio.to_thread(self._spec, plan, tree, folder, downloads)
            if remedy >= Remedy.LIGHTER:
                spec = msgspec.structs.replace(spec, variables={**spec.variables, **LIGHT})
            sandbox = await self._sandboxes.open(spec)
            try:
                for step in plan.steps:
                    notes += await attempt(sandbox, step, plan.ecosystem)
            finally:
                await sandbox.close()
            overlays = tuple((name, place) for name, place in plan.overlays if (folder / name).is_dir())
            ready = Ready((*plan.notes, *notes), overlays)
            await asyncio.to_thread(keeping.remember, downloads, Ready(), self._clock())
            await asyncio.to_thread(keeping.remember, folder, ready, self._clock())
        return ready

    def _online_spec(self, plans: list[Plan], tree: Path, environment: Environment, cache: Path) -> SandboxSpec:
        """Return the sandbox of a command that may ask the registries of the tree's ecosystems."""
        found = self._source([plan.ecosystem for plan in plans])
        clients = {name: value for plan in plans for name, value in plan.install_variables.items()}
        tools = tuple(tool for plan in plans for tool in plan.tools)
        mounts = (*environment.mounts, *tools, *found.mounts, *self._shown())
        return SandboxSpec(
            tree=tree,
            mounts=(Mount(cache, CACHE, writable=True), *dict.fromkeys(mounts)),
            variables={**environment.variables, **clients, **found.variables, **ONLINE},
            path=(*environment.path, toolchains.TOOLS),
            hosts=(*found.hosts, *self._reach.hosts),
            mirrors=found.mirrors,
        )

    def _shown(self) -> list[Mount]:
        """Return the folders that installs may read."""
        return [Mount(folder, str(folder)) for folder in self._reach.folders if folder.is_dir()]

    def _source(self, ecosystems: list[str]) -> Source:
        """Return what the package clients of ecosystems need to reach their registries."""
        from journeyman.sandbox.clients import cargo, go, npm, pip, source

        host = source.Host(self._home, self._variables, self._search_path)
        known = {
            "python": lambda: pip.source(host),
            "node": lambda: npm.source(host),
            "go": lambda: go.source(host),
            "rust": lambda: cargo.source(host, Path(f"{self._toolchains and self._toolchains.rust}/bin/cargo")),
            "pre-commit": lambda: source.together(pip.source(host), npm.source(host)),
        }
        return source.together(*(known[name]() for name in dict.fromkeys(ecosystems) if name in known))

    def _spec(self, plan: Plan, tree: Path, content: Path, cache: Path) -> tuple[SandboxSpec, tuple[str, ...]]:
        """Return the sandbox for an install, and what a person should know about its registries."""
        found = self._source(plan.ecosystem.split("+"))
        writable = (Mount(content, plan.target, writable=True), Mount(cache, CACHE, writable=True))
        places = overlay_folders(plan, content) if plan.in_place else ()
        shown = self._shown()
        absent = [f"sandbox.install_folders: {f} is no folder" for f in self._reach.folders if not f.is_dir()]
        spec = SandboxSpec(
            tree=tree,
            mounts=(*writable, *plan.tools, *found.mounts, *shown, *places),
            variables={**plan.variables, **found.variables, **plan.install_variables},
            path=(*plan.path, toolchains.TOOLS),
            hosts=(*found.hosts, *self._reach.hosts),
            mirrors=found.mirrors,
        )
        return spec, (*found.notes, *absent)


def cleared(folder: Path, cache: Path, remedy: Remedy) -> None:
    """Take away what an earlier install left; some clients leave folders that nobody may write to."""
    if remedy >= Remedy.PERMISSIONS:
        make_usable(folder)
        make_usable(cache)
    keeping.clear(folder)


def overlay_folders(plan: Plan, content: Path) -> tuple[Mount, ...]:
    """Make the folders that an install in place fills, and return how they are shown in the tree."""
    for name, _ in plan.overlays:
        (content / name).mkdir(parents=True)
    return tuple(Mount(content / name, place, writable=True) for name, place in plan.overlays)


def by_commands(found: list[Plan], setup: tuple[str, ...]) -> Plan:
    """Return a plan that runs a repository's own commands in place of the detected ones."""
    first = next((plan for plan in found if plan.ecosystem == python.NAME), None)
    create = first.steps[:1] if first else ()
    overlays = tuple(overlay for plan in found for overlay in plan.overlays)
    return Plan(
        "+".join(dict.fromkeys(plan.ecosystem for plan in found)) or "setup",
        python.TARGET if first else "/env/setup",
        steps=(*create, *map(Step, setup)),
        tools=tuple(tool for plan in found for tool in plan.tools),
        inputs=tuple(entry for plan in found for entry in plan.inputs),
        variables={name: value for plan in found for name, value in plan.variables.items()},
        install_variables={name: value for plan in found for name, value in plan.install_variables.items()},
        path=tuple(place for plan in found for place in plan.path),
        overlays=overlays,
        in_place=True,
    )


async def attempt(sandbox: Sandbox, step: Step, ecosystem: str) -> tuple[str, ...]:
    """Run one step, or what stands instead of it; return notes. EnvironmentBroken if it is required and fails."""
    result = await sandbox.run(step.command, timeout_seconds=INSTALL_SECONDS)
    if result.exit_code == 0:
        return ()
    if NO_SPACE in result.output:  # nothing that the repository could mend, and it may pass
        raise unusable(ecosystem, OSError(errno.ENOSPC, NO_SPACE))
    if step.required and not step.instead:
        raise broken(ecosystem, step, result)
    for command in step.instead:
        await attempt(sandbox, Step(command), ecosystem)
    words = " ".join(result.output.split())[-LAST_WORDS:]
    return (f"{step.otherwise}: …{words}" if words else step.otherwise,)


def broken(ecosystem: str, step: Step, result: CommandResult) -> EnvironmentBroken:
    """Return what went wrong, with the end of the output."""
    if result.timed_out:
        return EnvironmentBroken(f"{ecosystem}: the install took too long: {step.command}", "see sandbox limits")
    if result.out_of_memory:
        return EnvironmentBroken(f"{ecosystem}: the install ran out of memory: {step.command}", "see sandbox limits")
    if any(sign in result.output for sign in UNREACHABLE):
        advice = (
            "the package registry cannot be reached from the sandbox; check the network, "
            "configure a mirror for the package client, or allow its host in the settings"
        )
    else:
        advice = "mend the repository's dependencies, or name commands under `setup` in .journeyman.yaml"
    return EnvironmentBroken(f"{ecosystem}: the install failed: {both_ends(result.output.strip())}", advice)


def both_ends(output: str) -> str:
    """Return an output, of a long one the beginning and the end: some clients end with pages of help."""
    return output if len(output) <= TAIL else f"{output[: TAIL // 2]}\n[...]\n{output[-TAIL // 2 :]}"


def unusable(ecosystem: str, error: OSError) -> JourneymanError:
    """Return what kept the files of an environment from being made."""
    if full := DiskFailed.of(error):
        return full
    place = f": {error.filename}" if error.filename else ""
    return EnvironmentBroken(f"{ecosystem}: {error.strerror or error}{place}", "see free space and owners there")


def environment(plan: Plan, content: Path, ready: Ready, *, cached: bool) -> Environment:
    """Return how a finished plan is used: nothing of it can be written to any more."""
    own = (Mount(content, plan.target),) if plan.target else ()
    overlays = tuple(Mount(content / name, place) for name, place in ready.overlays)
    return Environment((*own, *plan.tools, *overlays), plan.variables, plan.path, (), ready.notes, cached)


def together(parts: list[Environment]) -> Environment:
    """Return several environments as one."""
    return Environment(
        mounts=tuple(dict.fromkeys(mount for part in parts for mount in part.mounts)),
        variables={name: value for part in parts for name, value in part.variables.items()},
        path=tuple(dict.fromkeys(place for part in parts for place in part.path)),
        notes=tuple(note for part in parts for note in part.notes),
        cached=all(part.cached for part in parts),
    )
