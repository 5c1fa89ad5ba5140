"""Trees as a pack, and a repository made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.errors import GitFailed, WrongUse
from journeyman.git import Head
from journeyman.git.program import Git
from journeyman.git.recorded import RecordedTrees
from tests.git.repos import git, make_repository


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one run that has two commits."""
    folder = make_repository(tmp_path / "source")
    (folder / "more.txt").write_text("more")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Two")
    run = tmp_path / "home" / "runs" / "run-1"
    run.mkdir(parents=True)
    (folder / ".git").rename(run / "git")
    return tmp_path / "home"


def name_of(home: Path, what: str) -> str:
    return git(home / "runs" / "run-1" / "git", "rev-parse", what)


async def test_a_pack_is_the_same_however_its_objects_are_stored(home: Path, tmp_path: Path) -> None:
    trees = RecordedTrees(Git(), home)
    names = [name_of(home, "HEAD^{tree}"), name_of(home, "HEAD~^{tree}")]
    packs = []
    for number in range(2):
        folder = tmp_path / f"packs{number}"
        folder.mkdir()
        packs.append((await trees.pack("run-1", [name_of(home, "HEAD~")], names, folder)).read_bytes())
        git(home / "runs" / "run-1" / "git", "repack", "-a", "-d", "-q", "--window=1")
    assert packs[0] == packs[1]


async def test_a_repository_is_made_from_a_pack(home: Path, tmp_path: Path) -> None:
    trees = RecordedTrees(Git(), home)
    base, tree = name_of(home, "HEAD"), name_of(home, "HEAD^{tree}")
    pack = await trees.pack("run-1", [base], [tree, name_of(home, "HEAD~^{tree}")], tmp_path)
    bare = tmp_path / "bare.git"
    await trees.unpack(pack, Head("main", base), bare)
    assert git(tmp_path, "clone", "-q", "--no-local", str(bare), "cloned") == ""
    assert (tmp_path / "cloned" / "more.txt").read_text() == "more"
    assert await trees.differing("run-1", bare, name_of(home, "HEAD~^{tree}"), tree) == ("more.txt",)


async def test_what_is_missing_or_damaged_is_told(home: Path, tmp_path: Path) -> None:
    trees = RecordedTrees(Git(), home)
    base, tree = name_of(home, "HEAD"), name_of(home, "HEAD^{tree}")
    with pytest.raises(WrongUse, match="not on this machine"):
        await trees.pack("run-1", [base], [tree, "0" * 40], tmp_path)
    with pytest.raises(WrongUse, match="not on this machine"):
        await trees.pack("run-2", [base], [tree], tmp_path)
    pack = await trees.pack("run-1", [base], [tree], tmp_path)
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-30])
    with pytest.raises(GitFailed):
        await trees.unpack(pack, Head("main", base), tmp_path / "bare.git")
