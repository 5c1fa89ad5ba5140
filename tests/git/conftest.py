from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.domain.request import Repository
from journeyman.git import Workspace
from journeyman.git.workspaces import GitRepositories

from .repos import make_bare, make_repository
from .servers import GitOverHttp, GitOverSsh


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def repositories(home: Path) -> GitRepositories:
    return GitRepositories(home, known_hosts=[home / "known_hosts"])


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A person's own checkout."""
    return make_repository(tmp_path / "local")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A bare remote in the file system."""
    return make_bare(tmp_path / "remote.git")


@pytest.fixture
async def workspace(repositories: GitRepositories, bare: Path) -> Workspace:
    """A run's workspace of the bare remote."""
    repository = Repository(str(bare))
    return await repositories.prepare("run-1", repository, await repositories.probe(repository))


@pytest.fixture
def http(tmp_path: Path) -> Iterator[GitOverHttp]:
    """Git's own HTTP back end behind basic authentication."""
    with GitOverHttp(tmp_path / "http").running() as server:
        yield server


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitOverSsh]:
    """A real sshd on loopback."""
    with GitOverSsh(tmp_path_factory.mktemp("ssh")).running() as server:
        yield server
