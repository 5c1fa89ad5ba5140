"""Keeps a process that lost its lease from writing."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from journeyman.domain.errors import LeaseLost
from journeyman.store.tables import leases

_NEWEST = select(leases.c.fence).where(leases.c.run_id == bindparam("of_run")).with_for_update(read=True)


def guard(connection: Connection, run_id: str, fence: int | None) -> None:
    """Raise LeaseLost unless the fence is the newest of the run, and hold it until the transaction ends.

    None stands for a process that never asked for the lease, such as one that submits or cancels.
    """
    if fence is None:
        return
    newest = connection.execute(_NEWEST, {"of_run": run_id}).scalar()
    if newest != fence:
        advice = "nothing is lost, follow it with journeyman logs --follow"
        raise LeaseLost(f"another process runs {run_id} now", advice)
