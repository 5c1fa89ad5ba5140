from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.e2e import killing
from tests.e2e.project import CommandLine, make_remote
from tests.store.postgres import Postgres, shared_server


@pytest.fixture
def journeyman(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path / "origin")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    yield from shared_server()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that several homes share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared/journeyman.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@cache
def undisturbed(folder: Path) -> killing.Outcome:
    with killing.world(folder, f"sqlite:///{folder}/shared/journeyman.sqlite", 1) as made:
        killing.finish(made)
        return killing.outcome(made)


@pytest.fixture
def expected(tmp_path_factory: pytest.TempPathFactory) -> killing.Outcome:
    """What comes of the run that is killed or stopped when nobody disturbs it."""
    return undisturbed(tmp_path_factory.getbasetemp() / "undisturbed")
