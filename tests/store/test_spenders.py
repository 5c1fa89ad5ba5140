"""Two processes with 25 spenders each on one store, killed or not: no limit is passed, the ledger is the bill."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from journeyman.domain.conversation import ModelTurn, Role, Usage
from journeyman.domain.costs import CostReport
from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import UNDER_WAY, Answer, ExchangeState, Reservation
from journeyman.domain.spending import units
from journeyman.store.database import Database
from journeyman.store.runs import StoredRuns
from journeyman.store.spending import Books
from tests.store.rows import a_run
from tests.store.spending_child import ledgers, limits_for

TASKS = 25
CHILD = "tests.store.spending_child"
ROOT = Path(__file__).parents[2]


class Together:
    """The store, the processes that spend on it, and what the provider billed them."""

    def __init__(self, url: str, calls: int, folder: Path) -> None:
        self.url, self.calls, self.folder = url, calls, folder
        self.runs, shared = limits_for(calls)
        self.database = Database(url)
        self.ledger, self.tomorrow = ledgers(self.database, "parent", shared)

    async def open(self) -> None:
        for run, (project, usd, tokens) in self.runs.items():
            await StoredRuns(self.database).create(a_run(run, usd, tokens=tokens, project=project))

    async def start(self, name: str, calls_each: int) -> Process:
        words = (self.url, name, str(TASKS), str(calls_each), str(self.calls), str(self.folder))
        return await asyncio.create_subprocess_exec(sys.executable, "-m", CHILD, *words, cwd=ROOT)

    async def watch(self, *children: Process) -> None:
        """Look at every limit until the processes have ended: a passing overshoot counts as well."""
        ended = asyncio.gather(*(child.wait() for child in children))
        while not ended.done():
            await self.look()
            await asyncio.wait({ended}, timeout=0.05)
        await self.look()

    async def look(self) -> None:
        every = [await ledger.report(run) for run in self.runs for ledger in (self.ledger, self.tomorrow)]
        for report in every:
            for standing in report.limits:
                assert standing.left >= 0, standing
                assert standing.used + standing.reserved <= standing.limit + 1e-9

    async def reports(self) -> dict[str, CostReport]:
        return {run: await self.ledger.report(run) for run in self.runs}

    def billed(self) -> dict[str, tuple[int, int]]:
        """Return the ledger's units and the tokens that the provider billed, by run."""
        sums = dict.fromkeys(self.runs, (0, 0))
        for bill in self.folder.glob("*.bill"):
            for line in bill.read_text().splitlines():
                run, cost, tokens = line.split()
                sums[run] = (sums[run][0] + int(cost), sums[run][1] + int(tokens))
        return sums

    def has_begun(self, name: str) -> bool:
        bill = self.folder / f"{name}.bill"
        return bill.exists() and bill.stat().st_size > 0

    def refusals(self) -> set[str]:
        return {line for file in self.folder.glob("*.refused") for line in file.read_text().split("\n") if line}


async def spend_all(url: str, calls: int, folder: Path) -> None:
    together = Together(url, calls, folder)
    await together.open()
    children = [await together.start(name, calls // 2 // TASKS) for name in ("one", "two")]
    await together.watch(*children)
    assert [child.returncode for child in children] == [0, 0]
    for run, (cost, tokens) in together.billed().items():
        report = await together.ledger.report(run)
        assert units(report.totals.cost_usd) == cost, run
        assert report.totals.input_tokens + report.totals.output_tokens == tokens, run
        assert (report.reserved_calls, report.overruns) == (0, 0)
    refused = together.refusals()
    assert refused >= {"budget", "tokens", "project budget", "project tokens", "day budget"}
    assert await Books(together.database).faults() == ()
    await together.database.close()


async def test_two_processes_never_pass_a_limit_and_the_ledger_is_the_bill(url: str, tmp_path: Path) -> None:
    await spend_all(url, 900, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_ten_thousand_calls_of_two_processes(url: str, tmp_path: Path) -> None:
    await spend_all(url, 10_000, tmp_path)


async def test_killed_processes_leave_books_that_balance(url: str, tmp_path: Path) -> None:
    """Whatever was under way counts at its worst case: the ledger is never below the bill, nor above a limit."""
    together, chance = Together(url, 1_000, tmp_path), random.Random(5)
    await together.open()
    for number in range(3):
        child = await together.start(f"killed{number}", 1_000)
        until = asyncio.get_running_loop().time() + 20
        while not together.has_begun(f"killed{number}") and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(0, 0.4))
        child.kill()
        await child.wait()
        await together.look()
        assert await Books(together.database).faults() == ()
    open_calls = sum(report.reserved_calls for report in (await together.reports()).values())
    assert open_calls > 0
    for run, (cost, tokens) in together.billed().items():
        report = await together.ledger.report(run)
        held = sum(line.reserved_tokens for line in report.lines)
        assert units(report.totals.cost_usd) + units(report.reserved_usd) >= cost
        assert report.totals.input_tokens + report.totals.output_tokens + held >= tokens
    await _ask_again(together)
    assert await Books(together.database).faults() == ()
    await together.look()
    await together.database.close()


async def _ask_again(together: Together) -> None:
    """Ask each lost call again, as a resumed run does: it is charged, and the new one is paid as well."""
    kept = [(run, row) for run in together.runs for row in await together.ledger.kept(run)]
    sent = sum(row.state is ExchangeState.SENT for _, row in kept)
    lost = [(run, row.key) for run, row in kept if row.state in UNDER_WAY]
    for run, key in lost:
        wanted = Reservation(run, key, Role.CODER, "m", 1, 1, 1e-6, "hash")
        try:
            exchange = await together.ledger.reserve(wanted)
        except LimitReached:
            continue
        await together.ledger.settle(exchange, Answer(ModelTurn("yes"), "m", Usage(1, 1), 1e-6), "{}")
    reports = (await together.reports()).values()
    assert sum(report.reserved_calls for report in reports) == 0
    assert sum(report.totals.uncertain_calls for report in reports) >= sent
