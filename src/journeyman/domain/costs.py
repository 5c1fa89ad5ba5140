"""What a run has cost, as people and programs read it: totals, one line for each role and model, what is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from journeyman.domain.exchanges import UNDER_WAY, ExchangeState, Totals
from journeyman.domain.spending import DOLLAR, Limited, Scope, frees, units


class Tally(NamedTuple):
    """Exchanges of one role, model and state together. Costs are in the ledger's units.

    What is under way has its worst case here, as what is uncertain has.
    """

    role: str
    model: str
    state: ExchangeState
    calls: int
    cost: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    overruns: int = 0


class Line(msgspec.Struct, frozen=True):
    """What one model has cost in one role. Tokens are those of settled and uncertain calls; cached ones are part of
    `input_tokens`. `reserved` is held for calls under way."""

    role: str
    model: str
    settled_calls: int = 0
    settled_usd: float = 0.0
    uncertain_calls: int = 0
    uncertain_usd: float = 0.0
    reserved_calls: int = 0
    reserved_usd: float = 0.0
    reserved_tokens: int = 0
    failed_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    overruns: int = 0


class Standing(msgspec.Struct, frozen=True):
    """How one limit stands. `unit`: usd or tokens; `left` is below zero after an overrun; `frees` says when."""

    scope: Scope
    name: str
    unit: str
    limit: float
    used: float
    reserved: float
    left: float
    frees: str


class CostReport(msgspec.Struct, frozen=True):
    """All of it. `overruns`: calls that used more than was reserved for them."""

    run_id: str
    totals: Totals
    reserved_calls: int
    reserved_usd: float
    settled_usd: float
    uncertain_usd: float
    cache_read_tokens: int
    cache_write_tokens: int
    overruns: int
    lines: tuple[Line, ...]
    limits: tuple[Standing, ...]


_COUNTED = (ExchangeState.ANSWERED, ExchangeState.UNCERTAIN)


def totals_of(tallies: Iterable[Tally]) -> Totals:
    """Return what was used in all."""
    counted = sorted(tally for tally in tallies if tally.state in _COUNTED)
    by_model: dict[str, int] = {}
    for tally in counted:
        by_model[tally.model] = by_model.get(tally.model, 0) + tally.cost
    return Totals(
        calls=_calls(counted, ExchangeState.ANSWERED),
        cost_usd=sum(by_model.values()) / DOLLAR,
        input_tokens=sum(tally.input_tokens for tally in counted),
        output_tokens=sum(tally.output_tokens for tally in counted),
        uncertain_calls=_calls(counted, ExchangeState.UNCERTAIN),
        by_model={model: cost / DOLLAR for model, cost in sorted(by_model.items())},
    )


def report_of(run_id: str, tallies: Iterable[Tally], limited: Iterable[Limited]) -> CostReport:
    """Return what a run has cost and how its limits stand."""
    every = tuple(tallies)
    groups: dict[tuple[str, str], list[Tally]] = {}
    for tally in every:
        groups.setdefault((tally.role, tally.model), []).append(tally)
    return CostReport(
        run_id=run_id,
        totals=totals_of(every),
        reserved_calls=_calls(every, *UNDER_WAY),
        reserved_usd=_dollars(every, *UNDER_WAY),
        settled_usd=_dollars(every, ExchangeState.ANSWERED),
        uncertain_usd=_dollars(every, ExchangeState.UNCERTAIN),
        cache_read_tokens=sum(tally.cache_read_tokens for tally in every),
        cache_write_tokens=sum(tally.cache_write_tokens for tally in every),
        overruns=sum(tally.overruns for tally in every),
        lines=tuple(_line(role, model, group) for (role, model), group in sorted(groups.items())),
        limits=tuple(standing for each in limited for standing in _standings(each)),
    )


def _line(role: str, model: str, group: list[Tally]) -> Line:
    under_way = [tally for tally in group if tally.state in UNDER_WAY]
    counted = [tally for tally in group if tally.state in _COUNTED]
    return Line(
        role=role,
        model=model,
        settled_calls=_calls(group, ExchangeState.ANSWERED),
        settled_usd=_dollars(group, ExchangeState.ANSWERED),
        uncertain_calls=_calls(group, ExchangeState.UNCERTAIN),
        uncertain_usd=_dollars(group, ExchangeState.UNCERTAIN),
        reserved_calls=_calls(group, *UNDER_WAY),
        reserved_usd=_dollars(group, *UNDER_WAY),
        reserved_tokens=sum(tally.input_tokens + tally.output_tokens for tally in under_way),
        failed_calls=_calls(group, ExchangeState.FAILED),
        input_tokens=sum(tally.input_tokens for tally in counted),
        output_tokens=sum(tally.output_tokens for tally in counted),
        cache_read_tokens=sum(tally.cache_read_tokens for tally in counted),
        cache_write_tokens=sum(tally.cache_write_tokens for tally in counted),
        overruns=sum(tally.overruns for tally in counted),
    )


def _standings(limited: Limited) -> Iterable[Standing]:
    (scope, name), allowance, balance = limited
    until = frees(scope, name)
    if allowance.usd is not None:
        used, held, limit = balance.used_cost, balance.held_cost, units(allowance.usd)
        parts = (used / DOLLAR, held / DOLLAR, (limit - used - held) / DOLLAR)
        yield Standing(scope, name, "usd", allowance.usd, *parts, until)
    if allowance.tokens is not None:
        used, held, limit = balance.used_tokens, balance.held_tokens, allowance.tokens
        yield Standing(scope, name, "tokens", limit, used, held, limit - used - held, until)


def _calls(tallies: Iterable[Tally], *states: ExchangeState) -> int:
    return sum(tally.calls for tally in tallies if tally.state in states)


def _dollars(tallies: Iterable[Tally], *states: ExchangeState) -> float:
    return sum(tally.cost for tally in tallies if tally.state in states) / DOLLAR
