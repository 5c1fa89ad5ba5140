"""CPU time, told as exactly as the kernel can."""

from __future__ import annotations

import time

TICKS = 0.01
"""Seconds by which the clock of a process may be wrong while a timer runs: it moves by the kernel's ticks alone."""


class Spent:
    """The CPU seconds that this process used since an object was made.

    The clock of the thread is exact, but knows nothing of other threads: where that of the process says far more,
    it is right.
    """

    def __init__(self) -> None:
        self._process, self._thread = time.process_time(), time.thread_time()

    def seconds(self) -> float:
        """Return the seconds so far; to be asked in the thread that made it."""
        own, whole = time.thread_time() - self._thread, time.process_time() - self._process
        return whole if whole > own + TICKS else own
