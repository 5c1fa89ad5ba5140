"""Who lost a lease writes nothing of the run any more, and who never had it changes no run that is at work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from journeyman.domain.conversation import ToolResult
from journeyman.domain.errors import LeaseLost, RunHeld
from journeyman.domain.result import Result
from journeyman.domain.runs import Activity, ActivityType, Notification, NotificationType
from journeyman.domain.states import State
from journeyman.store import ToolRecord
from journeyman.store.activities import StoredActivities
from journeyman.store.audit import StoredAudit
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.outbox import StoredOutbox
from journeyman.store.processes import Holder, life_of, this_process
from journeyman.store.runs import StoredRuns
from journeyman.store.tables import metadata
from journeyman.store.tool_calls import StoredToolCalls
from tests.store.rows import START, Clock, a_run

RUN = "0193-aaaa"


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""

    def look(connection: object) -> dict[str, list[tuple[object, ...]]]:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
        }

    return await database.look(look)


async def test_every_write_of_who_lost_the_lease_is_refused(
    database: Database, other: Database, clock: Clock
) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run())
    far = msgspec.structs.replace(this_process(), boot="elsewhere")
    journal = StoredJournal(database, clock, holder=far, lease_seconds=0)
    old = await journal.lease(RUN)
    assert old is not None
    assert await StoredJournal(other, clock).lease(RUN) is not None
    before = await content(other)
    record = ToolRecord(ToolResult("c", "write_file", "late"), "t")
    told = Notification(RUN, "", "", "", NotificationType.PLAN_CREATED, "late", {}, START)
    writes = {
        "state": runs.set_state(RUN, State.FAILED, None, START),
        "base": runs.set_base(RUN, "b", "c", "d"),
        "limits": runs.set_limits(RUN, 1000.0, 1000),
        "result": runs.finish(RUN, Result(True, "complete", RUN, RUN), None),
        "facts": runs.learn(RUN, tree="late"),
        "tool": StoredToolCalls(database).record_tool(RUN, "1/0/0", "{}", record, START),
        "activity": StoredActivities(database).note(Activity(RUN, "t", ActivityType.PROGRESS, "late", START)),
        "notification": StoredOutbox(database).post(told),
        "audit": StoredAudit(database, clock).record("journeyman", "push", RUN),
        "journal": journal.write(RUN, old.fence, 0, "step a", "1"),
        "forgetting": journal.forget_from(RUN, old.fence, 0),
    }
    refused = await asyncio.gather(*writes.values(), return_exceptions=True)
    assert {name: type(error) for name, error in zip(writes, refused, strict=True)} == dict.fromkeys(
        writes, LeaseLost
    )
    assert not await old.renew()
    await old.release()
    with pytest.raises(LeaseLost):
        await runs.learn(RUN, tree="later still")
    assert await content(other) == before


async def test_limits_of_a_run_at_work_are_its_own(database: Database, other: Database, clock: Clock) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run(budget=1.0))
    lease = await StoredJournal(other, clock).lease(RUN)
    assert lease is not None
    with pytest.raises(RunHeld):
        await runs.set_limits(RUN, 2.0, None)
    assert (await runs.get(RUN)).options.limits.budget_usd == 1.0
    await StoredRuns(other).set_limits(RUN, 3.0, None)
    await lease.release()
    await runs.set_limits(RUN, 4.0, None)
    assert (await runs.get(RUN)).options.limits.budget_usd == 4.0


async def test_limits_of_a_run_whose_process_is_gone_can_be_changed(database: Database, clock: Clock) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run(budget=1.0))
    gone = Holder(boot="elsewhere", namespace="", pid=1, started=1)
    await StoredJournal(database, clock, holder=gone).lease(RUN)
    database.fences.clear()
    await database.transact(lambda connection: connection.execute(text("UPDATE leases SET expires_at='2020-01-01'")))
    await runs.set_limits(RUN, 2.0, None)
    assert (await runs.get(RUN)).options.limits.budget_usd == 2.0


async def test_a_notification_of_a_step_done_again_is_posted_once(database: Database) -> None:
    outbox = StoredOutbox(database)
    told = Notification("w1", "", "", "", NotificationType.PLAN_CREATED, "first", {}, START)
    again = msgspec.structs.replace(told, message="again", timestamp=START + timedelta(seconds=1))
    await outbox.post(told, "plan_created 1")
    await outbox.post(again, "plan_created 1")
    await outbox.post(again, "plan_created 2")
    await outbox.post(msgspec.structs.replace(told, workflow_id="w2"), "plan_created 1")
    due = await outbox.due(START + timedelta(seconds=1))
    assert [(item.workflow_id, item.message) for _, item, _ in due] == [
        ("w1", "first"),
        ("w1", "again"),
        ("w2", "first"),
    ]


async def test_a_stopped_process_is_waited_for_and_then_succeeded(
    database: Database, other: Database, clock: Clock
) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        os.kill(child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        holder = _holder(child.pid)
        assert life_of(holder) is None
        assert await StoredJournal(other, clock, holder=holder).lease(RUN) is not None
        journal = StoredJournal(database, clock)
        assert await journal.lease(RUN) is None
        await database.transact(lambda c: c.execute(text("UPDATE leases SET expires_at='2020-01-01'")))
        os.kill(child.pid, signal.SIGCONT)
        os.waitid(os.P_PID, child.pid, os.WCONTINUED | os.WNOWAIT)
        assert await journal.lease(RUN) is None, "it goes on, so it is not robbed"
        os.kill(child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        taken = await journal.lease(RUN)
        assert taken is not None
        assert taken.fence == 2
    finally:
        child.kill()
        child.wait()


def _holder(pid: int) -> Holder:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return msgspec.structs.replace(this_process(), pid=pid, started=int(fields[19]))
