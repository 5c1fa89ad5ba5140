"""An exchange with a model as the ledger keeps it: its worst case, its answer, and what a run used in all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, Usage


class Answer(msgspec.Struct, frozen=True):
    """What a model said. `recorded` is True when it was read from the ledger and nothing was paid."""

    turn: ModelTurn
    model: str
    usage: Usage
    cost_usd: float = 0.0
    stopped_by: str = "end"
    recorded: bool = False


class ExchangeState(StrEnum):
    """Where an exchange stands.

    Its worst case is reserved, then it is sent. It is answered, or has failed and cost nothing, or is uncertain:
    it was sent, and nobody knows whether it was answered and billed.
    """

    RESERVED = "reserved"
    SENT = "sent"
    ANSWERED = "answered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


UNDER_WAY = frozenset({ExchangeState.RESERVED, ExchangeState.SENT})
"""The states of an exchange that holds its worst case and may still end in any way."""


class Reservation(msgspec.Struct, frozen=True):
    """The worst case of a call, before it is sent. `price_known` False: tokens alone are limited."""

    run_id: str
    key: str
    role: Role
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    request_hash: str
    price_known: bool = True


class Exchange(msgspec.Struct, frozen=True):
    """One exchange as it was kept. `request` is the redacted JSON that was sent; "" if no answer came."""

    exchange_id: str
    key: str
    attempt: int
    state: ExchangeState
    role: str
    model: str
    request_hash: str
    request: str
    answer: Answer | None
    cost_usd: float
    reason: str
    sent_at: datetime
    ended_at: datetime | None


class Totals(msgspec.Struct, frozen=True):
    """What a run has used so far. `calls` counts answered ones; uncertain ones count at their worst case."""

    calls: int = 0
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    uncertain_calls: int = 0
    by_model: Mapping[str, float] = {}


def idempotency_key(exchange_id: str) -> str:
    """Return what a provider is told so that it does not bill twice.

    An exchange's id is this key and the number of the attempt, such as `0193….2`: an exchange that takes the place
    of an uncertain one has the same key and the next number.
    """
    return exchange_id.rpartition(".")[0]
