"""What has happened in flows, and who may go on with them: entries, messages, leases with fencing tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from journeyman.store.database import Database, exclusively
from journeyman.store.fences import clock_of, guard, is_abandoned
from journeyman.store.processes import Holder, this_process
from journeyman.store.tables import journal, leases, messages


class StoredLease:
    """The right to run one run, as a row. `fence` grows with each holder, so an old one is told apart."""

    def __init__(self, owner: StoredJournal, run_id: str, fence: int) -> None:
        self.fence = fence
        self._owner = owner
        self._run_id = run_id

    async def renew(self) -> bool:
        """Hold it longer; False if another process has it now."""
        return await self._owner.renew(self._run_id, self.fence)

    async def release(self) -> None:
        """Give it back at once."""
        await self._owner.release(self._run_id, self.fence)


class StoredJournal:
    """The journal in the database; fits `Journal` of the engines.

    A lease is free when it was given back, when its holder is a dead process of this machine, or, where that cannot
    be seen, when it was not renewed for `lease_seconds`: on another machine, or stopped (SIGSTOP) on this one. A
    process that runs on this machine is never robbed.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        lease_seconds: float = 30.0,
        holder: Holder | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease_time = timedelta(seconds=lease_seconds)
        self._holder = msgspec.json.encode(holder or this_process(uuid.uuid4().hex)).decode()

    async def lease(self, run_id: str) -> StoredLease | None:
        """Take the right to run a run; None while a live process holds it."""
        fence = await self._database.transact(partial(self._take, run_id))
        if fence is None:
            return None
        self._database.fences[run_id] = fence
        return StoredLease(self, run_id, fence)

    async def renew(self, run_id: str, fence: int) -> bool:
        """Hold a lease longer; False if another process has it now."""

        def work(connection: Connection) -> bool:
            until = self._now(connection) + self._lease_time
            return connection.execute(_lease(run_id, fence).values(expires_at=until)).rowcount == 1

        return await self._database.transact(work)

    async def release(self, run_id: str, fence: int) -> None:
        """Give a lease back, if it is still ours."""

        def work(connection: Connection) -> bool:
            return connection.execute(_lease(run_id, fence).values(holder=None)).rowcount == 1

        # A fence that is no longer the newest stays: what this process may still write of the run is refused.
        if await self._database.transact(work) and self._database.fences.get(run_id) == fence:
            del self._database.fences[run_id]

    async def read(self, run_id: str) -> dict[int, tuple[str, str]]:
        """Return the finished entries: position -> (kind and name, result as JSON)."""
        columns = select(journal.c.position, journal.c.name, journal.c.result)
        found = columns.where(journal.c.run_id == run_id).order_by(journal.c.position)
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        return {position: (name, result) for position, name, result in rows}

    async def write(self, run_id: str, fence: int, position: int, name: str, result: str) -> None:
        """Record a finished entry. LeaseLost if the fence is no longer the newest."""
        entry = {"run_id": run_id, "position": position, "name": name, "result": result, "fence": fence}

        def work(connection: Connection) -> None:
            guard(connection, run_id, fence)
            connection.execute(insert(journal), entry)

        await self._database.transact(work)

    async def forget_from(self, run_id: str, fence: int, position: int) -> None:
        """Drop the entries from a position on, so that a revived run does them again."""

        def work(connection: Connection) -> None:
            guard(connection, run_id, fence)
            connection.execute(delete(journal).where(journal.c.run_id == run_id, journal.c.position >= position))

        await self._database.transact(work)

    async def message(self, run_id: str, topic: str, taken: int) -> str | None:
        """Return message number `taken` (from 0) of a topic, or None if there is none yet."""
        found = (
            select(messages.c.text)
            .where(messages.c.run_id == run_id, messages.c.topic == topic)
            .order_by(messages.c.number)
            .offset(taken)
            .limit(1)
        )
        return await self._database.look(lambda connection: connection.execute(found).scalar())

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run."""

        def work(connection: Connection) -> None:
            exclusively(connection, f"messages of {run_id}")
            connection.execute(insert(messages), {"run_id": run_id, "topic": topic, "text": text})

        await self._database.transact(work)

    def _take(self, run_id: str, connection: Connection) -> int | None:
        exclusively(connection, f"lease of {run_id}")
        now = self._now(connection)
        values = {"holder": self._holder, "expires_at": now + self._lease_time}
        row = connection.execute(select(leases).where(leases.c.run_id == run_id).with_for_update()).first()
        if row is None:
            connection.execute(insert(leases), {"run_id": run_id, "fence": 1, **values})
            return 1
        if not self._is_free(row, now):
            return None
        connection.execute(_lease(run_id, row.fence).values(fence=row.fence + 1, **values))
        return int(row.fence) + 1

    def _is_free(self, row: Row[Any], now: datetime) -> bool:
        if row.holder is None:
            return True
        if row.holder == self._holder:
            # Ours, but never handed on: whoever asked was cancelled while the row was written.
            return row.run_id not in self._database.fences
        return is_abandoned(row.holder, row.expires_at, now)

    def _now(self, connection: Connection) -> datetime:
        # Machines that share a PostgreSQL share its clock too: their own may differ or jump.
        return clock_of(connection) if connection.dialect.name == "postgresql" else self._clock()


def _lease(run_id: str, fence: int) -> Any:
    return update(leases).where(leases.c.run_id == run_id, leases.c.fence == fence)
