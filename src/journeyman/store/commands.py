"""The commands that checks and the mender ran, step by step."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from journeyman.store.contract import CommandRecord
from journeyman.store.database import Database
from journeyman.store.fences import guard
from journeyman.store.tables import commands


class StoredCommands:
    """Fits `Commands`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, run_id: str, step: str) -> None:
        """Forget what an earlier try of a step ran."""
        old = delete(commands).where(commands.c.run_id == run_id, commands.c.step == step)

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            connection.execute(old)

        await self._database.transact(work)

    async def ended(self, run_id: str, record: CommandRecord) -> CommandRecord:
        """Record a command that ended and return it as it was recorded."""
        row = {"run_id": run_id, **{name: getattr(record, name) for name in record.__struct_fields__}}

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            connection.execute(insert(commands), row)

        await self._database.transact(work)
        return record
