"""The engine without a server: flows in this process, their record in a journal, one lease for each run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from journeyman.domain.errors import LeaseLost, Outage, RunHeld
from journeyman.domain.runs import Order
from journeyman.domain.states import State
from journeyman.engines.contract import Flow, Journal, Lease, Steps
from journeyman.engines.replay import PartEnds, Replay, Surroundings, revival_point

RENEW_SECONDS = 10.0
"""How often a lease is renewed: a third of the time it lasts."""


async def _nobody(run_id: str, state: str) -> None:
    """Nobody looks."""


class JournalEngine:
    """Runs one kind of flow so that nothing recorded is done twice; fits `Engine`.

    A run that waits for a person, or sleeps for long, leaves nothing behind in memory: `run` returns `WAITING`, and
    the next `run` goes on. A process that loses its lease stops: what it still does is not recorded.
    """

    def __init__(
        self,
        journal: Journal,
        flow: Flow,
        steps: Steps,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        publish: Callable[[str, str], Awaitable[None]] = _nobody,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        self._journal = journal
        self._flow = flow
        self._outside = Surroundings(journal, steps, clock, sleep, new_id, publish)
        self._renew_seconds = renew_seconds

    async def run(self, order: Order) -> str:
        """Start or continue a run and return its last state, or `WAITING` when it waits.

        RunHeld if a live process has it; LeaseLost if another one takes it over; Outage if the journal is gone.
        """
        return await self._leased(order, self._go_on)

    async def revive(self, order: Order) -> str:
        """Run again from the step that ended by an outage or a limit. Errors as `run`."""
        return await self._leased(order, self._go_back)

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run, held or not."""
        await self._journal.send(run_id, topic, text)

    async def _leased(self, order: Order, part: Callable[[Order, int], Awaitable[str]]) -> str:
        lease = await self._journal.lease(order.run_id)
        if lease is None:
            advice = f"follow it with journeyman logs {order.run_id} --follow"
            raise RunHeld(f"run {order.run_id} is at work in another process", advice)
        try:
            return await self._while_held(lease, asyncio.ensure_future(part(order, lease.fence)))
        finally:
            # A lease that cannot be given back ends by itself.
            with suppress(Outage):
                await lease.release()

    async def _while_held(self, lease: Lease, work: asyncio.Future[str]) -> str:
        try:
            while not (await asyncio.wait({work}, timeout=self._renew_seconds))[0]:
                if not await _still_held(lease):
                    raise LeaseLost("another process has taken the run over", "nothing is lost, it goes on there")
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        return work.result()

    async def _go_back(self, order: Order, fence: int) -> str:
        position = revival_point(await self._journal.read(order.run_id))
        if position is not None:
            await self._journal.forget_from(order.run_id, fence, position)
        return await self._go_on(order, fence)

    async def _go_on(self, order: Order, fence: int) -> str:
        entries = await self._journal.read(order.run_id)
        try:
            return await self._flow(Replay(order.run_id, fence, entries, self._outside), order)
        except PartEnds as end:
            if end.error is not None:
                raise end.error from end
            return State.WAITING.value


async def _still_held(lease: Lease) -> bool:
    """Renew a lease. While the journal is out of reach it counts as held: no one else can take it there either, and
    the fence has the last word at the next write."""
    try:
        return await lease.renew()
    except Outage:
        return True
