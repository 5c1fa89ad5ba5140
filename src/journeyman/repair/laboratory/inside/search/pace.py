"""Says how far the search has come, on a descriptor that none of the tests' own processes keeps."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

EVERY_SECONDS = 0.25


class Pace:
    """Writes a line of JSON now and then. Without a descriptor it says nothing."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._last = 0.0
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
            os.register_at_fork(after_in_child=self._hush)

    def _hush(self) -> None:
        """In a forked child: who reads must not wait for it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def tell(self, tried: int, seconds: float, best: str, diff: str) -> None:
        """Say how many candidates were tried in so many seconds, and the best patch so far, "" if there is none.

        `diff` is the same patch where it is a new one, which is said at once, else "".
        """
        now = time.monotonic()
        if self._descriptor is None or (now - self._last < EVERY_SECONDS and not diff):
            return
        self._last = now
        told = {"tried": tried, "seconds": seconds, "best": best, "diff": diff}
        with suppress(OSError):
            os.write(self._descriptor, f"{json.dumps(told)}\n".encode())
