"""Opens the house for one command and closes it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from journeyman.wiring import House

Returned = TypeVar("Returned")


def inside(work: Callable[[House], Coroutine[Any, Any, Returned]]) -> Returned:
    """Run a coroutine with an open house and return what it returns."""
    from journeyman.wiring import open_house

    async def run() -> Returned:
        async with open_house() as house:
            return await work(house)

    return asyncio.run(run())
