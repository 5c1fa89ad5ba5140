"""Trees of runs as packs, for machines that share nothing but this database and the remote."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.tables import snapshots


class StoredSnapshots:
    """Fits `Snapshots`. A process whose lease was taken over keeps nothing: LeaseLost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, run_id: str, tree: str, pack: bytes) -> None:
        """Keep a tree of a run; one that is kept already stays as it is."""
        row = {"run_id": run_id, "tree": tree, "pack": pack}
        same = select(snapshots.c.number).where(snapshots.c.run_id == run_id, snapshots.c.tree == tree)

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            exclusively(connection, f"snapshots of {run_id}")
            if connection.execute(same).first() is None:
                connection.execute(insert(snapshots), row)

        await self._database.transact(work)

    async def trees(self, run_id: str) -> tuple[str, ...]:
        """Return the kept trees of a run, in the order in which they were kept."""
        found = select(snapshots.c.tree).where(snapshots.c.run_id == run_id).order_by(snapshots.c.number)
        rows = await self._database.look(lambda connection: connection.execute(found).scalars().all())
        return tuple(rows)

    async def packs(self, run_id: str, trees: Sequence[str]) -> tuple[bytes, ...]:
        """Return the packs of kept trees, in the order in which they were kept."""
        found = select(snapshots.c.pack).where(snapshots.c.run_id == run_id, snapshots.c.tree.in_(trees))
        ordered = found.order_by(snapshots.c.number)
        rows = await self._database.look(lambda connection: connection.execute(ordered).scalars().all())
        return tuple(bytes(pack) for pack in rows)
