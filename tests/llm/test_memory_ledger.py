from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from journeyman.domain.request import Limits
from journeyman.domain.spending import SharedLimits
from journeyman.llm import ExchangeLedger
from journeyman.llm.memory_ledger import MemoryLedger
from tests.llm.ledger_battery import LedgerBattery, Opening
from tests.llm.ledger_machine import PROJECTS, SHARED, LedgerMachine
from tests.store.rows import Clock


async def set_budget(ledger: ExchangeLedger, run_id: str, usd: float | None, tokens: int | None) -> None:
    assert isinstance(ledger, MemoryLedger)
    changes = {"budget_usd": usd, "budget_tokens": tokens}
    given = {name: value for name, value in changes.items() if value is not None}
    accepted = (await ledger.report(run_id)).overruns
    ledger.limits[run_id] = msgspec.structs.replace(ledger.limits[run_id], accepted_overruns=accepted, **given)


class TestMemoryLedger(LedgerBattery):
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def opening(self, clock: Clock) -> Opening:
        async def opened(
            budgets: Mapping[str, float | None],
            *,
            tokens: Mapping[str, int] = {},
            projects: Mapping[str, str] = {},
            shared: SharedLimits = SharedLimits(),
        ) -> ExchangeLedger:
            limits = {run: Limits(usd, budget_tokens=tokens.get(run)) for run, usd in budgets.items()}
            return MemoryLedger(limits, shared, projects, clock)

        return opened

    async def set_budget(self, ledger: ExchangeLedger, run_id: str, usd: float | None, tokens: int | None) -> None:
        await set_budget(ledger, run_id, usd, tokens)


class MemoryMachine(LedgerMachine):
    async def open(self) -> ExchangeLedger:
        limits = {self.run_id(run): Limits(usd, budget_tokens=tokens) for run, (usd, tokens) in self.budgets.items()}
        projects = {self.run_id(run): self.project_id(project) for run, project in PROJECTS.items()}
        return MemoryLedger(limits, SHARED, projects, self.clock)

    async def set_budget(self, run_id: str, usd: float | None, tokens: int | None) -> None:
        await set_budget(self.ledger, run_id, usd, tokens)


TestMemoryMachine = MemoryMachine.TestCase
