"""The place where a run's work happens: its work tree, its environment and its one live sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from journeyman.domain.checks import Check, CheckOutcome, CheckReport
from journeyman.domain.errors import BadSettings
from journeyman.domain.request import Repository
from journeyman.domain.runs import Run
from journeyman.gates import Raw, RepositorySettings, Tree, read_repository_settings
from journeyman.git import Head, Workspace
from journeyman.sandbox import Environment, Remedy, Sandbox, SandboxSpec, lighter
from journeyman.steps.commands import Log
from journeyman.steps.desk import Desk
from journeyman.steps.quarters import Quarters
from journeyman.steps.shared_trees import SharedTrees
from journeyman.steps.spares import Spare, Spares

OWN_SETTINGS = ".journeyman.yaml"
HOUSE_RULES = ("AGENTS.md", "CLAUDE.md")
REPORT_LIMIT = 50 * 1024**2


@dataclass(frozen=True)
class Site:
    """An open site. `settings` and `house_rules` come from the base branch, never from the work tree.

    In a `light` one, commands do one thing at a time.
    """

    workspace: Workspace
    trees: SharedTrees
    environment: Environment
    sandbox: Quarters
    settings: RepositorySettings
    house_rules: str
    repository: Repository
    spec: SandboxSpec
    light: bool = False


class Sites:
    """Opens the site of a run when a step first needs it, and keeps it until the run ends here."""

    def __init__(self, desk: Desk, spares: int = 0) -> None:
        self._desk = desk
        self._open: dict[str, Site] = {}
        self._taken: dict[str, Spare] = {}
        self.spares = Spares(desk, spares)

    async def workspace(self, run: Run, *, afresh: bool = False) -> Workspace:
        """Return the run's work tree, cloned if it is not there; `afresh` clones it again."""
        if afresh:
            await self.close(run.run_id)
            await self._desk.repositories.discard(run.run_id)
        repository, head = self.repository(run), Head(run.base_branch, run.base_commit)
        spare = await self.spares.take(run.run_id, repository.remote_url, head)
        if spare is not None:
            self._taken[run.run_id] = spare
        return await self._desk.repositories.prepare(run.run_id, repository, head)

    async def at(self, run: Run, remedy: Remedy = Remedy.KEEP) -> Site:
        """Return the run's site, its environment made anew by a remedy. EnvironmentBroken if that fails."""
        if remedy:
            await self.close(run.run_id)
        if run.run_id not in self._open:
            self._open[run.run_id] = await self._opened(run, remedy)
        return self._open[run.run_id]

    def repository(self, run: Run) -> Repository:
        """Return the run's repository with the credentials that the database does not hold."""
        asked = run.request.repository
        return Repository(asked.remote_url, asked.branch, self._desk.secrets.of(run.run_id))

    async def close(self, run_id: str) -> None:
        """End the run's sandbox, if one is open, and let other processes have its folder."""
        site = self._open.pop(run_id, None)
        for place in (site, self._taken.pop(run_id, None)):
            if place is not None:
                await place.sandbox.close()
        self._desk.repositories.leave(run_id)
        if site is not None and not (site.light or site.sandbox.moved):
            self.spares.stock(site.repository, site.workspace.base, site.environment, site.spec)

    async def close_all(self) -> None:
        """End every sandbox."""
        await self.spares.close()
        for run_id in {*self._open, *self._taken}:
            await self.close(run_id)
        self._desk.repositories.leave()

    async def _opened(self, run: Run, remedy: Remedy) -> Site:
        repositories = self._desk.repositories
        head = Head(run.base_branch, run.base_commit)
        workspace = await repositories.reopen(run.run_id, self.repository(run), head)
        trees = SharedTrees(self._desk.snapshots, run.run_id, workspace)
        await trees.gather()
        base = await workspace.base_tree()
        own, *rules = await asyncio.gather(*(_text(workspace, base, name) for name in (OWN_SETTINGS, *HOUSE_RULES)))
        settings = read_repository_settings(own or "")
        refuse_dangerous(settings, self._desk.refusal)
        environment = await self._environment(run, workspace, settings, remedy)
        light = remedy is Remedy.LIGHTER or bool((await self._desk.runs.facts(run.run_id)).notes.get("light"))
        if light:
            environment = lighter(environment)
        spec = SandboxSpec(
            tree=workspace.tree,
            mounts=environment.mounts,
            variables=environment.variables,
            path=environment.path,
        )
        sandbox = Quarters(await self._sandbox(run.run_id, spec), spec)
        house_rules = "\n\n".join(text for text in rules if text)
        repository = self.repository(run)
        return Site(workspace, trees, environment, sandbox, settings, house_rules, repository, spec, light)

    async def _environment(
        self, run: Run, workspace: Workspace, settings: RepositorySettings, remedy: Remedy
    ) -> Environment:
        """Return the spare's environment, which was found for the same commit, or find it."""
        spare = self._taken.get(run.run_id)
        if spare is not None and not remedy:
            return spare.environment
        url = run.request.repository.remote_url
        return await self._desk.environments.prepare(workspace.tree, settings.setup or None, remedy, repository=url)

    async def _sandbox(self, run_id: str, spec: SandboxSpec) -> Sandbox:
        """Return the spare's sandbox if it was made just so, else a new one."""
        spare = self._taken.pop(run_id, None)
        if spare is not None:
            if msgspec.structs.replace(spare.spec, tree=spec.tree) == spec:
                return spare.sandbox
            await spare.sandbox.close()
        return await self._desk.sandboxes.open(spec)


