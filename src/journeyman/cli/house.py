"""Opens the house for one command and closes it again."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from journeyman.wiring import House

Returned = TypeVar("Returned")


def inside(work: Callable[[House], Coroutine[Any, Any, Returned]]) -> Returned:
    """Run a coroutine with an open house and return what it returns."""
    open_house = _imported()

    async def run() -> Returned:
        async with open_house() as house:
            return await work(house)

    return asyncio.run(run())


def _imported() -> Callable[[], AbstractAsyncContextManager[House]]:
    """Import what opens the house. All of it stays: that it is not searched for garbage spares a start 50 ms."""
    gc.disable()
    try:
        from journeyman.wiring import open_house
    finally:
        gc.freeze()
        gc.enable()
    return open_house
