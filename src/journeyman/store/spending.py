"""The running totals of what calls take: an account for each run, project and day, kept in the same transactions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, String, and_, case, func, literal, select, text

from journeyman.domain.exchanges import UNDER_WAY, ExchangeState
from journeyman.domain.spending import NOTHING, Account, Balance, Scope, accounts
from journeyman.store.database import Database
from journeyman.store.tables import exchanges, runs, spending

_PARTS = Balance._fields
_ROWS = ", ".join(
    f"(:scope{row}, :name{row}, {', '.join(f':{part}' for part in _PARTS)})" for row in range(len(Scope))
)
_SUMS = ", ".join(f"{part} = spending.{part} + excluded.{part}" for part in _PARTS)

# Put together once, as text: it runs twice with every call to a model.
_BOOK = text(
    f"INSERT INTO spending (scope, name, {', '.join(_PARTS)}) VALUES {_ROWS} "
    f"ON CONFLICT (scope, name) DO UPDATE SET {_SUMS}"
)
_COLUMNS = exchanges.c
_HELD = _COLUMNS.state.in_([state.value for state in sorted(UNDER_WAY)])
_USED = _COLUMNS.state.in_([ExchangeState.ANSWERED.value, ExchangeState.UNCERTAIN.value])
IS_OVERRUN = (_COLUMNS.state == ExchangeState.ANSWERED.value) & (
    (_COLUMNS.cost > _COLUMNS.reserved_cost)
    | (
        _COLUMNS.input_tokens + _COLUMNS.output_tokens
        > _COLUMNS.reserved_input_tokens + _COLUMNS.reserved_output_tokens
    )
)
"""An exchange whose reported usage is above its reservation."""


def book(connection: Connection, booked_on: Iterable[Account], balance: Balance) -> None:
    """Add a balance to each account. The rows are locked in the given order, so that two bookings never cross."""
    named = {f"{part}{row}": value for row, account in enumerate(booked_on) for part, value in _named(account)}
    connection.execute(_BOOK, {**named, **balance._asdict()})


def is_account(table: FromClause, scope: Scope, name: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition for the one row of an account."""
    return and_(table.c.scope == literal(scope.value, String), table.c.name == name)


def overruns(connection: Connection, run_id: str) -> int:
    """Return how many calls of a run have used more than was reserved for them."""
    found = select(spending.c.overruns).where(is_account(spending, Scope.RUN, literal(run_id, String)))
    return connection.execute(found).scalar() or 0


class Books:
    """Checks the running totals against the exchanges that they sum up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def faults(self) -> tuple[str, ...]:
        """Return a line for each account whose total is not the sum of its exchanges."""
        return await self._database.look(_faults)


def _faults(connection: Connection) -> tuple[str, ...]:
    summed: dict[tuple[str, str], Balance] = {}
    for run_id, project, day, *parts in connection.execute(_SUMMED):
        for scope, name in accounts(run_id, project, day):
            account = (scope.value, name)
            summed[account] = summed.get(account, NOTHING).plus(Balance(*(int(part) for part in parts)))
    kept = {(row.scope, row.name): _balance(row) for row in connection.execute(select(spending))}
    return tuple(
        f"{scope} {name}: {kept.get((scope, name), NOTHING)} is kept, {summed.get((scope, name), NOTHING)} is the sum"
        for scope, name in sorted(kept.keys() | summed.keys())
        if kept.get((scope, name), NOTHING) != summed.get((scope, name), NOTHING)
    )


def _named(account: Account) -> tuple[tuple[str, str], ...]:
    return ("scope", account.scope.value), ("name", account.name)


def _balance(row: Row[Any]) -> Balance:
    return Balance(*(getattr(row, part) for part in _PARTS))


_ZERO = literal(0)
_SUMMED = (
    select(
        _COLUMNS.run_id,
        runs.c.project,
        _COLUMNS.day,
        func.sum(case((_USED, _COLUMNS.cost), else_=_ZERO)),
        func.sum(case((_USED, _COLUMNS.input_tokens + _COLUMNS.output_tokens), else_=_ZERO)),
        func.sum(case((_HELD, _COLUMNS.reserved_cost), else_=_ZERO)),
        func.sum(case((_HELD, _COLUMNS.reserved_input_tokens + _COLUMNS.reserved_output_tokens), else_=_ZERO)),
        func.sum(case((IS_OVERRUN, literal(1)), else_=_ZERO)),
    )
    .join(runs, runs.c.run_id == _COLUMNS.run_id)
    .group_by(_COLUMNS.run_id, runs.c.project, _COLUMNS.day)
)
