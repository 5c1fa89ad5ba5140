"""Carry runs out, take them up again, and pass on what people say to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from journeyman.domain.errors import RepositoryRefused, RunHeld, WrongUse
from journeyman.domain.request import Credentials, Limits
from journeyman.domain.runs import Order, Run, Word, WordKind
from journeyman.domain.states import State
from journeyman.engines import Engine
from journeyman.flows import DECISION, decision_text
from journeyman.intake.contract import CheckModel
from journeyman.intake.equipping import Equipping
from journeyman.intake.parsing import check_limits
from journeyman.store import Audit, Mailbox, Runs

REVIVABLE = frozenset({State.FAILED, State.ESCALATED})
"""What a person may take up again, when its reason is gone: the step it ended with is done again."""

DELIVER_EVERY = 1.0
"""Seconds between two looks into the outbox while a run is at work."""


@dataclass(frozen=True)
class NewLimits:
    """Limits that replace those of a run; None leaves one as it is."""

    budget_usd: float | None = None
    max_turns: int | None = None
    time_limit_seconds: float | None = None
    budget_tokens: int | None = None


def check_new_limits(limits: NewLimits) -> None:
    """Raise BadRequest if a limit makes no sense."""
    turns = Limits().max_turns if limits.max_turns is None else limits.max_turns
    check_limits(Limits(limits.budget_usd, turns, limits.time_limit_seconds, limits.budget_tokens))


@dataclass(frozen=True)
class Resumed:
    """What came of taking up all runs: those that ended or wait now, and why others could not be taken up."""

    ended: tuple[Run, ...]
    left: tuple[RepositoryRefused, ...]


@dataclass(frozen=True)
class CarryingOut:
    """Starts, resumes and steers runs. `deliver` sends what waits in the outbox."""

    runs: Runs
    mailbox: Mailbox
    audit: Audit
    engine: Engine
    equipping: Equipping
    check_model: CheckModel
    deliver: Callable[[], Awaitable[object]]
    clock: Callable[[], datetime]

    async def carry_out(self, run_id: str) -> Run:
        """Start or continue a run until it ends or waits for a person.

        RunHeld if a live process has it; RepositoryRefused if its credentials are not here.
        """
        run = await self.runs.get(run_id)
        if not run.state.final:
            await self._equip(run)
            await self._while_delivering(self.engine.run(Order(run.run_id)))
        return await self.runs.get(run.run_id)

    async def hand_over(self, run_id: str) -> bool:
        """Let workers elsewhere carry a run out; False if its engine has none, and somebody must `carry_out`."""
        return await self.engine.begin(Order((await self.runs.get(run_id)).run_id))

    async def resume(self, run_id: str, limits: NewLimits, credentials: Credentials | None = None) -> Run:
        """Continue a run; one that failed or was escalated is revived. BadRequest for a senseless limit.

        `credentials` are for a machine that does not have the run's.
        """
        check_new_limits(limits)
        run = await self.runs.get(run_id)
        if run.state.final and run.state not in REVIVABLE:
            raise WrongUse(f"run {run.run_id} has ended: {run.state.status}", f"see journeyman show {run.run_id}")
        if limits.budget_usd is not None:
            self.check_model(run.request.agent.model, limits.budget_usd)
        await self._equip(run, credentials)
        given = (limits.budget_usd, limits.max_turns, limits.time_limit_seconds, limits.budget_tokens)
        await self.runs.set_limits(run.run_id, *given)
        if run.state not in REVIVABLE:
            return await self.carry_out(run.run_id)
        await self._while_delivering(self.engine.revive(Order(run.run_id)))
        return await self.runs.get(run.run_id)

    async def resume_all(self) -> Resumed:
        """Continue every unfinished run that no live process has, and send what waits in the outbox.

        Runs that workers elsewhere carry out are left to them.
        """
        ended: list[Run] = []
        left: list[RepositoryRefused] = []
        for run in await self.runs.unfinished():
            if await self.engine.begin(Order(run.run_id)):
                continue
            try:
                ended.append(await self.carry_out(run.run_id))
            except RunHeld:
                continue
            except RepositoryRefused as error:
                left.append(error)
        await self.deliver()
        return Resumed(tuple(ended), tuple(left))

    async def tell(self, run_id: str, text: str) -> Run:
        """Tell the coder something; it hears it before its next turn."""
        if not text.strip():
            raise WrongUse("there is nothing to tell", "give a text")
        return await self._say(run_id, WordKind.TELL, text)

    async def approve(self, run_id: str) -> Run:
        """Let a waiting run go on to its commit."""
        run = await self._waiting(run_id)
        run = await self._say(run.run_id, WordKind.APPROVE, "")
        await self._decide(run.run_id, WordKind.APPROVE)
        return run

    async def reject(self, run_id: str, comment: str) -> Run:
        """Send a waiting run back to its work, with the reason."""
        run = await self._waiting(run_id)
        run = await self._say(run.run_id, WordKind.REJECT, comment)
        await self._decide(run.run_id, WordKind.REJECT, comment)
        return run

    async def cancel(self, run_id: str) -> Run:
        """End a run; a process that is at work on it stops within a second."""
        run = await self._say(run_id, WordKind.CANCEL, "")
        await self.engine.send(run.run_id, DECISION, decision_text(WordKind.CANCEL))
        return run

    async def _equip(self, run: Run, credentials: Credentials | None = None) -> None:
        """See that the run's credentials are here, unless all that is left to do is to end it."""
        if not await self.mailbox.words(run.run_id, WordKind.CANCEL):
            self.equipping.equip(run, credentials)

    async def _while_delivering(self, work: Awaitable[object]) -> None:
        """Do the work; what comes into the outbox meanwhile goes out soon, and the last of it before this ends."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=DELIVER_EVERY))[0]:
                await self.deliver()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        task.result()
        await self.deliver()

    async def _decide(self, run_id: str, word: WordKind, comment: str = "") -> None:
        asked = (await self.runs.facts(run_id)).notes.get("asked", 0)
        await self.engine.send(run_id, DECISION, decision_text(word, asked, comment))

    async def _waiting(self, run_id: str) -> Run:
        run = await self.runs.get(run_id)
        if run.state is not State.WAITING:
            raise WrongUse(
                f"run {run.run_id} does not wait for a decision: {run.state.status}", "nothing was changed"
            )
        return run

    async def _say(self, run_id: str, kind: WordKind, text: str) -> Run:
        run = await self.runs.get(run_id)
        if run.state.final:
            raise WrongUse(f"run {run.run_id} has ended: {run.state.status}", "nothing was changed")
        await self.mailbox.say(Word(run.run_id, kind, text, self.clock()))
        await self.audit.record("person", kind.value, run.run_id, {"text": text} if text else None)
        return run
