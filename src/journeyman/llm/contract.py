"""Asking models: one question, one answer, every exchange in a ledger, the worst case reserved first."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from journeyman.domain.conversation import Role, ToolSpec, Turn
from journeyman.domain.costs import CostReport
from journeyman.domain.exchanges import Answer, ExchangeState, Reservation, Totals

__all__ = ["Answer", "ExchangeLedger", "ExchangeState", "Models", "Question", "Reservation", "Totals"]


class Question(msgspec.Struct, frozen=True):
    """One request to a model. `key` names it within the run: the same key is never paid twice.

    `answer_schema` asks for a JSON object of that schema as the answer's text. `models` are tried in order.
    """

    run_id: str
    key: str
    role: Role
    models: tuple[str, ...]
    system: str
    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...] = ()
    answer_schema: dict[str, Any] | None = None
    max_output_tokens: int = 8192


class Models(Protocol):
    """Answers questions, by whatever provider their names tell."""

    async def ask(self, question: Question) -> Answer:
        """Return the stored answer of the key, or ask.

        LimitReached if the worst case does not fit the budget; ModelOutage after the last retry of the last model;
        ModelRefused for an unknown provider, a missing key or price; ModelMisbehaved.
        """
        ...

    def check(self, model: str, budget_usd: float | None) -> None:
        """Raise ModelRefused if a model cannot be used as named (provider, key, price under a budget)."""
        ...

    def expect(self, model: str) -> None:
        """Get ready to be asked soon, beside whatever else is done until then."""
        ...

    def window(self, model: str) -> int:
        """Return the tokens a model can take in, input and output together."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class ExchangeLedger(Protocol):
    """Keeps exchanges and money. Fitted by the store, in the same database as the run."""

    async def answered(self, run_id: str, key: str) -> Answer | None:
        """Return the stored answer of a key, marked as recorded; None if there is none."""
        ...

    async def reserve(self, wanted: Reservation) -> str:
        """Reserve in one transaction and return the exchange's id, in state `reserved`.

        An exchange of the same key that is still `sent` becomes `uncertain` at its worst case, and the new one has
        the same `idempotency_key`; one that is still `reserved` was never sent and has failed.

        LimitReached if a limit of the run, of its project or of the day (UTC) does not hold it, or if a call of the
        run used more than was reserved for it and nobody has accepted that.
        """
        ...

    async def sending(self, exchange_id: str) -> None:
        """Record that the request goes out now: from here on it may be billed. LeaseLost if the run is another's."""
        ...

    async def settle(self, exchange_id: str, answer: Answer, request: str) -> None:
        """Record the answer and the reported usage; `request` is the redacted JSON that was sent."""
        ...

    async def fail(self, exchange_id: str, reason: str, charged: bool) -> None:
        """Record that no answer came. `charged`: the provider may have billed it, so it becomes uncertain."""
        ...

    async def totals(self, run_id: str) -> Totals:
        """Return what the run has used."""
        ...

    async def report(self, run_id: str) -> CostReport:
        """Return what the run has cost, and how its limits stand."""
        ...
