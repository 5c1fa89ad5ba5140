"""Mend a person's checkout on a copy of it, and write what was verified back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from journeyman.domain.changes import Severity
from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport
from journeyman.domain.diagnoses import Category, Diagnosis
from journeyman.domain.errors import BadRequest, EnvironmentBroken, NotWritten, SandboxDied
from journeyman.domain.fixing import NO_COMMAND, Audience, Fixed, FixOptions, still_left
from journeyman.domain.mending import Leftover, Mended
from journeyman.domain.request import Repository
from journeyman.domain.runs import Run
from journeyman.gates import RepositorySettings, read_repository_settings
from journeyman.git import Checkout, Checkouts
from journeyman.sandbox import TREE, Environment, Remedy, SandboxSpec
from journeyman.steps.bench import Aims, bench_at
from journeyman.steps.commands import Unrecorded
from journeyman.steps.desk import Desk
from journeyman.steps.installs import renew
from journeyman.steps.quarters import Quarters
from journeyman.steps.remedies import remedy_for
from journeyman.steps.shared_trees import SharedTrees
from journeyman.steps.site import OWN_SETTINGS, Site, look, refuse_dangerous, run_check

Diagnose = Callable[[str], tuple[Diagnosis, ...]]
"""What an output tells of failures."""

Checks = tuple[Check, ...]
Judge = Callable[[Check], Awaitable[CheckOutcome]]

INSTALL = "install what the checks need"
AGAIN = "it was interrupted: journeyman fix goes on from here"
OUTSIDE = (Category.INFRASTRUCTURE, Category.ENVIRONMENT, Category.FLAKY, Category.TIME_OUT)
MOST_SAID = 300
"""Characters of a failed install that are told."""

SURE = 50
"""The percentage from which on a diagnosis of a log is held against the checks."""


@dataclass(frozen=True)
class CheckoutFixing:
    """Opens copies of checkouts. `patches` is the folder for patches that could not be written back."""

    desk: Desk
    checkouts: Checkouts
    diagnose: Diagnose
    patches: Path

    @asynccontextmanager
    async def opened(self, place: Path) -> AsyncIterator[CheckoutCopy]:
        """Copy the checkout at a place, for as long as the context lasts."""
        checkout = await self.checkouts.copy(place)
        try:
            yield CheckoutCopy(self, checkout)
        finally:
            await checkout.close()


_FIRST_TIMES = 5.0
"""A check may take so many times the time limit: what takes longer hangs, or could not be judged within it anyway."""


class CheckoutCopy:
    """Fits `Copy`."""

    def __init__(self, fixing: CheckoutFixing, checkout: Checkout) -> None:
        self._desk = fixing.desk
        self._diagnose = fixing.diagnose
        self._patches = fixing.patches
        self._checkout = checkout
        self._workspace = checkout.workspace

    async def mend(self, options: FixOptions, audience: Audience) -> Fixed:
        """Run the checks, mend what fails, run them again; see `Copy`."""
        base = await self._workspace.base_tree()
        tree = await look(self._workspace, base)
        settings = read_repository_settings(await tree.read(OWN_SETTINGS) or "")
        refuse_dangerous(settings, self._desk.refusal)
        asked = {command: command for command in options.checks}
        checks = await self._desk.checks.find(tree, asked or dict(settings.checks) or None)
        if not checks:
            problem = f"no checks were found in {self._checkout.root}"
            raise BadRequest("check", problem, "name one, such as --check 'python -m pytest'")
        site, broken = await self._site(settings, audience)
        try:
            fixed = await self._mend_all(site, broken, checks, options, audience)
            return _with_log(fixed, options.log)
        finally:
            await site.sandbox.close()

    async def offer(self, fixed: Fixed) -> str:
        """Return the address of a repository with the mended tree; see `Copy`."""
        return (await self._checkout.offer(fixed.tree)).remote_url

    async def take_over(self, fixed: Fixed, run: Run) -> Fixed:
        """Return what came of it when a run went on; see `Copy`."""
        result = run.result
        delivered = result.commit_hash if result is not None and result.success else None
        if delivered is None:
            said = run.error_message or (result.error_message if result else None) or run.state.status
            step = f"journeyman show {run.run_id} tells more, journeyman resume {run.run_id} goes on: {said}"
            left = tuple(Leftover(each.check, each.what, step) for each in fixed.mended.leftovers)
            return msgspec.structs.replace(still_left(fixed, left), run_id=run.run_id)
        green = tuple(_passed(outcome) for outcome in fixed.mended.report.outcomes)
        mended = msgspec.structs.replace(fixed.mended, leftovers=(), report=CheckReport(green))
        fixed = msgspec.structs.replace(fixed, mended=mended, run_id=run.run_id)
        return await self._with_change(fixed, await self._checkout.tree_of(delivered))

    async def write_back(self, fixed: Fixed, *, oracle_changes: bool) -> Fixed:
        """Write the change into the person's files; see `Copy`."""
        if not fixed.diff:
            return fixed
        try:
            if objections := await self._objections(fixed.tree, oracle_changes):
                raise NotWritten(f"the gates object: {objections}")
            return msgspec.structs.replace(fixed, written=await self._checkout.write_back(fixed.tree))
        except NotWritten as error:
            patch = await self._checkout.patch(fixed.tree)
            place = await asyncio.to_thread(_kept, self._patches, self._checkout.root.name, fixed.tree, patch)
            return msgspec.structs.replace(fixed, not_written=error.line(), patch_file=str(place))

    async def _site(self, settings: RepositorySettings, audience: Audience) -> tuple[Site, CheckOutcome | None]:
        """Open a site. Where nothing can be installed, it has what every sandbox has, and what was wrong is told."""
        broken = None
        try:
            environment = await self._environment(settings, audience)
        except EnvironmentBroken as error:
            environment, broken = Environment(), _installed(error)
        for line in environment.notes:
            await audience.tell(line)
        broken = _installed_from(environment) if environment.behind else broken
        if broken is not None:
            await audience.tell(f"FAILS  {INSTALL}")
        spec = SandboxSpec(self._workspace.tree, environment.mounts, environment.variables, environment.path)
        sandbox = Quarters(await self._desk.sandboxes.open(spec), spec)
        trees, repository = SharedTrees(None, "", self._workspace), Repository(str(self._checkout.root))
        return Site(self._workspace, trees, environment, sandbox, settings, "", repository, spec), broken

    async def _environment(self, settings: RepositorySettings, audience: Audience) -> Environment:
        """Return the environment, built once more if a remedy may help."""
        tree, address = self._workspace.tree, str(self._checkout.root)
        setup = settings.setup or None
        if not await self._desk.environments.kept(tree, setup, repository=address):
            await audience.tell("installing what the checks need")
        try:
            return await self._desk.environments.prepare(tree, setup, repository=address)
        except EnvironmentBroken as error:
            remedy = remedy_for(2, error.line())
            if remedy is Remedy.REBUILD:
                raise
            return await self._desk.environments.prepare(tree, setup, remedy, repository=address)

    async def _mend_install(self, site: Site, broken: CheckOutcome, options: FixOptions, audience: Audience) -> Fixed:
        """Mend what keeps the checks' needs from being installed: the install is the check."""

        async def judge(_: Check) -> CheckOutcome:
            try:
                return _installed_from(await renew(self._desk, site))
            except EnvironmentBroken as error:
                return _installed(error)

        fixed = await self._mended(site, CheckReport((broken,)), options, audience, judge)
        left = tuple(_of_install(each, fixed.mended.report) for each in fixed.mended.leftovers)
        return fixed if fixed.interrupted else still_left(fixed, left)

    async def _mend_all(
        self, site: Site, broken: CheckOutcome | None, checks: Checks, options: FixOptions, audience: Audience
    ) -> Fixed:
        """Mend the install first, if it is broken: the checks need it."""
        if broken is None:
            return await self._mend(site, checks, options, audience)
        first = await self._mend_install(site, broken, options, audience)
        possible = first.mended.report.passed or site.environment.behind
        if first.interrupted or not possible:
            return first
        return _together(first, await self._mend(site, checks, options, audience))

    async def _mend(self, site: Site, checks: Checks, options: FixOptions, audience: Audience) -> Fixed:
        most = _FIRST_TIMES * options.time_limit_seconds
        bounded = tuple(msgspec.structs.replace(c, timeout_seconds=min(c.timeout_seconds, most)) for c in checks)
        return await self._mended(site, await self._baseline(site, bounded, audience), options, audience)

    async def _mended(
        self, site: Site, before: CheckReport, options: FixOptions, audience: Audience, judge: Judge | None = None
    ) -> Fixed:
        """Mend what a report says fails; `judge` in place of the checks' own commands."""
        failing = [outcome for outcome in before.outcomes if not outcome.passed]
        diagnoses = {outcome.check.name: self._diagnose(words(outcome)) for outcome in failing}
        fixed = Fixed(str(self._checkout.root), before, diagnoses, Mended(report=before))
        kept = _Kept(fixed, await self._workspace.snapshot())
        if failing:
            aims = Aims(
                _never_ending, audience.tell, audience.watch, kept.take,
                options.time_limit_seconds, options.allow_oracle_changes, options.apply_first, options.explain,
            )  # fmt: skip
            try:
                bench = await bench_at(self._desk, site, before, Unrecorded(), aims)
                bench = bench if judge is None else msgspec.structs.replace(bench, judge=judge)
                await kept.take(await self._desk.mender.mend(bench), await self._workspace.snapshot())
            except (asyncio.CancelledError, SandboxDied) as error:
                kept.cut_off("" if await interrupted(error) else str(error))
        return await self._with_change(kept.fixed, kept.tree)

    async def _baseline(self, site: Site, checks: Checks, audience: Audience) -> CheckReport:
        outcomes: list[CheckOutcome] = []
        base = await self._workspace.snapshot()
        for check in checks:
            outcome = await run_check(self._desk, site.sandbox, check, Unrecorded())
            if await self._workspace.snapshot() != base:
                await self._workspace.restore(base)
            outcomes.append(outcome)
            await audience.tell(f"{'passes' if outcome.passed else 'FAILS '} {check.name}  ({outcome.seconds:.1f} s)")
        absent = [each.check.command for each in outcomes if each.exit_code == 127]
        if len(absent) == len(outcomes):
            notes = "; ".join(site.environment.notes) or "name others with --check"
            raise EnvironmentBroken(f"no command of the checks is installed: {', '.join(absent)}", notes)
        return CheckReport(tuple(outcomes))

    async def _with_change(self, fixed: Fixed, tree: str) -> Fixed:
        change = await self._workspace.change(await self._workspace.base_tree(), tree)
        return msgspec.structs.replace(fixed, tree=tree, diff=change.diff)

    async def _objections(self, tree: str, oracle_changes: bool) -> str:
        """Return what the gates have against a change; "" for nothing."""
        base = await self._workspace.base_tree()
        change = await self._workspace.change(base, tree)
        before, after = await look(self._workspace, base), await look(self._workspace, tree)
        findings = await self._desk.gate.judge(change, before, after, tests_are_the_task=oracle_changes)
        return "; ".join(each.line_text() for each in findings if each.severity is Severity.BLOCKS)


