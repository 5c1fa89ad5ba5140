from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, Usage
from journeyman.domain.errors import LeaseLost, LimitReached
from journeyman.domain.exchanges import Answer, ExchangeState, Reservation, Totals, idempotency_key
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.requests import difference, restored
from journeyman.store.runs import StoredRuns
from tests.store.rows import Clock, a_run, counted_ids

RUN = "0193-aaaa"


def worst(key: str = "turn 1", cost: float = 0.1, *, model: str = "m", price_known: bool = True) -> Reservation:
    return Reservation(RUN, key, Role.CODER, model, 1000, 200, cost, "hash", price_known)


def answer(cost: float = 0.02, text: str = "hello") -> Answer:
    turn = ModelTurn(text, (ToolCall("c1", "read_file", '{"path"'),))
    return Answer(turn, "m", Usage(900, 100, 50, 5), cost)


@pytest.fixture
async def ledger(database: Database, clock: Clock) -> Conversations:
    await StoredRuns(database).create(a_run(budget=1.0))
    return Conversations(database, clock, counted_ids())


async def test_an_answer_is_read_ever_after(ledger: Conversations) -> None:
    assert await ledger.answered(RUN, "turn 1") is None
    exchange = await ledger.reserve(worst())
    assert await ledger.answered(RUN, "turn 1") is None
    await ledger.settle(exchange, answer(), "{}")
    stored = await ledger.answered(RUN, "turn 1")
    assert stored is not None
    assert stored.recorded
    assert (stored.turn, stored.usage, stored.cost_usd) == (answer().turn, answer().usage, 0.02)
    assert await ledger.totals(RUN) == Totals(1, 0.02, 900, 100, 0, {"m": 0.02})


async def test_sent_when_the_process_died_is_uncertain_at_its_worst_case(ledger: Conversations) -> None:
    lost = await ledger.reserve(worst(cost=0.1))
    await ledger.sending(lost)
    again = await ledger.reserve(worst(cost=0.1))
    assert again != lost
    assert idempotency_key(again) == idempotency_key(lost)
    await ledger.settle(again, answer(), "{}")
    totals = await ledger.totals(RUN)
    assert (totals.calls, totals.uncertain_calls) == (1, 1)
    assert totals.cost_usd == pytest.approx(0.12, abs=1e-15)
    assert (totals.input_tokens, totals.output_tokens) == (1900, 300)
    other = await ledger.reserve(worst("turn 2"))
    assert idempotency_key(other) != idempotency_key(lost)


async def test_a_late_answer_to_an_uncertain_exchange_is_kept(ledger: Conversations) -> None:
    slow = await ledger.reserve(worst())
    await ledger.sending(slow)
    await ledger.reserve(worst())
    await ledger.settle(slow, answer(), "{}")
    assert await ledger.answered(RUN, "turn 1") is not None
    assert (await ledger.totals(RUN)).uncertain_calls == 0


async def test_a_failure_costs_nothing_unless_it_may_be_billed(ledger: Conversations) -> None:
    refused = await ledger.reserve(worst())
    await ledger.fail(refused, "rate limit", charged=False)
    assert await ledger.totals(RUN) == Totals()
    cut = await ledger.reserve(worst())
    assert idempotency_key(cut) != idempotency_key(refused)
    await ledger.fail(cut, "reset in mid-stream", charged=True)
    assert (await ledger.totals(RUN)).cost_usd == 0.1
    third = await ledger.reserve(worst())
    assert idempotency_key(third) == idempotency_key(cut)
    kept = await ledger.kept(RUN)
    assert [(row.state, row.reason) for row in kept] == [
        (ExchangeState.FAILED, "rate limit"),
        (ExchangeState.UNCERTAIN, "reset in mid-stream"),
        (ExchangeState.RESERVED, ""),
    ]
    await ledger.sending(third)
    assert (await ledger.kept(RUN))[-1].state is ExchangeState.SENT


async def test_a_settled_exchange_stays_settled(ledger: Conversations) -> None:
    exchange = await ledger.reserve(worst())
    await ledger.settle(exchange, answer(text="first"), "{}")
    await ledger.settle(exchange, answer(text="second"), "{}")
    await ledger.fail(exchange, "too late", charged=True)
    stored = await ledger.answered(RUN, "turn 1")
    assert stored is not None
    assert stored.turn.text == "first"


