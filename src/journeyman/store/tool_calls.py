"""Finished tool calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from journeyman.domain.conversation import ToolResult
from journeyman.store.columns import from_json, to_json
from journeyman.store.contract import ToolRecord
from journeyman.store.database import Database
from journeyman.store.fences import guard
from journeyman.store.tables import tool_calls

# Built once: they run with every tool call, and putting a statement together costs more than the database does.
_SAME = (tool_calls.c.run_id == bindparam("of_run")) & (tool_calls.c.key == bindparam("of_key"))
_RECORD = select(tool_calls.c.result, tool_calls.c.tree).where(_SAME)
_KNOWN = select(tool_calls.c.tree).where(_SAME)
_NEW = insert(tool_calls)


class StoredToolCalls:
    """Fits `ToolLedger`. A call is recorded once; recording it again changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tool_record(self, run_id: str, key: str) -> ToolRecord | None:
        """Return a finished call; None if it never finished."""
        given = {"of_run": run_id, "of_key": key}
        row = await self._database.look(lambda connection: connection.execute(_RECORD, given).first())
        return None if row is None else ToolRecord(from_json(row.result, ToolResult), row.tree)

    async def record_tool(
        self, run_id: str, key: str, arguments: str, record: ToolRecord, at: datetime
    ) -> ToolRecord:
        """Record a finished call and return it."""
        row = {
            "run_id": run_id,
            "key": key,
            "name": record.result.name,
            "arguments": arguments,
            "result": to_json(record.result),
            "tree": record.tree,
            "ended_at": at,
        }

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            if connection.execute(_KNOWN, {"of_run": run_id, "of_key": key}).first() is None:
                connection.execute(_NEW, row)

        await self._database.transact(work)
        return record
