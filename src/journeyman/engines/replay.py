"""A flow run again from its start: what is recorded is answered from there, the rest happens once, then is recorded.

An entry is a position in the flow, a name (kind and step, topic or nothing) and a result. A flow is deterministic
between its calls, so the same position always has the same name; if not, the flow was changed under a living run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from journeyman.domain.errors import FlowBroken, JourneymanError, LeaseLost, Outage
from journeyman.engines.contract import Journal, Steps
from journeyman.engines.outcome import Outcome, returned, tried
from journeyman.flows import StepRef

In = TypeVar("In")
Out = TypeVar("Out")

SHORT_SLEEP = 60.0
"""Seconds that a flow may sleep within a process; for longer, the process lets go of it."""


class PartEnds(BaseException):
    """This process's part of a flow is over, the flow is not: it waits (no error), or its journal is out of reach.

    Not an Exception: a flow that catches errors must not go on from here.
    """

    def __init__(self, error: JourneymanError | None = None) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True)
class Surroundings:
    """What replaying needs of the outside."""

    journal: Journal
    steps: Steps
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    new_id: Callable[[], str]
    publish: Callable[[str, str], Awaitable[None]]


class Replay:
    """The context of one flow in one process; fits `FlowContext`."""

    def __init__(
        self, run_id: str, fence: int, entries: Mapping[int, tuple[str, str]], outside: Surroundings
    ) -> None:
        self._run_id = run_id
        self._fence = fence
        self._entries = entries
        self._outside = outside
        self._position = 0
        self._taken: Counter[str] = Counter()

    async def call(self, step: StepRef[In, Out], given: In) -> Out:
        """Run a step once and return its result. Outage after the last retry; Cancelled if cancelled."""
        position, outcome = self._next(name := f"step {step.name}")
        if outcome is None:
            body = self._outside.steps.get(step)
            if body is None:
                raise FlowBroken(f"no body is given for {step!r}")
            try:
                outcome = await tried(step, body, given, self._outside.sleep)
            except LeaseLost as error:
                raise PartEnds(error) from error
            await self._record(position, name, outcome)
        if outcome.fault is not None:
            raise outcome.fault.error()
        return msgspec.json.decode(outcome.value, type=step.returns)

    async def wait_for(self, topic: str, timeout_seconds: float | None = None) -> str | None:
        """Wait for a message on a topic; None when the time is over."""
        deadline = None if timeout_seconds is None else await self._moment(f"deadline {topic}", timeout_seconds)
        position, outcome = self._next(name := f"message {topic}")
        if outcome is None:
            text = await self._asked(self._outside.journal.message(self._run_id, topic, self._taken[topic]))
            if text is None and (deadline is None or self._outside.clock() < deadline):
                raise PartEnds
            outcome = returned(text)
            await self._record(position, name, outcome)
        text = msgspec.json.decode(outcome.value, type=str | None)
        self._taken[topic] += text is not None
        return text

    async def sleep(self, seconds: float) -> None:
        """Let time pass, also across a restart."""
        wake = await self._moment("sleep", seconds)
        left = min((wake - self._outside.clock()).total_seconds(), seconds)
        if left > SHORT_SLEEP:
            raise PartEnds
        if left > 0:
            await self._outside.sleep(left)

    async def now(self) -> datetime:
        """Return the time, UTC."""
        return await self._moment("now", 0.0)

    async def new_id(self) -> str:
        """Return a fresh unique id."""
        position, outcome = self._next("id")
        if outcome is None:
            outcome = returned(self._outside.new_id())
            await self._record(position, "id", outcome)
        return msgspec.json.decode(outcome.value, type=str)

    async def publish(self, state: str) -> None:
        """Make the flow's state visible to those who look."""
        position, outcome = self._next(name := f"publish {state}")
        if outcome is None:
            await self._asked(self._outside.publish(self._run_id, state))
            await self._record(position, name, returned(None))

    async def _moment(self, name: str, seconds: float) -> datetime:
        position, outcome = self._next(name)
        if outcome is None:
            outcome = returned(self._outside.clock() + timedelta(seconds=seconds))
            await self._record(position, name, outcome)
        return msgspec.json.decode(outcome.value, type=datetime)

    def _next(self, name: str) -> tuple[int, Outcome | None]:
        position = self._position
        self._position += 1
        if position not in self._entries:
            return position, None
        recorded, result = self._entries[position]
        if recorded != name:
            message = f"entry {position} of run {self._run_id} is '{recorded}', but the flow now asks for '{name}'"
            raise FlowBroken(message, "continue the run with the version of Journeyman that began it")
        return position, msgspec.json.decode(result, type=Outcome)

    async def _record(self, position: int, name: str, outcome: Outcome) -> None:
        result = msgspec.json.encode(outcome).decode()
        await self._asked(self._outside.journal.write(self._run_id, self._fence, position, name, result))

    async def _asked(self, question: Awaitable[Out]) -> Out:
        """Return what the journal answers. Its outage is no outage of a step: the flow must not see it."""
        try:
            return await question
        except Outage as error:
            raise PartEnds(error) from error


def revival_point(entries: Mapping[int, tuple[str, str]]) -> int | None:
    """Return where a revived run starts again: at the step that its flow ended with.

    That is the last but one, for the last one concludes; None if there is no step at all.
    """
    steps = sorted(position for position, (name, _) in entries.items() if name.startswith("step "))
    return steps[-2:][0] if steps else None


def outage_at_the_end(entries: Mapping[int, tuple[str, str]]) -> int | None:
    """Return where a record ends with an outage that nobody drew a conclusion from: the process ended with it, and by
    now it may be over. None for any other end."""
    if not entries:
        return None
    last = max(entries)
    name, text = entries[last]
    fault = msgspec.json.decode(text, type=Outcome).fault if name.startswith("step ") else None
    return last if fault is not None and fault.kind == "outage" else None
