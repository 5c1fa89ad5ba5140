"""Write the change: by the coder, or by the mender when there is no model."""

from __future__ import annotations

from journeyman.agents import Coder, Progress, Recorded
from journeyman.domain.checks import Check, CheckOutcome, CheckReport
from journeyman.domain.conversation import ToolCall, ToolResult
from journeyman.domain.errors import LimitReached
from journeyman.domain.runs import ActivityType, NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.repair import Bench, Mended
from journeyman.steps.briefing import brief_of
from journeyman.steps.desk import Desk
from journeyman.steps.interruptions import Interruptions
from journeyman.steps.shell import SandboxShell
from journeyman.steps.site import Site, Sites, run_check
from journeyman.store import ToolRecord
from journeyman.tools import ToolSet, command_tools, file_tools


async def write(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """CODE: change the tree, starting from where the round before left it."""
    if given.round == 1:
        await desk.post(run, NotificationType.IMPLEMENTATION_STARTED, "the work on the code has begun")
    site = await sites.at(run)
    facts = await desk.runs.facts(run.run_id)
    start = facts.tree or await site.workspace.base_tree()
    report = await (_mend if desk.choice(run) is None else _code)(desk, site, run, given, start)
    await desk.post(run, NotificationType.IMPLEMENTATION_STEP, report.summary)
    return report


async def _code(desk: Desk, site: Site, run: Run, given: StepGiven, start: str) -> StepReport:
    choice = desk.choice(run)
    assert choice is not None
    facts = await desk.runs.facts(run.run_id)
    used = int(facts.notes.get("turns", 0))
    left = run.options.limits.max_turns - used
    if left <= 0:
        raise LimitReached("turns", f"all {used} turns are used up", f"journeyman resume {run.run_id} --max-turns N")
    brief = brief_of(run, facts, site.house_rules, await site.workspace.files(start), given.reason)
    own = (*command_tools(site.sandbox, desk.refusal), *file_tools(site.sandbox))
    toolbox = ToolSet((*own, *await desk.further_tools()))
    scribe = Scribe(desk, site, run)
    coder = Coder(desk.models, toolbox, scribe, Interruptions(desk, run), scribe.tell)
    ended = await coder.work(run.run_id, given.round, brief, choice, start, left)
    await desk.runs.learn(run.run_id, tree=ended.tree, notes={**facts.notes, "turns": used + ended.turns})
    if ended.stuck:
        return StepReport(Event.STUCK, f"the coder is stuck: {ended.stuck}", ended.stuck)
    if ended.tree == await site.workspace.base_tree():
        words = ended.words or "no words"
        return StepReport(Event.STUCK, f"the coder ended without a change: {words}", f"no change was made: {words}")
    return StepReport(Event.CHANGED, f"the coder finished after {ended.turns} turns: {ended.words}")


async def _mend(desk: Desk, site: Site, run: Run, given: StepGiven, start: str) -> StepReport:
    facts = await desk.runs.facts(run.run_id)
    await site.workspace.restore(start)
    if given.round > 1:
        reason = f"mending without a model did not hold: {given.reason}"
        return StepReport(Event.STUCK, reason, reason)
    mended = await desk.mender.mend(
        _bench(desk, site, run, facts.baseline or CheckReport(), start, await _paths(site))
    )
    tree = await site.workspace.snapshot()
    left = [f"{leftover.check}: {leftover.what}; {leftover.next_step}" for leftover in mended.leftovers]
    await desk.runs.learn(run.run_id, tree=tree, notes={**facts.notes, "left": left, "mended": _mends(mended)})
    for line in left:
        await desk.note(run, f"left for a person or a model: {line}")
    if not mended.mends:
        reason = "nothing could be mended without a model. " + "; ".join(left)
        return StepReport(Event.STUCK, reason, reason)
    return StepReport(Event.CHANGED, f"mended without a model: {len(mended.mends)}; left: {len(left)}")


async def _paths(site: Site) -> tuple[str, ...]:
    return await site.workspace.files(await site.workspace.base_tree())


def _mends(mended: Mended) -> list[str]:
    return [f"{mend.fixer}: {mend.summary}" for mend in mended.mends]


def _bench(desk: Desk, site: Site, run: Run, report: CheckReport, start: str, paths: tuple[str, ...]) -> Bench:
    interruptions = Interruptions(desk, run)

    async def judge(check: Check) -> CheckOutcome:
        await interruptions.check()
        return await run_check(desk, site.sandbox, check)

    async def progress(line: str) -> None:
        await desk.note(run, line)

    return Bench(
        shell=SandboxShell(site.sandbox),
        report=report,
        paths=paths,
        judge=judge,
        save=site.workspace.snapshot,
        back=site.workspace.restore,
        progress=progress,
    )


class Scribe:
    """Writes down what the coder does: finished tool calls, snapshots, and lines for people."""

    def __init__(self, desk: Desk, site: Site, run: Run) -> None:
        self._desk = desk
        self._site = site
        self._run = run

    async def finished(self, key: str) -> Recorded | None:
        """Return a call that finished before; None if it did not."""
        record = await self._desk.tool_ledger.tool_record(self._run.run_id, key)
        return Recorded(record.result, record.tree) if record else None

    async def record(self, key: str, call: ToolCall, result: ToolResult, tree: str) -> None:
        """Record a call that finished, without secrets."""
        redactor = self._desk.redactor(self._run.run_id)
        bare = ToolResult(result.call_id, result.name, redactor.text(result.content), result.ok)
        arguments = redactor.text(call.arguments)
        record = ToolRecord(bare, tree)
        await self._desk.tool_ledger.record_tool(self._run.run_id, key, arguments, record, self._desk.clock())

    async def snapshot(self) -> str:
        """Record the tree as it stands and return its hash."""
        return await self._site.workspace.snapshot()

    async def restore(self, tree: str) -> None:
        """Make the work tree equal to a snapshot."""
        await self._site.workspace.restore(tree)

    async def tell(self, progress: Progress) -> None:
        """Add a line to the run's log."""
        kind = ActivityType.PROGRESS
        if progress.tool:
            kind = ActivityType.FUNCTION_CALL if progress.origin == "own" else ActivityType.MCP_CALL
        details = {"tool": progress.tool, "arguments": progress.arguments[:2000], "ok": progress.ok}
        await self._desk.note(self._run, progress.message, kind, details if progress.tool else None)
