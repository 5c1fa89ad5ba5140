"""What every `ExchangeLedger` must do. A subclass named Test… gives the fixture `opening`, and sets limits:

    class TestMemoryLedger(LedgerBattery):
        @pytest.fixture
        def opening(self) -> Opening: ...

An opening takes budgets in dollars by run (None: no limit) and returns a ledger in which these runs are known. It may
take budgets in tokens and projects by run, too, and limits that runs share. The fixture `clock` is the ledger's.
"""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

import msgspec
import pytest

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, Usage
from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, Reservation, Totals, idempotency_key
from journeyman.domain.spending import Allowance, SharedLimits
from journeyman.llm import ExchangeLedger
from tests.store.rows import Clock

RUN = "run-1"


class Opening(Protocol):
    async def __call__(
        self,
        budgets: Mapping[str, float | None],
        *,
        tokens: Mapping[str, int] = ...,
        projects: Mapping[str, str] = ...,
        shared: SharedLimits = ...,
    ) -> ExchangeLedger: ...


def wanted(key: str, cost_usd: float = 0.5, run_id: str = RUN) -> Reservation:
    return Reservation(
        run_id=run_id,
        key=key,
        role=Role.CODER,
        model="openai:gpt-x",
        input_tokens=1000,
        output_tokens=100,
        cost_usd=cost_usd,
        request_hash="abc",
    )


def said(cost_usd: float = 0.1, text: str = "yes", usage: Usage = Usage(10, 5, 3, 2)) -> Answer:
    turn = ModelTurn(text, (ToolCall("c1", "ls", '{"path": "ä\\n"}'),))
    return Answer(turn, "openai:gpt-x", usage, cost_usd, "calls")


async def sent(ledger: ExchangeLedger, asked: Reservation) -> str:
    exchange_id = await ledger.reserve(asked)
    await ledger.sending(exchange_id)
    return exchange_id


