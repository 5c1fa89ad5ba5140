"""Exchanges with models, and the money they take: the worst case is reserved before anything is sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from journeyman.domain.costs import CostReport, Tally, report_of, totals_of
from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import (
    UNDER_WAY,
    Answer,
    Exchange,
    ExchangeState,
    Reservation,
    Totals,
    idempotency_key,
)
from journeyman.domain.request import Limits
from journeyman.domain.runs import Activity, ActivityType
from journeyman.domain.spending import (
    DOLLAR,
    NOTHING,
    Balance,
    Limited,
    Scope,
    SharedLimits,
    abandoned,
    accounts,
    allowances,
    booked,
    day_of,
    held_for,
    refusal,
    settled,
)
from journeyman.store.activities import add
from journeyman.store.audit import append
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.recordings import StoredRecordings
from journeyman.store.requests import Difference, difference
from journeyman.store.spending import IS_OVERRUN, book, is_account
from journeyman.store.tables import exchanges, runs, spending

KEPT_TEXTS = 16
"""How many conversations at once are kept as differences; of more, some requests are stored whole."""

_SENT, _ANSWERED = ExchangeState.SENT.value, ExchangeState.ANSWERED.value
_RESERVED = ExchangeState.RESERVED.value
_UNDER_WAY = tuple(sorted(state.value for state in UNDER_WAY))
_FAILED, _UNCERTAIN = ExchangeState.FAILED.value, ExchangeState.UNCERTAIN.value
_WORST_CASE = {
    "state": _UNCERTAIN,
    "cost": exchanges.c.reserved_cost,
    "input_tokens": exchanges.c.reserved_input_tokens,
    "output_tokens": exchanges.c.reserved_output_tokens,
}
_HELD = (exchanges.c.reserved_input_tokens, exchanges.c.reserved_output_tokens, exchanges.c.reserved_cost)

# Built once: they run with every call to a model, and putting a statement together costs more than the database does.
_ACCOUNTS = {scope: spending.alias(f"of_{scope}") for scope in Scope}
_PARTS = len(Balance._fields)
_RUN_AND_LAST = (
    select(exchanges.c.exchange_id, exchanges.c.attempt, exchanges.c.state, exchanges.c.day, *_HELD)
    .add_columns(runs.c.options, runs.c.project)
    .add_columns(*(account.c[part] for account in _ACCOUNTS.values() for part in Balance._fields))
    .select_from(runs)
    .outerjoin(exchanges, (exchanges.c.run_id == runs.c.run_id) & (exchanges.c.key == bindparam("of_key")))
    .outerjoin(_ACCOUNTS[Scope.RUN], is_account(_ACCOUNTS[Scope.RUN], Scope.RUN, runs.c.run_id))
    .outerjoin(_ACCOUNTS[Scope.PROJECT], is_account(_ACCOUNTS[Scope.PROJECT], Scope.PROJECT, runs.c.project))
    .outerjoin(_ACCOUNTS[Scope.DAY], is_account(_ACCOUNTS[Scope.DAY], Scope.DAY, bindparam("of_day")))
    .where(runs.c.run_id == bindparam("of_run"))
    .order_by(exchanges.c.attempt.desc())
    .limit(1)
)
_THE_ONE = exchanges.c.exchange_id == bindparam("the_one")
_SENDING = update(exchanges).where(_THE_ONE, exchanges.c.state == _RESERVED).values(state=_SENT)
_ABANDONED = {
    state: update(exchanges)
    .where(_THE_ONE, exchanges.c.state == state)
    .values(_WORST_CASE if state is ExchangeState.SENT else {"state": _FAILED})
    for state in UNDER_WAY
}
_OPEN = (
    select(exchanges.c.run_id, exchanges.c.key, exchanges.c.model, exchanges.c.state, exchanges.c.day, *_HELD)
    .add_columns(runs.c.project, runs.c.task_id)
    .join(runs, runs.c.run_id == exchanges.c.run_id)
    .where(_THE_ONE)
    .with_for_update(of=exchanges)
)
_END = update(exchanges).where(_THE_ONE)
_IS_UNDER_WAY = exchanges.c.state.in_(_UNDER_WAY)
_TALLIES = (
    select(exchanges.c.role, exchanges.c.model, exchanges.c.state, func.count())
    .add_columns(
        func.sum(case((_IS_UNDER_WAY, exchanges.c.reserved_cost), else_=exchanges.c.cost)),
        func.sum(case((_IS_UNDER_WAY, exchanges.c.reserved_input_tokens), else_=exchanges.c.input_tokens)),
        func.sum(case((_IS_UNDER_WAY, exchanges.c.reserved_output_tokens), else_=exchanges.c.output_tokens)),
        func.sum(exchanges.c.cache_read_tokens),
        func.sum(exchanges.c.cache_write_tokens),
        func.sum(case((IS_OVERRUN, 1), else_=0)),
    )
    .where(exchanges.c.run_id == bindparam("of_run"))
    .group_by(exchanges.c.role, exchanges.c.model, exchanges.c.state)
)


class _HasLimits(msgspec.Struct, frozen=True):
    limits: Limits = Limits()


class Conversations:
    """Fits `ExchangeLedger`. `new_id` gives ids that sort by time; `shared` are limits beside those of each run."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        shared: SharedLimits = SharedLimits(),
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._shared = shared
        self._talks: dict[str, tuple[str, str]] = {}
        self._texts: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()

    async def answered(self, run_id: str, key: str) -> Answer | None:
        """Return the stored answer of a key, marked as recorded; None if there is none."""
        found = (
            select(exchanges.c.answer)
            .where(exchanges.c.run_id == run_id, exchanges.c.key == key, exchanges.c.state == _ANSWERED)
            .order_by(exchanges.c.attempt.desc())
            .limit(1)
        )
        answer = await self._database.look(lambda connection: connection.execute(found).scalar())
        return None if answer is None else msgspec.structs.replace(from_json(answer, Answer), recorded=True)

    async def reserve(self, wanted: Reservation) -> str:
        """Reserve in one transaction and return the exchange's id, in state `reserved`.

        An exchange of the same key that is still `sent` becomes `uncertain` at its worst case, and the new one has
        its idempotency key; one that is still `reserved` was never sent, and has failed. LimitReached if a limit of
        the run, its project or the day does not hold the worst case.
        """
        outcome = await self._database.transact(partial(self._reserve, wanted))
        if isinstance(outcome, LimitReached):
            raise outcome
        self._talks[outcome] = (wanted.run_id, wanted.role.value)
        return outcome

    async def sending(self, exchange_id: str) -> None:
        """Record that the request goes out now. LeaseLost if another process took the run over: nothing is sent."""
        talk = self._talks.get(exchange_id)

        def work(connection: Connection) -> None:
            if talk is not None:
                guard(connection, talk[0], self._database.fences.get(talk[0]))
            connection.execute(_SENDING, {"the_one": exchange_id})

        await self._database.transact(work, lasting=True)

    async def settle(self, exchange_id: str, answer: Answer, request: str) -> None:
        """Record the answer and the reported usage; `request` is the redacted JSON that was sent.

        LeaseLost if another process took the run over: it has charged the exchange at its worst case already.
        """
        talk = self._talks.get(exchange_id)
        like, kept = self._difference(talk, request)
        usage = answer.usage
        values = {
            "state": _ANSWERED,
            "answer": to_json(answer),
            "model": answer.model,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "request_like": like,
            "request_head": kept.head,
            "request_tail": kept.tail,
            "request": kept.middle,
            "reason": None,
        }
        await self._database.transact(partial(self._settle, exchange_id, answer, talk, values), lasting=True)
        self._talks.pop(exchange_id, None)
        if talk is not None:
            self._texts[talk] = (exchange_id, request)
            self._texts.move_to_end(talk)
            while len(self._texts) > KEPT_TEXTS:
                self._texts.popitem(last=False)

    async def fail(self, exchange_id: str, reason: str, charged: bool) -> None:
        """Record that no answer came. `charged`: the provider may have billed it, so it becomes uncertain."""
        talk = self._talks.get(exchange_id)
        values = {**_WORST_CASE, "reason": reason} if charged else {"state": _FAILED, "reason": reason}
        await self._database.transact(partial(self._fail, exchange_id, talk, values), lasting=True)
        self._talks.pop(exchange_id, None)

    async def totals(self, run_id: str) -> Totals:
        """Return what the run has used."""
        return totals_of(await self._database.look(partial(_tallies, run_id)))

    async def report(self, run_id: str) -> CostReport:
        """Return what the run has cost, and how its limits stand today."""

        def work(connection: Connection) -> CostReport:
            day = day_of(self._clock())
            row = connection.execute(_RUN_AND_LAST, {"of_run": run_id, "of_key": "", "of_day": day}).one()
            limits = from_json(row.options, _HasLimits).limits
            return report_of(run_id, _tallies(run_id, connection), self._limited(row, run_id, limits, day))

        return await self._database.look(work)

    async def kept(self, run_id: str) -> tuple[Exchange, ...]:
        """Return all exchanges of a run with their full requests, in the order they were sent."""
        return tuple([exchange async for exchange in StoredRecordings(self._database).exchanges(run_id)])

    def _reserve(self, wanted: Reservation, connection: Connection) -> str | LimitReached:
        guard(connection, wanted.run_id, self._database.fences.get(wanted.run_id))
        exclusively(connection, "spending")
        now = self._clock()
        of_this = {"of_run": wanted.run_id, "of_key": wanted.key, "of_day": day_of(now)}
        last = connection.execute(_RUN_AND_LAST, of_this).one()
        unsure = last.state in (_SENT, _UNCERTAIN)
        if last.state in _UNDER_WAY:
            _abandon(connection, wanted.run_id, last, now)
            last = connection.execute(_RUN_AND_LAST, of_this).one()
        limits = from_json(last.options, _HasLimits).limits
        limited = self._limited(last, wanted.run_id, limits, of_this["of_day"])
        refused = refusal(wanted, limited, limits.accepted_overruns)
        if refused is not None:
            return refused
        attempt = (last.attempt or 0) + 1
        told = idempotency_key(last.exchange_id) if unsure else self._new_id()
        held = held_for(wanted)
        row = _row(wanted, f"{told}.{attempt}", attempt, now, held.held_cost)
        connection.execute(insert(exchanges), row)
        book(connection, [each.account for each in limited], held)
        return str(row["exchange_id"])

    def _limited(self, row: Row[Any], run_id: str, limits: Limits, day: str) -> list[Limited]:
        parts = tuple(row[-_PARTS * len(Scope) :])
        kept = [
            Balance(*parts[at : at + _PARTS]) if parts[at] is not None else NOTHING
            for at in range(0, len(parts), _PARTS)
        ]
        each = zip(accounts(run_id, row.project, day), allowances(limits, self._shared), kept, strict=True)
        return [Limited(*one) for one in each]

    def _settle(
        self,
        exchange_id: str,
        answer: Answer,
        talk: tuple[str, str] | None,
        values: dict[str, Any],
        connection: Connection,
    ) -> None:
        """End an exchange that is open, or that was taken for lost meanwhile; a settled one stays."""
        row = self._open(connection, exchange_id, talk)
        if row.state not in (*_UNDER_WAY, _UNCERTAIN):
            return
        held = _held(row)
        taken = settled(answer, held)
        now = self._clock()
        ended = {**values, "cost": taken.used_cost, "ended_at": now, "the_one": exchange_id}
        connection.execute(_END, ended)
        before = booked(ExchangeState(row.state), held, NOTHING)
        book(connection, accounts(row.run_id, row.project, row.day), taken.less(before))
        if taken.overruns:
            details = _flag(connection, row, answer, now)
            append(connection, self._database.redacted, now, ("ledger", "overrun", row.run_id), details)

    def _fail(
        self, exchange_id: str, talk: tuple[str, str] | None, values: dict[str, Any], connection: Connection
    ) -> None:
        row = self._open(connection, exchange_id, talk)
        if row.state not in _UNDER_WAY:
            return
        ended = _END.values({**values, "ended_at": self._clock()})
        connection.execute(ended, {"the_one": exchange_id})
        held = _held(row)
        now_booked = booked(ExchangeState(values["state"]), held, NOTHING)
        book(connection, accounts(row.run_id, row.project, row.day), now_booked.less(held))

    def _open(self, connection: Connection, exchange_id: str, talk: tuple[str, str] | None) -> Row[Any]:
        """Return an exchange that this process may end, and keep others from ending it meanwhile."""
        if talk is not None:
            guard(connection, talk[0], self._database.fences.get(talk[0]))
        return connection.execute(_OPEN, {"the_one": exchange_id}).one()

    def _difference(self, talk: tuple[str, str] | None, request: str) -> tuple[str | None, Difference]:
        before = None if talk is None else self._texts.get(talk)
        if before is None:
            return None, Difference(0, 0, request)
        return before[0], difference(before[1], request)


