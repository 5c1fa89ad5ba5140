"""A ledger in memory, beside the store's: for tests, and for questions outside any run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from journeyman.domain.costs import CostReport, Tally, report_of, totals_of
from journeyman.domain.exchanges import UNDER_WAY, Answer, ExchangeState, Reservation, Totals, idempotency_key
from journeyman.domain.request import Limits
from journeyman.domain.spending import (
    NOTHING,
    Account,
    Balance,
    Limited,
    SharedLimits,
    abandoned,
    accounts,
    allowances,
    booked,
    day_of,
    held_for,
    refusal,
    settled,
)


class Entry(msgspec.Struct):
    """One exchange. `balance` is what it books on its accounts."""

    exchange_id: str
    wanted: Reservation
    accounts: tuple[Account, ...]
    balance: Balance
    model: str
    state: ExchangeState = ExchangeState.RESERVED
    answer: Answer | None = None
    request: str = ""
    reason: str = ""

    @property
    def cost(self) -> int:
        """The ledger's units that it takes: the worst case until it is settled."""
        return self.balance.used_cost + self.balance.held_cost


class MemoryLedger:
    """Fits `ExchangeLedger`. `limits` by run, `projects` by run; a run without an entry has none.

    Nothing is awaited between looking at the limits and taking from them, so no lock is needed.
    """

    def __init__(
        self,
        limits: Mapping[str, Limits] | None = None,
        shared: SharedLimits = SharedLimits(),
        projects: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.entries: list[Entry] = []
        self.limits = dict(limits or {})
        self._shared = shared
        self._projects = dict(projects or {})
        self._clock = clock
        self._balances: dict[Account, Balance] = {}
        self._by_id: dict[str, Entry] = {}
        self._latest: dict[tuple[str, str], Entry] = {}
        self._answers: dict[tuple[str, str], Answer] = {}

    async def answered(self, run_id: str, key: str) -> Answer | None:
        """Return the stored answer of a key, marked as recorded; None if there is none."""
        answer = self._answers.get((run_id, key))
        return msgspec.structs.replace(answer, recorded=True) if answer else None

    async def reserve(self, wanted: Reservation) -> str:
        """Reserve and return the exchange's id, in state `reserved`. LimitReached if a limit does not hold it."""
        last = self._latest.get((wanted.run_id, wanted.key))
        if last is not None and last.state in UNDER_WAY:
            self._move(last, *abandoned(last.state))
        refused = refusal(wanted, self._limited(wanted.run_id), self._limits(wanted.run_id).accepted_overruns)
        if refused is not None:
            raise refused
        entry = Entry(
            exchange_id=self._next_id(last),
            wanted=wanted,
            accounts=self._accounts(wanted.run_id),
            balance=NOTHING,
            model=wanted.model,
        )
        self._book(entry, held_for(wanted))
        self.entries.append(entry)
        self._by_id[entry.exchange_id] = self._latest[(wanted.run_id, wanted.key)] = entry
        return entry.exchange_id

    async def sending(self, exchange_id: str) -> None:
        """Record that the request goes out now."""
        entry = self._by_id[exchange_id]
        if entry.state is ExchangeState.RESERVED:
            entry.state = ExchangeState.SENT

    async def settle(self, exchange_id: str, answer: Answer, request: str) -> None:
        """Record the answer and the reported usage."""
        entry = self._by_id[exchange_id]
        if entry.state not in (*UNDER_WAY, ExchangeState.UNCERTAIN):
            return
        entry.answer, entry.request, entry.model = answer, request, answer.model
        self._answers[(entry.wanted.run_id, entry.wanted.key)] = answer
        self._move(entry, ExchangeState.ANSWERED, "")

    async def fail(self, exchange_id: str, reason: str, charged: bool) -> None:
        """Record that no answer came."""
        entry = self._by_id[exchange_id]
        if entry.state in UNDER_WAY:
            self._move(entry, ExchangeState.UNCERTAIN if charged else ExchangeState.FAILED, reason)

    async def totals(self, run_id: str) -> Totals:
        """Return what the run has used."""
        return totals_of(self._tallies(run_id))

    async def report(self, run_id: str) -> CostReport:
        """Return what the run has cost, and how its limits stand."""
        return report_of(run_id, self._tallies(run_id), self._limited(run_id))

    def _next_id(self, last: Entry | None) -> str:
        told = idempotency_key(last.exchange_id) if last and last.state is ExchangeState.UNCERTAIN else ""
        return f"{told or f'exchange-{len(self.entries) + 1}'}.{len(self.entries) + 1}"

    def _limits(self, run_id: str) -> Limits:
        return self.limits.get(run_id, Limits())

    def _accounts(self, run_id: str) -> tuple[Account, ...]:
        return accounts(run_id, self._projects.get(run_id, ""), day_of(self._clock()))

    def _limited(self, run_id: str) -> list[Limited]:
        pairs = zip(self._accounts(run_id), allowances(self._limits(run_id), self._shared), strict=True)
        return [Limited(account, most, self._balances.get(account, NOTHING)) for account, most in pairs]

    def _move(self, entry: Entry, state: ExchangeState, reason: str) -> None:
        entry.state, entry.reason = state, reason
        held = held_for(entry.wanted)
        self._book(entry, booked(state, held, settled(entry.answer, held) if entry.answer else NOTHING))

    def _book(self, entry: Entry, balance: Balance) -> None:
        for account in entry.accounts:
            self._balances[account] = self._balances.get(account, NOTHING).plus(balance.less(entry.balance))
        entry.balance = balance

    def _tallies(self, run_id: str) -> list[Tally]:
        return [_tally(entry) for entry in self.entries if entry.wanted.run_id == run_id]


def _tally(entry: Entry) -> Tally:
    wanted, usage = entry.wanted, entry.answer.usage if entry.answer else None
    return Tally(
        role=wanted.role.value,
        model=entry.model,
        state=entry.state,
        calls=1,
        cost=entry.cost,
        input_tokens=usage.input_tokens if usage else wanted.input_tokens,
        output_tokens=usage.output_tokens if usage else wanted.output_tokens,
        cache_read_tokens=usage.cache_read_tokens if usage else 0,
        cache_write_tokens=usage.cache_write_tokens if usage else 0,
        overruns=entry.balance.overruns,
    )
