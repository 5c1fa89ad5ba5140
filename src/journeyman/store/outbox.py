"""Notifications on their way out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from journeyman.domain.runs import Notification
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database
from journeyman.store.tables import outbox


class StoredOutbox:
    """Fits `Outbox`: at least once, and in order within a workflow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def post(self, notification: Notification) -> None:
        """Put a notification in, due from its own time on."""
        row = {
            "workflow_id": notification.workflow_id,
            "notification": to_json(notification),
            "attempts": 0,
            "due_at": notification.timestamp,
        }
        await self._database.transact(lambda connection: connection.execute(insert(outbox), row))

    async def due(self, now: datetime, limit: int = 50) -> tuple[tuple[int, Notification, int], ...]:
        """Return (number, notification, attempts so far) of what is to be sent now.

        One that was postponed holds back the later ones of its workflow.
        """
        earlier = outbox.alias("earlier")
        held_back = (
            select(earlier.c.number)
            .where(
                earlier.c.delivered_at.is_(None),
                earlier.c.workflow_id == outbox.c.workflow_id,
                earlier.c.number < outbox.c.number,
                earlier.c.due_at > now,
            )
            .exists()
        )
        found = (
            select(outbox)
            .where(outbox.c.delivered_at.is_(None), outbox.c.due_at <= now, ~held_back)
            .order_by(outbox.c.number)
            .limit(limit)
        )
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return tuple((row.number, from_json(row.notification, Notification), row.attempts) for row in rows)

    async def delivered(self, number: int, at: datetime) -> None:
        """Take one out; its row stays, as a record."""
        done = update(outbox).where(outbox.c.number == number).values(delivered_at=at)
        await self._database.transact(lambda connection: connection.execute(done))

    async def postponed(self, number: int, until: datetime, error: str) -> None:
        """Try one again later."""
        values = {"due_at": until, "last_error": error, "attempts": outbox.c.attempts + 1}
        later = update(outbox).where(outbox.c.number == number).values(values)
        await self._database.transact(lambda connection: connection.execute(later))
