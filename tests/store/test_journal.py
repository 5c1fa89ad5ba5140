from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator

import msgspec
import pytest

from journeyman.domain.errors import LeaseLost
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.processes import life_of, this_process
from tests.store.rows import Clock

RUN = "r1"


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def test_entries_in_their_places(database: Database, clock: Clock) -> None:
    journal = StoredJournal(database, clock)
    lease = await journal.lease(RUN)
    assert lease is not None
    for position in range(4):
        await journal.write(RUN, lease.fence, position, f"step {position}", f"{position}")
    await journal.forget_from(RUN, lease.fence, 2)
    assert await journal.read(RUN) == {0: ("step 0", "0"), 1: ("step 1", "1")}
    assert await journal.read("r2") == {}


async def test_messages_in_order_each_once(database: Database, clock: Clock) -> None:
    journal = StoredJournal(database, clock)
    assert await journal.message(RUN, "decision", 0) is None
    await journal.send(RUN, "decision", "reject because")
    await journal.send(RUN, "else", "no")
    await journal.send(RUN, "decision", "approve")
    taken = [await journal.message(RUN, "decision", number) for number in range(3)]
    assert taken == ["reject because", "approve", None]


async def test_a_held_run_is_not_given_twice(database: Database, other: Database, clock: Clock) -> None:
    first, second = StoredJournal(database, clock), StoredJournal(other, clock)
    lease = await first.lease(RUN)
    assert lease is not None
    clock.jump(days=1)
    assert await second.lease(RUN) is None
    assert await first.lease(RUN) is None
    assert await second.lease("r2") is not None
    assert await lease.renew()
    await lease.release()
    later = await second.lease(RUN)
    assert later is not None
    assert later.fence == lease.fence + 1
    assert not await lease.renew()
    await lease.release()
    assert await first.lease(RUN) is None


async def test_one_of_many_gets_it(url: str, clock: Clock) -> None:
    databases = [Database(url) for _ in range(4)]
    leases = await asyncio.gather(*(StoredJournal(database, clock).lease(RUN) for database in databases))
    assert sum(lease is not None for lease in leases) == 1
    for database in databases:
        await database.close()


async def test_a_dead_process_of_this_machine_holds_nothing(
    database: Database, other: Database, clock: Clock
) -> None:
    gone = msgspec.structs.replace(this_process(), pid=_unused(), started=1)
    assert await StoredJournal(other, clock, holder=gone).lease(RUN) is not None
    taken = await StoredJournal(database, clock).lease(RUN)
    assert taken is not None
    assert taken.fence == 2


async def test_another_machine_is_waited_for(database: Database, other: Database, clock: Clock) -> None:
    far = msgspec.structs.replace(this_process(), boot="elsewhere")
    assert await StoredJournal(other, clock, holder=far, lease_seconds=0.3).lease(RUN) is not None
    journal = StoredJournal(database, clock)
    assert await journal.lease(RUN) is None
    await _pass(database, clock, 0.4)
    assert await journal.lease(RUN) is not None


async def test_renewing_keeps_another_machine_away(database: Database, other: Database, clock: Clock) -> None:
    far = msgspec.structs.replace(this_process(), namespace="a container")
    lease = await StoredJournal(other, clock, holder=far, lease_seconds=0.3).lease(RUN)
    assert lease is not None
    for _ in range(3):
        await _pass(database, clock, 0.15)
        assert await lease.renew()
    assert await StoredJournal(database, clock).lease(RUN) is None


async def test_an_old_fence_writes_nothing(database: Database, other: Database, clock: Clock) -> None:
    far = msgspec.structs.replace(this_process(), boot="elsewhere")
    old_journal = StoredJournal(other, clock, holder=far, lease_seconds=0)
    old = await old_journal.lease(RUN)
    assert old is not None
    await _pass(database, clock, 0.01)
    journal = StoredJournal(database, clock)
    new = await journal.lease(RUN)
    assert new is not None
    with pytest.raises(LeaseLost):
        await old_journal.write(RUN, old.fence, 0, "step a", "1")
    with pytest.raises(LeaseLost):
        await old_journal.forget_from(RUN, old.fence, 0)
    await journal.write(RUN, new.fence, 0, "step a", "2")
    assert await journal.read(RUN) == {0: ("step a", "2")}


async def test_a_lease_that_nobody_was_told_of_is_not_lost(database: Database, clock: Clock) -> None:
    journal = StoredJournal(database, clock)
    await database.look(lambda connection: None)
    asking = asyncio.ensure_future(journal.lease(RUN))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await journal.lease(RUN) is not None


def test_life() -> None:
    own = this_process()
    assert life_of(own) is True
    assert life_of(msgspec.structs.replace(own, started=own.started + 1)) is False
    assert life_of(msgspec.structs.replace(own, boot="another")) is None
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    zombie = msgspec.structs.replace(own, pid=child.pid)
    assert life_of(zombie) is False
    child.wait()


async def _pass(database: Database, clock: Clock, seconds: float) -> None:
    """Let time pass: on PostgreSQL the server's own clock counts."""
    clock.jump(seconds=seconds)
    if database.place.startswith("127."):
        await asyncio.sleep(seconds)


def _unused() -> int:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return child.pid
