"""Results that are the same for the same input."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from journeyman.store.database import Database, exclusively
from journeyman.store.tables import remembered


class StoredRemembered:
    """Fits `Remembered`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recall(self, key: str) -> str | None:
        """Return the stored text of a key."""
        found = select(remembered.c.text).where(remembered.c.key == key)
        return await self._database.look(lambda connection: connection.execute(found).scalar())

    async def remember(self, key: str, text: str, at: datetime) -> None:
        """Store a text in place of what was there."""

        def work(connection: Connection) -> None:
            exclusively(connection, f"remembered {key}")
            connection.execute(delete(remembered).where(remembered.c.key == key))
            connection.execute(insert(remembered), {"key": key, "text": text, "at": at})

        await self._database.transact(work)
