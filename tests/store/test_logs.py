"""Activities, words, tool calls, remembered texts, the outbox and the audit log."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
from sqlalchemy import text

from journeyman.domain.conversation import ToolResult
from journeyman.domain.runs import Activity, ActivityType, Notification, NotificationType, Word, WordKind
from journeyman.store import CommandRecord, ToolRecord
from journeyman.store.activities import StoredActivities
from journeyman.store.audit import BEFORE_THE_FIRST, StoredAudit, verify
from journeyman.store.commands import StoredCommands
from journeyman.store.database import Database
from journeyman.store.mailbox import StoredMailbox
from journeyman.store.outbox import StoredOutbox
from journeyman.store.remembered import StoredRemembered
from journeyman.store.runs import StoredRuns
from journeyman.store.tool_calls import StoredToolCalls
from tests.store.rows import START, Clock, a_run

RUN = "0193-aaaa"


async def test_activities_are_followed_by_number(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    log = StoredActivities(database)
    lines = [
        Activity(RUN, "t1", ActivityType.PROGRESS, "clone", START, {"n": [1, None], "odd": "\udcff"}),
        Activity(RUN, "t1", ActivityType.ERROR, "no\x00o", START),
        Activity(RUN, "t1", ActivityType.FUNCTION_CALL, "read", START),
    ]
    for line in lines:
        await log.note(line)
    kept = await log.since(RUN)
    assert [line.message for line in kept] == ["clone", "no\ufffdo", "read"]
    assert kept[0].details == {"n": [1, None], "odd": "\ufffd"}
    assert kept[2] == msgspec.structs.replace(lines[2], number=kept[2].number)
    assert await log.since(RUN, kept[0].number, 1) == kept[1:2]
    assert await log.since(RUN, kept[2].number) == ()


async def test_words_reach_whom_they_are_for(database: Database) -> None:
    runs, mailbox = StoredRuns(database), StoredMailbox(database)
    await runs.create(a_run())
    await runs.create(a_run("other"))
    for kind, words in ((WordKind.TELL, "one"), (WordKind.CANCEL, ""), (WordKind.TELL, "two")):
        await mailbox.say(Word(RUN, kind, words, START))
    await mailbox.say(Word("other", WordKind.TELL, "three", START))
    told = await mailbox.words(RUN, WordKind.TELL)
    assert [word.text for word in told] == ["one", "two"]
    assert await mailbox.words(RUN, WordKind.TELL, told[0].number) == told[1:]


async def test_a_tool_call_is_recorded_once(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    calls = StoredToolCalls(database)
    record = ToolRecord(ToolResult("c1", "run_shell_command", "out\x00\udcff", ok=False), "tree1")
    assert await calls.tool_record(RUN, "1/c1") is None
    await calls.record_tool(RUN, "1/c1", '{"command": "\x00"}', record, START)
    await calls.record_tool(RUN, "1/c1", "{}", ToolRecord(ToolResult("c1", "x", "again"), "tree2"), START)
    kept = await calls.tool_record(RUN, "1/c1")
    assert kept is not None
    assert (kept.tree, kept.result.ok, kept.result.call_id) == ("tree1", False, "c1")
    assert kept.result.content in ("out\x00\ufffd", "out\ufffd\ufffd")


async def test_a_step_that_runs_again_replaces_its_commands(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    commands = StoredCommands(database)
    for step in ("check/1", "mend/1"):
        await commands.begin(RUN, step)
        for number in range(2):
            record = CommandRecord(step, number, "make\x00", '"out"', START)
            assert await commands.ended(RUN, record) == record
    await commands.begin(RUN, "mend/1")
    await commands.ended(RUN, CommandRecord("mend/1", 0, "again", '"out"', START))
    kept = text("SELECT step, number, command FROM commands ORDER BY step, number")
    rows = await database.look(lambda connection: connection.execute(kept).all())
    assert [tuple(row) for row in rows] == [
        ("check/1", 0, "make\ufffd"),
        ("check/1", 1, "make\ufffd"),
        ("mend/1", 0, "again"),
    ]


async def test_remembered_texts(database: Database) -> None:
    remembered = StoredRemembered(database)
    assert await remembered.recall("k") is None
    await remembered.remember("k", "a", START)
    await remembered.remember("k", "b", START)
    assert await remembered.recall("k") == "b"


def notification(workflow: str, message: str) -> Notification:
    kind = NotificationType.PLAN_CREATED
    return Notification(workflow, "c", "p", "t", kind, message, {"a": 1}, START)


async def test_the_outbox_keeps_the_order_of_a_workflow(database: Database) -> None:
    outbox = StoredOutbox(database)
    for workflow, message in (("w1", "a"), ("w2", "b"), ("w1", "c")):
        await outbox.post(notification(workflow, message))
    due = await outbox.due(START)
    assert [(item.message, attempts) for _, item, attempts in due] == [("a", 0), ("b", 0), ("c", 0)]
    await outbox.postponed(due[0][0], START + timedelta(seconds=5), "down")
    assert [item.message for _, item, _ in await outbox.due(START)] == ["b"]
    await outbox.delivered(due[1][0], START)
    later = await outbox.due(START + timedelta(seconds=5))
    assert [(item, attempts) for _, item, attempts in later] == [
        (notification("w1", "a"), 1),
        (notification("w1", "c"), 0),
    ]
    assert await outbox.due(START - timedelta(seconds=1)) == ()


async def test_the_chain_holds_until_someone_touches_it(database: Database, clock: Clock) -> None:
    audit = StoredAudit(database, clock)
    assert (await audit.verify()).last_hash == BEFORE_THE_FIRST
    await asyncio.gather(*(audit.record("ann", "approve", f"run {n}", {"n": n, "odd": "\x00"}) for n in range(5)))
    whole = await audit.verify()
    assert (whole.entries, whole.broken_at) == (5, None)
    entries = await audit.entries()
    assert verify(entries) == whole
    assert verify(entries[:2] + entries[3:]).broken_at == 3
    assert verify((*entries[:1], entries[2], entries[1], *entries[3:])).broken_at == 2
    await database.transact(lambda c: c.execute(text("UPDATE audit_log SET actor = 'eve' WHERE number = 4")))
    broken = await audit.verify()
    assert (broken.entries, broken.broken_at) == (3, 4)


async def test_news_are_what_was_told_after_a_number_and_every_cancellation(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    mailbox = StoredMailbox(database)
    for kind, said in ((WordKind.TELL, "a"), (WordKind.CANCEL, ""), (WordKind.TELL, "b"), (WordKind.APPROVE, "")):
        await mailbox.say(Word(RUN, kind, said, START))
    first, cancelled, second = await mailbox.news(RUN, 0)
    assert [(word.kind, word.text) for word in (first, cancelled, second)] == [
        (WordKind.TELL, "a"),
        (WordKind.CANCEL, ""),
        (WordKind.TELL, "b"),
    ]
    assert await mailbox.news(RUN, second.number) == (cancelled,)
    assert await mailbox.news("another", 0) == ()
