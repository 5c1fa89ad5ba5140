from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from journeyman.engines import Journal
from journeyman.engines.inline import MemoryJournal
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from tests.store.postgres import Postgres, shared_server
from tests.store.rows import Clock


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    yield from shared_server()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journeyman.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.ready_database()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """Where the journal is; None for memory."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.ready_database()
    return f"sqlite:///{tmp_path}/journeyman.db" if request.param == "sqlite" else None


@pytest.fixture
async def journal(address: str | None, clock: Clock) -> AsyncIterator[Journal]:
    """One journal of each kind."""
    if address is None:
        yield MemoryJournal(clock)
        return
    database = Database(address)
    yield StoredJournal(database, clock)
    await database.close()
