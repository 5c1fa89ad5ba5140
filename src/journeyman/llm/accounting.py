"""What a call costs, and what it may cost at most. Dollars; tokens as the provider counts them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from journeyman.domain.conversation import Role, Usage
from journeyman.llm.contract import Question
from journeyman.llm.settings import Price

UNSEEN_TOKENS = 600
"""What a provider adds to a request by itself: tool instructions, marks between messages."""

MARGIN = 1.02
"""On tokens that were reported for the beginning of the same conversation."""

ROUNDING = 1 + 1e-12
"""On a worst case: parts that are added up in another order may come out higher by a few of the last bits."""

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
    """Return the most that a call can cost: every prompt token at its dearest, the whole output.

    The prompt may be shorter than it is bounded, and a shorter one may be dearer: every price it can get counts.
    """
    prices = [rate.price for rate in rates.rates if input_tokens > rate.above] or [rates.at(input_tokens)]
    dearest = max(max(price.input_per_million, *_cache_prices(price)) for price in prices)
    output = max(price.output_per_million for price in prices)
    return (input_tokens * dearest + output_tokens * output) / 1_000_000 * ROUNDING


def _cache_prices(price: Price) -> tuple[float, float]:
    read, write = price.cache_read_per_million, price.cache_write_per_million
    return (
        price.input_per_million if read is None else read,
        price.input_per_million if write is None else write,
    )


class _Known(msgspec.Struct, frozen=True):
    """A question whose tokens were reported. `size`: the bytes of its request."""

    question: Question
    size: int
    input_tokens: int


class PromptBounds:
    """Bounds a prompt's tokens from above. `size_of` tells the bytes of the request that asks a model a question.

    No tokenizer makes more tokens than there are bytes. Where the provider has reported the tokens of a conversation
    that only grew since, the highest report bounds its beginning, and the bytes that the request grew by bound the
    rest. A provider that reported more tokens than there were bytes adds to the prompt: its reports count alone.
    """

    def __init__(self, size_of: Callable[[Question, str], int]) -> None:
        self._size_of = size_of
        self._known: OrderedDict[tuple[str, Role, str], _Known] = OrderedDict()

    def at_most(self, question: Question, model: str, size: int) -> int:
        """Return the most tokens that the request can have; `size` is the bytes of its JSON."""
        by_bytes = size + UNSEEN_TOKENS
        known = self._known.get((question.run_id, question.role, model))
        if known is None or not _grew_from(known.question, question):
            return by_bytes
        before = known.size or self._size_of(known.question, model)
        reported = math.ceil(known.input_tokens * MARGIN) + max(0, size - before) + UNSEEN_TOKENS
        return reported if known.input_tokens > before + UNSEEN_TOKENS else min(by_bytes, reported)

    def learn(self, question: Question, model: str, usage: Usage, size: int = 0) -> None:
        """Take in what was reported for a question. A size of 0 is looked up if it is ever needed."""
        if not usage.input_tokens or question.answer_schema is not None:
            return
        key, tokens = (question.run_id, question.role, model), usage.input_tokens
        before = self._known.get(key)
        if before is not None and _grew_from(before.question, question):
            # Some providers leave out what they had cached; the next time it may not be cached any more.
            tokens = max(tokens, before.input_tokens)
        self._known[key] = _Known(question, size, tokens)
        self._known.move_to_end(key)
        if len(self._known) > KEPT_TALKS:
            self._known.popitem(last=False)


def _grew_from(known: Question, question: Question) -> bool:
    same = (question.system, question.tools) == (known.system, known.tools)
    return same and question.answer_schema is None and question.turns[: len(known.turns)] == known.turns
