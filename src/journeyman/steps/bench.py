"""The bench that a mender works on, put together from a site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from journeyman.domain.checks import Check, CheckOutcome, CheckReport
from journeyman.domain.mending import Mended, Searching
from journeyman.repair import Bench, unkept, unwatched
from journeyman.steps.commands import Log
from journeyman.steps.desk import Desk
from journeyman.steps.installs import Installs
from journeyman.steps.shell import SandboxShell
from journeyman.steps.site import Site, run_check


@dataclass(frozen=True)
class Aims:
    """What whoever wants a tree mended says of it: see `Bench`. `go_on` raises if the work is to end."""

    go_on: Callable[[], Awaitable[None]]
    progress: Callable[[str], Awaitable[None]]
    watch: Callable[[Searching], Awaitable[None]] = unwatched
    kept: Callable[[Mended, str], Awaitable[None]] = unkept
    time_limit_seconds: float = 120.0
    allow_oracle_changes: bool = False
    apply_first: bool = False
    explain: bool = False


async def bench_at(desk: Desk, site: Site, report: CheckReport, log: Log, aims: Aims) -> Bench:
    """Return the bench of a site on whose tree the checks gave a report."""
    workspace = site.workspace

    async def judge(check: Check) -> CheckOutcome:
        await aims.go_on()
        given = await workspace.snapshot()
        outcome = await run_check(desk, site.sandbox, check, log)
        if await workspace.snapshot() != given:  # a check that writes, such as pre-commit, judges and no more
            await workspace.restore(given)
        return outcome

    async def save() -> str:
        return await log.ended("snapshot", await workspace.snapshot(), str)

    installs = Installs(desk, site, log)
    return Bench(
        shell=SandboxShell(site.sandbox, log),
        report=report,
        paths=await workspace.files(await workspace.base_tree()),
        judge=judge,
        save=save,
        back=workspace.restore,
        progress=aims.progress,
        watch=aims.watch,
        kept=aims.kept,
        time_limit_seconds=aims.time_limit_seconds,
        allow_oracle_changes=aims.allow_oracle_changes,
        apply_first=aims.apply_first,
        explain=aims.explain,
        online=installs.online,
        rebuild=installs.rebuild,
        files=workspace.files,
    )