class _Kept:
    """What came of mending so far: the last word when it is interrupted."""

    def __init__(self, fixed: Fixed, tree: str) -> None:
        self.fixed = fixed
        self.tree = tree

    async def take(self, mended: Mended, tree: str) -> None:
        self.fixed = msgspec.structs.replace(self.fixed, mended=mended)
        self.tree = tree

    def cut_off(self, why: str) -> None:
        """Say of everything that still fails that its mending was cut off: why, or "" if a person did."""
        step = f"{why}: see the sandbox's limits" if why else AGAIN
        failing = [outcome for outcome in self.fixed.mended.report.outcomes if not outcome.passed]
        left = tuple(Leftover(each.check.name, _told(each), step) for each in failing)
        self.fixed = msgspec.structs.replace(still_left(self.fixed, left), interrupted=not why)


async def interrupted(error: BaseException) -> bool:
    """Tell whether a person interrupted this task, and let it go on. Ctrl-C may end the sandbox at that moment."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return False
    if not isinstance(error, asyncio.CancelledError):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
    task.uncancel()
    return True


def words(outcome: CheckOutcome) -> str:
    """Return everything that a check said, problems and tests in one form, paths as the checkout has them."""
    lines = [f"{each.path}:{each.line}: {each.code} {each.message}" for each in outcome.problems]
    said = "\n".join([outcome.output, *(test.message for test in outcome.tests if test.message), *lines])
    return said.replace(f"{TREE}/", "")


def _told(outcome: CheckOutcome) -> str:
    found = sorted(outcome.failures())
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def _installed(error: EnvironmentBroken | None) -> CheckOutcome:
    """Return an install as the outcome of a check."""
    check = Check(INSTALL, INSTALL, CheckKind.BUILD, reader=NO_COMMAND)
    return CheckOutcome(check, int(error is not None), 0.0, f"{error.message}\n{error.advice}" if error else "")


def _installed_from(environment: Environment) -> CheckOutcome:
    """Return an install that was possible as the outcome of a check: the locks had to fit."""
    advice = "bring the lock file up to date with its own client"
    return _installed(EnvironmentBroken("\n".join(environment.behind), advice) if environment.behind else None)


def _of_install(leftover: Leftover, report: CheckReport) -> Leftover:
    """Return what is left of an install in the words of the client that failed, with its advice."""
    said = [line.strip() for outcome in report.outcomes for line in outcome.output.splitlines() if line.strip()]
    if leftover.check != INSTALL or not said:
        return leftover
    return Leftover(INSTALL, " ".join(said[:-1])[:MOST_SAID], said[-1])


def _together(first: Fixed, then: Fixed) -> Fixed:
    """Return what came of mending the install and, after that, the checks."""
    mended = msgspec.structs.replace(
        then.mended,
        mends=(*first.mended.mends, *then.mended.mends),
        leftovers=(*first.mended.leftovers, *then.mended.leftovers),
        report=CheckReport((*first.mended.report.outcomes, *then.mended.report.outcomes)),
    )
    before = CheckReport((*first.before.outcomes, *then.before.outcomes))
    diagnoses = {**first.diagnoses, **then.diagnoses}
    return msgspec.structs.replace(then, before=before, diagnoses=diagnoses, mended=mended)


def _passed(outcome: CheckOutcome) -> CheckOutcome:
    return CheckOutcome(outcome.check, 0, outcome.seconds, "")


def _with_log(fixed: Fixed, log: tuple[Diagnosis, ...]) -> Fixed:
    """Return the same, with what a log tells and no check here shows among the leftovers."""
    known = [each for found in fixed.diagnoses.values() for each in found]
    categories, paths = {each.category for each in known}, {each.path for each in known if each.path}
    news = [d for d in log if d.confidence >= SURE and d.category not in categories and d.path not in paths]
    left = tuple(
        Leftover("log", f"{d.category}: {f'{d.place} ' if d.place else ''}{d.message}", _advice(d)) for d in news
    )
    return still_left(fixed, (*fixed.mended.leftovers, *left)) if left else fixed


def _advice(diagnosis: Diagnosis) -> str:
    if diagnosis.category in OUTSIDE:
        return "no check here shows it, and it may lie outside of the code: run the job again"
    return "no check here shows it: name the command that does with --check"


def _kept(folder: Path, name: str, tree: str, patch: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name}-{tree[:12]}.patch"
    place.write_bytes(patch)
    return place


async def _never_ending() -> None:
    """Nothing but cancellation ends the work on a checkout before its time."""
