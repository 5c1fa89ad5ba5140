"""Exchanges with models, and the money they take: the worst case is reserved before anything is sent."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from journeyman.domain.errors import LimitReached
from journeyman.domain.exchanges import Answer, ExchangeState, Reservation, Totals, idempotency_key
from journeyman.domain.request import Limits
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.requests import Difference, difference, restored
from journeyman.store.tables import exchanges, runs

DOLLAR = 10**12
"""The ledger's units in a dollar. Whole numbers, so ten thousand calls add up to the bill exactly."""

KEPT_TEXTS = 16
"""How many conversations at once are kept as differences; of more, some requests are stored whole."""

_SENT, _ANSWERED = ExchangeState.SENT.value, ExchangeState.ANSWERED.value
_FAILED, _UNCERTAIN = ExchangeState.FAILED.value, ExchangeState.UNCERTAIN.value
_WORST_CASE = {
    "state": _UNCERTAIN,
    "cost": exchanges.c.reserved_cost,
    "input_tokens": exchanges.c.reserved_input_tokens,
    "output_tokens": exchanges.c.reserved_output_tokens,
}

# Built once: they run with every call to a model, and putting a statement together costs more than the database does.
_SAME = (exchanges.c.run_id == bindparam("of_run")) & (exchanges.c.key == bindparam("of_key"))
_LAST = (
    select(exchanges.c.exchange_id, exchanges.c.attempt, exchanges.c.state)
    .where(_SAME)
    .order_by(exchanges.c.attempt.desc())
    .limit(1)
)
_LOST = update(exchanges).where(_SAME, exchanges.c.state == _SENT)
_TAKEN = case((exchanges.c.state == _SENT, exchanges.c.reserved_cost), else_=exchanges.c.cost)
_SPENT = select(
    runs.c.options,
    select(func.coalesce(func.sum(_TAKEN), 0)).where(exchanges.c.run_id == bindparam("of_run")).scalar_subquery(),
).where(runs.c.run_id == bindparam("of_run"))


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


class _HasLimits(msgspec.Struct, frozen=True):
    limits: Limits = Limits()


