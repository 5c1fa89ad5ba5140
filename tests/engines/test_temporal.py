"""What is Temporal's own: kills of its workers, its server going away, cancelling there, what it costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from journeyman.domain.errors import JourneymanError, Outage, RepositoryRefused
from journeyman.domain.runs import Order, StepGiven, StepReport
from journeyman.domain.states import State
from journeyman.engines.inline import MemoryJournal
from journeyman.engines.temporal.address import Address, count_workers
from journeyman.flows import STEP_OF, deliver_change
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from tests.engines import flows
from tests.engines.deliveries import WAYS, Delivery
from tests.engines.flows import STEPS, Bodies, Line
from tests.engines.stages import TemporalStage
from tests.engines.temporal_server import TemporalServer, own_temporal
from tests.engines.victim import now
from tests.store.rows import Clock

ROOT = Path(__file__).parents[2]


def victim(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.engines.temporal_victim", *words], cwd=ROOT)


async def until(line: Line, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in line.read():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "kills", [(4,), pytest.param((0, 3, 5, 8, 11), marks=[pytest.mark.long, pytest.mark.timeout(300)])]
)
async def test_a_worker_that_is_killed_in_a_step_loses_nothing_and_repeats_that_step_alone(
    temporal: TemporalServer, tmp_path: Path, order: Order, kills: tuple[int, ...]
) -> None:
    url, queue = f"sqlite:///{tmp_path}/journeyman.db", f"queue-{uuid.uuid4().hex}"
    database = Database(url)
    stage = TemporalStage(await Client.connect(temporal.host), Clock(), StoredJournal(database, now), queue)
    line = Line(tmp_path / "line")
    follows = asyncio.ensure_future(stage.engine(flows.many).run(order))
    for number in (*kills, None):
        worker = victim(temporal.host, queue, url, str(tmp_path / "line"))
        try:
            if number is None:
                assert await asyncio.wait_for(follows, 100)
            else:
                await until(line, f"begun {number}")
        finally:
            worker.kill()
            worker.wait()
    happened = Counter(line.read())
    assert [happened[f"ended {number}"] for number in range(STEPS)] == [1] * STEPS
    assert [happened[f"begun {number}"] for number in range(STEPS)] == [1 + (n in kills) for n in range(STEPS)]
    await database.close()


async def test_the_server_may_go_away_while_a_run_waits(tmp_path: Path, order: Order) -> None:
    server = own_temporal()
    try:
        stage = TemporalStage(await Client.connect(server.host), Clock())
        async with stage.process(flows.approval, Bodies().steps()) as engine:
            assert await engine.run(order) == "WAITING"
        await stage.jump(order.run_id, days=30)
        server.stop()
        server.start()
        stage = TemporalStage(await Client.connect(server.host), Clock(), task_queue=stage.task_queue)
        bodies = Bodies()
        async with stage.process(flows.approval, bodies.steps()) as engine:
            await engine.send(order.run_id, "decision", "approve")
            assert await engine.run(order) == "COMPLETE after 0"
        assert bodies.happened == [2]
    finally:
        server.remove()


async def test_without_a_server_it_says_so() -> None:
    with pytest.raises(Outage, match=r"no Temporal server answers at 127\.0\.0\.1:1") as told:
        await Address("127.0.0.1:1", "default").connect()
    assert "TEMPORAL_HOST" in told.value.advice


async def test_a_run_of_another_holder_is_left_to_it(client: Client, order: Order) -> None:
    clock, bodies = Clock(), Bodies()
    journal = MemoryJournal(clock)
    other = await journal.lease(order.run_id)
    assert other is not None
    stage = TemporalStage(client, clock, journal)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        work = asyncio.ensure_future(engine.run(order))
        await asyncio.sleep(1.5)
        assert bodies.happened == []
        await other.release()
        assert await work == "COMPLETE"
    assert bodies.happened == [0, 1, 2, 99]


async def test_a_step_whose_lease_is_lost_is_done_again_when_it_is_free(client: Client, order: Order) -> None:
    clock = Clock()
    journal = MemoryJournal(clock)

    async def robbed(number: int) -> None:
        if number == 1 and bodies.happened.count(1) == 1:
            clock.jump(minutes=1)
            other = await journal.lease(order.run_id)
            assert other is not None
            await other.release()
            await asyncio.sleep(60)

    bodies = Bodies(robbed)
    stage = TemporalStage(client, clock, journal)
    stage.renew_seconds = 0.05
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        assert await engine.run(order) == "COMPLETE"
    assert bodies.happened == [0, 1, 1, 2, 99]


async def test_a_machine_without_what_a_run_needs_leaves_its_steps_to_others(client: Client, order: Order) -> None:
    poor, rich, bodies = TemporalStage(client, Clock()), TemporalStage(client, Clock()), Bodies()
    poor.missing, rich.task_queue = RepositoryRefused("needs credentials"), poor.task_queue
    async with poor.process(flows.concluding, Bodies(None).steps()) as engine:
        work = asyncio.ensure_future(engine.run(order))
        await asyncio.sleep(0.5)
        assert not work.done()
    async with rich.process(flows.concluding, bodies.steps()):
        assert await work == "COMPLETE"
    assert bodies.happened == [0, 1, 2, 99]


async def test_who_cancels_in_temporal_cancels_the_run(client: Client, order: Order) -> None:
    stage = TemporalStage(client, Clock())
    started, ended = asyncio.Event(), asyncio.Event()

    async def long(number: int) -> None:
        if number == 1:
            started.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    bodies = Bodies(long)
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        work = asyncio.ensure_future(engine.run(order))
        await started.wait()
        await client.get_workflow_handle(order.run_id).cancel()
        assert await work == "Cancelled: cancelled in Temporal"
    assert ended.is_set()
    assert bodies.happened == [0, 1, 99]


async def test_a_run_that_was_terminated_there_goes_on_when_resumed(client: Client, order: Order) -> None:
    stage, bodies = TemporalStage(client, Clock()), Bodies()
    async with stage.process(flows.approval, bodies.steps()) as engine:
        assert await engine.run(order) == "WAITING"
        await client.get_workflow_handle(order.run_id).terminate()
        assert await engine.run(order) == "WAITING"
        await engine.send(order.run_id, "decision", "approve")
        assert await engine.run(order) == "COMPLETE after 0"
    assert bodies.happened == [1, 1, 2]


async def test_an_order_is_never_two_workflows(client: Client, order: Order) -> None:
    stage, bodies = TemporalStage(client, Clock()), Bodies()
    async with stage.process(flows.concluding, bodies.steps()) as engine:
        await asyncio.gather(*[engine.begin(order) for _ in range(5)])
        assert await engine.run(order) == "COMPLETE"
        await engine.begin(order)
        assert await count_workers(client, stage.task_queue) == 1
    runs = [each.run_id async for each in client.list_workflows(f"WorkflowId = '{order.run_id}'")]
    assert len(runs) <= 1
    status = (await client.get_workflow_handle(order.run_id).describe()).status
    assert status is WorkflowExecutionStatus.COMPLETED
    assert bodies.happened == [0, 1, 2, 99]


async def test_a_worker_lets_go_of_what_it_holds_for_a_run_that_does_not_come_back(
    client: Client, order: Order
) -> None:
    stage = TemporalStage(client, Clock())
    stage.idle_seconds = 0.3
    async with stage.process(flows.approval, Bodies().steps()) as engine:
        assert await engine.run(order) == "WAITING"
        stage.let_go.clear()
        await asyncio.sleep(0.6)
        assert stage.let_go == [order.run_id]


async def test_no_secret_reaches_the_server(temporal: TemporalServer, order: Order) -> None:
    def redacted(text: str) -> str:
        return text.replace("hunter2", "[redacted]")

    async def fail(number: int) -> None:
        if number == 1:
            raise JourneymanError("the password hunter2 is wrong")

    client = await Address(temporal.host, "default", redacted).connect()
    stage = TemporalStage(client, Clock())
    async with stage.process(flows.concluding, Bodies(fail).steps()) as engine:
        await engine.send(order.run_id, "decision", "reject it has hunter2 in it")
        assert await engine.run(order) == "other: the password [redacted] is wrong"
    history = await client.get_workflow_handle(order.run_id).fetch_history()
    seen = b"".join(event.SerializeToString() for event in history.events)
    assert b"[redacted]" in seen
    assert b"hunter2" not in seen


async def test_a_hundred_turns_of_the_coder_are_one_step(client: Client, order: Order) -> None:
    """A run that goes back as often as it may, with a hundred turns in each round of the coder."""
    delivery = Delivery(WAYS["out-of-rounds"])
    steps, turns = dict(delivery.steps()), 0
    write = steps[STEP_OF[State.CODE]]

    async def hundred(given: StepGiven) -> StepReport:
        nonlocal turns
        for _ in range(100):
            await asyncio.sleep(0)
            turns += 1
        return await write(given)

    steps[STEP_OF[State.CODE]] = hundred
    stage = TemporalStage(client, Clock())
    async with stage.process(deliver_change, steps) as engine:
        assert await engine.run(order) == "ESCALATED"
    history = await client.get_workflow_handle(order.run_id).fetch_history()
    assert turns == 400
    assert len(history.events) < 200
    assert sum(event.ByteSize() for event in history.events) < 50_000
