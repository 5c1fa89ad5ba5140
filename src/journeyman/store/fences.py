"""Keeps a process that lost its lease from writing."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from journeyman.domain.errors import LeaseLost, RunHeld
from journeyman.store.columns import UtcTime
from journeyman.store.processes import Holder, life_of
from journeyman.store.tables import leases

_OF_RUN = leases.c.run_id == bindparam("of_run")
_NEWEST = select(leases.c.fence).where(_OF_RUN).with_for_update(read=True)
_HELD = select(leases).where(_OF_RUN).with_for_update()


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


def guard_from_outside(connection: Connection, run_id: str, fence: int | None) -> None:
    """Raise RunHeld while another process is at work on the run, LeaseLost if it took the run over from this one."""
    guard(connection, run_id, fence)
    held = connection.execute(_HELD, {"of_run": run_id}).first()
    if fence is not None or held is None or held.holder is None:
        return
    if not is_abandoned(held.holder, held.expires_at, clock_of(connection)):
        advice = f"follow it with journeyman logs {run_id} --follow; nothing was changed"
        raise RunHeld(f"run {run_id} is at work in another process", advice)


def is_abandoned(holder: str, expires_at: datetime, now: datetime) -> bool:
    """Return whether a lease's holder is dead or, where that cannot be seen, has not renewed it in time."""
    lives = life_of(msgspec.json.decode(holder, type=Holder))
    return expires_at <= now if lives is None else not lives


def clock_of(connection: Connection) -> datetime:
    """Return the time by the database's own clock, UTC."""
    if connection.dialect.name == "postgresql":
        moment = func.clock_timestamp(type_=UtcTime())
    else:
        moment = func.strftime("%Y-%m-%d %H:%M:%f", "now", type_=UtcTime())
    now: datetime = connection.execute(select(moment)).scalar_one()
    return now
