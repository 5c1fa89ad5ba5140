"""The log of runs that people follow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from journeyman.domain.runs import Activity, ActivityType
from journeyman.store.columns import from_json, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.tables import task_activities


def add(connection: Connection, activity: Activity) -> None:
    """Add a line in a transaction of the caller's; the database gives its number."""
    exclusively(connection, f"activities of {activity.run_id}")
    row = {
        "run_id": activity.run_id,
        "task_id": activity.task_id,
        "activity_type": activity.activity_type.value,
        "message": activity.message,
        "details": to_json(activity.details),
        "timestamp": activity.timestamp,
    }
    connection.execute(insert(task_activities), row)


class StoredActivities:
    """Fits `Activities`. A line by a process whose lease was taken over raises LeaseLost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, activity: Activity) -> None:
        """Add a line; the database gives its number."""

        def work(connection: Connection) -> None:
            guard(connection, activity.run_id, self._database.fences.get(activity.run_id))
            add(connection, activity)

        await self._database.transact(work)

    async def since(self, run_id: str, number: int = 0, limit: int = 500) -> tuple[Activity, ...]:
        """Return the lines of a run after a number, in order."""
        lines = select(task_activities).where(task_activities.c.run_id == run_id, task_activities.c.number > number)
        ordered = lines.order_by(task_activities.c.number).limit(limit)
        rows = await self._database.look(lambda connection: connection.execute(ordered).all())
        return tuple(_activity(row) for row in rows)


def _activity(row: Any) -> Activity:
    return Activity(
        run_id=row.run_id,
        task_id=row.task_id,
        activity_type=ActivityType(row.activity_type),
        message=row.message,
        timestamp=row.timestamp,
        details=from_json(row.details, dict[str, Any]),
        number=row.number,
    )
