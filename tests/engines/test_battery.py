"""What every engine must give a flow: one battery, on memory, SQLite, PostgreSQL and a real Temporal server."""

from __future__ import annotations

import asyncio

import pytest

from journeyman.domain.errors import Cancelled, FlowBroken, GitFailed, LimitReached, ModelOutage, Outage, RunHeld
from journeyman.domain.runs import Order
from journeyman.engines.inline import MemoryJournal
from journeyman.flows import deliver_change
from tests.engines import flows
from tests.engines.deliveries import WAYS, Delivery, go
from tests.engines.flows import STEPS, Bodies
from tests.engines.stages import JournalStage, Stage, TemporalStage
from tests.store.rows import Clock


async def test_a_finished_run_is_answered_from_its_record(stage: Stage, order: Order) -> None:
    bodies = Bodies()
    async with stage.process(flows.many, bodies.steps()) as engine:
        first = await engine.run(order)
        assert first.count("done") == STEPS
        assert await engine.run(order) == first
    assert bodies.happened == list(range(STEPS))


async def test_a_process_that_ends_in_the_middle_of_a_step_leaves_the_rest_to_the_next(
    stage: Stage, order: Order
) -> None:
    bodies = Bodies()
    for kill in range(0, STEPS, 3):
        caught = asyncio.Event()

        async def fail(number: int, kill: int = kill, caught: asyncio.Event = caught) -> None:
            if number == kill:
                caught.set()
                await asyncio.sleep(60)

        stuck = Bodies(fail)
        stuck.happened = bodies.happened
        async with stage.process(flows.many, stuck.steps()) as engine:
            work = asyncio.ensure_future(engine.run(order))
            await caught.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
    async with stage.process(flows.many, bodies.steps()) as engine:
        assert (await engine.run(order)).count("done") == STEPS
    assert sorted(bodies.happened) == sorted([*range(STEPS), *range(0, STEPS, 3)])


async def test_it_waits_a_month_for_a_person(stage: Stage, order: Order) -> None:
    bodies = Bodies()
    async with stage.process(flows.approval, bodies.steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, days=30)
    async with stage.process(flows.approval, bodies.steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await engine.send(order.run_id, "decision", "reject: more tests")
        await engine.send(order.run_id, "other", "approve")
        assert await engine.run(order) == "WAITING"
        await engine.send(order.run_id, "decision", "reject")
        await engine.send(order.run_id, "decision", "approve")
        assert await engine.run(order) == "COMPLETE after 2"
        assert await engine.run(order) == "COMPLETE after 2"
    assert bodies.happened == [1, 11, 12, 2]


async def test_a_wait_ends_with_its_time(stage: Stage, order: Order) -> None:
    async with stage.process(flows.patient, Bodies().steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, minutes=59)
        assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, minutes=1)
        assert await engine.run(order) == "None"
        await engine.send(order.run_id, "word", "too late")
        assert await engine.run(order) == "None"


async def test_a_message_may_come_before_the_run(stage: Stage, order: Order) -> None:
    async with stage.process(flows.patient, Bodies().steps()) as engine:
        await engine.send(order.run_id, "word", "in time")
        assert await engine.run(order) == "in time"


async def test_a_long_sleep_lets_go(stage: Stage, order: Order) -> None:
    async with stage.process(flows.sleepy, Bodies().steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, hours=12)
        assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, hours=12)
        assert await engine.run(order) == "awake"


async def test_an_outage_is_tried_again_with_growing_waits(stage: Stage, order: Order) -> None:
    left = [Outage("down"), Outage("still down")]

    async def fail(number: int) -> None:
        if left:
            raise left.pop(0)

    bodies = Bodies(fail)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        assert await engine.run(order) == "COMPLETE"
    assert bodies.happened == [0, 0, 0, 1, 2, 99]
    assert stage.clock.slept == [1.0, 2.0]


async def test_an_outage_that_was_tried_often_enough_is_not_tried_again(stage: Stage, order: Order) -> None:
    async def fail(number: int) -> None:
        if number == 1:
            raise ModelOutage("rate_limit", "slow down", retry_after=7.0)

    bodies = Bodies(fail)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        assert (await engine.run(order)).startswith("Outage: slow down")
    assert bodies.happened == [0, 1, 99]
    assert stage.clock.slept == []


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (Outage("the remote is gone"), "Outage: the remote is gone"),
        (LimitReached("budget", "all spent"), "LimitReached: all spent"),
        (Cancelled("by a person"), "Cancelled: by a person"),
        (GitFailed("bad object", "clone again"), "other: bad object: clone again"),
    ],
)
async def test_a_bad_end_is_the_same_when_seen_again(
    stage: Stage, order: Order, error: Exception, ended: str
) -> None:
    is_broken = [True]

    async def fail(number: int) -> None:
        if is_broken and number == 1:
            raise error

    bodies = Bodies(fail)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        assert await engine.run(order) == ended
        is_broken.clear()
        assert await engine.run(order) == ended
        tried = 3 if isinstance(error, Outage) else 1
        assert bodies.happened == [0, *[1] * tried, 99]
        bodies.happened.clear()
        assert await engine.revive(order) == "COMPLETE"
    assert bodies.happened == [1, 2, 99]


