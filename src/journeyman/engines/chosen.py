"""Each run keeps to the engine that it began with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from journeyman.domain.errors import BadSettings
from journeyman.domain.runs import Order
from journeyman.engines.contract import Engine


class ChosenEngine:
    """Hands each run to its own engine; fits `Engine`. `makers` make an engine when the first run of it comes."""

    def __init__(
        self, engine_of: Callable[[str], Awaitable[str]], makers: Mapping[str, Callable[[], Engine]]
    ) -> None:
        self._engine_of = engine_of
        self._makers = {name: cache(make) for name, make in makers.items()}

    async def begin(self, order: Order) -> bool:
        """Let a worker elsewhere carry a run out; False if its engine has none."""
        return await (await self._of(order.run_id)).begin(order)

    async def run(self, order: Order) -> str:
        """Start or continue a run. Errors as its engine's."""
        return await (await self._of(order.run_id)).run(order)

    async def revive(self, order: Order) -> str:
        """Run again from the last entry on. Errors as its engine's."""
        return await (await self._of(order.run_id)).revive(order)

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run."""
        await (await self._of(run_id)).send(run_id, topic, text)

    async def _of(self, run_id: str) -> Engine:
        name = await self._engine_of(run_id)
        if name not in self._makers:
            raise BadSettings(f"run {run_id} is of an engine that is not known: {name}", "update Journeyman")
        return self._makers[name]()
