from __future__ import annotations

from collections.abc import Mapping

import pytest

from journeyman.llm import ExchangeLedger
from journeyman.llm.memory_ledger import MemoryLedger
from tests.llm.ledger_battery import LedgerBattery, Opening


class TestMemoryLedger(LedgerBattery):
    @pytest.fixture
    def opening(self) -> Opening:
        async def opened(budgets: Mapping[str, float | None]) -> ExchangeLedger:
            return MemoryLedger({run: budget for run, budget in budgets.items() if budget is not None})

        return opened
