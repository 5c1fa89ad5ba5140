"""Take in a checkout to mend: check what is asked, have it mended, hand what is left to a model if one is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from journeyman.domain.errors import BadRequest, NoSandbox
from journeyman.domain.fixing import NO_COMMAND, Audience, Copy, Fixed, FixOptions, still_left
from journeyman.domain.mending import Leftover
from journeyman.domain.request import AgentChoice, Mode, Repository, Request, RunOptions, Task
from journeyman.intake.contract import CheckModel, CheckSandbox
from journeyman.intake.parsing import check_limits
from journeyman.intake.submitting import Submitting

NONE = "none"


@dataclass(frozen=True)
class Fixing:
    """Mends checkouts. `opened` copies one; `submitting` takes in the run that a model gets; `pages` is the folder of
    the pages that explain what failed."""

    opened: Callable[[Path], AbstractAsyncContextManager[Copy]]
    submitting: Submitting
    check_model: CheckModel
    check_sandbox: CheckSandbox
    refusal: Callable[[str], str | None]
    pages: Path

    async def fix(self, place: Path, options: FixOptions, audience: Audience) -> Fixed:
        """Mend the checkout at a place and return what came of it. WrongUse of every kind, each with what to do."""
        self._check(options)
        async with self.opened(place) as copy:
            fixed = await copy.mend(options, audience)
            if fixed.mended.leftovers and options.model != NONE and not fixed.interrupted:
                fixed = await self._hand_over(copy, fixed, options, audience)
            allowed = options.allow_oracle_changes
            return await copy.write_back(fixed, oracle_changes=allowed) if options.apply else fixed

    def _check(self, options: FixOptions) -> None:
        for command in options.checks:
            if not command.strip() or "\0" in command:
                raise BadRequest("check", "the command is empty", "give a command such as 'pytest -q'")
            if rule := self.refusal(command):
                raise BadRequest("check", f"the policy refuses this command by the rule {rule}", "name another check")
        check_limits(options.limits)
        if not options.time_limit_seconds > 0:
            raise BadRequest("time-limit", "no time is left at all", "give a time such as 120s or 5m")
        self.check_model(options.model, options.limits.budget_usd)
        missing = self.check_sandbox()
        if missing:
            raise NoSandbox("commands cannot be isolated here", missing)

    async def _hand_over(self, copy: Copy, fixed: Fixed, options: FixOptions, audience: Audience) -> Fixed:
        """Let a run of its own go on from the mended tree: its spending is booked like that of every other run."""
        left = "\n".join(f"- {each.check}: {each.what}" for each in fixed.mended.leftovers)
        task = Task(f"Make the failing checks pass. What is left:\n{left}", title="Make the failing checks pass")
        repository = Repository(await copy.offer(fixed))
        checks = (outcome.check for outcome in fixed.before.outcomes)
        commands = tuple(check.command for check in checks if check.reader != NO_COMMAND)
        asked = RunOptions(Mode.BUGFIX, validate=commands, limits=options.limits, pull_request=False)
        run = await self.submitting.submit(Request(repository, task, AgentChoice(options.model)), asked)
        await audience.tell(f"{options.model} goes on with what is left: run {run.run_id}")
        try:
            return await copy.take_over(fixed, await audience.carry_out(run.run_id))
        except asyncio.CancelledError:
            if (current := asyncio.current_task()) is not None:
                current.uncancel()
            step = f"journeyman resume {run.run_id} goes on, then journeyman diff {run.run_id} shows the change"
            rest = tuple(Leftover(each.check, each.what, step) for each in fixed.mended.leftovers)
            return replace(still_left(fixed, rest), interrupted=True, run_id=run.run_id)
