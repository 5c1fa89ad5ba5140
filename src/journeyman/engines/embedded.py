"""The engine without a server: flows in this process, their record in a journal, one lease for each run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from journeyman.domain.runs import Order
from journeyman.domain.states import State
from journeyman.engines.contract import Flow, Journal, Steps
from journeyman.engines.holding import RENEW_SECONDS, under_lease
from journeyman.engines.replay import PartEnds, Replay, Surroundings, outage_at_the_end, revival_point


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
        return await under_lease(self._journal, order.run_id, partial(self._go_on, order), self._renew_seconds)

    async def revive(self, order: Order) -> str:
        """Run again from the step that the flow ended with. Errors as `run`."""
        return await under_lease(self._journal, order.run_id, partial(self._go_back, order), self._renew_seconds)

    async def begin(self, order: Order) -> bool:
        """Return False: nobody elsewhere carries a run out for this engine."""
        return False

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run, held or not."""
        await self._journal.send(run_id, topic, text)

    async def _go_back(self, order: Order, fence: int) -> str:
        position = revival_point(await self._journal.read(order.run_id))
        if position is not None:
            await self._journal.forget_from(order.run_id, fence, position)
        return await self._go_on(order, fence)

    async def _go_on(self, order: Order, fence: int) -> str:
        entries = await self._journal.read(order.run_id)
        cut_short = outage_at_the_end(entries)
        if cut_short is not None:
            await self._journal.forget_from(order.run_id, fence, cut_short)
            entries = {position: entry for position, entry in entries.items() if position < cut_short}
        try:
            return await self._flow(Replay(order.run_id, fence, entries, self._outside), order)
        except PartEnds as end:
            if end.error is not None:
                raise end.error from end
            return State.WAITING.value
