from __future__ import annotations

from collections.abc import Mapping

import pytest

from journeyman.domain.request import Limits
from journeyman.llm import ExchangeLedger
from journeyman.llm.memory_ledger import MemoryLedger
from tests.llm.ledger_battery import LedgerBattery, Opening


class TestMemoryLedger(LedgerBattery):
    @pytest.fixture
    def opening(self) -> Opening:
        async def opened(budgets: Mapping[str, float | None]) -> ExchangeLedger:
            return MemoryLedger({run: Limits(budget) for run, budget in budgets.items()})

        return opened
