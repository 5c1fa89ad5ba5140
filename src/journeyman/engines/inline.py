"""A journal in memory: for tests, and for flows that need not outlive the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from journeyman.domain.errors import LeaseLost


class MemoryLease:
    """The right to run one run."""

    def __init__(self, journal: MemoryJournal, run_id: str, fence: int) -> None:
        self.fence = fence
        self._journal = journal
        self._run_id = run_id

    async def renew(self) -> bool:
        """Hold it longer; False if someone else has it now."""
        return self._journal.renew(self._run_id, self.fence)

    async def release(self) -> None:
        """Give it back at once."""
        self._journal.release(self._run_id, self.fence)


class MemoryJournal:
    """Fits `Journal`. A lease is free when it was given back, or not renewed for `lease_seconds`."""

    def __init__(self, clock: Callable[[], datetime], *, lease_seconds: float = 30.0) -> None:
        self._clock = clock
        self._lease_time = timedelta(seconds=lease_seconds)
        self._entries: defaultdict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        self._messages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._fences: defaultdict[str, int] = defaultdict(int)
        self._held_until: dict[str, datetime] = {}

    async def lease(self, run_id: str) -> MemoryLease | None:
        """Take the right to run a run; None while someone holds it."""
        until = self._held_until.get(run_id)
        if until is not None and until > self._clock():
            return None
        self._fences[run_id] += 1
        self._held_until[run_id] = self._clock() + self._lease_time
        return MemoryLease(self, run_id, self._fences[run_id])

    def renew(self, run_id: str, fence: int) -> bool:
        """Hold a lease longer; False if someone else has it now."""
        if self._fences[run_id] != fence:
            return False
        self._held_until[run_id] = self._clock() + self._lease_time
        return True

    def release(self, run_id: str, fence: int) -> None:
        """Give a lease back, if it is still the newest."""
        if self._fences[run_id] == fence:
            self._held_until.pop(run_id, None)

    async def read(self, run_id: str) -> dict[int, tuple[str, str]]:
        """Return the finished entries: position -> (kind and name, result as JSON)."""
        return dict(self._entries[run_id])

    async def write(self, run_id: str, fence: int, position: int, name: str, result: str) -> None:
        """Record a finished entry. LeaseLost if the fence is no longer the newest."""
        self._guard(run_id, fence)
        self._entries[run_id][position] = (name, result)

    async def forget_from(self, run_id: str, fence: int, position: int) -> None:
        """Drop the entries from a position on."""
        self._guard(run_id, fence)
        kept = {at: entry for at, entry in self._entries[run_id].items() if at < position}
        self._entries[run_id] = kept

    async def message(self, run_id: str, topic: str, taken: int) -> str | None:
        """Return message number `taken` (from 0) of a topic, or None if there is none yet."""
        texts = self._messages[(run_id, topic)]
        return texts[taken] if taken < len(texts) else None

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run."""
        self._messages[(run_id, topic)].append(text)

    def _guard(self, run_id: str, fence: int) -> None:
        if self._fences[run_id] != fence:
            raise LeaseLost(f"someone else runs {run_id} now", "nothing is lost, it goes on there")
