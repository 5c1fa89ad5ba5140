"""Work that is done under a lease: held while it lasts, given back when it ends, ended when the lease is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from journeyman.domain.errors import LeaseLost, Outage, RunHeld
from journeyman.engines.contract import Lease, Leases

RENEW_SECONDS = 10.0
"""How often a lease is renewed: a third of the time it lasts."""

Returned = TypeVar("Returned")


async def under_lease(
    leases: Leases,
    run_id: str,
    work: Callable[[int], Coroutine[Any, Any, Returned]],
    renew_seconds: float = RENEW_SECONDS,
    *,
    name: str = "",
) -> Returned:
    """Take the lease, do the work with its fence, and give the lease back. It is named as the run, if not otherwise.

    RunHeld if a live process has it; LeaseLost if another one takes it over.
    """
    lease = await leases.lease(name or run_id)
    if lease is None:
        raise held(run_id)
    try:
        return await _while_held(lease, asyncio.ensure_future(work(lease.fence)), renew_seconds)
    finally:
        # A lease that cannot be given back ends by itself.
        with suppress(Outage):
            await lease.release()


def held(run_id: str) -> RunHeld:
    """Return the error for a run that someone else is at work on."""
    advice = f"follow it with journeyman logs {run_id} --follow"
    return RunHeld(f"run {run_id} is at work in another process", advice)


async def _while_held(lease: Lease, work: asyncio.Future[Returned], renew_seconds: float) -> Returned:
    try:
        while not (await asyncio.wait({work}, timeout=renew_seconds))[0]:
            if not await _still_held(lease):
                raise LeaseLost("another process has taken the run over", "nothing is lost, it goes on there")
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return work.result()


async def _still_held(lease: Lease) -> bool:
    """Renew a lease. While the journal is out of reach it counts as held: no one else can take it there either, and
    the fence has the last word at the next write."""
    try:
        return await lease.renew()
    except Outage:
        return True


class SharedLeases:
    """Leases that steps of one run, side by side in this process, hold together; fits `Leases`."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._shared: dict[str, SharedLease] = {}
        self._lock = asyncio.Lock()

    async def lease(self, run_id: str) -> SharedLease | None:
        """Take the right to run a run, or a share of it; None while another live process holds it."""
        async with self._lock:
            if run_id not in self._shared:
                lease = await self._leases.lease(run_id)
                if lease is None:
                    return None
                self._shared[run_id] = SharedLease(self, run_id, lease)
            self._shared[run_id].users += 1
            return self._shared[run_id]

    async def give_back(self, run_id: str) -> None:
        """Give a share back; the last one gives back the lease."""
        async with self._lock:
            shared = self._shared[run_id]
            shared.users -= 1
            if not shared.users:
                del self._shared[run_id]
                await shared.lease.release()


class SharedLease:
    """One lease and how many use it."""

    def __init__(self, owner: SharedLeases, run_id: str, lease: Lease) -> None:
        self.lease = lease
        self.fence = lease.fence
        self.users = 0
        self._owner = owner
        self._run_id = run_id

    async def renew(self) -> bool:
        """Hold it longer; False if another process has it now."""
        return await self.lease.renew()

    async def release(self) -> None:
        """Give this share back."""
        await self._owner.give_back(self._run_id)
