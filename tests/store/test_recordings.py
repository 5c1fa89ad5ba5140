"""All that is kept of a run, page by page."""

from __future__ import annotations

from datetime import timedelta

from journeyman.domain.conversation import ToolResult
from journeyman.domain.runs import Activity, ActivityType, Word, WordKind
from journeyman.store import CommandRecord, ToolRecord
from journeyman.store.activities import StoredActivities
from journeyman.store.commands import StoredCommands
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.mailbox import StoredMailbox
from journeyman.store.recordings import PAGE, StoredRecordings
from journeyman.store.runs import StoredRuns
from journeyman.store.tool_calls import StoredToolCalls
from tests.store.rows import START, Clock, a_run, counted_ids
from tests.store.test_conversations import answer, worst

RUN = "0193-aaaa"


async def test_more_than_a_page_comes_in_order_and_nothing_of_another_run(database: Database) -> None:
    calls, recordings = StoredToolCalls(database), StoredRecordings(database)
    for run_id in (RUN, "other"):
        await StoredRuns(database).create(a_run(run_id))
        for number in range(PAGE + 20):
            record = ToolRecord(ToolResult("c", "read", str(number)), f"tree{number}")
            await calls.record_tool(run_id, f"{number}", "{}", record, START + timedelta(seconds=number))
    kept = [call async for call in recordings.tool_calls(RUN)]
    assert [call.result.content for call in kept] == [str(number) for number in range(PAGE + 20)]
    assert (kept[7].tree, kept[7].ended_at) == ("tree7", START + timedelta(seconds=7))


async def test_each_kind_is_read_as_it_was_written(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    recordings, journal = StoredRecordings(database), StoredJournal(database, Clock())
    command = CommandRecord("check/1", 0, "make", '"out"', START)
    await StoredCommands(database).ended(RUN, command)
    lease = await journal.lease(RUN)
    assert lease is not None
    await journal.write(RUN, lease.fence, 0, "step prepare", "{}")
    await journal.send(RUN, "decision", "approve")
    await StoredMailbox(database).say(Word(RUN, WordKind.TELL, "use a plus", START))
    await StoredActivities(database).note(Activity(RUN, "t1", ActivityType.PROGRESS, "cloned", START, {"a": 1}))
    assert [line async for line in recordings.commands(RUN)] == [command]
    assert [(entry.position, entry.name) async for entry in recordings.journal(RUN)] == [(0, "step prepare")]
    assert [message.text async for message in recordings.messages(RUN)] == ["approve"]
    assert [(word.number, word.text) async for word in recordings.words(RUN)] == [(1, "use a plus")]
    assert [(line.number, line.message) async for line in recordings.activities(RUN)] == [(1, "cloned")]


async def test_a_request_that_follows_from_a_later_one_is_put_together(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    clock = Clock()
    ledger = Conversations(database, clock, counted_ids())
    first = await ledger.reserve(worst("1"))
    clock.jump(seconds=1)
    second = await ledger.reserve(worst("2"))
    await ledger.settle(second, answer(), '{"said":["a","b"]}')
    await ledger.settle(first, answer(), '{"said":["a"]}')
    kept = [exchange.request async for exchange in StoredRecordings(database).exchanges(RUN)]
    assert kept == ['{"said":["a"]}', '{"said":["a","b"]}']
