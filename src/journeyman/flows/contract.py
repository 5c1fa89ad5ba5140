"""What a flow may use: steps by reference, and a context that an engine provides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import msgspec

In = TypeVar("In")
Out = TypeVar("Out")


class Retry(msgspec.Struct, frozen=True):
    """How often an engine calls a step again after an Outage; the wait doubles from `first_wait` seconds."""

    attempts: int = 3
    first_wait: float = 1.0


class StepRef(Generic[In, Out]):
    """A step by name and types. What crosses it is small plain data: ids, not transcripts."""

    def __init__(self, name: str, given: type[In], returns: type[Out], retry: Retry = Retry()) -> None:
        self.name = name
        self.given = given
        self.returns = returns
        self.retry = retry

    def __repr__(self) -> str:
        return f"StepRef({self.name})"


StepBody = Callable[[In], Awaitable[Out]]
"""What a step does; `wiring` gives an engine one for each reference."""


class FlowContext(Protocol):
    """What an engine offers a flow. Every answer is recorded, and is the same when the flow runs again."""

    async def call(self, step: StepRef[In, Out], given: In) -> Out:
        """Run a step once and return its result. Outage after the last retry; Cancelled if cancelled."""
        ...

    async def wait_for(self, topic: str, timeout_seconds: float | None = None) -> str | None:
        """Wait for a message on a topic; None when the time is over."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass, also across a restart."""
        ...

    async def now(self) -> datetime:
        """Return the time, UTC."""
        ...

    async def new_id(self) -> str:
        """Return a fresh unique id."""
        ...

    async def publish(self, state: str) -> None:
        """Make the flow's state visible to those who look."""
        ...
