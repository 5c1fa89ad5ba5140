"""What is left out of a long talk, and what never is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.context import Packing, cut_middle, pack, tokens_at_most
from journeyman.context.packing import LATEST
from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolTurn, Turn, UserTurn

NEVER = 10**9


def exchange(number: int, size: int, calls: int = 1) -> tuple[Turn, ...]:
    """A model's turn and the results that answer it."""
    ids = [f"{number}/{i}" for i in range(calls)]
    wishes = tuple(ToolCall(i, "read_file", '{"path": "a.py"}') for i in ids)
    return (
        ModelTurn(f"turn {number}", wishes),
        ToolTurn(tuple(ToolResult(i, "read_file", f"{i}:" + "x" * size) for i in ids)),
    )


@some.composite
def talks(draw: some.DrawFn) -> tuple[Turn, ...]:
    """Talks as the loop makes them: the task, exchanges, here and there a person's word or a warning."""
    turns: list[Turn] = [UserTurn("task " * draw(some.integers(0, 50)))]
    for number in range(draw(some.integers(0, 40))):
        turns += exchange(number, draw(some.integers(0, 3000)), draw(some.integers(1, 3)))
        if draw(some.integers(0, 9)) == 0:
            turns.append(UserTurn(f"a word {number}"))
    return tuple(turns)


windows = some.integers(-100, 60_000)


def asked(turns: tuple[Turn, ...]) -> list[str]:
    return [call.id for turn in turns if isinstance(turn, ModelTurn) for call in turn.calls]


def answered(turns: tuple[Turn, ...]) -> list[str]:
    return [result.call_id for turn in turns if isinstance(turn, ToolTurn) for result in turn.results]


@given(talks(), windows)
def test_the_task_and_the_latest_turns_always_stay(turns: tuple[Turn, ...], window: int) -> None:
    packed = pack(turns, window)
    latest = min(LATEST, len(turns) - 1)
    assert packed[0] == turns[0]
    assert [turn for turn in packed[len(packed) - latest :] if not isinstance(turn, ToolTurn)] == [
        turn for turn in turns[len(turns) - latest :] if not isinstance(turn, ToolTurn)
    ]
    assert answered(packed[len(packed) - latest :]) == answered(turns[len(turns) - latest :])


@given(talks(), some.integers(14_000, 60_000))
def test_a_window_that_holds_the_latest_turns_shows_them_whole(turns: tuple[Turn, ...], window: int) -> None:
    packed = pack(turns, window)
    latest = min(LATEST, len(turns) - 1)
    assert packed[len(packed) - latest :] == turns[len(turns) - latest :]


@given(talks(), windows)
def test_every_question_keeps_its_answer_and_their_order(turns: tuple[Turn, ...], window: int) -> None:
    packed = pack(turns, window)
    assert asked(packed) == answered(packed)
    for before, turn in pairwise(packed):
        if isinstance(turn, ToolTurn):
            assert isinstance(before, ModelTurn)
            assert [call.id for call in before.calls] == [result.call_id for result in turn.results]
    assert asked(packed) == asked(turns)[len(asked(turns)) - len(asked(packed)) :]


@given(talks(), windows)
def test_it_fits_unless_nothing_is_left_to_cut(turns: tuple[Turn, ...], window: int) -> None:
    packed = pack(turns, window)
    assert tokens_at_most(packed) <= window or (
        len(packed) <= LATEST + 3
        and all(len(result.content) < 260 for turn in packed if isinstance(turn, ToolTurn) for result in turn.results)
    )


@given(talks())
def test_what_fits_is_left_as_it_is(turns: tuple[Turn, ...]) -> None:
    assert pack(turns, tokens_at_most(turns)) == turns
    assert pack(turns, NEVER) == turns


@given(talks(), windows)
def test_the_same_turns_pack_the_same(turns: tuple[Turn, ...], window: int) -> None:
    assert pack(turns, window) == pack(tuple(turns), window)


@pytest.mark.parametrize(("size", "window"), [(1500, 12_000), (200, 12_000), (6000, 30_000), (20_000, 132_000)])
def test_the_beginning_of_consecutive_requests_mostly_stays(size: int, window: int) -> None:
    """Where the beginning changes, the provider's cache is lost: that must be seldom."""
    turns: tuple[Turn, ...] = (UserTurn("the task"),)
    before: tuple[Turn, ...] = ()
    kept, fullest = 0, 0
    for number in range(150):
        turns = (*turns, *exchange(number, size))
        packed = pack(turns, window)
        kept += packed[: len(before)] == before
        before = packed
        fullest = max(fullest, tokens_at_most(packed))
        assert tokens_at_most(packed) <= window
    print(f"results of {size} bytes, {window} tokens: the beginning stayed in {kept} of 150 requests")
    assert kept >= 120
    assert fullest > 0.9 * window


@given(some.text(max_size=3000), some.integers(5, 1000))
def test_cutting_the_middle(text: str, limit: int) -> None:
    cut = cut_middle(text, limit)
    if len(text) <= limit:
        assert cut == text
    else:
        assert cut.startswith(text[: limit * 2 // 5])
        assert cut.endswith(text[-(limit * 3 // 5) :])
        assert len(cut) <= limit + 50
        head, tail = limit * 2 // 5, limit * 3 // 5
        assert f"{len(text) - head - tail} characters cut" in cut


@given(talks(), windows)
def test_a_talk_is_packed_the_same_as_it_grows(turns: tuple[Turn, ...], window: int) -> None:
    packing = Packing(window)
    for number, turn in enumerate(turns, 1):
        packing.add(turn)
        if number % 7 == 0:
            assert packing.packed() == pack(turns[:number], window)
    assert packing.packed() == pack(turns, window)
