"""What may be spent and what is spent: whole numbers, and whether the worst case of one more call still fits.

Every call is booked on three accounts at once: its run's, its project's and its day's. What is under way is `held` at
its worst case; what is settled, or lost, is `used`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, ExchangeState, Reservation
from journeyman.domain.request import Limits, Request

DOLLAR = 10**12
"""The ledger's units in a dollar. Whole numbers, so ten thousand calls add up to the bill exactly."""


class Scope(StrEnum):
    """What a limit is for: a run, all runs of a project ever, all runs of a day. Days are UTC days."""

    RUN = "run"
    PROJECT = "project"
    DAY = "day"


class Allowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that may be spent, in dollars and in tokens. None: no limit of that kind."""

    usd: Annotated[float, msgspec.Meta(gt=0, lt=1_000_000)] | None = None
    tokens: Annotated[int, msgspec.Meta(gt=0, lt=10**15)] | None = None


class SharedLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all runs of a day, and all runs of one project, may spend together."""

    day: Allowance = Allowance()
    project: Allowance = Allowance()


class Balance(NamedTuple):
    """What is booked on an account, or what a booking adds to it. Costs are in the ledger's units."""

    used_cost: int = 0
    used_tokens: int = 0
    held_cost: int = 0
    held_tokens: int = 0
    overruns: int = 0

    def plus(self, other: Balance) -> Balance:
        """Return both together."""
        return Balance(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def less(self, other: Balance) -> Balance:
        """Return this without the other."""
        return Balance(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Balance()


class Account(NamedTuple):
    """What calls are booked on. `name`: the run's id, the project, or the day as YYYY-MM-DD."""

    scope: Scope
    name: str


class Limited(NamedTuple):
    """An account with what may be spent on it and what is booked already."""

    account: Account
    allowance: Allowance
    balance: Balance


def accounts(run_id: str, project: str, day: str) -> tuple[Account, ...]:
    """Return what a call is booked on, always in the same order: that is the order of the locks."""
    return Account(Scope.RUN, run_id), Account(Scope.PROJECT, project), Account(Scope.DAY, day)


def allowances(limits: Limits, shared: SharedLimits) -> tuple[Allowance, ...]:
    """Return what may be spent on each of a run's `accounts`."""
    return Allowance(limits.budget_usd, limits.budget_tokens), shared.project, shared.day


def project_of(request: Request) -> str:
    """Return what a request's project limit is kept by: its project's id, else the address of its repository."""
    task = request.task
    return f"{task.company_id}/{task.project_id}" if task.project_id else request.repository.remote_url


def day_of(moment: datetime) -> str:
    """Return the UTC day of a time, as YYYY-MM-DD."""
    return moment.astimezone(UTC).date().isoformat()


def units(usd: float) -> int:
    """Return dollars in the ledger's units, to the nearest."""
    return round(usd * DOLLAR)


def held_for(wanted: Reservation) -> Balance:
    """Return what a reservation books.

    Dollars count by their digits: as a binary number 0.014 is a little more, and would be booked as a unit more.
    """
    tokens = wanted.input_tokens + wanted.output_tokens
    return Balance(held_cost=math.ceil(Decimal(repr(wanted.cost_usd)) * DOLLAR), held_tokens=tokens)


def abandoned(state: ExchangeState) -> tuple[ExchangeState, str]:
    """Return how an exchange that was under way when its process ended is ended by the next one, and why."""
    if state is ExchangeState.RESERVED:
        return ExchangeState.FAILED, "the process ended before it was sent"
    return ExchangeState.UNCERTAIN, "the process ended before the answer came"


def lost(held: Balance) -> Balance:
    """Return what is booked of a call of unknown outcome: its worst case."""
    return Balance(used_cost=held.held_cost, used_tokens=held.held_tokens)


def booked(state: ExchangeState, held: Balance, settled: Balance) -> Balance:
    """Return what an exchange in a state books; `settled` counts once it is answered."""
    match state:
        case ExchangeState.RESERVED | ExchangeState.SENT:
            return held
        case ExchangeState.UNCERTAIN:
            return lost(held)
        case ExchangeState.ANSWERED:
            return settled
        case ExchangeState.FAILED:
            return NOTHING


def settled(answer: Answer, held: Balance) -> Balance:
    """Return what an answer books in place of what was held; an overrun if that is more, in dollars or in tokens."""
    cost, tokens = units(answer.cost_usd), answer.usage.input_tokens + answer.usage.output_tokens
    return Balance(cost, tokens, overruns=int(cost > held.held_cost or tokens > held.held_tokens))


def refusal(wanted: Reservation, limited: Iterable[Limited], accepted_overruns: int) -> LimitReached | None:
    """Return why a call may not be made; None if its worst case fits everywhere.

    A run that has used more than was reserved is stopped until a person accepts it.
    """
    everything = tuple(limited)
    if everything[0].balance.overruns > accepted_overruns:
        return _overrun(wanted.run_id)
    worst = held_for(wanted)
    return next((found for each in everything if (found := _misfit(wanted, worst, each)) is not None), None)


def _overrun(run_id: str) -> LimitReached:
    message = "a call used more than was reserved for it, so the next one may do so too"
    advice = (
        f"look at journeyman cost {run_id}; journeyman resume {run_id} with --budget N or --token-budget N goes on"
    )
    return LimitReached("overrun", message, advice)


def _misfit(wanted: Reservation, worst: Balance, limited: Limited) -> LimitReached | None:
    (scope, name), allowance, balance = limited
    if allowance.usd is not None and wanted.price_known:
        sums = balance.used_cost, balance.held_cost, worst.held_cost
        if sum(sums) > units(allowance.usd):
            words = (f"${allowance.usd:g}", *(f"${each / DOLLAR:.4f}" for each in sums))
            return _refused(wanted.run_id, scope, name, "budget", words, balance.held_cost > 0)
    if allowance.tokens is not None:
        sums = balance.used_tokens, balance.held_tokens, worst.held_tokens
        if sum(sums) > allowance.tokens:
            words = (f"{allowance.tokens} tokens", *(f"{each} tokens" for each in sums))
            return _refused(wanted.run_id, scope, name, "tokens", words, balance.held_tokens > 0)
    return None


def _refused(run_id: str, scope: Scope, name: str, kind: str, words: tuple[str, ...], held: bool) -> LimitReached:
    limit, used, under_way, worst = words
    whose = {Scope.RUN: "", Scope.PROJECT: f"of the project {name} ", Scope.DAY: f"of the day {name} (UTC) "}[scope]
    waiting = f", {under_way} held for calls under way" if held else ""
    message = (
        f"the budget {whose}of {limit} does not hold the next call: {used} used{waiting}, and it may take {worst}"
    )
    return LimitReached(
        kind if scope is Scope.RUN else f"{scope} {kind}", message, _advice(run_id, scope, name, kind)
    )


def _advice(run_id: str, scope: Scope, name: str, kind: str) -> str:
    if scope is Scope.RUN:
        return f"journeyman resume {run_id} {'--budget' if kind == 'budget' else '--token-budget'} N goes on"
    return f"it frees {frees(scope, name)}; then journeyman resume {run_id} goes on"


def frees(scope: Scope, name: str) -> str:
    """Return when a limit lets calls through again."""
    match scope:
        case Scope.RUN:
            return "by journeyman resume with a new budget"
        case Scope.PROJECT:
            return "when limits.project is raised in the settings"
        case Scope.DAY:
            return f"at {date.fromisoformat(name) + timedelta(days=1)} 00:00 UTC"
