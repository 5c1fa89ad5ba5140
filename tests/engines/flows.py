"""Flows to run, and steps that write down each time they really happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from journeyman.domain.errors import Cancelled, JourneymanError, LimitReached, Outage
from journeyman.domain.runs import Order
from journeyman.engines import Steps
from journeyman.flows import FlowContext, Retry, StepRef

STEPS = 12


class Given(msgspec.Struct, frozen=True):
    run_id: str
    number: int


class Done(msgspec.Struct, frozen=True):
    number: int
    words: str


STEP = StepRef("work", Given, Done)
LAST = StepRef("conclude", Given, Done)
ONCE = StepRef("once", Given, Done, Retry(attempts=1))


class Bodies:
    """Step bodies that append to `happened`; `fail` is asked before each of them."""

    def __init__(self, fail: Callable[[int], Awaitable[None]] | None = None) -> None:
        self.happened: list[int] = []
        self._fail = fail

    async def work(self, given: Given) -> Done:
        self.happened.append(given.number)
        if self._fail is not None:
            await self._fail(given.number)
        return Done(given.number, f"done {given.number} \u2028 é")

    def steps(self) -> Steps:
        return {STEP: self.work, LAST: self.work, ONCE: self.work}


async def many(context: FlowContext, order: Order) -> str:
    """Many steps, with everything else a context offers between them."""
    told = []
    for number in range(STEPS):
        done = await context.call(STEP, Given(order.run_id, number))
        told.append(done.words)
        if number % 4 == 1:
            told += [str(await context.now()), await context.new_id()]
            await context.publish(f"after {number}")
        if number == 6:
            await context.sleep(0.2)
    return " ".join(told)


async def approval(context: FlowContext, order: Order) -> str:
    """Two steps with a person between them; may be rejected as often as they like."""
    await context.call(STEP, Given(order.run_id, 1))
    rejected = 0
    while await context.wait_for("decision") != "approve":
        rejected += 1
        await context.call(STEP, Given(order.run_id, 10 + rejected))
    await context.call(STEP, Given(order.run_id, 2))
    return f"COMPLETE after {rejected}"


async def concluding(context: FlowContext, order: Order) -> str:
    """Steps whose bad ends the flow catches, as `deliver_change` does."""
    ended = "COMPLETE"
    try:
        for number in range(3):
            await context.call(STEP, Given(order.run_id, number))
    except (LimitReached, Outage, Cancelled) as error:
        ended = f"{type(error).__name__}: {error}"
    except JourneymanError as error:
        ended = f"other: {error.line()}"
    await context.call(LAST, Given(order.run_id, 99))
    return ended


async def changed_approval(context: FlowContext, order: Order) -> str:
    """What became of `approval` in a later version: another step comes first."""
    await context.call(ONCE, Given(order.run_id, 0))
    return await approval(context, order)


async def patient(context: FlowContext, order: Order) -> str:
    """Waits for an hour at most."""
    return str(await context.wait_for("word", 3600))


async def sleepy(context: FlowContext, order: Order) -> str:
    """Sleeps for a moment, then for a day."""
    await context.sleep(0.3)
    await context.sleep(86_400.0)
    return "awake"


async def lost_step(context: FlowContext, order: Order) -> str:
    """Calls a step that nobody has."""
    return (await context.call(StepRef("lost", Given, Done), Given("r1", 1))).words


async def side_by_side(context: FlowContext, order: Order) -> str:
    """Five steps at once."""
    calls = (context.call(STEP, Given(order.run_id, number)) for number in range(5))
    return ",".join(str(done.number) for done in await asyncio.gather(*calls))


async def broken(context: FlowContext, order: Order) -> str:
    """A flow with a fault."""
    raise KeyError("flow")


class Line:
    """A file to which processes append, one line each time a step happens."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, words: Any) -> None:
        with self._path.open("a") as file:
            file.write(f"{words}\n")

    def read(self) -> list[str]:
        return self._path.read_text().splitlines() if self._path.exists() else []