def refuse_dangerous(settings: RepositorySettings, refusal: Callable[[str], str | None]) -> None:
    """Raise BadSettings if a rule of the policy refuses a command that the repository names."""
    named = {f"checks.{name}": command for name, command in settings.checks.items()}
    named |= {f"setup, command {number}": command for number, command in enumerate(settings.setup, 1)}
    for where, command in named.items():
        if rule := refusal(command):
            raise BadSettings(
                f"{OWN_SETTINGS}: {where}: the policy refuses this command by the rule {rule}",
                "name another or a shorter one, or, where the rule allows it, "
                f"switch it off under `commands: {{allow: [{rule}]}}` in the settings",
            )


async def look(workspace: Workspace, tree_hash: str) -> Tree:
    """Return a snapshot as a tree to look at."""
    return Tree(await workspace.files(tree_hash), partial(_text, workspace, tree_hash))


async def _text(workspace: Workspace, tree_hash: str, path: str) -> str | None:
    content = await workspace.read(tree_hash, path)
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        if path == OWN_SETTINGS:
            raise BadSettings(f"{OWN_SETTINGS} is not UTF-8 text", "save it as UTF-8") from None
        return None


async def run_check(desk: Desk, sandbox: Sandbox, check: Check, log: Log) -> CheckOutcome:
    """Run one check in the sandbox, read what it says, and record it."""
    result = await sandbox.run(check.command, timeout_seconds=check.timeout_seconds)
    raw = Raw(result.exit_code, result.output, result.seconds, result.timed_out, await _report(sandbox, check))
    outcome = desk.readers.read(check, raw)
    if result.out_of_memory:
        outcome = msgspec.structs.replace(outcome, out_of_memory=True)
    return await log.ended(check.command, outcome, CheckOutcome)


async def run_checks(desk: Desk, sandbox: Sandbox, checks: tuple[Check, ...], log: Log) -> CheckReport:
    """Run checks one after another."""
    return CheckReport(tuple([await run_check(desk, sandbox, check, log) for check in checks]))


async def _report(sandbox: Sandbox, check: Check) -> str | None:
    if not check.report_path:
        return None
    try:
        return (await sandbox.read_file(check.report_path, REPORT_LIMIT)).decode(errors="replace")
    except OSError:
        return None
