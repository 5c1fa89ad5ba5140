"""Asks a model how it reads a task. What that costs is booked under a run of its own, as every other request is."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from journeyman.agents import refine_intent
from journeyman.domain.errors import JourneymanError, ModelRefused, UnknownRun
from journeyman.domain.intents import Asked, Intent
from journeyman.domain.request import AgentChoice, Limits, Repository, Request, RunOptions, Task
from journeyman.domain.result import Artifacts, Result
from journeyman.domain.runs import Run
from journeyman.domain.states import State
from journeyman.intake import CheckModel, check_limits
from journeyman.steps import Desk

SECONDS = 90.0
"""What a model has for its answer, all attempts together; then the program's reading stands."""


@dataclass(frozen=True)
class Refining:
    """Has tasks read by a model. `model` and `limits` hold where nothing else is asked for."""

    desk: Desk
    check_model: CheckModel
    model: str
    limits: Limits
    seconds: float = SECONDS

    async def intent(
        self, root: Path, task: str, read: Intent, likely: tuple[str, ...], model: str, limits: Limits
    ) -> Asked:
        """Return how a model reads a task, or why none could. ModelRefused if the one that was named cannot be used.

        The same question is paid once: it is booked under a run whose id follows from what is asked.
        """
        name, limits = model or self.model, self._limited(limits)
        check_limits(limits)
        try:
            self.check_model(name, limits.budget_usd)
        except ModelRefused as error:
            if model:
                raise
            return Asked(name, trouble=error.line())
        if name == "none":
            return Asked(name)
        task = task.replace("\0", " ").encode(errors="replace").decode()
        run = await self._run(root, task, read, likely, name, limits)
        asked = await self._asked(run, task, read, likely, name)
        await self._note(run, asked.trouble)
        return asked

    async def _asked(self, run: Run, task: str, read: Intent, likely: tuple[str, ...], name: str) -> Asked:
        choice = self.desk.choice(run)
        if choice is None:
            return Asked(name, run.run_id, trouble="no model is named")
        try:
            async with asyncio.timeout(self.seconds):
                found = await refine_intent(self.desk.models, run.run_id, task, read, likely, choice)
        except TimeoutError:
            return Asked(name, run.run_id, trouble=f"{name} gave no answer within {self.seconds:g} seconds")
        except JourneymanError as error:
            return Asked(name, run.run_id, trouble=error.line())
        return Asked(name, run.run_id, found)

    def _limited(self, limits: Limits) -> Limits:
        usd = self.limits.budget_usd if limits.budget_usd is None else limits.budget_usd
        tokens = self.limits.budget_tokens if limits.budget_tokens is None else limits.budget_tokens
        return replace(limits, budget_usd=usd, budget_tokens=tokens)

    async def _run(
        self, root: Path, task: str, read: Intent, likely: tuple[str, ...], model: str, limits: Limits
    ) -> Run:
        """Return the run that the question is booked under. Nobody carries it out: it is complete as it is."""
        facts = msgspec.json.encode((str(root), task, read, likely, model))
        run_id = str(uuid.uuid5(uuid.NAMESPACE_OID, facts.decode()))
        try:
            run = await self.desk.runs.get(run_id)
        except UnknownRun:
            run = _question(run_id, root, task, model, limits, self.desk.clock())
            await self.desk.runs.create(run)
            await self.desk.audit.record("person", "ask", run_id, {"title": run.request.task.title})
        else:
            await self.desk.runs.set_limits(run_id, limits.budget_usd, None, None, limits.budget_tokens)
        return run

    async def _note(self, run: Run, trouble: str) -> None:
        """Keep what the question has cost, and why it has no answer."""
        used = await self.desk.exchanges.totals(run.run_id)
        artifacts = Artifacts(
            llm_calls=used.calls,
            cost_usd=round(used.cost_usd, 6),
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            uncertain_calls=used.uncertain_calls,
        )
        result = Result(
            success=not trouble,
            status=run.state.status,
            run_id=run.run_id,
            workflow_id=run.run_id,
            error_message=trouble or None,
            artifacts=artifacts,
        )
        await self.desk.runs.finish(run.run_id, result, trouble or None)


def _question(run_id: str, root: Path, task: str, model: str, limits: Limits, now: datetime) -> Run:
    title = f"How is it read: {' '.join(task.split())[:120]}"
    return Run(
        run_id=run_id,
        request=Request(Repository(str(root)), Task(task, title=title), AgentChoice(model)),
        options=RunOptions(limits=limits),
        state=State.COMPLETE,
        created_at=now,
        updated_at=now,
        started_at=now,
        ended_at=now,
    )
