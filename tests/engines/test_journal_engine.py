"""What the engine makes of a journal, beyond the battery: on memory, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest

from journeyman.domain.errors import (
    FlowBroken,
    LeaseLost,
    Outage,
)
from journeyman.domain.runs import Order
from journeyman.engines import Engine, Flow, Journal
from journeyman.engines.embedded import JournalEngine
from journeyman.flows import FlowContext
from tests.engines.flows import LAST, ONCE, STEP, STEPS, Bodies, Given, approval, concluding, many
from tests.store.rows import START, Clock, counted_ids

ORDER = Order("r1")


def engine_of(journal: Journal, flow: Flow, bodies: Bodies, clock: Clock, **more: object) -> JournalEngine:
    return JournalEngine(journal, flow, bodies.steps(), clock, counted_ids(), sleep=clock.sleep, **more)  # type: ignore[arg-type]


async def test_a_finished_run_is_answered_from_its_journal(journal: Journal, clock: Clock) -> None:
    bodies, seen = Bodies(), []

    async def publish(run_id: str, state: str) -> None:
        seen.append((run_id, state))

    engine: Engine = engine_of(journal, many, bodies, clock, publish=publish)
    first = await engine.run(ORDER)
    clock.jump(days=3)
    assert await engine.run(ORDER) == first
    assert bodies.happened == list(range(STEPS))
    assert seen == [("r1", "after 1"), ("r1", "after 5"), ("r1", "after 9")]
    assert clock.slept == [0.2]
    assert "id1" in first
    assert str(START) in first


async def test_cancelled_between_any_two_entries_it_goes_on_there(journal: Journal, clock: Clock) -> None:
    undisturbed = await engine_of(journal, many, Bodies(), Clock()).run(Order("undisturbed"))
    bodies, ids = Bodies(), counted_ids()
    for kill in range(STEPS):
        caught = asyncio.Event()

        async def fail(number: int, kill: int = kill, caught: asyncio.Event = caught) -> None:
            if number == kill:
                caught.set()
                await asyncio.sleep(60)

        stuck = Bodies(fail)
        stuck.happened = bodies.happened
        engine = JournalEngine(journal, many, stuck.steps(), clock, ids, sleep=clock.sleep)
        work = asyncio.ensure_future(engine.run(ORDER))
        await caught.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    final = await JournalEngine(journal, many, bodies.steps(), clock, ids, sleep=clock.sleep).run(ORDER)
    assert final.split()[:2] == undisturbed.split()[:2]
    assert sorted(bodies.happened) == sorted([*range(STEPS), *range(STEPS)])
    assert await engine.run(ORDER) == final


async def test_a_long_sleep_lets_go_and_a_short_one_does_not(journal: Journal, clock: Clock) -> None:
    async def sleepy(context: FlowContext, order: Order) -> str:
        await context.sleep(5.0)
        await context.sleep(86_400.0)
        return "awake"

    engine = engine_of(journal, sleepy, Bodies(), clock)
    assert await engine.run(ORDER) == "WAITING"
    clock.jump(hours=12)
    assert await engine.run(ORDER) == "WAITING"
    clock.jump(hours=11, minutes=59, seconds=30)
    assert await engine.run(ORDER) == "awake"
    assert clock.slept == [5.0, 30.0]


async def test_a_flow_that_was_changed_is_named(journal: Journal, clock: Clock) -> None:
    async def changed(context: FlowContext, order: Order) -> str:
        await context.call(STEP, Given(order.run_id, 0))
        await context.call(ONCE, Given(order.run_id, 1))
        return "COMPLETE"

    await engine_of(journal, concluding, Bodies(), clock).run(ORDER)
    with pytest.raises(FlowBroken, match="entry 1 of run r1 is 'step work', but the flow now asks for 'step once'"):
        await engine_of(journal, changed, Bodies(), clock).run(ORDER)


async def test_a_flow_that_fails_gives_its_lease_back(journal: Journal, clock: Clock) -> None:
    async def broken(context: FlowContext, order: Order) -> str:
        raise KeyError("flow")

    with pytest.raises(KeyError):
        await engine_of(journal, broken, Bodies(), clock).run(ORDER)
    assert await engine_of(journal, concluding, Bodies(), clock).run(ORDER) == "COMPLETE"


async def test_waiting_runs_leave_nothing_behind(journal: Journal, clock: Clock) -> None:
    engine = engine_of(journal, approval, Bodies(), clock)
    before = len(asyncio.all_tasks())
    for number in range(20):
        assert await engine.run(Order(f"w{number}")) == "WAITING"
    assert len(asyncio.all_tasks()) == before


class RobbedLease:
    """A lease that another process takes after some renewals."""

    def __init__(self, fence: int, renewals: int) -> None:
        self.fence = fence
        self._renewals = renewals

    async def renew(self) -> bool:
        self._renewals -= 1
        return self._renewals >= 0

    async def release(self) -> None:
        return None


class Robbed:
    """A journal whose lease is lost while a step is at work."""

    def __init__(self, journal: Journal, *, renewals: int = 2) -> None:
        self._journal = journal
        self._renewals = renewals

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    async def lease(self, run_id: str) -> RobbedLease | None:
        lease = await self._journal.lease(run_id)
        return RobbedLease(lease.fence, self._renewals) if lease else None


async def test_losing_the_lease_ends_the_work(journal: Journal, clock: Clock) -> None:
    ended = asyncio.Event()

    async def endless(number: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    bodies = Bodies(endless)
    engine = engine_of(Robbed(journal), concluding, bodies, clock, renew_seconds=0.01)  # type: ignore[arg-type]
    with pytest.raises(LeaseLost):
        await engine.run(ORDER)
    assert ended.is_set()
    assert await journal.read("r1") == {}


async def test_a_lost_lease_inside_a_step_is_no_outage_of_the_step(journal: Journal, clock: Clock) -> None:
    async def fenced(number: int) -> None:
        raise LeaseLost("another process runs r1 now")

    bodies = Bodies(fenced)
    with pytest.raises(LeaseLost):
        await engine_of(journal, concluding, bodies, clock).run(ORDER)
    assert bodies.happened == [0]
    assert await journal.read("r1") == {}


async def test_an_outage_of_the_journal_is_no_outage_of_the_step(journal: Journal, clock: Clock) -> None:
    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(journal, name)

        async def write(self, *entry: object) -> None:
            raise Outage("no space is left")

    bodies = Bodies()
    with pytest.raises(Outage, match="no space"):
        await engine_of(Full(), concluding, bodies, clock).run(ORDER)  # type: ignore[arg-type]
    assert bodies.happened == [0]
    assert await engine_of(journal, concluding, bodies, clock).run(ORDER) == "COMPLETE"


async def test_conclusions_are_steps_too(journal: Journal, clock: Clock) -> None:
    engine = engine_of(journal, concluding, Bodies(), clock)
    await engine.run(ORDER)
    names = [name for name, _ in (await journal.read("r1")).values()]
    assert names == [f"step {STEP.name}"] * 3 + [f"step {LAST.name}"]


async def test_an_outage_that_was_the_last_word_is_tried_again(journal: Journal, clock: Clock) -> None:
    """A process that ends right after it recorded an outage leaves a run that goes on, not one that has failed."""
    over = False

    async def fail(number: int) -> None:
        if number == 2 and not over:
            raise Outage("the disk takes no write", "make room")

    async def dies(context: FlowContext, order: Order) -> str:
        try:
            return await many(context, order)
        except Outage as error:
            raise asyncio.CancelledError from error

    bodies = Bodies(fail)
    with pytest.raises(asyncio.CancelledError):
        await engine_of(journal, dies, bodies, clock).run(ORDER)
    over = True
    assert await engine_of(journal, many, bodies, clock).run(ORDER)
    assert list(dict.fromkeys(bodies.happened)) == list(range(STEPS))