async def test_the_budget_holds_to_the_last_bit(ledger: Conversations, database: Database) -> None:
    for key in range(10):
        await ledger.reserve(worst(f"k{key}", 0.1))
    with pytest.raises(LimitReached) as refused:
        await ledger.reserve(worst("k10", 1e-12))
    assert refused.value.limit == "budget"
    assert refused.value.advice == f"journeyman resume {RUN} --budget N goes on"
    await StoredRuns(database).set_limits(RUN, 1.1, None)
    await ledger.reserve(worst("k10", 0.1))


async def test_a_bill_above_the_reservation_stops_the_next_call(ledger: Conversations, database: Database) -> None:
    exchange = await ledger.reserve(worst(cost=0.9))
    await ledger.settle(exchange, answer(cost=1.25), "{}")
    assert (await ledger.totals(RUN)).cost_usd == 1.25
    with pytest.raises(LimitReached) as refused:
        await ledger.reserve(worst("turn 2", 0.0001))
    assert refused.value.limit == "overrun"
    await StoredRuns(database).set_limits(RUN, 1.25, None)
    with pytest.raises(LimitReached, match=r"\$1.2500 used"):
        await ledger.reserve(worst("turn 2", 0.0001))
    await StoredRuns(database).set_limits(RUN, 1.26, None)
    await ledger.reserve(worst("turn 2", 0.0001))


async def test_the_refused_call_still_marks_the_lost_one(ledger: Conversations) -> None:
    await ledger.sending(await ledger.reserve(worst(cost=0.7)))
    with pytest.raises(LimitReached):
        await ledger.reserve(worst(cost=0.7))
    assert (await ledger.totals(RUN)).uncertain_calls == 1


async def test_without_a_price_dollars_limit_nothing(ledger: Conversations) -> None:
    await ledger.reserve(worst(cost=99.0, price_known=False))


async def test_a_robbed_process_reserves_and_settles_nothing(
    ledger: Conversations, database: Database, clock: Clock
) -> None:
    await StoredJournal(database, clock).lease(RUN)
    exchange = await ledger.reserve(worst())
    await database.transact(lambda connection: connection.exec_driver_sql("UPDATE leases SET fence = 99"))
    with pytest.raises(LeaseLost):
        await ledger.reserve(worst("turn 2"))
    with pytest.raises(LeaseLost):
        await ledger.settle(exchange, answer(), "{}")
    with pytest.raises(LeaseLost):
        await ledger.fail(exchange, "too late", True)
    assert (await ledger.totals(RUN)).calls == 0


async def test_many_spenders_never_overshoot(url: str, clock: Clock) -> None:
    database, chance = Database(url), random.Random(7)
    await StoredRuns(database).create(a_run(budget=1.0))
    ledgers = [
        Conversations(each, clock, counted_ids(name)) for name, each in (("a", database), ("b", Database(url)))
    ]
    billed: list[float] = []

    async def spend(name: int) -> None:
        ledger = ledgers[name % 2]
        for call in range(40):
            reserved = chance.randint(1, 60) / 1000
            try:
                exchange = await ledger.reserve(worst(f"{name}/{call}", reserved))
            except LimitReached:
                return
            cost = reserved * chance.random()
            await ledger.settle(exchange, answer(cost), "{}")
            billed.append(cost)

    await asyncio.gather(*(spend(name) for name in range(6)))
    totals = await ledgers[0].totals(RUN)
    assert totals.calls == len(billed) > 20
    assert totals.cost_usd == pytest.approx(sum(billed), abs=1e-9)
    assert 0.9 < totals.cost_usd <= 1.0
    for ledger in ledgers:
        await ledger._database.close()


async def test_requests_are_kept_as_differences(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path}/j.db")
    await StoredRuns(database).create(a_run())
    talk, sent = "", []
    for process in range(2):
        ledger = Conversations(database, clock, counted_ids(f"p{process}-"))
        for turn in range(60):
            clock.jump(seconds=1)
            talk += f'{{"turn {process}.{turn}": "{"words " * 100}"}},'
            sent.append(f'{{"messages":[{talk}],"tools":["a"]}}')
            exchange = await ledger.reserve(worst(f"{process}.{turn}"))
            await ledger.settle(exchange, answer(), sent[-1])
    assert [row.request for row in await ledger.kept(RUN)] == sent
    await database.close()
    assert (tmp_path / "j.db").stat().st_size < sum(map(len, sent)) / 10


@given(st.text(alphabet="abc", max_size=12), st.text(alphabet="abc", max_size=12))
def test_a_difference_gives_the_text_back(before: str, after: str) -> None:
    kept = difference(before, after)
    assert restored(before, kept) == after
    assert kept.head + kept.tail + len(kept.middle) == len(after)
    if before == after:
        assert kept.middle == ""