def _abandon(connection: Connection, run_id: str, last: Row[Any], now: datetime) -> None:
    """End an exchange whose process ended, unless it was settled this very moment."""
    before = ExchangeState(last.state)
    after, reason = abandoned(before)
    values = {"the_one": last.exchange_id, "ended_at": now, "reason": reason}
    if connection.execute(_ABANDONED[before], values).rowcount:
        held = _held(last)
        book(connection, accounts(run_id, last.project, last.day), booked(after, held, NOTHING).less(held))


def _held(row: Row[Any]) -> Balance:
    """Return what the exchange of a row holds, or held."""
    return Balance(held_cost=row.reserved_cost, held_tokens=row.reserved_input_tokens + row.reserved_output_tokens)


def _flag(connection: Connection, row: Row[Any], answer: Answer, now: datetime) -> dict[str, Any]:
    """Tell people that a call used more than was reserved for it; return what the audit log should hold of it."""
    usage = answer.usage
    details = {
        "key": row.key,
        "model": answer.model,
        "reserved": [row.reserved_input_tokens, row.reserved_output_tokens, row.reserved_cost / DOLLAR],
        "used": [usage.input_tokens, usage.output_tokens, answer.cost_usd],
    }
    message = (
        f"{answer.model} reports {usage.input_tokens} tokens in, {usage.output_tokens} out (${answer.cost_usd:.4f}); "
        f"reserved were {row.reserved_input_tokens}, {row.reserved_output_tokens} (${row.reserved_cost / DOLLAR:.4f})"
    )
    add(connection, Activity(row.run_id, row.task_id, ActivityType.ERROR, message, now, details))
    return details


def _tallies(run_id: str, connection: Connection) -> list[Tally]:
    return [
        Tally(role, model, ExchangeState(state), calls, *(int(part) for part in parts))
        for role, model, state, calls, *parts in connection.execute(_TALLIES, {"of_run": run_id})
    ]


def _row(wanted: Reservation, exchange_id: str, attempt: int, now: datetime, cost: int) -> dict[str, Any]:
    return {
        "exchange_id": exchange_id,
        "run_id": wanted.run_id,
        "key": wanted.key,
        "attempt": attempt,
        "state": _RESERVED,
        "role": wanted.role.value,
        "model": wanted.model,
        "request_hash": wanted.request_hash,
        "price_known": wanted.price_known,
        "reserved_input_tokens": wanted.input_tokens,
        "reserved_output_tokens": wanted.output_tokens,
        "reserved_cost": cost,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost": 0,
        "day": day_of(now),
        "request_head": 0,
        "request_tail": 0,
        "sent_at": now,
    }
