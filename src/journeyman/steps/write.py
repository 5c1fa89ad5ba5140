"""Write the change: by the coder, or by the mender when there is no model."""

from __future__ import annotations

from functools import partial

import msgspec

from journeyman.agents import Coder, Progress, Recorded
from journeyman.domain.checks import CheckReport
from journeyman.domain.conversation import ToolCall, ToolResult
from journeyman.domain.errors import LimitReached
from journeyman.domain.runs import ActivityType, NotificationType, Run, StepGiven, StepReport
from journeyman.domain.states import Event
from journeyman.repair import Mended
from journeyman.steps.bench import Aims, bench_at
from journeyman.steps.briefing import brief_of
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.interruptions import Interruptions
from journeyman.steps.knowing import known_code, shown_code
from journeyman.steps.mending_first import forerun
from journeyman.steps.remembering import remembered_for
from journeyman.steps.site import Site, Sites
from journeyman.steps.suspecting import suspects_for
from journeyman.store import ToolRecord
from journeyman.tools import OFFERED, Offered, Tool, ToolSet, command_tools, file_tools


async def write(desk: Desk, sites: Sites, run: Run, given: StepGiven) -> StepReport:
    """CODE: change the tree, starting from where the round before left it."""
    if given.round == 1:
        await desk.post(run, NotificationType.IMPLEMENTATION_STARTED, "the work on the code has begun")
    site = await sites.at(run)
    start = await _start(desk, site, run, given.round)
    report = await (_mend if desk.choice(run) is None else _code)(desk, site, run, given, start)
    await desk.post(run, NotificationType.IMPLEMENTATION_STEP, report.summary, occasion=given.round)
    return report


async def _start(desk: Desk, site: Site, run: Run, number: int) -> str:
    """Return the tree that a round starts from. Written down first, for a round that is done again."""
    facts = await desk.runs.facts(run.run_id)
    starts: dict[str, str] = facts.notes.get("starts", {})
    if str(number) not in starts:
        starts = {**starts, str(number): facts.tree or await site.workspace.base_tree()}
        await desk.runs.learn(run.run_id, notes={**facts.notes, "starts": starts})
    return starts[str(number)]


async def _code(desk: Desk, site: Site, run: Run, given: StepGiven, start: str) -> StepReport:
    choice = desk.choice(run)
    assert choice is not None
    made = await forerun(desk, site, run, given.round, start)
    if made is not None and made.enough:
        told = f"mended without a model: {len(made.mended)}; no coder was needed"
        return StepReport(Event.CHANGED, told)
    start = made.tree if made is not None else start
    suspects = await suspects_for(desk, site, run, given.round, start)
    remembered = await remembered_for(desk, run)
    facts = await desk.runs.facts(run.run_id)
    turns: dict[str, int] = facts.notes.get("turns", {})
    used = sum(count for number, count in turns.items() if int(number) < given.round)
    left = run.options.limits.max_turns - used
    if left <= 0:
        raise LimitReached("turns", f"all {used} turns are used up", f"journeyman resume {run.run_id} --max-turns N")
    paths, code = await site.workspace.files(start), await shown_code(desk, site, run)
    brief = brief_of(run, facts, site.house_rules, paths, given.reason, suspects, code, remembered.text)
    if made is not None and made.mended:
        brief = msgspec.structs.replace(brief, failing=made.failing, mended=made.mended)
    own = (*command_tools(site.sandbox, desk.refusal, known_code(desk, site, run)), *file_tools(site.sandbox))
    further, scribe = await desk.further_tools(), Scribe(desk, site, run)
    await scribe.keep_further(given.round, further)
    toolbox = ToolSet((*own, *further))
    coder = Coder(desk.models, toolbox, scribe, Interruptions(desk, run), scribe.tell)
    ended = await coder.work(run.run_id, given.round, brief, choice, start, left)
    await desk.runs.learn(
        run.run_id, tree=ended.tree, notes={**facts.notes, "turns": {**turns, str(given.round): ended.turns}}
    )
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
    log = await CommandLog.begin(desk, run, "mend", given.round)
    aims = Aims(Interruptions(desk, run).check, partial(desk.note, run))
    mended = await desk.mender.mend(await bench_at(desk, site, facts.baseline or CheckReport(), log, aims))
    tree = await site.workspace.snapshot()
    await site.trees.keep(tree)
    left = [f"{leftover.check}: {leftover.what}; {leftover.next_step}" for leftover in mended.leftovers]
    notes = {**facts.notes, "left": left, "mended": _mends(mended), "renewed": site.sandbox.moved}
    await desk.runs.learn(run.run_id, tree=tree, notes=notes)
    for line in left:
        await desk.note(run, f"left for a person or a model: {line}")
    if not mended.mends:
        reason = "nothing could be mended without a model. " + "; ".join(left)
        return StepReport(Event.STUCK, reason, reason)
    return StepReport(Event.CHANGED, f"mended without a model: {len(mended.mends)}; left: {len(left)}")


def _mends(mended: Mended) -> list[str]:
    return [f"{mend.fixer}: {mend.summary}" for mend in mended.mends]


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

    async def record(self, key: str, call: ToolCall, result: ToolResult, tree: str) -> Recorded:
        """Record a call that finished, without secrets, and return what is recorded."""
        redactor = self._desk.redactor(self._run.run_id)
        bare = ToolResult(result.call_id, result.name, redactor.text(result.content), result.ok)
        arguments = redactor.json(call.arguments)
        record = ToolRecord(bare, tree)
        run_id, at = self._run.run_id, self._desk.clock()
        if tree:
            await self._site.trees.keep(tree)
        kept = await self._desk.tool_ledger.record_tool(run_id, key, arguments, record, at)
        return Recorded(kept.result, kept.tree)

    async def keep_further(self, round_number: int, tools: tuple[Tool, ...]) -> None:
        """Record what MCP servers offered: a replay cannot ask them, and every request names it."""
        if tools:
            offered = [Offered(tool.spec, tool.changes_files, tool.origin) for tool in tools]
            text = msgspec.json.encode(offered).decode()
            key = f"code/{round_number}/{OFFERED}"
            await self.record(key, ToolCall(key, OFFERED, ""), ToolResult(key, OFFERED, text), "")

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
