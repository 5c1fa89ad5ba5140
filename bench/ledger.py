"""What the ledger adds to a call of a model: the worst case reserved, the answer settled, every limit looked at."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import count
from statistics import median

from bench.figures import Figure, Order
from journeyman.domain.conversation import ModelTurn, Role, Usage
from journeyman.domain.exchanges import Answer, Reservation
from journeyman.domain.request import Limits, Repository, Request, RunOptions, Task
from journeyman.domain.runs import Run
from journeyman.domain.spending import Allowance, SharedLimits
from journeyman.domain.states import State
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.runs import StoredRuns

RUN = "bench"
SHARED = SharedLimits(day=Allowance(1e5, 10**12), project=Allowance(1e5, 10**12))
NOTE = "processor time, SQLite, three accounts with limits"
STRETCH = 10
"""Parts of the calls of which the first and the last are compared."""


def measure(order: Order) -> list[Figure]:
    """Measure calls of one run on SQLite: the limit is that of 10,000 in 20 s, the aim in 5 s."""
    calls = 1_000 if order.quick else 10_000
    taken = asyncio.run(_measure(order, calls))
    stretch = calls // STRETCH
    growth = median(taken[-stretch:]) / median(taken[:stretch])
    return [
        Figure(f"ledger: reserve and settle, mean of {calls:,}", "ms", sum(taken) / calls, 2.0, 0.5, note=NOTE),
        Figure("ledger: last calls / first calls", "x", growth, 1.3),
    ]


async def _measure(order: Order, calls: int) -> list[float]:
    database, numbers = Database(f"sqlite:///{order.folder / 'ledger.sqlite'}"), count(1)
    ledger = Conversations(database, lambda: datetime.now(UTC), lambda: f"id{next(numbers)}", SHARED)
    await StoredRuns(database).create(_run())
    answer = Answer(ModelTurn("an answer " * 20), "openai:bench", Usage(1_000, 100), 0.001)
    taken = []
    for number in range(calls):
        began = time.process_time()
        wanted = Reservation(RUN, f"code/{number}", Role.CODER, "openai:bench", 2_000, 500, 0.005, "hash")
        exchange_id = await ledger.reserve(wanted)
        await ledger.sending(exchange_id)
        await ledger.settle(exchange_id, answer, "{}")
        taken.append((time.process_time() - began) * 1000)
    await database.close()
    return taken


def _run() -> Run:
    now = datetime.now(UTC)
    request = Request(Repository("https://example.org/bench.git"), Task("bench"))
    return Run(RUN, request, RunOptions(limits=Limits(1e5, budget_tokens=10**12)), State.CODE, now, now)