class Conversations:
    """Fits `ExchangeLedger`. `new_id` gives ids that sort by time."""

    def __init__(self, database: Database, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
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
        """Reserve in one transaction and return the exchange's id, in state `sent`.

        An exchange of the same key that is still `sent` becomes `uncertain` at its worst case, and the new one has
        its idempotency key. LimitReached if the run's budget does not hold the worst case.
        """
        outcome = await self._database.transact(partial(self._reserve, wanted))
        if isinstance(outcome, LimitReached):
            raise outcome
        self._talks[outcome] = (wanted.run_id, wanted.role.value)
        return outcome

    async def settle(self, exchange_id: str, answer: Answer, request: str) -> None:
        """Record the answer and the reported usage; `request` is the redacted JSON that was sent.

        LeaseLost if another process took the run over: it has charged the exchange at its worst case already.
        """
        talk = self._talks.get(exchange_id)
        like, kept = self._difference(talk, request)
        values = {
            "state": _ANSWERED,
            "answer": to_json(answer),
            "model": answer.model,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
            "cost": round(answer.cost_usd * DOLLAR),
            "request_like": like,
            "request_head": kept.head,
            "request_tail": kept.tail,
            "request": kept.middle,
            "reason": None,
        }
        await self._end(exchange_id, talk, values)
        if talk is not None:
            self._texts[talk] = (exchange_id, request)
            self._texts.move_to_end(talk)
            while len(self._texts) > KEPT_TEXTS:
                self._texts.popitem(last=False)

    async def fail(self, exchange_id: str, reason: str, charged: bool) -> None:
        """Record that no answer came. `charged`: the provider may have billed it, so it becomes uncertain."""
        talk = self._talks.get(exchange_id)
        values = dict(_WORST_CASE) if charged else {"state": _FAILED}
        await self._end(exchange_id, talk, {**values, "reason": reason})

    async def totals(self, run_id: str) -> Totals:
        """Return what the run has used."""
        columns = exchanges.c
        sums = (
            select(
                columns.model,
                columns.state,
                func.count(),
                func.sum(columns.cost),
                func.sum(columns.input_tokens),
                func.sum(columns.output_tokens),
            )
            .where(columns.run_id == run_id, columns.state.in_([_ANSWERED, _UNCERTAIN]))
            .group_by(columns.model, columns.state)
            .order_by(columns.model)
        )
        return _totals(await self._database.look(lambda connection: connection.execute(sums).all()))

    async def kept(self, run_id: str) -> tuple[Exchange, ...]:
        """Return all exchanges of a run with their full requests, in the order they were sent."""
        found = select(exchanges).where(exchanges.c.run_id == run_id)
        ordered = found.order_by(exchanges.c.sent_at, exchanges.c.exchange_id)
        rows = await self._database.look(lambda connection: connection.execute(ordered).all())
        return tuple(_exchange(row, text) for row, text in zip(rows, _requests(rows), strict=True))

    def _reserve(self, wanted: Reservation, connection: Connection) -> str | LimitReached:
        guard(connection, wanted.run_id, self._database.fences.get(wanted.run_id))
        exclusively(connection, f"budget of {wanted.run_id}")
        now, same = self._clock(), {"of_run": wanted.run_id, "of_key": wanted.key}
        last = connection.execute(_LAST, same).first()
        if last is not None and last.state == _SENT:
            lost = {**_WORST_CASE, "ended_at": now, "reason": "the process ended before the answer came"}
            connection.execute(_LOST.values(lost), same)
        refusal = _refusal(connection, wanted)
        if refusal is not None:
            return refusal
        attempt = last.attempt + 1 if last is not None else 1
        unsure = last is not None and last.state in (_SENT, _UNCERTAIN)
        told = idempotency_key(last.exchange_id) if last is not None and unsure else self._new_id()
        row = _row(wanted, f"{told}.{attempt}", attempt, now)
        connection.execute(insert(exchanges), row)
        return str(row["exchange_id"])

    async def _end(self, exchange_id: str, talk: tuple[str, str] | None, values: dict[str, Any]) -> None:
        """End an exchange that is open, or that was taken for lost meanwhile; a settled one stays."""
        is_open = exchanges.c.state.in_([_SENT, _UNCERTAIN] if values["state"] == _ANSWERED else [_SENT])
        ended = update(exchanges).where(exchanges.c.exchange_id == exchange_id, is_open)
        values = {**values, "ended_at": self._clock()}

        def work(connection: Connection) -> None:
            if talk is not None:
                guard(connection, talk[0], self._database.fences.get(talk[0]))
            connection.execute(ended.values(values))

        await self._database.transact(work)
        self._talks.pop(exchange_id, None)

    def _difference(self, talk: tuple[str, str] | None, request: str) -> tuple[str | None, Difference]:
        before = None if talk is None else self._texts.get(talk)
        if before is None:
            return None, Difference(0, 0, request)
        return before[0], difference(before[1], request)


def _refusal(connection: Connection, wanted: Reservation) -> LimitReached | None:
    if not wanted.price_known:
        return None
    options, taken = connection.execute(_SPENT, {"of_run": wanted.run_id}).one_or_none() or ("{}", 0)
    budget = from_json(options, _HasLimits).limits.budget_usd
    spent, worst = int(taken), _reserved(wanted)
    if budget is None or spent + worst <= round(budget * DOLLAR):
        return None
    message = (
        f"the budget of ${budget:g} does not hold the next call: "
        f"${spent / DOLLAR:.4f} is used and it may cost ${worst / DOLLAR:.4f}"
    )
    return LimitReached("budget", message, f"journeyman resume {wanted.run_id} --budget N goes on")


def _reserved(wanted: Reservation) -> int:
    return math.ceil(wanted.cost_usd * DOLLAR)


def _row(wanted: Reservation, exchange_id: str, attempt: int, now: datetime) -> dict[str, Any]:
    return {
        "exchange_id": exchange_id,
        "run_id": wanted.run_id,
        "key": wanted.key,
        "attempt": attempt,
        "state": _SENT,
        "role": wanted.role.value,
        "model": wanted.model,
        "request_hash": wanted.request_hash,
        "price_known": wanted.price_known,
        "reserved_input_tokens": wanted.input_tokens,
        "reserved_output_tokens": wanted.output_tokens,
        "reserved_cost": _reserved(wanted),
        "input_tokens": 0,
        "output_tokens": 0,
        "cost": 0,
        "request_head": 0,
        "request_tail": 0,
        "sent_at": now,
    }


def _totals(rows: Any) -> Totals:
    by_model: dict[str, int] = {}
    for model, _, _, cost, _, _ in rows:
        by_model[model] = by_model.get(model, 0) + int(cost)
    return Totals(
        calls=sum(count for _, state, count, *_ in rows if state == _ANSWERED),
        cost_usd=sum(by_model.values()) / DOLLAR,
        input_tokens=sum(int(row[4]) for row in rows),
        output_tokens=sum(int(row[5]) for row in rows),
        uncertain_calls=sum(count for _, state, count, *_ in rows if state == _UNCERTAIN),
        by_model={model: cost / DOLLAR for model, cost in by_model.items()},
    )


def _requests(rows: Any) -> list[str]:
    by_id = {row.exchange_id: row for row in rows}
    texts: dict[str, str] = {}
    for row in rows:
        chain = [row]
        while chain[-1].request_like in by_id and chain[-1].request_like not in texts:
            chain.append(by_id[chain[-1].request_like])
        for link in reversed(chain):
            kept = Difference(link.request_head, link.request_tail, link.request or "")
            texts[link.exchange_id] = restored(texts.get(link.request_like, ""), kept)
    return [texts[row.exchange_id] for row in rows]


def _exchange(row: Row[Any], request: str) -> Exchange:
    return Exchange(
        exchange_id=row.exchange_id,
        key=row.key,
        attempt=row.attempt,
        state=ExchangeState(row.state),
        role=row.role,
        model=row.model,
        request_hash=row.request_hash,
        request=request,
        answer=from_json(row.answer, Answer) if row.answer else None,
        cost_usd=row.cost / DOLLAR,
        reason=row.reason or "",
        sent_at=row.sent_at,
        ended_at=row.ended_at,
    )
