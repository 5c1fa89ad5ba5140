"""Timing what happens in this process."""

from __future__ import annotations

import resource
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median, quantiles


async def milliseconds(what: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the median time of something awaited, the first time not counted."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        await what()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[1:])


@dataclass(frozen=True)
class Taken:
    """What something took: seconds by the wall and of processors, its child processes included."""

    wall: float
    cpu: float

    @property
    def note(self) -> str:
        """The processor time, for a figure's note."""
        return f"CPU {self.cpu:.2f} s"


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._cpu, self._began = _cpu(), time.perf_counter()

    def taken(self) -> Taken:
        """Return what was taken since. Of child processes, those that have ended by then count."""
        return Taken(time.perf_counter() - self._began, _cpu() - self._cpu)


def taken(work: Callable[[], object]) -> Taken:
    """Do something and return what it took."""
    stopwatch = Stopwatch()
    work()
    return stopwatch.taken()


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def ninety_nine(times: list[float]) -> float:
    """Return what all but one of a hundred keep below."""
    return quantiles(times, n=100)[98]
