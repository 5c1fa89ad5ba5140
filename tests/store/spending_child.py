"""A process that spends: many tasks reserve, are answered by a provider that bills, and settle.

Arguments: database, name, tasks, calls of each, calls of all processes together, folder. `NAME.bill` is the
provider's own word, written before the ledger hears of it: run, cost in the ledger's units, tokens.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, Usage
from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, Reservation
from journeyman.domain.spending import DOLLAR, SharedLimits, units
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from tests.store.rows import START, counted_ids

WORDY = ("e", "f")
"""Runs whose calls have many tokens and cost little."""

TOMORROW = ("g", "h", "i")
"""Runs whose calls are made a day later, and are three times as large."""


def limits_for(calls: int) -> tuple[dict[str, tuple[str, float | None, int | None]], SharedLimits]:
    """Return (project, dollars, tokens) of each run, and what runs share: so many calls run into each of them."""
    each = calls / 9
    runs: dict[str, tuple[str, float | None, int | None]] = {
        "a": ("acme/p", each * 0.003, None),
        "b": ("acme/p", None, int(each * 300)),
        **dict.fromkeys(("c", "d"), ("acme/q", None, None)),
        **dict.fromkeys(WORDY, ("acme/wordy", None, None)),
        **{run: (f"acme/{run}", None, None) for run in TOMORROW},
    }
    shared = {"project": (each * 0.007, int(each * 1_400)), "day": (each * 0.0165, int(each * 3_300))}
    given = {scope: {"usd": usd, "tokens": tokens} for scope, (usd, tokens) in shared.items()}
    return runs, msgspec.convert(given, SharedLimits)


def ledgers(database: Database, name: str, shared: SharedLimits) -> tuple[Conversations, Conversations]:
    """Return the ledger of today and that of tomorrow."""
    ids = counted_ids(name)
    today = Conversations(database, lambda: START, ids, shared)
    return today, Conversations(database, lambda: START + timedelta(days=1), ids, shared)


class Spender:
    """One process's tasks."""

    def __init__(self, url: str, name: str, calls_of_all: int, folder: Path) -> None:
        self.database = Database(url)
        self.name = name
        runs, shared = limits_for(calls_of_all)
        self.runs = sorted(runs)
        self.today, self.tomorrow = ledgers(self.database, name, shared)
        self.chance = random.Random(name)
        self.bill = (folder / f"{name}.bill").open("w", buffering=1)
        self.refusals = (folder / f"{name}.refused").open("w", buffering=1)

    async def spend(self, task: int, calls: int) -> None:
        for number in range(calls):
            wanted = self.draw(f"{self.name}/{task}/{number}")
            ledger = self.tomorrow if wanted.run_id in TOMORROW else self.today
            try:
                exchange = await ledger.reserve(wanted)
            except LimitReached as refused:
                self.refusals.write(f"{refused.limit}\n")
                continue
            await ledger.sending(exchange)
            await self.end(ledger, exchange, wanted)

    def draw(self, key: str) -> Reservation:
        run = self.chance.choice(self.runs)
        size = 3 if run in TOMORROW else 1
        tokens = self.chance.randint(10, 4_000 if run in WORDY else 2_000) * size
        cost = self.chance.uniform(0.0001, 0.002 if run in WORDY else 0.02) * size
        return Reservation(run, key, Role.CODER, "m", tokens - 5, 5, cost, "hash")

    async def end(self, ledger: Conversations, exchange: str, wanted: Reservation) -> None:
        fate, part = self.chance.random(), self.chance.random()
        if fate < 0.05:
            await ledger.fail(exchange, "overload", charged=False)
        elif fate < 0.1:
            held = math.ceil(Decimal(repr(wanted.cost_usd)) * DOLLAR)
            self.bill.write(f"{wanted.run_id} {held} {wanted.input_tokens + 5}\n")
            await ledger.fail(exchange, "reset in the middle", charged=True)
        else:
            usage = Usage(int(wanted.input_tokens * part), int(5 * part))
            answer = Answer(ModelTurn("yes"), "m", usage, wanted.cost_usd * part)
            self.bill.write(f"{wanted.run_id} {units(answer.cost_usd)} {usage.input_tokens + usage.output_tokens}\n")
            await ledger.settle(exchange, answer, "{}")


async def main(url: str, name: str, tasks: int, calls: int, calls_of_all: int, folder: Path) -> None:
    spender = Spender(url, name, calls_of_all, folder)
    await asyncio.gather(*(spender.spend(task, calls) for task in range(tasks)))
    await spender.database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:6]), Path(sys.argv[6])))
