"""Questions, a clock that jumps and models on loopback servers: what the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from journeyman.domain.conversation import (
    ModelTurn,
    Role,
    ToolCall,
    ToolResult,
    ToolSpec,
    ToolTurn,
    Turn,
    UserTurn,
)
from journeyman.domain.redaction import Redactor
from journeyman.domain.request import Limits
from journeyman.llm import Question
from journeyman.llm.memory_ledger import MemoryLedger
from journeyman.llm.models import LedgeredModels
from journeyman.llm.settings import Patience, Price, Providers
from tests.llm.servers import ProviderServer

OPENAI, ANTHROPIC, LOCAL, OPENROUTER = "openai:gpt-5", "anthropic:claude-x", "local:qwen", "openrouter:vendor/x"
PRICES = {OPENAI: Price(1.0, 10.0), ANTHROPIC: Price(1.0, 10.0, 0.1, 1.25), OPENROUTER: Price(1.0, 10.0)}
LS = ToolSpec("ls", "List.", {"type": "object", "properties": {"path": {"type": "string"}}})
CAT = ToolSpec("cat", "Show.", {"type": "object", "properties": {"path": {"type": "string"}}})
SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
    "required": ["steps"],
    "additionalProperties": False,
}
TALK: tuple[Turn, ...] = (
    UserTurn("do it"),
    ModelTurn("looking", (ToolCall("a", "ls", '{"path": "."}'), ToolCall("b", "cat", '{"path": "x"}'))),
    ToolTurn((ToolResult("a", "ls", "x"), ToolResult("b", "cat", "no such file", ok=False))),
    UserTurn("hurry"),
)


def question(
    *models: str, key: str = "code/0", turns: tuple[Turn, ...] = (UserTurn("do it"),), **others: Any
) -> Question:
    return Question("run-1", key, Role.CODER, models or (OPENAI,), others.pop("system", "be good"), turns, **others)


class JumpingTime:
    """A clock that moves only when someone sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def providers(
    *servers: ProviderServer, patience: Patience = Patience(), prices: Mapping[str, Price] = PRICES
) -> Providers:
    """The first server is every provider but anthropic, the last one is that."""
    urls = dict.fromkeys(("openai", "openrouter", "local"), servers[0].openai_url) if servers else {}
    if servers:
        urls["anthropic"] = servers[-1].anthropic_url
    keys = {"openai": "key-openai", "anthropic": "key-anthropic", "openrouter": "key-openrouter"}
    return Providers(keys=keys, addresses=urls, prices=prices, patience=patience)


class Asking:
    """Models with everything injected."""

    def __init__(
        self,
        *servers: ProviderServer,
        budget: float | None = None,
        tokens: int | None = None,
        secrets: tuple[str, ...] = (),
        patience: Patience = Patience(),
        prices: Mapping[str, Price] = PRICES,
        chance: Callable[[], float] = lambda: 0.0,
        ledger: MemoryLedger | None = None,
    ) -> None:
        self.time = JumpingTime()
        self.ledger = ledger or MemoryLedger({"run-1": Limits(budget, budget_tokens=tokens)}, clock=self.time)
        redactor = Redactor(secrets)
        given = providers(*servers, patience=patience, prices=prices)
        self.models = LedgeredModels(given, self.ledger, lambda _: redactor, self.time, chance, self.time.sleep)

    async def __aenter__(self) -> Asking:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.models.close()
