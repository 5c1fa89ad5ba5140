"""The battery of `ExchangeLedger`, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from journeyman.domain.spending import SharedLimits
from journeyman.llm import ExchangeLedger
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.runs import StoredRuns
from journeyman.store.spending import Books
from tests.llm.ledger_battery import LedgerBattery, Opening
from tests.llm.ledger_machine import PROJECTS, SHARED, LedgerMachine
from tests.store.rows import Clock, a_run, counted_ids


class TestStoredLedger(LedgerBattery):
    CALLS = 300

    @pytest.fixture
    def opening(self, database: Database, clock: Clock) -> Opening:
        async def opened(
            budgets: Mapping[str, float | None],
            *,
            tokens: Mapping[str, int] = {},
            projects: Mapping[str, str] = {},
            shared: SharedLimits = SharedLimits(),
        ) -> ExchangeLedger:
            for run_id, budget in budgets.items():
                run = a_run(run_id, budget, tokens=tokens.get(run_id), project=projects.get(run_id, ""))
                await StoredRuns(database).create(run)
            self.runs = StoredRuns(database)
            return Conversations(database, clock, counted_ids(), shared)

        return opened

    async def set_budget(self, ledger: ExchangeLedger, run_id: str, usd: float | None, tokens: int | None) -> None:
        await self.runs.set_limits(run_id, usd, None, None, tokens)

    @pytest.fixture(autouse=True)
    async def balanced(self, database: Database) -> AsyncIterator[None]:
        """After each test of the battery, every running total is the sum of its exchanges."""
        yield
        assert await Books(database).faults() == ()


@pytest.mark.long
@pytest.mark.timeout(900)
class TestStoredLedgerLong(TestStoredLedger):
    CALLS = 10_000


class StoredMachine(LedgerMachine):
    """Opens the one database of its kind; its examples do not know of each other."""

    database: Database

    async def open(self) -> ExchangeLedger:
        self.runs = StoredRuns(self.database)
        for run, (usd, tokens) in self.budgets.items():
            project = self.project_id(PROJECTS[run])
            await self.runs.create(a_run(self.run_id(run), usd, tokens=tokens, project=project))
        return Conversations(self.database, self.clock, counted_ids(f"e{self.example}-"), SHARED)

    async def set_budget(self, run_id: str, usd: float | None, tokens: int | None) -> None:
        await self.runs.set_limits(run_id, usd, None, None, tokens)

    def teardown(self) -> None:
        assert self.wait(Books(self.database).faults()) == ()
        super().teardown()


async def test_the_state_machine(database: Database) -> None:
    """Every order of events gives the same balances as sums that are done anew."""

    class Machine(StoredMachine):
        pass

    Machine.database = database
    quick = settings(max_examples=20, stateful_step_count=30, deadline=None)
    await asyncio.to_thread(run_state_machine_as_test, Machine, settings=quick)
