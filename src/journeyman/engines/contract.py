"""What makes a flow durable: the engine, and the journal it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from journeyman.domain.runs import Order
from journeyman.flows import FlowContext, StepRef

Flow = Callable[[FlowContext, Order], Awaitable[str]]
"""A flow takes its order and returns the name of its last state."""

Steps = Mapping[StepRef[Any, Any], Callable[[Any], Awaitable[Any]]]
"""The body of each step a flow may call."""


class Lease(Protocol):
    """The right to run one run. Held by one process at a time; `fence` grows with each holder."""

    fence: int

    async def renew(self) -> bool:
        """Hold it longer; False if another process has it now."""
        ...

    async def release(self) -> None:
        """Give it back at once."""
        ...


class Leases(Protocol):
    """Who may run what."""

    async def lease(self, run_id: str) -> Lease | None:
        """Take the right to run a run; None while a live process holds it."""
        ...


class Journal(Leases, Protocol):
    """What has happened in a flow, in order. An entry is written once and read ever after."""

    async def read(self, run_id: str) -> dict[int, tuple[str, str]]:
        """Return the finished entries: position -> (kind and name, result as JSON)."""
        ...

    async def write(self, run_id: str, fence: int, position: int, name: str, result: str) -> None:
        """Record a finished entry. LeaseLost (an Outage) if the fence is no longer the newest."""
        ...

    async def forget_from(self, run_id: str, fence: int, position: int) -> None:
        """Drop the entries from a position on, so that a revived run does them again."""
        ...

    async def message(self, run_id: str, topic: str, taken: int) -> str | None:
        """Return message number `taken` (from 0) of a topic, or None if there is none yet."""
        ...

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run."""
        ...


class Engine(Protocol):
    """Runs flows so that nothing finished is done twice."""

    async def begin(self, order: Order) -> bool:
        """Let a worker elsewhere carry a run out; False if this engine has none, so that the caller must `run`."""
        ...

    async def run(self, order: Order) -> str:
        """Start or continue a run and return its last state, or `WAITING` when it waits for a person.

        A second call for a run that a live process holds raises RunHeld.
        """
        ...

    async def revive(self, order: Order) -> str:
        """Run again from the step that the flow ended with, before it concluded: for a run that failed."""
        ...

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run, held or not."""
        ...
