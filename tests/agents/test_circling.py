"""A talk that goes in circles is told once, then ended."""

from __future__ import annotations

import pytest

from journeyman.agents.circling import Circling, Verdict
from journeyman.domain.conversation import ToolCall, ToolResult, UserTurn
from tests.agents.rooms import Desk, says


def look(circling: Circling, name: str, tree: str, content: str = "same") -> Verdict:
    return circling.look((ToolCall("1", name, "{}"),), (ToolResult("1", name, content),), tree)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_circle_is_told_once_and_then_ended(length: int) -> None:
    circling = Circling()
    verdicts = [look(circling, f"tool {i % length}", f"tree {i % 2}") for i in range(6 * length)]
    told = [i for i, verdict in enumerate(verdicts) if verdict.warning]
    ended = [i for i, verdict in enumerate(verdicts) if verdict.ended]
    assert told == [3 * length - 1]
    assert ended == [6 * length - 1]
    assert "6 times in a row" in verdicts[-1].ended


def test_what_changes_is_no_circle() -> None:
    circling = Circling()
    for i in range(40):
        assert look(circling, "test", f"tree {i}", content=f"{40 - i} failed") == Verdict()


def test_a_circle_that_was_left_may_be_told_of_again() -> None:
    circling = Circling()
    names = ["a"] * 4 + ["b"] + ["a"] * 3
    assert [bool(look(circling, n, f"t{i}").warning) for i, n in enumerate(names)] == [
        *(False, False, True, False),
        False,
        *(False, False, True),
    ]


def test_a_long_stretch_without_a_change_is_told_once_and_then_ended() -> None:
    circling = Circling()
    verdicts = [look(circling, f"read {i}", "tree") for i in range(51)]
    assert [i for i, verdict in enumerate(verdicts) if verdict.warning] == [25]
    assert [i for i, verdict in enumerate(verdicts) if verdict.ended] == [50]
    assert verdicts[50].ended == "50 turns went by without any change to the code"


async def test_the_loop_tells_and_ends() -> None:
    desk = Desk(says("", ("read", {"path": "gone"})))
    ended = await desk.work()
    assert ended.stuck == "the same calls with the same results came 6 times in a row"
    assert ended.turns == 6
    said = [turn.text for turn in desk.models.asked[-1].turns if isinstance(turn, UserTurn)]
    assert len([text for text in said if "Do something else" in text]) == 1
