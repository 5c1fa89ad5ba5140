"""The mender goes before the coder: it costs nothing, and what it mends need not be asked of a model."""

from __future__ import annotations

from functools import partial

import msgspec

from journeyman.domain.checks import CheckReport
from journeyman.domain.request import Mode
from journeyman.domain.runs import Run
from journeyman.steps.bench import Aims, bench_at
from journeyman.steps.briefing import failing_text
from journeyman.steps.commands import CommandLog
from journeyman.steps.desk import Desk
from journeyman.steps.interruptions import Interruptions
from journeyman.steps.site import Site

SECONDS = 60.0
"""At most so long a model waits for it."""

NOTE = "mended_first"


class Forerun(msgspec.Struct, frozen=True):
    """What the mender left the coder: the tree, what was mended, and what still fails, "" for nothing."""

    tree: str
    mended: tuple[str, ...] = ()
    failing: str = ""

    @property
    def enough(self) -> bool:
        """Whether there is nothing left that a check shows."""
        return bool(self.mended) and not self.failing


async def forerun(desk: Desk, site: Site, run: Run, number: int, start: str) -> Forerun | None:
    """Mend what programs can of a run that is to repair, before its coder's first turn; None where nothing is done.

    It is done once, so that a round that is done again goes on from the same tree. The settings switch it off.
    """
    facts = await desk.runs.facts(run.run_id)
    if number > 1:
        return None
    if NOTE in facts.notes:
        return msgspec.convert(facts.notes[NOTE], Forerun)
    before = facts.baseline or CheckReport()
    repairs = run.options.mode is Mode.BUGFIX and not before.passed
    if not repairs or not desk.surroundings(run).get("mend_first"):
        return None
    await site.workspace.restore(start)
    log = await CommandLog.begin(desk, run, "mend", number)
    aims = Aims(Interruptions(desk, run).check, partial(desk.note, run), time_limit_seconds=SECONDS)
    mended = await desk.mender.mend(await bench_at(desk, site, before, log, aims))
    tree = await site.workspace.snapshot()
    await site.trees.keep(tree)
    lines = tuple(f"{mend.fixer}: {mend.summary}" for mend in mended.mends)
    made = Forerun(tree, lines, failing_text(mended.report))
    facts = await desk.runs.facts(run.run_id)
    notes = {**facts.notes, NOTE: msgspec.to_builtins(made), **({"mended": list(lines)} if lines else {})}
    await desk.runs.learn(run.run_id, tree=tree, notes=notes)
    return made
