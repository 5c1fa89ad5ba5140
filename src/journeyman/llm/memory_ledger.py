"""A ledger in memory, beside the store's: for tests, and for questions outside any run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, ExchangeState, Reservation, Totals, idempotency_key

DOLLAR = 10**12
"""The ledger's units in a dollar: whole numbers add up exactly."""

_COUNTED = (ExchangeState.ANSWERED, ExchangeState.UNCERTAIN)


class Entry(msgspec.Struct):
    """One exchange. `cost` is in the ledger's units: the worst case until it is settled."""

    exchange_id: str
    wanted: Reservation
    state: ExchangeState
    cost: int
    input_tokens: int
    output_tokens: int
    model: str
    answer: Answer | None = None
    request: str = ""
    reason: str = ""


class MemoryLedger:
    """Fits `ExchangeLedger`. `budgets`: dollars by run; a run without one has no limit.

    Nothing is awaited between looking at the budget and taking from it, so no lock is needed.
    """

    def __init__(self, budgets: Mapping[str, float] | None = None) -> None:
        self.entries: list[Entry] = []
        self._budgets = {run: round(budget * DOLLAR) for run, budget in (budgets or {}).items()}
        self._taken: dict[str, int] = {}
        self._by_id: dict[str, Entry] = {}
        self._latest: dict[tuple[str, str], Entry] = {}
        self._answers: dict[tuple[str, str], Answer] = {}

    async def answered(self, run_id: str, key: str) -> Answer | None:
        """Return the stored answer of a key, marked as recorded; None if there is none."""
        answer = self._answers.get((run_id, key))
        return msgspec.structs.replace(answer, recorded=True) if answer else None

    async def reserve(self, wanted: Reservation) -> str:
        """Reserve and return the exchange's id, in state `sent`. LimitReached if the budget does not hold it."""
        last = self._latest.get((wanted.run_id, wanted.key))
        if last is not None and last.state is ExchangeState.SENT:
            last.state, last.reason = ExchangeState.UNCERTAIN, "the process ended before the answer came"
        worst = math.ceil(wanted.cost_usd * DOLLAR)
        self._check(wanted, worst)
        entry = Entry(
            exchange_id=self._next_id(last),
            wanted=wanted,
            state=ExchangeState.SENT,
            cost=worst,
            input_tokens=wanted.input_tokens,
            output_tokens=wanted.output_tokens,
            model=wanted.model,
        )
        self._taken[wanted.run_id] = self._taken.get(wanted.run_id, 0) + worst
        self.entries.append(entry)
        self._by_id[entry.exchange_id] = self._latest[(wanted.run_id, wanted.key)] = entry
        return entry.exchange_id

    async def settle(self, exchange_id: str, answer: Answer, request: str) -> None:
        """Record the answer and the reported usage."""
        entry = self._by_id[exchange_id]
        if entry.state not in (ExchangeState.SENT, ExchangeState.UNCERTAIN):
            return
        entry.state, entry.answer, entry.request, entry.model = ExchangeState.ANSWERED, answer, request, answer.model
        entry.input_tokens, entry.output_tokens = answer.usage.input_tokens, answer.usage.output_tokens
        self._answers[(entry.wanted.run_id, entry.wanted.key)] = answer
        self._charge(entry, round(answer.cost_usd * DOLLAR))

    async def fail(self, exchange_id: str, reason: str, charged: bool) -> None:
        """Record that no answer came."""
        entry = self._by_id[exchange_id]
        if entry.state is not ExchangeState.SENT:
            return
        entry.state, entry.reason = ExchangeState.UNCERTAIN if charged else ExchangeState.FAILED, reason
        if not charged:
            self._charge(entry, 0)

    async def totals(self, run_id: str) -> Totals:
        """Return what the run has used."""
        counted = [e for e in self.entries if e.wanted.run_id == run_id and e.state in _COUNTED]
        by_model: dict[str, int] = {}
        for entry in counted:
            by_model[entry.model] = by_model.get(entry.model, 0) + entry.cost
        return Totals(
            calls=sum(entry.state is ExchangeState.ANSWERED for entry in counted),
            cost_usd=sum(by_model.values()) / DOLLAR,
            input_tokens=sum(entry.input_tokens for entry in counted),
            output_tokens=sum(entry.output_tokens for entry in counted),
            uncertain_calls=sum(entry.state is ExchangeState.UNCERTAIN for entry in counted),
            by_model={model: taken / DOLLAR for model, taken in sorted(by_model.items())},
        )

    def _next_id(self, last: Entry | None) -> str:
        told = idempotency_key(last.exchange_id) if last and last.state is ExchangeState.UNCERTAIN else ""
        return f"{told or f'exchange-{len(self.entries) + 1}'}.{len(self.entries) + 1}"

    def _charge(self, entry: Entry, cost: int) -> None:
        self._taken[entry.wanted.run_id] += cost - entry.cost
        entry.cost = cost

    def _check(self, wanted: Reservation, worst: int) -> None:
        budget, taken = self._budgets.get(wanted.run_id), self._taken.get(wanted.run_id, 0)
        if budget is None or not wanted.price_known or taken + worst <= budget:
            return
        message = (
            f"the budget of ${budget / DOLLAR:g} does not hold the next call: "
            f"${taken / DOLLAR:.4f} is used and it may cost ${worst / DOLLAR:.4f}"
        )
        raise LimitReached("budget", message, f"journeyman resume {wanted.run_id} --budget N goes on")
