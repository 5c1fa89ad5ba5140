"""Snapshots written by ourselves: the same hashes as git's own, and few processes."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from journeyman.domain.request import Repository
from journeyman.git import Workspace
from journeyman.git.ahead import MOST_BYTES, MOST_FILES
from journeyman.git.workspaces import GitRepositories

from .repos import git, write

NAMES = (
    "src/app.py",
    "src/other.py",
    "a",
    "b",
    "a/x",
    "deep/er/one",
    "deep/two",
    "odd name",
    "é.txt",
    "x.log",
    "build/y",
)


def by_git(workspace: Workspace, home: Path) -> str:
    """Return the tree that git names with an index of its own."""
    arguments = (
        f"--git-dir={home / 'runs/run-1/git'}",
        f"--work-tree={workspace.tree}",
        "-c",
        "core.fsmonitor=false",
    )
    index = home / "oracle"
    index.unlink(missing_ok=True)
    git(workspace.tree, *arguments, "add", "--all", GIT_INDEX_FILE=str(index))
    return git(workspace.tree, *arguments, "write-tree", GIT_INDEX_FILE=str(index))


def edit(tree: Path, chance: random.Random) -> None:
    """Make one change as a command might."""
    path = tree / chance.choice(NAMES)
    kind = chance.choice(("write", "write", "write", "remove", "link", "mode", "large"))
    if kind == "remove":
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        return
    if kind == "mode" and path.is_file() and not path.is_symlink():
        path.chmod(path.stat().st_mode ^ 0o111)
        return
    for above in (*reversed(path.relative_to(tree).parents), path.relative_to(tree)):
        full = tree / above
        if full.is_symlink() or (full.is_file() and full != path):
            full.unlink()
        elif full.is_dir() and full == path:
            shutil.rmtree(full)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        path.unlink(missing_ok=True)
        path.symlink_to(chance.choice(("a", "../nowhere", "/etc/passwd")))
    else:
        path.write_text(f"{chance.random()}\n" * (MOST_BYTES // 10 if kind == "large" else 1))


@pytest.mark.parametrize("seed", range(3))
async def test_a_snapshot_is_what_git_would_have_said(workspace: Workspace, home: Path, seed: int) -> None:
    chance = random.Random(seed)
    trees = [await workspace.snapshot()]
    for _ in range(40):
        if chance.random() < 0.1:
            trees.append(chance.choice(trees))
            await workspace.restore(trees[-1])
        else:
            for _ in range(chance.randint(1, 3)):
                edit(workspace.tree, chance)
        trees.append(await workspace.snapshot())
        assert trees[-1] == by_git(workspace, home)
    git(home / "runs/run-1/git", "fsck", "--strict")


async def test_what_git_would_refuse_is_left_to_git(workspace: Workspace, home: Path) -> None:
    await workspace.snapshot()
    write(workspace.tree, {"src/.gitmodules": "x\n", ".GIT/config": "x\n", "git~1/x": "x\n", "sub/.Git": "x\n"})
    tree = await workspace.snapshot()
    assert {"src/.gitmodules"} == {name for name in await workspace.files(tree) if "git" in name.lower()} - {
        ".gitignore"
    }


async def test_an_index_that_someone_else_wrote_is_noticed(
    repositories: GitRepositories, workspace: Workspace, bare: Path
) -> None:
    base = await workspace.snapshot()
    write(workspace.tree, {"a": "a\n"})
    tree = await workspace.snapshot()
    other = await repositories.prepare("run-1", Repository(str(bare)), workspace.base)
    write(workspace.tree, {"b": "b\n"})
    both = await other.snapshot()
    (workspace.tree / "b").unlink()
    assert await workspace.snapshot() == tree
    (workspace.tree / "a").unlink()
    assert await workspace.snapshot() == base != both


class Counted:
    """A git program that writes down what it is asked for and hands it on."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "asked"
        folder.mkdir()
        program = folder / "git"
        program.write_text(f'#!/bin/sh\necho "$*" >> {self._log}\nexec {shutil.which("git")} "$@"\n')
        program.chmod(0o755)
        self.search_path = f"{folder}:{os.environ['PATH']}"

    def asked(self) -> list[str]:
        """Return what was asked since the last time."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.write_text("")
        return lines


async def test_a_snapshot_of_a_small_change_takes_one_process(home: Path, bare: Path, tmp_path: Path) -> None:
    counted = Counted(tmp_path / "bin")
    repositories = GitRepositories(home, known_hosts=[], search_path=counted.search_path)
    repository = Repository(str(bare))
    workspace = await repositories.prepare("run-1", repository, await repositories.probe(repository))
    await workspace.restore(await workspace.base_tree())
    await workspace.snapshot()
    counted.asked()
    taken = []
    for number in range(MOST_FILES * 3):
        write(workspace.tree, {f"src/new{number}.py": "x\n", "src/app.py": f"{number}\n"})
        await workspace.snapshot()
        taken.append(len(counted.asked()))
    print(f"git processes per snapshot: {sum(taken) / len(taken):.2f}, most {max(taken)}")
    assert sum(taken) / len(taken) < 1.3
    assert max(taken) <= 4
