"""Notifications on their way out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from journeyman.domain.runs import Notification
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.tables import outbox

SENDING = "outbox"
"""The lease of whoever sends: one process of all that share the store, so that none sends what another does."""


class StoredOutbox:
    """Fits `Outbox`: at least once, and in order within a workflow.

    LeaseLost for a process that another one took over from: its run when it posts, the sending when it sends.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def post(self, notification: Notification, key: str | None = None) -> None:
        """Put a notification in, due from its own time on. A second one of a workflow's key changes nothing."""
        workflow = notification.workflow_id
        row = {
            "workflow_id": workflow,
            "key": key,
            "notification": to_json(notification),
            "attempts": 0,
            "due_at": notification.timestamp,
        }
        same = select(outbox.c.number).where(outbox.c.workflow_id == workflow, outbox.c.key == key)

        def work(connection: Connection) -> None:
            guard(connection, workflow, self._database.fences.get(workflow))
            exclusively(connection, f"outbox of {workflow}")
            if key is None or connection.execute(same).first() is None:
                connection.execute(insert(outbox), row)

        await self._database.transact(work)

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
        await self._change(number, {"delivered_at": at})

    async def postponed(self, number: int, until: datetime, error: str) -> None:
        """Try one again later."""
        values = {"due_at": until, "last_error": error, "attempts": outbox.c.attempts + 1}
        await self._change(number, values)

    async def _change(self, number: int, values: dict[str, Any]) -> None:
        changed = update(outbox).where(outbox.c.number == number).values(values)

        def work(connection: Connection) -> None:
            guard(connection, SENDING, self._database.fences.get(SENDING))
            connection.execute(changed)

        await self._database.transact(work)