class LedgerBattery:
    """The tests."""

    CALLS = 10_000
    SPENDERS = 50

    @abstractmethod
    async def set_budget(self, ledger: ExchangeLedger, run_id: str, usd: float | None, tokens: int | None) -> None:
        """Give a run a new budget, as `journeyman resume` does; None leaves one as it is."""

    async def test_a_key_without_an_answer_has_none(self, opening: Opening) -> None:
        ledger = await opening({RUN: None})
        assert await ledger.answered(RUN, "a") is None
        await ledger.reserve(wanted("a"))
        assert await ledger.answered(RUN, "a") is None

    async def test_an_answer_is_kept_whole_and_marked_as_recorded(self, opening: Opening) -> None:
        ledger = await opening({RUN: None, "other": None})
        await ledger.settle(await ledger.reserve(wanted("a")), said(), '{"asked": 1}')
        assert await ledger.answered(RUN, "a") == msgspec.structs.replace(said(), recorded=True)
        assert await ledger.answered(RUN, "b") is None
        assert await ledger.answered("other", "a") is None

    async def test_a_call_that_does_not_fit_is_refused_and_takes_nothing(self, opening: Opening) -> None:
        ledger = await opening({RUN: 1.0})
        await ledger.reserve(wanted("a", 0.6))
        with pytest.raises(LimitReached, match="budget") as refused:
            await ledger.reserve(wanted("b", 0.4000001))
        assert refused.value.limit == "budget"
        assert f"resume {RUN} --budget" in refused.value.advice
        await ledger.reserve(wanted("c", 0.4))

    async def test_each_run_has_its_own_budget(self, opening: Opening) -> None:
        ledger = await opening({RUN: 0.5, "other": 0.5, "free": None})
        await ledger.reserve(wanted("a", 0.5))
        await ledger.reserve(wanted("a", 0.5, "other"))
        await ledger.reserve(wanted("a", 500.0, "free"))
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("b", 0.01))

    async def test_settling_gives_back_what_was_not_used(self, opening: Opening) -> None:
        ledger = await opening({RUN: 1.0})
        await ledger.settle(await ledger.reserve(wanted("a", 0.9)), said(0.1), "{}")
        await ledger.reserve(wanted("b", 0.9))
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("c", 0.01))

    @pytest.mark.parametrize(
        "above",
        [said(0.500001), said(0.1, usage=Usage(1001, 100)), said(0.1, usage=Usage(10, 1091))],
        ids=["dollars", "tokens in", "tokens out"],
    )
    async def test_a_usage_above_the_reservation_is_settled_and_stops_the_next_call(
        self, opening: Opening, above: Answer
    ) -> None:
        ledger = await opening({RUN: 100.0, "other": 100.0})
        await ledger.settle(await ledger.reserve(wanted("a", 0.5)), above, "{}")
        report = await ledger.report(RUN)
        assert report.totals.cost_usd == pytest.approx(above.cost_usd)
        assert (report.overruns, report.lines[0].overruns) == (1, 1)
        with pytest.raises(LimitReached) as refused:
            await ledger.reserve(wanted("b", 0.0001))
        assert refused.value.limit == "overrun"
        assert f"resume {RUN}" in refused.value.advice
        await ledger.reserve(wanted("b", 0.0001, "other"))
        await self.set_budget(ledger, RUN, 100.0, None)
        await ledger.settle(await ledger.reserve(wanted("b", 0.5)), above, "{}")
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("c", 0.0001))

    async def test_a_part_above_its_bound_in_a_usage_below_the_reservation_stops_nothing(
        self, opening: Opening
    ) -> None:
        ledger = await opening({RUN: 100.0})
        await ledger.settle(await ledger.reserve(wanted("a", 0.5)), said(0.5, usage=Usage(900, 200)), "{}")
        await ledger.reserve(wanted("b"))

    async def test_a_usage_above_the_reservation_stops_a_run_without_limits_too(self, opening: Opening) -> None:
        ledger = await opening({RUN: None})
        await ledger.settle(await ledger.reserve(wanted("a", 0.5)), said(0.6), "{}")
        with pytest.raises(LimitReached) as refused:
            await ledger.reserve(wanted("b"))
        assert (refused.value.limit, (await ledger.report(RUN)).overruns) == ("overrun", 1)

    async def test_tokens_are_limited_as_dollars_are(self, opening: Opening) -> None:
        ledger = await opening({RUN: None}, tokens={RUN: 2500})
        await ledger.settle(await ledger.reserve(wanted("a")), said(usage=Usage(800, 100)), "{}")
        await ledger.reserve(wanted("b"))
        with pytest.raises(LimitReached, match="2500 tokens") as refused:
            await ledger.reserve(wanted("c"))
        assert (refused.value.limit, refused.value.advice) == (
            "tokens",
            f"journeyman resume {RUN} --token-budget N goes on",
        )
        await self.set_budget(ledger, RUN, None, 3100)
        await ledger.reserve(wanted("c"))

    async def test_without_a_price_tokens_are_limited_and_dollars_are_not(self, opening: Opening) -> None:
        ledger = await opening({RUN: 0.1}, tokens={RUN: 1100})
        free = msgspec.structs.replace(wanted("a", 0.0), price_known=False)
        await ledger.reserve(free)
        with pytest.raises(LimitReached, match="1100 tokens"):
            await ledger.reserve(msgspec.structs.replace(free, key="b"))

    async def test_runs_of_a_project_share_its_limits(self, opening: Opening) -> None:
        shared = SharedLimits(project=Allowance(1.0, 10_000))
        projects = {RUN: "acme/p", "other": "acme/p", "elsewhere": "acme/q"}
        ledger = await opening(dict.fromkeys(projects), projects=projects, shared=shared)
        await ledger.settle(await ledger.reserve(wanted("a", 0.7)), said(0.6), "{}")
        await ledger.reserve(wanted("a", 0.3, "other"))
        with pytest.raises(LimitReached) as refused:
            await ledger.reserve(wanted("b", 0.2))
        assert refused.value.limit == "project budget"
        for words in ("acme/p", "$1 ", "$0.6000 used", "$0.3000 held", "limits.project"):
            assert words in refused.value.line()
        await ledger.reserve(wanted("a", 0.2, "elsewhere"))

    async def test_all_runs_of_a_utc_day_share_its_limits(self, opening: Opening, clock: Clock) -> None:
        ledger = await opening({RUN: None, "other": None}, shared=SharedLimits(day=Allowance(1.0, 2500)))
        late = await ledger.reserve(wanted("a", 0.8))
        with pytest.raises(LimitReached) as refused:
            await ledger.reserve(wanted("a", 0.3, "other"))
        assert refused.value.limit == "day budget"
        for words in ("2026-11-20 (UTC)", "$0.8000 held", "it frees at 2026-11-21 00:00 UTC", "resume other"):
            assert words in refused.value.line()
        clock.jump(hours=11, minutes=59)
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("a", 0.3, "other"))
        clock.jump(minutes=1)
        await ledger.reserve(wanted("a", 0.3, "other"))
        await ledger.settle(late, said(0.5), "{}")
        standings = {standing.unit: standing for standing in (await ledger.report(RUN)).limits}
        assert (standings["usd"].used, standings["usd"].reserved) == (0.0, 0.3)
        assert (standings["tokens"].name, standings["tokens"].left) == ("2026-11-21", 1400)
        await ledger.reserve(wanted("b", 0.1, "other"))
        with pytest.raises(LimitReached, match="2500 tokens") as refused:
            await ledger.reserve(wanted("c", 0.1, "other"))
        assert refused.value.limit == "day tokens"

    async def test_the_report_says_what_is_reserved_settled_uncertain_cached_and_left(self, opening: Opening) -> None:
        ledger = await opening({RUN: 2.0}, tokens={RUN: 9_000})
        await ledger.settle(await ledger.reserve(wanted("a")), said(0.1), "{}")
        await ledger.fail(await ledger.reserve(wanted("b", 0.25)), "reset", charged=True)
        await ledger.fail(await ledger.reserve(wanted("c")), "429", charged=False)
        judge = msgspec.structs.replace(wanted("d", 0.75), role=Role.REVIEWER, model="anthropic:b")
        await ledger.reserve(judge)
        report = await ledger.report(RUN)
        assert (report.settled_usd, report.uncertain_usd, report.reserved_usd) == (0.1, 0.25, 0.75)
        assert (report.cache_read_tokens, report.cache_write_tokens, report.reserved_calls) == (3, 2, 1)
        coder, reviewer = report.lines
        assert (coder.role, coder.settled_calls, coder.uncertain_calls, coder.failed_calls) == ("coder", 1, 1, 1)
        assert (coder.input_tokens, coder.output_tokens) == (1010, 105)
        assert (reviewer.model, reviewer.reserved_usd, reviewer.reserved_tokens) == ("anthropic:b", 0.75, 1100)
        dollars, tokens = report.limits
        assert (dollars.limit, dollars.used, dollars.reserved, dollars.left) == (2.0, 0.35, 0.75, 0.9)
        assert (tokens.limit, tokens.used, tokens.reserved, tokens.left) == (9_000, 1115, 1100, 6785)

    async def test_a_failure_that_was_not_billed_gives_all_back(self, opening: Opening) -> None:
        ledger = await opening({RUN: 0.5})
        await ledger.fail(await ledger.reserve(wanted("a")), "rate_limit", charged=False)
        assert await ledger.totals(RUN) == Totals()
        await ledger.reserve(wanted("a"))

    async def test_a_failure_that_may_be_billed_counts_at_its_worst_case(self, opening: Opening) -> None:
        ledger = await opening({RUN: 1.0})
        first = await ledger.reserve(wanted("a", 0.4))
        await ledger.fail(first, "network", charged=True)
        totals = await ledger.totals(RUN)
        assert (totals.calls, totals.uncertain_calls, totals.input_tokens, totals.output_tokens) == (0, 1, 1000, 100)
        assert totals.cost_usd == pytest.approx(0.4)
        second = await ledger.reserve(wanted("a", 0.4))
        assert idempotency_key(second) == idempotency_key(first)
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("b", 0.3))

    async def test_what_was_sent_when_a_process_died_becomes_uncertain(self, opening: Opening) -> None:
        ledger = await opening({RUN: 1.0})
        lost = await sent(ledger, wanted("a", 0.4))
        again = await ledger.reserve(wanted("a", 0.4))
        assert again != lost
        assert idempotency_key(again) == idempotency_key(lost) != ""
        await ledger.settle(again, said(0.1), "{}")
        totals = await ledger.totals(RUN)
        assert (totals.calls, totals.uncertain_calls) == (1, 1)
        assert totals.cost_usd == pytest.approx(0.5)
        assert totals.by_model == {"openai:gpt-x": pytest.approx(0.5)}

    async def test_a_lost_call_that_leaves_no_room_for_the_next_is_refused(self, opening: Opening) -> None:
        ledger = await opening({RUN: 0.5})
        await sent(ledger, wanted("a", 0.4))
        with pytest.raises(LimitReached):
            await ledger.reserve(wanted("a", 0.4))

    async def test_what_was_only_reserved_when_a_process_died_costs_nothing(self, opening: Opening) -> None:
        ledger = await opening({RUN: 0.5})
        never_sent = await ledger.reserve(wanted("a", 0.4))
        again = await ledger.reserve(wanted("a", 0.4))
        assert idempotency_key(again) != idempotency_key(never_sent)
        assert await ledger.totals(RUN) == Totals()
        (line,) = (await ledger.report(RUN)).lines
        assert (line.failed_calls, line.reserved_calls, line.reserved_usd) == (1, 1, 0.4)

    async def test_an_answer_that_comes_after_all_is_taken(self, opening: Opening) -> None:
        ledger = await opening({RUN: 2.0})
        late = await sent(ledger, wanted("a", 0.4))
        again = await ledger.reserve(wanted("a", 0.4))
        await ledger.settle(late, said(0.1, "late"), "{}")
        found = await ledger.answered(RUN, "a")
        assert found is not None
        assert found.turn.text == "late"
        await ledger.settle(again, said(0.2, "again"), "{}")
        totals = await ledger.totals(RUN)
        assert (totals.calls, totals.uncertain_calls) == (2, 0)
        assert totals.cost_usd == pytest.approx(0.3)

    async def test_what_is_settled_stays(self, opening: Opening) -> None:
        ledger = await opening({RUN: None})
        exchange = await ledger.reserve(wanted("a"))
        await ledger.settle(exchange, said(0.1, "first"), "{}")
        await ledger.settle(exchange, said(0.3, "second"), "{}")
        await ledger.fail(exchange, "network", charged=True)
        found = await ledger.answered(RUN, "a")
        assert found is not None
        assert (found.turn.text, (await ledger.totals(RUN)).cost_usd) == ("first", pytest.approx(0.1))

    async def test_different_calls_have_different_idempotency_keys(self, opening: Opening) -> None:
        ledger = await opening({RUN: None, "other": None})
        ids = [await ledger.reserve(wanted(key, run_id=run)) for key in "abc" for run in (RUN, "other")]
        assert len({idempotency_key(exchange_id) for exchange_id in ids}) == 6

    async def test_totals_count_by_model(self, opening: Opening) -> None:
        ledger = await opening({RUN: None})
        assert await ledger.totals(RUN) == Totals()
        await ledger.settle(await ledger.reserve(wanted("a")), said(0.1), "{}")
        other = msgspec.structs.replace(said(0.2), model="anthropic:b")
        await ledger.settle(await ledger.reserve(wanted("b")), other, "{}")
        await ledger.reserve(wanted("still out"))
        totals = await ledger.totals(RUN)
        assert (totals.calls, totals.input_tokens, totals.output_tokens, totals.uncertain_calls) == (2, 20, 10, 0)
        assert totals.by_model == {"openai:gpt-x": pytest.approx(0.1), "anthropic:b": pytest.approx(0.2)}

    async def test_many_spenders_never_overshoot_and_the_ledger_is_the_bill(self, opening: Opening) -> None:
        budget = self.CALLS * 0.004
        ledger = await opening({RUN: budget})
        chance = random.Random(7)
        bill: list[float] = []
        refused = 0

        async def spend(spender: int) -> None:
            nonlocal refused
            for number in range(self.CALLS // self.SPENDERS):
                worst = chance.uniform(0.001, 0.05)
                try:
                    exchange = await ledger.reserve(wanted(f"{spender}/{number}", worst))
                except LimitReached:
                    refused += 1
                    continue
                await asyncio.sleep(0)
                fate = chance.random()
                if fate < 0.1:
                    await ledger.fail(exchange, "overload", charged=False)
                elif fate < 0.15:
                    await ledger.fail(exchange, "network", charged=True)
                    bill.append(worst)
                else:
                    bill.append(chance.uniform(0, worst))
                    await ledger.settle(exchange, said(bill[-1]), "{}")
                assert sum(bill) <= budget + 1e-9

        await asyncio.gather(*(spend(spender) for spender in range(self.SPENDERS)))
        totals = await ledger.totals(RUN)
        assert totals.cost_usd <= budget
        assert totals.cost_usd == pytest.approx(sum(bill), abs=1e-7)
        assert totals.calls + totals.uncertain_calls == len(bill)
        assert refused > 0
        assert len(bill) > self.SPENDERS
