"""Timing what happens in this process."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from statistics import median


async def milliseconds(what: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the median time of something awaited, the first time not counted."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        await what()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[1:])
