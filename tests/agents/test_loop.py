"""The coder's loop: what is asked, what is done, and that nothing is done twice."""

from __future__ import annotations

import pytest

from journeyman.domain.conversation import ModelTurn, ToolTurn, Turn, Usage, UserTurn
from journeyman.domain.errors import LimitReached, ModelOutage
from journeyman.llm import Answer
from tests.agents.rooms import Desk, Died, says

WRITE_A = ("write", {"path": "a", "content": "1"})
WRITE_B = ("write", {"path": "b", "content": "2"})
READ_A = ("read", {"path": "a"})
DYING = ("write", {"path": "b", "content": "2", "die": True})
OUTAGE = ModelOutage("overload", "busy")


def words(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.text for turn in turns if isinstance(turn, UserTurn)]


async def test_a_whole_talk() -> None:
    desk = Desk(says("I write.", WRITE_A, READ_A), says("", ("read", {"path": "z"})), says("Done."))
    ended = await desk.work()
    assert (ended.turns, ended.words, ended.tree, ended.stuck) == (3, "Done.", '{"a":"1"}', "")
    first, second, third = desk.models.asked
    assert [question.key for question in desk.models.asked] == ["code/1/0", "code/1/1", "code/1/2"]
    assert [spec.name for spec in first.tools] == ["write", "read"]
    assert "add(2, 3) gives -1" in words(first.turns)[0]
    assert "Find the cause first" in first.system
    assert second.turns[: len(first.turns)] == first.turns
    results = third.turns[2]
    assert isinstance(results, ToolTurn)
    assert [(result.content, result.ok) for result in results.results] == [("wrote a", True), ("1", True)]
    assert [(p.message, p.tool, p.ok) for p in desk.told] == [
        ("I write.", "", True),
        ("wrote a", "write", True),
        ("1", "read", True),
        ("no z", "read", False),
        ("Done.", "", True),
    ]


async def test_what_finished_is_neither_asked_nor_done_again() -> None:
    desk = Desk(says("", WRITE_A), says("", WRITE_B), OUTAGE)
    with pytest.raises(ModelOutage):
        await desk.work()
    done, told = list(desk.files.done), list(desk.told)
    desk.files.files = {"left over": "from a process that died"}
    desk.models.turns = [says("", READ_A), says("Done.")]
    ended = await desk.work()
    assert ended.tree == '{"a":"1","b":"2"}'
    assert desk.files.done == [*done, "read a"]
    assert desk.files.restored == ["{}", '{"a":"1","b":"2"}']
    assert [p.message for p in desk.told[len(told) :]] == ["1", "Done."]


async def test_a_call_that_was_cut_down_in_the_middle_is_done_again_from_the_tree_before_it() -> None:
    desk = Desk(says("", WRITE_A, DYING, READ_A), says("Done."))
    with pytest.raises(Died):
        await desk.work()
    assert desk.files.files == {"a": "1", "half-written": "x"}
    desk.models.answers["code/1/0"] = Answer(says("", WRITE_A, WRITE_B, READ_A), "local:small", Usage())
    ended = await desk.work()
    assert desk.files.done == ["write a", "write b", "write b", "read a"]
    assert ended.tree == '{"a":"1","b":"2"}'
    assert "half-written" not in desk.files.files


async def test_a_finished_talk_that_is_resumed_leaves_the_same_tree() -> None:
    desk = Desk(says("", WRITE_A), says("Done."))
    before = await desk.work()
    desk.files.files = {}
    assert await desk.work() == before
    assert desk.files.files == {"a": "1"}
    assert desk.files.done == ["write a"]


async def test_the_work_begins_from_the_given_tree() -> None:
    desk = Desk(says("", READ_A), says("Done."))
    desk.files.files = {"dirt": "x"}
    ended = await desk.work(start='{"a":"old"}')
    assert ended.tree == '{"a":"old"}'
    assert desk.files.restored == ['{"a":"old"}']


async def test_words_are_heard_before_the_next_turn() -> None:
    desk = Desk(says("", WRITE_A), says("", WRITE_B), says("Done."))
    desk.hears({1: ["use b", "and be quick"]})
    await desk.work()
    first, second, third = desk.models.asked
    assert len(words(first.turns)) == 1
    said = ["The person you work for says: use b", "The person you work for says: and be quick"]
    assert words(second.turns)[1:] == said
    assert words(third.turns)[1:] == said


async def test_words_said_during_the_last_answer_keep_the_talk_going() -> None:
    desk = Desk(says("Done."), says("", WRITE_A), says("Done again."))
    desk.hears({1: ["not yet: write a"]})
    ended = await desk.work()
    assert (ended.words, ended.tree) == ("Done again.", '{"a":"1"}')


async def test_a_resumed_talk_heard_the_same_words_at_the_same_turns() -> None:
    desk = Desk(says("", WRITE_A), says("", WRITE_B), OUTAGE)
    desk.hears({1: ["use b"]})
    with pytest.raises(ModelOutage):
        await desk.work()
    before = list(desk.models.asked)
    desk.models.turns = [says("Done.")]
    desk.hears({len(before): ["said while nobody was at work"]})
    desk.person.said = [(1, "use b")]
    await desk.work()
    again = desk.models.asked[len(before) :]
    assert [question.turns for question in again[:3]] == [question.turns for question in before]
    assert words(again[3].turns)[-1] == "The person you work for says: said while nobody was at work"


async def test_turns_are_limited_and_more_of_them_go_on() -> None:
    desk = Desk(says("", WRITE_A), says("", WRITE_B), says("", READ_A), says("Done."))
    with pytest.raises(LimitReached, match="all 3 turns are used up") as caught:
        await desk.work(turns=3)
    assert caught.value.limit == "turns"
    assert caught.value.advice == "journeyman resume run --max-turns N goes on"
    ended = await desk.work(turns=4)
    assert (ended.turns, desk.files.done) == (4, ["write a", "write b", "read a"])


async def test_an_answer_that_was_cut_off_is_not_the_end() -> None:
    cut = Answer(ModelTurn("I will now"), "local:small", Usage(), stopped_by="length")
    desk = Desk(cut, says("", WRITE_A), says("Done."))
    assert (await desk.work()).tree == '{"a":"1"}'
    assert "cut off" in words(desk.models.asked[1].turns)[-1]


async def test_a_long_talk_is_packed_into_the_window() -> None:
    writes = [
        says("", ("write", {"path": f"{i}", "content": "x" * 8000}), ("read", {"path": f"{i}"})) for i in range(30)
    ]
    desk = Desk(*writes, says("Done."), window=50_000)
    await desk.work(turns=50)
    sizes = [len(repr(question.turns)) // 3 for question in desk.models.asked]
    assert max(sizes) < 50_000 * 0.7
    assert all("add(2, 3) gives -1" in words(question.turns)[0] for question in desk.models.asked)


async def test_a_long_result_is_cut_for_the_model() -> None:
    desk = Desk(says("", ("write", {"path": "a", "content": "x" * 50_000}), READ_A), says("Done."))
    await desk.work()
    results = desk.models.asked[1].turns[2]
    assert isinstance(results, ToolTurn)
    assert len(results.results[1].content) < 20_100
    assert desk.files.records["code/1/0/1"].result.content == "x" * 50_000


async def test_a_new_talk_looks_for_a_record_once() -> None:
    desk = Desk(says("", WRITE_A, READ_A), says("", WRITE_B), says("Done."))
    await desk.work()
    assert desk.files.looked_up == ["code/1/0/heard"]
    await desk.work()
    assert len(desk.files.looked_up) == 1 + len(desk.files.records)