async def test_reviving_twice_goes_back_to_the_newest_bad_end(stage: Stage, order: Order) -> None:
    bad = {1, 2}

    async def fail(number: int) -> None:
        if number in bad:
            raise LimitReached("turns", f"at {number}")

    bodies = Bodies(fail)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        assert await engine.run(order) == "LimitReached: at 1"
        bad.remove(1)
        assert await engine.revive(order) == "LimitReached: at 2"
        assert await engine.revive(order) == "LimitReached: at 2"
        bad.clear()
        assert await engine.revive(order) == "COMPLETE"
    assert bodies.happened == [0, 1, 99, 1, 2, 99, 2, 99, 2, 99]


async def test_a_fault_of_our_own_is_no_end_of_the_step(stage: Stage, order: Order) -> None:
    is_broken = [True]

    async def fail(number: int) -> None:
        if is_broken:
            raise KeyError("a bug")

    async with stage.process(flows.concluding, Bodies(fail).steps()) as engine:
        with pytest.raises((KeyError, FlowBroken), match="a bug"):
            await engine.run(order)
        is_broken.clear()
        assert await engine.run(order) == "COMPLETE"


@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_a_flow_that_was_changed_is_named_and_the_old_one_goes_on(
    stage: Stage, order: Order, long: bool
) -> None:
    bodies = Bodies()
    async with stage.process(flows.approval, bodies.steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await engine.send(order.run_id, "decision", "approve")
    async with stage.process(flows.changed_approval, bodies.steps()) as engine:
        with pytest.raises(FlowBroken, match=r"(?s)work.*once|once.*work") as told:
            await engine.run(order)
    assert told.value.advice == "continue the run with the version of Journeyman that began it"
    if long or not isinstance(stage, TemporalStage):  # Temporal waits ten seconds until it tries again
        async with stage.process(flows.approval, bodies.steps()) as engine:
            assert await engine.run(order) == "COMPLETE after 0"
        assert bodies.happened == [1, 2]


async def test_a_step_without_a_body_is_named(stage: Stage, order: Order) -> None:
    async with stage.process(flows.lost_step, Bodies().steps()) as engine:
        with pytest.raises(FlowBroken, match="lost"):
            await engine.run(order)


async def test_a_flow_with_a_fault_is_no_end_of_the_run(stage: Stage, order: Order) -> None:
    async with stage.process(flows.broken, Bodies().steps()) as engine:
        with pytest.raises((KeyError, FlowBroken), match="flow"):
            await engine.run(order)


async def test_steps_side_by_side(stage: Stage, order: Order) -> None:
    async def slow_first(number: int) -> None:
        await asyncio.sleep(0.01 if number == 0 else 0)

    bodies = Bodies(slow_first)
    async with stage.process(flows.side_by_side, bodies.steps()) as engine:
        assert await engine.run(order) == await engine.run(order) == "0,1,2,3,4"
    assert sorted(bodies.happened) == [0, 1, 2, 3, 4]


async def test_a_run_at_work_is_held(stage: Stage, order: Order) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def fail(number: int) -> None:
        started.set()
        await go_on.wait()

    async with stage.process(flows.concluding, Bodies(fail).steps()) as engine:
        work = asyncio.ensure_future(engine.run(order))
        await started.wait()
        with pytest.raises(RunHeld, match=f"{order.run_id} is at work"):
            await engine.run(order)
        with pytest.raises(RunHeld):
            await engine.revive(order)
        other = asyncio.ensure_future(engine.run(Order(f"{order.run_id}-2")))
        go_on.set()
        assert await other == await work == "COMPLETE"
        assert await engine.run(order) == "COMPLETE"


@pytest.mark.parametrize("name", WAYS)
async def test_a_delivered_change_goes_the_same_way_on_every_engine(stage: Stage, order: Order, name: str) -> None:
    way = WAYS[name]
    expected, found = Delivery(way), Delivery(way)
    async with JournalStage(MemoryJournal(Clock()), Clock()).process(deliver_change, expected.steps()) as engine:
        assert await go(engine, order, way) == way.ends
    async with stage.process(deliver_change, found.steps()) as engine:
        assert await go(engine, order, way) == way.ends
    assert found.happened == expected.happened
    assert len(found.happened) >= 5
