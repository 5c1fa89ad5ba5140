"""Work on what nobody is at work on: just submitted, left by a dead process, or answered by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from journeyman.domain.errors import JourneymanError, LeaseLost, RunHeld
from journeyman.domain.runs import Order, Run
from journeyman.domain.states import State
from journeyman.flows import DECISION
from journeyman.intake.carrying_out import DELIVER_EVERY, CarryingOut
from journeyman.store import Runs


class Worker(Protocol):
    """A process's part in the work of all."""

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is not done by then is left for others."""
        ...


@dataclass(frozen=True)
class Patience:
    """Seconds: between two looks for work, before a run is tried again that somebody had or that failed by a fault of
    our own, and for what is under way when the worker is to end."""

    look: float = 1.0
    held: float = 5.0
    failed: float = 60.0
    grace: float = 10.0


@dataclass(frozen=True)
class Taking:
    """Takes runs from the store and carries them out in this process, `at_once` at most; fits `Worker`.

    `let_go` closes what this process holds open for a run; `say` tells whoever runs the worker.
    """

    runs: Runs
    carrying_out: CarryingOut
    let_go: Callable[[str], Awaitable[None]]
    at_once: int
    say: Callable[[str], None]
    patience: Patience = Patience()
    _under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _not_before: dict[str, float] = field(default_factory=dict, init=False)

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; runs that do not end in time go on elsewhere, from their last step."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                await self.carrying_out.deliver()
                await self._take_up()
                waits = {stopped, *self._under_way.values()}
                await asyncio.wait(waits, timeout=self.patience.look, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await self._end()

    async def _take_up(self) -> None:
        now = asyncio.get_running_loop().time()
        for run in (*await self.runs.answered(DECISION), *await self.runs.unfinished()):
            if len(self._under_way) >= self.at_once:
                return
            if run.run_id not in self._under_way and self._not_before.get(run.run_id, now) <= now and _ours(run):
                self._not_before.pop(run.run_id, None)
                self._under_way[run.run_id] = asyncio.ensure_future(self._carry_out(run.run_id))

    async def _carry_out(self, run_id: str) -> None:
        try:
            run = await self.carrying_out.carry_out(run_id)
            self.say(f"run {run_id}: {run.state.status}")
        except (RunHeld, LeaseLost):
            self._leave(run_id, self.patience.held)
        except JourneymanError as error:
            self.say(f"run {run_id}: {error.line()}")
            self._leave(run_id, self.patience.failed)
        except Exception as error:  # a fault of our own in one run must not end the others
            self.say(f"run {run_id}: an error of Journeyman's own: {error!r}")
            self._leave(run_id, self.patience.failed)
        finally:
            await self.let_go(run_id)
            del self._under_way[run_id]

    def _leave(self, run_id: str, seconds: float) -> None:
        self._not_before[run_id] = asyncio.get_running_loop().time() + seconds

    async def _end(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=self.patience.grace)
        left = tuple(self._under_way.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@dataclass(frozen=True)
class Serving:
    """Serves an engine whose own server gives out the steps; fits `Worker`.

    It begins what was submitted and never begun, and sends what waits in the outbox.
    """

    runs: Runs
    carrying_out: CarryingOut
    serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]]
    look: float = 10.0

    async def work(self, stop: asyncio.Event) -> None:
        """Serve until told to stop. Outage if the server does not answer."""
        serving = asyncio.ensure_future(self.serve(stop))
        beside = [asyncio.ensure_future(self._begin_submitted()), asyncio.ensure_future(self._deliver())]
        try:
            await asyncio.wait({serving, *beside}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await serving
        await self.carrying_out.deliver()

    async def _begin_submitted(self) -> None:
        while True:
            with suppress(JourneymanError):  # the store or the server is away: the next look may find them
                for run in await self.runs.unfinished():
                    if run.state is State.INIT and not _ours(run):
                        await self.carrying_out.engine.begin(Order(run.run_id))
            await asyncio.sleep(self.look)

    async def _deliver(self) -> None:
        while True:
            await self.carrying_out.deliver()
            await asyncio.sleep(DELIVER_EVERY)


def _ours(run: Run) -> bool:
    """Whether a run is carried out by whoever takes it from the store."""
    return run.engine == "embedded"
