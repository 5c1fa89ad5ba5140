"""Packs of trees in the database: in order, once, and by the holder of the lease only."""

from __future__ import annotations

import pytest

from journeyman.domain.errors import LeaseLost
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.runs import StoredRuns
from journeyman.store.snapshots import StoredSnapshots
from tests.store.rows import Clock, a_run

RUN = "0193-aaaa"


async def test_packs_come_back_in_their_order(database: Database) -> None:
    await StoredRuns(database).create(a_run())
    await StoredRuns(database).create(a_run("other"))
    snapshots = StoredSnapshots(database)
    for tree in ("c", "a", "b", "a"):
        await snapshots.keep(RUN, tree, f"{tree}\0\xff".encode("latin-1"))
    await snapshots.keep("other", "a", b"not this one")
    assert await snapshots.trees(RUN) == ("c", "a", "b")
    assert await snapshots.packs(RUN, ("a", "c")) == (b"c\0\xff", b"a\0\xff")
    assert await snapshots.packs(RUN, ()) == ()


async def test_who_lost_the_lease_keeps_nothing(url: str, database: Database, clock: Clock) -> None:
    await StoredRuns(database).create(a_run())
    snapshots = StoredSnapshots(database)
    assert await StoredJournal(database, clock).lease(RUN) is not None
    await snapshots.keep(RUN, "a", b"a")
    other = Database(url)
    await other.transact(lambda connection: connection.exec_driver_sql("UPDATE leases SET fence = fence + 1"))
    with pytest.raises(LeaseLost):
        await snapshots.keep(RUN, "b", b"b")
    assert await StoredSnapshots(other).trees(RUN) == ("a",)
    await other.close()
