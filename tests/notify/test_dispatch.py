from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from journeyman.domain.errors import LeaseLost, Outage
from journeyman.domain.runs import Notification, NotificationType
from journeyman.notify import delivery_id
from journeyman.notify.dispatch import Dispatcher, Turn
from journeyman.notify.memory import MemoryChannel
from journeyman.notify.webhook import SignedWebhook
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.outbox import SENDING, StoredOutbox
from journeyman.store.processes import this_process
from tests.notify.receiver import Receiver, receiving
from tests.store.rows import START, Clock

TakeTurn = Callable[[], Awaitable[Turn | None]]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/j.db")
    yield database
    await database.close()


@pytest.fixture
def outbox(database: Database) -> StoredOutbox:
    return StoredOutbox(database)


@pytest.fixture
def take_turn(database: Database, clock: Clock) -> TakeTurn:
    return partial(StoredJournal(database, clock).lease, SENDING)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def post(outbox: StoredOutbox, workflow: str, *messages: str) -> None:
    for message in messages:
        kind = NotificationType.IMPLEMENTATION_STEP
        await outbox.post(Notification(workflow, "c", "p", "t", kind, message, {}, START))


def messages(receiver: Receiver) -> list[str]:
    return [json.loads(got.body)["message"] for got in receiver.received]


async def test_a_failed_one_is_sent_again_and_holds_back_its_workflow(
    outbox: StoredOutbox, receiver: Receiver, clock: Clock, take_turn: TakeTurn
) -> None:
    statuses = [200, 500, 200, 0, 200, 200]
    receiver.answer = lambda: statuses.pop(0)
    dispatcher = Dispatcher(outbox, [SignedWebhook(receiver.url, "s")], clock, take_turn)
    await post(outbox, "w1", "a", "b", "c")
    await post(outbox, "w2", "x")
    assert await dispatcher.dispatch() == 2
    assert messages(receiver) == ["a", "b", "x"]
    assert await dispatcher.dispatch() == 0
    clock.jump(seconds=1)
    assert await dispatcher.dispatch() == 0
    clock.jump(seconds=2)
    assert await dispatcher.dispatch() == 2
    assert messages(receiver) == ["a", "b", "x", "b", "b", "c"]
    assert receiver.received[1].body == receiver.received[3].body == receiver.received[4].body
    await dispatcher.close()


async def test_the_waits_grow_up_to_an_hour(outbox: StoredOutbox, clock: Clock, take_turn: TakeTurn) -> None:
    channel = MemoryChannel()
    channel.down = True
    dispatcher = Dispatcher(outbox, [channel], clock, take_turn)
    await post(outbox, "w1", "a")
    for wait in [*(2**attempt for attempt in range(12)), 3600, 3600]:
        assert await dispatcher.dispatch() == 0
        clock.jump(seconds=wait - 0.001)
        assert not await outbox.due(clock())
        clock.jump(seconds=0.001)
    channel.down = False
    assert await dispatcher.dispatch() == 1


async def test_a_channel_that_has_it_does_not_get_it_again(
    outbox: StoredOutbox, clock: Clock, take_turn: TakeTurn
) -> None:
    good, bad = MemoryChannel(), MemoryChannel()
    bad.down = True
    dispatcher = Dispatcher(outbox, [good, bad], clock, take_turn)
    await post(outbox, "w1", "a")
    await dispatcher.dispatch()
    bad.down = False
    clock.jump(seconds=1)
    assert await dispatcher.dispatch() == 1
    assert [len(channel.arrived) for channel in (good, bad)] == [1, 1]


async def test_what_a_dead_process_left_is_sent_by_the_next(
    outbox: StoredOutbox, clock: Clock, take_turn: TakeTurn
) -> None:
    await post(outbox, "w1", *(str(number) for number in range(120)))
    channel = MemoryChannel()
    assert await Dispatcher(outbox, [channel], clock, take_turn).dispatch() == 120
    assert [item.message for item in channel.arrived] == [str(number) for number in range(120)]
    assert await Dispatcher(outbox, [channel], clock, take_turn).dispatch() == 0


async def test_an_outbox_out_of_reach_is_no_error(clock: Clock, take_turn: TakeTurn) -> None:
    class Gone:
        async def due(self, now: object, limit: int = 50) -> tuple[tuple[int, Notification, int], ...]:
            raise Outage("the database is gone")

        async def delivered(self, number: int, at: object) -> None:
            raise AssertionError

        async def postponed(self, number: int, until: object, error: str) -> None:
            raise AssertionError

    assert await Dispatcher(Gone(), [MemoryChannel()], clock, take_turn).dispatch() == 0


async def test_a_notification_of_the_future_waits(outbox: StoredOutbox, clock: Clock, take_turn: TakeTurn) -> None:
    kind = NotificationType.WORKFLOW_STARTED
    later = Notification("w1", "c", "p", "t", kind, "later", {}, START)
    await outbox.post(msgspec.structs.replace(later, timestamp=START + timedelta(hours=1)))
    channel = MemoryChannel()
    dispatcher = Dispatcher(outbox, [channel], clock, take_turn)
    assert await dispatcher.dispatch() == 0
    clock.jump(hours=1)
    assert await dispatcher.dispatch() == 1


async def test_two_processes_send_nothing_twice(
    tmp_path: Path, database: Database, outbox: StoredOutbox, clock: Clock, take_turn: TakeTurn
) -> None:
    other = Database(f"sqlite:///{tmp_path}/j.db")
    channel = MemoryChannel()
    dispatchers = [
        Dispatcher(outbox, [channel], clock, take_turn),
        Dispatcher(StoredOutbox(other), [channel], clock, partial(StoredJournal(other, clock).lease, SENDING)),
    ]
    for number in range(30):
        await post(outbox, f"w{number % 3}", str(number))
        await asyncio.gather(*(dispatcher.dispatch() for dispatcher in dispatchers))
    await other.close()
    assert sorted(int(item.message) for item in channel.arrived) == list(range(30))


async def test_who_was_taken_for_dead_while_sending_takes_nothing_out(
    tmp_path: Path, database: Database, outbox: StoredOutbox, clock: Clock
) -> None:
    far = msgspec.structs.replace(this_process(), boot="elsewhere")
    old = StoredJournal(database, clock, holder=far, lease_seconds=0)
    assert await old.lease(SENDING) is not None
    other = Database(f"sqlite:///{tmp_path}/j.db")
    assert await StoredJournal(other, clock).lease(SENDING) is not None
    await post(outbox, "w1", "a")
    ((number, _, _),) = await outbox.due(clock())
    with pytest.raises(LeaseLost):
        await outbox.delivered(number, clock())
    with pytest.raises(LeaseLost):
        await outbox.postponed(number, clock(), "down")
    assert await StoredOutbox(other).due(clock()) == await outbox.due(clock())
    await other.close()


def test_a_repeated_delivery_has_the_same_id() -> None:
    sent = Notification("w1", "c", "p", "t", NotificationType.PLAN_CREATED, "m", {}, START)
    assert delivery_id(sent) == delivery_id(msgspec.structs.replace(sent, details={"a": 1}))
    other = msgspec.structs.replace(sent, notification_type=NotificationType.REPO_CLONED)
    assert delivery_id(other) != delivery_id(sent)
