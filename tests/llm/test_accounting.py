from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolTurn, Usage, UserTurn
from journeyman.llm.accounting import FREE, PromptBounds, Rate, Rates, cost, worst_cost
from journeyman.llm.settings import Price
from tests.llm.talk import LS, OPENAI, SHAPE, TALK, question

RATES = Rates((Rate(Price(3.0, 15.0, 0.3, 3.75)), Rate(Price(6.0, 22.5, 0.6, 7.5), above=200_000)))
counts = st.integers(0, 400_000)


def test_cached_tokens_have_their_own_price() -> None:
    usage = Usage(1_000, 100, cache_read_tokens=600, cache_write_tokens=300)
    assert cost(RATES, usage) == pytest.approx((100 * 3 + 600 * 0.3 + 300 * 3.75 + 100 * 15) / 1e6)


def test_a_long_prompt_has_the_higher_price() -> None:
    assert cost(RATES, Usage(200_000, 0)) == pytest.approx(0.6)
    assert cost(RATES, Usage(200_001, 0)) == pytest.approx(1.200006)


def test_a_missing_cache_price_is_the_input_price() -> None:
    rates = Rates((Rate(Price(2.0, 8.0)),))
    assert cost(rates, Usage(100, 0, 50, 50)) == pytest.approx(200 / 1e6)
    assert cost(FREE, Usage(10**6, 10**6)) == 0


@given(counts, counts, counts, counts)
def test_no_usage_within_the_bounds_costs_more_than_the_worst_case(
    tokens: int, output: int, read: int, write: int
) -> None:
    usage = Usage(tokens, output, min(read, tokens), min(write, max(0, tokens - read)))
    for rates in (RATES, Rates((Rate(Price(2.0, 8.0)),))):
        assert cost(rates, usage) <= worst_cost(rates, tokens, output) + 1e-12


def size(asked) -> bytes:
    return json.dumps(msgspec.to_builtins(asked)).encode()


def test_bytes_bound_what_was_never_reported() -> None:
    body = size(question(turns=TALK))
    assert PromptBounds().at_most(question(turns=TALK), OPENAI, body) >= len(body)


def test_a_report_bounds_the_beginning_of_a_talk_that_grew() -> None:
    bounds = PromptBounds()
    long = (UserTurn("word " * 20_000),)
    bounds.learn(question(turns=long), OPENAI, Usage(20_000, 5))
    call = ToolCall("c", "ls", '{"path": "."}')
    grown = question(turns=(*long, ModelTurn("look", (call,)), ToolTurn((ToolResult("c", "ls", "ä" * 500),))))
    bound = bounds.at_most(grown, OPENAI, size(grown))
    assert 20_000 + 1_000 < bound < 23_000 < len(size(grown))


@pytest.mark.parametrize(
    "other",
    [
        question(turns=(UserTurn("packed"), *TALK[1:])),
        question(turns=TALK[:1]),
        question(turns=TALK, system="another"),
        question(turns=TALK, tools=(LS,)),
        question(turns=TALK, answer_schema=SHAPE),
    ],
)
def test_another_beginning_is_bounded_by_bytes(other) -> None:
    bounds = PromptBounds()
    bounds.learn(question(turns=TALK), OPENAI, Usage(1, 1))
    assert bounds.at_most(other, OPENAI, b"x" * 5000) >= 5000
    same = question(turns=TALK)
    assert bounds.at_most(same, OPENAI, b"x" * 5000) < 5000
    assert bounds.at_most(same, "openai:other", b"x" * 5000) >= 5000


def test_memory_of_talks_is_bounded() -> None:
    bounds = PromptBounds()
    for number in range(200):
        bounds.learn(msgspec.structs.replace(question(), run_id=f"r{number}"), OPENAI, Usage(9, 9))
    assert len(bounds._known) == 64
