"""What a call costs, and what it may cost at most. Dollars; tokens as the provider counts them."""

from __future__ import annotations

import math
from collections import OrderedDict

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, ToolSpec, ToolTurn, Turn, Usage, UserTurn
from journeyman.llm.contract import Question
from journeyman.llm.settings import Price

UNSEEN_TOKENS = 600
"""What a provider adds to a request by itself: tool instructions, marks between messages."""

TURN_TOKENS = 32
"""Marks around one turn, call or result."""

MARGIN = 1.02
"""On tokens that were reported for the beginning of the same conversation."""

KEPT_TALKS = 64


class Rate(msgspec.Struct, frozen=True):
    """Prices for calls whose prompt is longer than `above` tokens."""

    price: Price
    above: int = 0


class Rates(msgspec.Struct, frozen=True):
    """All prices of a model, lowest threshold first."""

    rates: tuple[Rate, ...]

    def at(self, input_tokens: int) -> Price:
        """Return the prices for a prompt of that length."""
        fitting = [rate for rate in self.rates if input_tokens > rate.above]
        return (fitting[-1] if fitting else self.rates[0]).price


FREE = Rates((Rate(Price(0.0, 0.0, 0.0, 0.0)),))


def cost(rates: Rates, usage: Usage) -> float:
    """Return what a call of that usage costs."""
    price = rates.at(usage.input_tokens)
    read, write = _cache_prices(price)
    plain = max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens)
    millionths = (
        plain * price.input_per_million
        + usage.cache_read_tokens * read
        + usage.cache_write_tokens * write
        + usage.output_tokens * price.output_per_million
    )
    return millionths / 1_000_000


def worst_cost(rates: Rates, input_tokens: int, output_tokens: int) -> float:
    """Return the most that a call can cost: every prompt token at its dearest, the whole output."""
    price = rates.at(input_tokens)
    dearest = max(price.input_per_million, *_cache_prices(price))
    return (input_tokens * dearest + output_tokens * price.output_per_million) / 1_000_000


def _cache_prices(price: Price) -> tuple[float, float]:
    read, write = price.cache_read_per_million, price.cache_write_per_million
    return (
        price.input_per_million if read is None else read,
        price.input_per_million if write is None else write,
    )


class _Known(msgspec.Struct, frozen=True):
    system: str
    tools: tuple[ToolSpec, ...]
    turns: tuple[Turn, ...]
    input_tokens: int


class PromptBounds:
    """Bounds a prompt's tokens from above.

    No tokenizer makes more tokens than there are bytes. Where the provider has reported the tokens of a conversation
    that only grew since, the report bounds its beginning and the bytes bound the rest.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Role, str], _Known] = OrderedDict()

    def at_most(self, question: Question, model: str, body: bytes) -> int:
        """Return the most tokens that the request can have; `body` is its JSON."""
        by_bytes = len(body) + UNSEEN_TOKENS
        known = self._known.get((question.run_id, question.role, model))
        if known is None or not _grew_from(known, question):
            return by_bytes
        added = sum(_bytes_of(turn) for turn in question.turns[len(known.turns) :])
        return min(by_bytes, math.ceil(known.input_tokens * MARGIN) + added + UNSEEN_TOKENS)

    def learn(self, question: Question, model: str, usage: Usage) -> None:
        """Take in what was reported for a question."""
        if usage.input_tokens and question.answer_schema is None:
            key = (question.run_id, question.role, model)
            self._known[key] = _Known(question.system, question.tools, question.turns, usage.input_tokens)
            self._known.move_to_end(key)
            if len(self._known) > KEPT_TALKS:
                self._known.popitem(last=False)


def _grew_from(known: _Known, question: Question) -> bool:
    same = (question.system, question.tools) == (known.system, known.tools)
    return same and question.answer_schema is None and question.turns[: len(known.turns)] == known.turns


def _bytes_of(turn: Turn) -> int:
    match turn:
        case UserTurn(text):
            return len(text.encode()) + TURN_TOKENS
        case ModelTurn(text, calls):
            marks = TURN_TOKENS * (1 + len(calls))
            said = sum(len(f"{call.id}{call.name}{call.arguments}".encode()) for call in calls)
            return len(text.encode()) + said + marks
        case ToolTurn(results):
            marks = TURN_TOKENS * (1 + len(results))
            return sum(len(f"{result.call_id}{result.content}".encode()) for result in results) + marks
