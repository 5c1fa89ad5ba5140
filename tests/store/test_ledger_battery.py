"""The battery of `ExchangeLedger`, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from journeyman.llm import ExchangeLedger
from journeyman.store.conversations import Conversations
from journeyman.store.database import Database
from journeyman.store.runs import StoredRuns
from tests.llm.ledger_battery import LedgerBattery, Opening
from tests.store.rows import Clock, a_run, counted_ids


class TestStoredLedger(LedgerBattery):
    CALLS = 300

    @pytest.fixture
    def opening(self, database: Database, clock: Clock) -> Opening:
        async def opened(budgets: Mapping[str, float | None]) -> ExchangeLedger:
            for run_id, budget in budgets.items():
                await StoredRuns(database).create(a_run(run_id, budget))
            return Conversations(database, clock, counted_ids())

        return opened


@pytest.mark.long
@pytest.mark.timeout(900)
class TestStoredLedgerLong(TestStoredLedger):
    CALLS = 10_000
