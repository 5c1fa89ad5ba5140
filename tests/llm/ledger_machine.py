"""Any order of calls, answers, failures, deaths, days and new budgets, against sums that are done anew each time.

A subclass opens a ledger. Each example has runs, projects and days of its own, so that one database serves them all.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from journeyman.domain.conversation import ModelTurn, Role, Usage
from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, Reservation, idempotency_key
from journeyman.domain.spending import Allowance, SharedLimits
from journeyman.llm import ExchangeLedger
from tests.store.rows import Clock

Returned = TypeVar("Returned")
Sums = tuple[int, int]
"""Millionths of a dollar, and tokens."""

MILLION = 1_000_000
SHARED = SharedLimits(day=Allowance(0.4, 4_000), project=Allowance(0.55, 5_500))
PROJECTS = {"a": "p", "b": "p", "c": "q"}
LARGE = ((90_000, 1), (70_000, 20), (1_000, 700), (2_000, 450))
EXAMPLES = count(1)
runs = st.sampled_from(sorted(PROJECTS))
parts = st.integers(0, 6)
"""Sixths of what was reserved."""


@dataclass
class Call:
    """A call as the reference keeps it."""

    exchange_id: str
    run: str
    key: str
    day: str
    worst: Sums
    state: str = "reserved"
    used: Sums = (0, 0)
    above: bool = False

    @property
    def taken(self) -> Sums:
        return self.worst if self.state in ("reserved", "sent", "uncertain") else self.used

    @property
    def is_under_way(self) -> bool:
        return self.state in ("reserved", "sent")


class LedgerMachine(RuleBasedStateMachine):
    """The rules, and what must hold after each of them."""

    ledger: ExchangeLedger

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.example = next(EXAMPLES)
        self.clock = Clock()
        self.clock.jump(days=100 * self.example)
        self.budgets: dict[str, tuple[float | None, int | None]] = {
            "a": (0.2, None),
            "b": (None, 1_500),
            "c": (0.3, 3_000),
        }
        self.accepted = dict.fromkeys(PROJECTS, 0)
        self.calls: list[Call] = []

    @abstractmethod
    async def open(self) -> ExchangeLedger:
        """Return the ledger, with the runs and their budgets in it."""

    @abstractmethod
    async def set_budget(self, run_id: str, usd: float | None, tokens: int | None) -> None:
        """Give a run a new budget."""

    def run_id(self, run: str) -> str:
        return f"{run}-{self.example}"

    def project_id(self, project: str) -> str:
        return f"{project}-{self.example}"

    def wait(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.loop.close()

    @initialize()
    def begin(self) -> None:
        self.ledger = self.wait(self.open())

    @rule(run=runs, key=st.sampled_from("xyz"), cost=st.integers(1, 90), tokens=st.integers(1, 900))
    def reserve(self, run: str, key: str, cost: int, tokens: int) -> None:
        self.ask(run, key, (cost * 1000, tokens))

    @rule(run=runs, key=st.sampled_from("vw"), size=st.sampled_from(LARGE))
    def reserve_much(self, run: str, key: str, size: Sums) -> None:
        """A few of these reach a limit, each in one unit only."""
        self.ask(run, key, size)

    def ask(self, run: str, key: str, worst: Sums) -> None:
        before = next((call for call in reversed(self.calls) if (call.run, call.key) == (run, key)), None)
        if before is not None and before.is_under_way:
            before.state = "uncertain" if before.state == "sent" else "failed"
        fits = self.fits(run, worst)
        asked = Reservation(
            self.run_id(run), key, Role.CODER, "m", worst[1] - 1, 1, worst[0] / MILLION, "hash", price_known=True
        )
        try:
            exchange_id = self.wait(self.ledger.reserve(asked))
        except LimitReached:
            assert not fits
            return
        assert fits
        if before is not None and before.state == "uncertain":
            assert idempotency_key(exchange_id) == idempotency_key(before.exchange_id)
        assert exchange_id not in {call.exchange_id for call in self.calls}
        self.calls.append(Call(exchange_id, run, key, self.today(), worst))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.calls), "call")
        self.wait(self.ledger.sending(call.exchange_id))
        if call.state == "reserved":
            call.state = "sent"

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), cost=parts, tokens=parts)
    def settle(self, data: st.DataObject, cost: int, tokens: int) -> None:
        self.answer(data.draw(st.sampled_from(self.calls), "call"), cost, tokens)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def settle_above(self, data: st.DataObject) -> None:
        self.answer(data.draw(st.sampled_from(self.calls), "call"), 7, 7)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), charged=st.booleans())
    def fail(self, data: st.DataObject, charged: bool) -> None:
        call = data.draw(st.sampled_from(self.calls), "call")
        self.wait(self.ledger.fail(call.exchange_id, "told to", charged))
        if call.is_under_way:
            call.state = "uncertain" if charged else "failed"

    @rule()
    def midnight(self) -> None:
        self.clock.jump(days=1)

    @rule(run=runs, usd=st.integers(1, 5), tokens=st.none() | st.integers(500, 4_000))
    def new_budget(self, run: str, usd: int, tokens: int | None) -> None:
        self.wait(self.set_budget(self.run_id(run), usd / 10, tokens))
        self.budgets[run] = (usd / 10, self.budgets[run][1] if tokens is None else tokens)
        self.accepted[run] = sum(call.above for call in self.calls if call.run == run)

    @invariant()
    def everything_adds_up(self) -> None:
        for run in PROJECTS if self.calls else ():
            report = self.wait(self.ledger.report(self.run_id(run)))
            mine = [call for call in self.calls if call.run == run]
            used = [call for call in mine if call.state in ("answered", "uncertain")]
            assert round(report.totals.cost_usd * MILLION) == sum(call.taken[0] for call in used)
            assert report.totals.input_tokens + report.totals.output_tokens == sum(call.taken[1] for call in used)
            assert report.totals.calls == sum(call.state == "answered" for call in mine)
            assert report.overruns == sum(call.above for call in mine)
            for standing in report.limits:
                there = [call for call in self.calls if self.is_in(call, run, standing.scope.value)]
                at, scale = (0, MILLION) if standing.unit == "usd" else (1, 1)
                assert round(standing.used * scale) == sum(c.taken[at] for c in there if not c.is_under_way)
                assert round(standing.reserved * scale) == sum(c.taken[at] for c in there if c.is_under_way)

    @invariant()
    def nothing_is_overshot(self) -> None:
        """Where no provider billed more than was reserved and no budget was lowered, no limit is ever passed."""
        for day in {call.day for call in self.calls}:
            of_day = [call for call in self.calls if call.day == day]
            if not any(call.above for call in of_day):
                assert sum(call.taken[0] for call in of_day) <= round((SHARED.day.usd or 0) * MILLION)
                assert sum(call.taken[1] for call in of_day) <= (SHARED.day.tokens or 0)

    def answer(self, call: Call, cost: int, tokens: int) -> None:
        used = (call.worst[0] * cost // 6, call.worst[1] * tokens // 6)
        out = min(used[1], 1)
        said = Answer(ModelTurn("yes"), "m", Usage(used[1] - out, out), used[0] / MILLION)
        self.wait(self.ledger.settle(call.exchange_id, said, "{}"))
        if call.is_under_way or call.state == "uncertain":
            call.state, call.used = "answered", used
            call.above = used[0] > call.worst[0] or used[1] > call.worst[1]

    def fits(self, run: str, worst: Sums) -> bool:
        if sum(call.above for call in self.calls if call.run == run) > self.accepted[run]:
            return False
        limits = {"run": self.budgets[run], "project": msgspec.structs.astuple(SHARED.project)}
        limits["day"] = msgspec.structs.astuple(SHARED.day)
        for scope, (usd, tokens) in limits.items():
            there = [call.taken for call in self.calls if self.is_in(call, run, scope)]
            if usd is not None and sum(cost for cost, _ in there) + worst[0] > round(usd * MILLION):
                return False
            if tokens is not None and sum(each for _, each in there) + worst[1] > tokens:
                return False
        return True

    def is_in(self, call: Call, run: str, scope: str) -> bool:
        if scope == "day":
            return call.day == self.today()
        return call.run == run if scope == "run" else PROJECTS[call.run] == PROJECTS[run]

    def today(self) -> str:
        return self.clock().date().isoformat()
