from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from journeyman.store.database import Database
from tests.store.postgres import Postgres, shared_server
from tests.store.rows import Clock


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    yield from shared_server()


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that has its tables (PostgreSQL) or gets them by its first use (SQLite)."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/journeyman.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.ready_database()


@pytest.fixture
def fresh_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without anything in it."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/journeyman.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()
