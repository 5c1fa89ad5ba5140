from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from journeyman.domain.runs import Order
from journeyman.engines import Journal
from journeyman.engines.inline import MemoryJournal
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from tests.engines.stages import JournalStage, Stage, TemporalStage
from tests.engines.temporal_server import TemporalServer, shared_temporal
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


@pytest.fixture(scope="session")
def temporal() -> Iterator[TemporalServer]:
    yield from shared_temporal()


@pytest.fixture
async def client(temporal: TemporalServer) -> Client:
    return await Client.connect(temporal.host)


@pytest.fixture(params=["memory", "sqlite", "postgres", "temporal"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Stage]:
    """One engine of each kind."""
    if request.param == "memory":
        yield JournalStage(MemoryJournal(clock), clock)
    elif request.param == "temporal":
        server: TemporalServer = request.getfixturevalue("temporal")
        yield TemporalStage(await Client.connect(server.host), clock)
    else:
        address = f"sqlite:///{tmp_path}/journeyman.db"
        if request.param == "postgres":
            address = request.getfixturevalue("postgres").ready_database()
        database = Database(address)
        yield JournalStage(StoredJournal(database, clock), clock)
        await database.close()


@pytest.fixture
def order() -> Order:
    """A run of a test's own: the server of a session is shared."""
    return Order(f"run-{uuid.uuid4().hex}")
