"""Everything that is kept of one run, read page by page: a run of a thousand turns fits into little memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from journeyman.domain.conversation import ToolResult
from journeyman.domain.exchanges import Answer, Exchange, ExchangeState
from journeyman.domain.runs import Activity, ActivityType, Word, WordKind
from journeyman.domain.spending import DOLLAR
from journeyman.store.columns import from_json
from journeyman.store.contract import CommandRecord, JournalEntry, KeptToolCall, Message
from journeyman.store.database import Database
from journeyman.store.requests import Difference, restored
from journeyman.store.tables import commands, exchanges, journal, messages, task_activities, tool_calls, words

PAGE = 100
"""Rows that are in memory at once."""

LARGE_PAGE = 8
"""The same of exchanges: one may hold a whole request, a quarter of a megabyte."""


class StoredRecordings:
    """Fits `Recordings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exchanges(self, run_id: str) -> AsyncIterator[Exchange]:
        """Yield the exchanges with their full requests, in the order they were sent."""
        latest: dict[str, tuple[str, str]] = {}
        columns = exchanges.c
        async for row in self._rows(exchanges, run_id, columns.sent_at, columns.exchange_id):
            text = await self._request(row, latest.get(row.role))
            if text:
                latest[row.role] = (row.exchange_id, text)
            yield _exchange(row, text)

    async def tool_calls(self, run_id: str) -> AsyncIterator[KeptToolCall]:
        """Yield the finished tool calls, in the order they ended."""
        columns = tool_calls.c
        async for row in self._rows(tool_calls, run_id, columns.ended_at, columns.key):
            result = from_json(row.result, ToolResult)
            yield KeptToolCall(row.key, row.arguments, result, row.tree, row.ended_at)

    async def commands(self, run_id: str) -> AsyncIterator[CommandRecord]:
        """Yield what checks and the mender ran, in the order it ended."""
        columns = commands.c
        async for row in self._rows(commands, run_id, columns.ended_at, columns.step, columns.number):
            yield CommandRecord(row.step, row.number, row.command, row.result, row.ended_at)

    async def journal(self, run_id: str) -> AsyncIterator[JournalEntry]:
        """Yield the entries of the journal."""
        async for row in self._rows(journal, run_id, journal.c.position):
            yield JournalEntry(row.position, row.name, row.result)

    async def messages(self, run_id: str) -> AsyncIterator[Message]:
        """Yield the decisions and other messages to the flow."""
        async for row in self._rows(messages, run_id, messages.c.number):
            yield Message(row.topic, row.text)

    async def words(self, run_id: str) -> AsyncIterator[Word]:
        """Yield what people said. Numbers count from 1."""
        number = 0
        async for row in self._rows(words, run_id, words.c.number):
            number += 1
            yield Word(row.run_id, WordKind(row.kind), row.text, row.said_at, number)

    async def activities(self, run_id: str) -> AsyncIterator[Activity]:
        """Yield the log. Numbers count from 1."""
        number = 0
        async for row in self._rows(task_activities, run_id, task_activities.c.number):
            number += 1
            kind, details = ActivityType(row.activity_type), from_json(row.details, dict[str, Any])
            yield Activity(row.run_id, row.task_id, kind, row.message, row.timestamp, details, number)

    async def _rows(self, table: Table, run_id: str, *order: ColumnElement[Any]) -> AsyncIterator[Row[Any]]:
        size = LARGE_PAGE if table is exchanges else PAGE
        found = select(table).where(table.c.run_id == run_id).order_by(*order).limit(size)
        start = 0
        while rows := await self._database.look(partial(_all, found.offset(start))):
            for row in rows:
                yield row
            start += size

    async def _request(self, row: Row[Any], before: tuple[str, str] | None) -> str:
        """Return a request's text. It is mostly kept by the one before it of the same role, which is at hand."""
        chain, text = [row], ""
        while chain[-1].request_like:
            like = chain[-1].request_like
            if before is not None and before[0] == like:
                text = before[1]
                break
            chain += await self._database.look(
                partial(_all, select(exchanges).where(exchanges.c.exchange_id == like))
            )
        for link in reversed(chain):
            text = restored(text, Difference(link.request_head, link.request_tail, link.request or ""))
        return text


def _all(statement: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(statement).all()


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
