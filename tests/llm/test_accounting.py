from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolTurn, Usage, UserTurn
from journeyman.llm.accounting import FREE, UNSEEN_TOKENS, PromptBounds, Rate, Rates, cost, worst_cost
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
        assert cost(rates, usage) <= worst_cost(rates, tokens, output)


def size(asked) -> int:
    return len(json.dumps(msgspec.to_builtins(asked)).encode())


@pytest.fixture
def bounds() -> PromptBounds:
    return PromptBounds(lambda asked, model: size(asked))


def test_a_shorter_prompt_that_is_dearer_is_the_worst_case() -> None:
    rebate = Rates((Rate(Price(5.0, 20.0)), Rate(Price(1.0, 4.0), above=1_000)))
    assert worst_cost(rebate, 2_000, 100) >= cost(rebate, Usage(1_000, 100))


def test_bytes_bound_what_was_never_reported(bounds: PromptBounds) -> None:
    assert bounds.at_most(question(turns=TALK), OPENAI, 5_000) >= 5_000


LONG = (UserTurn("word " * 20_000),)
CALL = ToolCall("c", "ls", '{"path": "."}')
GROWN = question(turns=(*LONG, ModelTurn("look", (CALL,)), ToolTurn((ToolResult("c", "ls", "ä" * 500),))))


@pytest.mark.parametrize("known_size", [size(question(turns=LONG)), 0])
def test_a_report_bounds_the_beginning_of_a_talk_that_grew(bounds: PromptBounds, known_size: int) -> None:
    bounds.learn(question(turns=LONG), OPENAI, Usage(20_000, 5), known_size)
    bound = bounds.at_most(GROWN, OPENAI, size(GROWN))
    assert 20_000 + 1_000 < bound < 25_000 < size(GROWN)


def test_a_report_without_what_was_cached_does_not_lower_the_bound(bounds: PromptBounds) -> None:
    bounds.learn(question(turns=LONG), OPENAI, Usage(20_000, 5), size(question(turns=LONG)))
    bounds.learn(GROWN, OPENAI, Usage(300, 5), size(GROWN))
    assert bounds.at_most(GROWN, OPENAI, size(GROWN)) > 20_000


def test_a_provider_that_adds_to_the_prompt_is_believed(bounds: PromptBounds) -> None:
    short = question(turns=LONG[:1])
    bounds.learn(short, OPENAI, Usage(500_000, 5), size(short))
    assert bounds.at_most(GROWN, OPENAI, size(GROWN)) > 500_000


@given(
    texts=st.lists(st.text(min_size=1, max_size=60), min_size=2, max_size=8),
    hidden=st.integers(0, UNSEEN_TOKENS),
    per_character=st.floats(0.05, 1.0),
)
def test_a_talk_that_grows_never_has_more_tokens_than_its_bound(
    texts: list[str], hidden: int, per_character: float
) -> None:
    """Against a tokenizer of any density up to one token for each byte, and tokens that the provider adds."""
    bounds = PromptBounds(lambda asked, model: size(asked))
    for number in range(1, len(texts) + 1):
        asked = question(turns=tuple(UserTurn(text) for text in texts[:number]))
        tokens = hidden + sum(math.ceil(len(text.encode()) * per_character) for text in texts[:number])
        assert bounds.at_most(asked, OPENAI, size(asked)) >= tokens
        bounds.learn(asked, OPENAI, Usage(tokens, 1), size(asked) if number % 2 else 0)


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
def test_another_beginning_is_bounded_by_bytes(bounds: PromptBounds, other) -> None:
    bounds.learn(question(turns=TALK), OPENAI, Usage(1, 1), 4_990)
    assert bounds.at_most(other, OPENAI, 5_000) >= 5_000
    same = question(turns=TALK)
    assert bounds.at_most(same, OPENAI, 5_000) < 5_000
    assert bounds.at_most(same, "openai:other", 5_000) >= 5_000


def test_memory_of_talks_is_bounded(bounds: PromptBounds) -> None:
    for number in range(200):
        bounds.learn(msgspec.structs.replace(question(), run_id=f"r{number}"), OPENAI, Usage(9, 9))
    assert len(bounds._known) == 64
